"""Several images as one picture: the parameters of its routes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote

from tilewright.crs import WGS84, canonical_crs
from tilewright.errors import ParameterError
from tilewright.geometry import Box
from tilewright.image import ImageInfo, Plane
from tilewright.mosaic import METHODS, MOST_SOURCES, Method
from tilewright.request import MapRegion, Region, RenderRequest, Resampling, Target, Tile
from tilewright.tms import TileMatrixSet
from tilewright.web import looks
from tilewright.web.maps import tiles
from tilewright.web.maps.asked import asked
from tilewright.web.outputs import ENCODING, OUTPUT
from tilewright.web.params import Parameter, ParameterSet, choice
from tilewright.web.paths import Suffixes, format_of, index
from tilewright.web.places import PLANE, plane_of

_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")
_CORNERS = 4
_PLACE_DEGREES = 1e-8
"""A millimetre: no image has smaller pixels."""
_SCALED = re.compile(r"(?P<row>[0-9-]+)(?:@(?P<scale>[0-9])x)?")
Info = Callable[[], ImageInfo]


def _images_parameter() -> Parameter[tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        names = tuple(text.split(",", MOST_SOURCES))
        if len(names) > MOST_SOURCES or not all(_NAME.fullmatch(name) for name in names):
            raise ValueError
        return names

    return Parameter(
        "images",
        "The images, in order, separated by commas.",
        f"1 to {MOST_SOURCES} names of images, separated by commas",
        parse,
        ",".join,
        {"type": "string", "example": "3,1,2"},
        required=True,
        misspellings=("image", "ids", "layers", "assets"),
    )


def _numbers_parameter(name: str, help: str, count: int, limit: float) -> Parameter[Any]:
    def parse(text: str) -> tuple[float, ...]:
        if "_" in text or not text.isascii():
            raise ValueError
        values = tuple(float(part) for part in text.split(",", count))
        if len(values) != count or not all(abs(value) <= limit for value in values):
            raise ValueError
        return values

    return Parameter(
        name,
        help,
        f"{count} numbers, separated by commas" if count > 1 else f"a number to {limit:g}",
        parse,
        lambda values: ",".join(f"{value!r}" for value in values),
        {"type": "string" if count > 1 else "number"},
        required=count == 1,
    )


def _units_parameter() -> Parameter[str]:
    def parse(text: str) -> str:
        return tiles.PIXELS if text == tiles.PIXELS else canonical_crs(text, "bbox-crs")

    return Parameter(
        "bbox-crs",
        "What bbox counts: units of a coordinate reference system, x to the east and y to the "
        "north; or pixels of the whole, x to the right and y downwards.",
        "pixels, or a coordinate reference system such as EPSG:3857",
        parse,
        str,
        {"type": "string", "default": WGS84},
        aliases=("bbox_crs",),
        misspellings=("units", "bboxCrs"),
    )


IMAGES = _images_parameter()
METHOD = choice(
    "method",
    "What becomes of a pixel that several images have: the first or last in order, the highest, "
    "lowest, mean or median value of each band, or their count. With stack the first band of "
    "each image is a band of the whole.",
    METHODS,
    default="first",
    misspellings=("pixel_selection", "pixelSelection"),
)
BBOX = _numbers_parameter(
    "bbox",
    "West, south, east and north of the region; the whole without it. A west beyond the east "
    "leads across the antimeridian.",
    _CORNERS,
    1e9,
)
LON = _numbers_parameter("lon", "Longitude in degrees.", 1, 360)
LAT = _numbers_parameter("lat", "Latitude in degrees.", 1, 90)
MEMBERS = (IMAGES, METHOD)
DRAWN: tuple[Parameter[Any], ...] = (*ENCODING, *PLANE, *looks.PARAMETERS)
TILE = ParameterSet((*MEMBERS, *tiles.TILE[1:], *DRAWN))
"""Without ``projection``: the path names the tile matrix set."""
REGION = ParameterSet(
    (*MEMBERS, BBOX, _units_parameter(), tiles.PROJECTION, tiles.RESAMPLING, *OUTPUT, *DRAWN)
)
POINT = ParameterSet((*MEMBERS, LON, LAT, *PLANE))
INFO = ParameterSet(MEMBERS)
POSTED = ParameterSet((METHOD,))


@dataclass(frozen=True, slots=True)
class Members:
    """Which images, and how they are joined."""

    names: tuple[str, ...]
    method: Method

    @property
    def query(self) -> str:
        """The query that asks for them."""
        return f"images={quote(','.join(self.names), safe=',')}&method={self.method}"


def members(values: Mapping[str, Any]) -> Members:
    """Return the images and the method that a query names."""
    return Members(values["images"], cast("Method", values.get("method", METHODS[0])))


def tile(
    place: tuple[str, str, str],
    suffix: str,
    query: str,
    suffixes: Suffixes,
    info: Info,
    *,
    chosen: TileMatrixSet | None,
) -> RenderRequest:
    """Return what ``tiles/{tms}/{z}/{x}/{y}.{suffix}?{query}`` asks for; ``place`` is z, x, y.

    Without a set it is a tile of the images' own pixels. ``y`` may end in ``@2x``. Raises
    ParameterError, OutsideError.
    """
    values = TILE.read(query)
    found = _SCALED.fullmatch(place[2])
    if found is None:
        raise ParameterError("y", "a whole number", place[2])
    z, x, y = index("z", place[0]), index("x", place[1]), index("y", found["row"])
    target: Target
    if chosen is None:
        for needing in ("tile_size", "buffer", "row_order"):
            if needing in values:
                raise ParameterError(needing, "given together with a tile matrix set")
        target = Tile(z, x, y)
    else:
        target = tiles.map_tile(chosen, (z, x, y), int(found["scale"] or 1), values)
    return _drawn(target, format_of(suffix, suffixes), query, info, values)


def region(suffix: str, query: str, suffixes: Suffixes, info: Info) -> RenderRequest:
    """Return what ``region.{suffix}?{query}`` asks for.

    The answer is in ``projection``; without it in the CRS of the box, or of the whole. Raises
    ParameterError.
    """
    values = REGION.read(query)
    return _drawn(_region(values, info), format_of(suffix, suffixes), query, info, values)


def _region(values: Mapping[str, Any], info: Info) -> Target:
    bbox, units = values.get("bbox"), values.get("bbox-crs", WGS84)
    size = {name: values[name] for name in ("width", "height") if name in values}
    asked_crs = {name: values[name] for name in ("projection",) if name in values}
    if bbox is None:
        if info().geo is None and not asked_crs:
            return Region(None, **size)
        return tiles.map_region(None, asked_crs | size, info)
    west, south, east, north = bbox
    if units == tiles.PIXELS:
        if asked_crs:
            raise ParameterError("projection", "left out where bbox counts pixels")
        (left, right), (top, bottom) = sorted((west, east)), sorted((south, north))
        if not (left < right and top < bottom):
            raise ParameterError("bbox", "a box with an area: left, top, right, bottom")
        return Region(Box(left, top, right - left, bottom - top), **size)
    given = {"units": units, "projection": units, **asked_crs, **size}
    try:
        return tiles.map_region((west, north, east, south), given, info)
    except ParameterError as error:
        if error.parameter not in {"units", "left", "top", "right", "bottom"}:
            raise
        raise ParameterError("bbox", "a box with an area: west, south, east, north") from None


def point(query: str) -> tuple[float, float, Plane]:
    """Return longitude, latitude and plane of ``point?{query}``. Raises ParameterError."""
    values = POINT.read(query)
    return values["lon"][0], values["lat"][0], plane_of(values)


def point_target(longitude: float, latitude: float) -> MapRegion:
    """Return the one place as a region of one pixel, which the image's own pixel fills."""
    half = _PLACE_DEGREES / 2
    box = Box(longitude - half, latitude - half, _PLACE_DEGREES, _PLACE_DEGREES)
    return MapRegion(WGS84, box, 1, 1)


def _drawn(
    target: Target, format: str, query: str, info: Info, values: Mapping[str, Any]
) -> RenderRequest:
    request = asked(target, format, query, info)
    resampling = cast("Resampling", values.get("resampling", request.resampling))
    return replace(request, resampling=resampling)
