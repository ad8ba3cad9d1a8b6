"""Tiles, thumbnails and regions: their URLs to a `RenderRequest`, and back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

from tilewright.errors import OutsideError, ParameterError
from tilewright.image import ImageInfo, Plane
from tilewright.polygon import Clip
from tilewright.request import (
    Encoding,
    Fit,
    LevelRegion,
    MapRegion,
    MapTile,
    Region,
    RenderRequest,
    Resampling,
    Target,
    Tile,
)
from tilewright.tms import TileMatrixSets
from tilewright.web import looks
from tilewright.web.maps import features
from tilewright.web.maps import tiles as maps
from tilewright.web.outputs import DEFAULT, ENCODING, FRAME, OUTPUT, THUMBNAIL_SIDE, encoding_of
from tilewright.web.params import ParameterSet
from tilewright.web.paths import Suffixes, format_of, index
from tilewright.web.places import EDGES, PLANE, PLANE_NAMES, box_of, edges_of, plane_of

Info = Callable[[], ImageInfo]
Fields = tuple[tuple[str, str], ...]

TILE = ParameterSet((*maps.TILE, *ENCODING, *PLANE, *looks.PARAMETERS))
THUMBNAIL = ParameterSet((*FRAME, maps.RESAMPLING, *ENCODING, *PLANE, *looks.PARAMETERS))
FEATURE = ParameterSet(
    (*features.CROP, maps.RESAMPLING, maps.COG, *ENCODING, *PLANE, *looks.PARAMETERS)
)
REGION = ParameterSet((*EDGES, *OUTPUT, *maps.REGION, *ENCODING, *PLANE, *looks.PARAMETERS))

_ENCODING_NAMES = tuple(parameter.name for parameter in ENCODING)


def tile(
    place: tuple[str, str, str],
    suffix: str,
    query: str,
    suffixes: Suffixes,
    info: Info,
    *,
    sets: TileMatrixSets,
    set_name: str | None = None,
) -> RenderRequest:
    """Return what ``tiles/{z}/{x}/{y}.{suffix}?{query}`` asks for; ``place`` is z, x, y.

    With ``set_name``, as in ``tiles/{set}/{z}/{x}/{y}``, or ``projection`` in the query it is
    a tile of the earth; y may then end in ``@2x``. ``info`` opens the image, and is called
    only when the look cannot be told without. Raises ParameterError, and OutsideError for a
    number that no pyramid has.
    """
    encoding, plane, fields, values = _settings(format_of(suffix, suffixes), query)
    target = _tile_target(place, values, sets, set_name)
    request = RenderRequest(target, encoding, plane=plane, resampling=_resampling(values))
    return _styled(request, fields, info)


def tile_target(
    place: tuple[str, str, str], query: str, sets: TileMatrixSets, set_name: str | None
) -> Tile | MapTile:
    """Return which tile a path and a query name, whatever it is to look like. Raises as `tile`."""
    return _tile_target(place, TILE.read(query), sets, set_name)


def _tile_target(
    place: tuple[str, str, str],
    values: Mapping[str, Any],
    sets: TileMatrixSets,
    set_name: str | None,
) -> Tile | MapTile:
    z, x, y = place
    y, at, scale = y.partition("@")
    zoom, column, row = index("z", z), index("x", x), index("y", y)
    chosen = maps.tile_set(sets, set_name, values)
    if chosen is not None:
        finer = index("scale", scale.removesuffix("x")) if at else 1
        return maps.map_tile(chosen, (zoom, column, row), finer, values)
    if at:
        raise ParameterError("y", "a whole number", f"{y}@{scale}")
    return Tile(zoom, column, row)


def thumbnail(suffix: str, query: str, suffixes: Suffixes, info: Info) -> RenderRequest:
    """Return what ``data/thumbnail.{suffix}?{query}`` asks for. Raises ParameterError."""
    name = format_of(suffix, suffixes)
    values = THUMBNAIL.read(query)
    target = Fit(values.get("max_width", THUMBNAIL_SIDE), values.get("max_height", THUMBNAIL_SIDE))
    request = _request(target, name, values)
    return _styled(request, _fields(query), info)


def feature(suffix: str, query: str, suffixes: Suffixes, body: bytes, info: Info) -> RenderRequest:
    """Return what ``POST data/feature.{suffix}?{query}`` asks for: a polygon's own region.

    Raises ParameterError, LimitError.
    """
    name = format_of(suffix, suffixes)
    values = FEATURE.read(query)
    cut = features.crop(values, body, info())
    request = replace(_request(cut.region, name, values), clip=Clip(cut.polygon, cut.touched))
    return _styled(request, _fields(query), info)


def region(suffix: str, query: str, suffixes: Suffixes, info: Info) -> RenderRequest:
    """Return what ``data/region.{suffix}?{query}`` asks for. Raises ParameterError."""
    name = format_of(suffix, suffixes)
    values = REGION.read(query)
    target: Target
    if "projection" in values or values.get("units", maps.PIXELS) != maps.PIXELS:
        target = maps.map_region(edges_of(values), values, info)
    else:
        target = Region(box_of(values), values.get("width"), values.get("height"))
    request = _request(target, name, values)
    return _styled(request, _fields(query), info)


def parse(url: str, suffixes: Suffixes, info: Info, sets: TileMatrixSets) -> RenderRequest:
    """Return what a URL below an image asks for; the inverse of `url`.

    Raises ParameterError for a bad value, OutsideError for a path that is none of these.
    """
    path, _, query = url.partition("?")
    stem, _, suffix = path.rpartition(".")
    match stem.split("/"):
        case ["tiles", z, x, y]:
            return tile((z, x, y), suffix, query, suffixes, info, sets=sets)
        case ["tiles", name, z, x, y]:
            return tile((z, x, y), suffix, query, suffixes, info, sets=sets, set_name=name)
        case ["data", "thumbnail"]:
            return thumbnail(suffix, query, suffixes, info)
        case ["data", "region"]:
            return region(suffix, query, suffixes, info)
        case _:
            raise OutsideError("nothing is served at this address")


def url(request: RenderRequest, suffixes: Suffixes) -> str:
    """Return the URL below an image that asks for just this.

    Edges are written to the pixel's 1024th part. Raises ValueError for an axis or a format
    that has no parameter.
    """
    path, parameters, values = _address(request.target)
    encoding = request.encoding
    suffix = next((end for end, name in suffixes.items() if name == encoding.format), None)
    if suffix is None:
        raise ValueError(f"{encoding.format} has no suffix")
    for name in _ENCODING_NAMES:
        value = getattr(encoding, name)
        if value != getattr(DEFAULT, name):
            values[name] = value
    if request.resampling != "bilinear":
        values["resampling"] = request.resampling
    for axis, place in request.plane.indices:
        if axis not in PLANE_NAMES:
            raise ValueError(f"axis {axis} has no parameter")
        values[axis] = place
    values |= dict(looks.write_look(request.style))
    query = parameters.write(values)
    return f"{path}.{suffix}?{query}" if query else f"{path}.{suffix}"


def _address(target: Target) -> tuple[str, ParameterSet, dict[str, Any]]:
    if isinstance(target, Tile):
        return f"tiles/{target.z}/{target.x}/{target.y}", TILE, {}
    if isinstance(target, MapTile):
        return _map_tile_address(target)
    if isinstance(target, Fit):
        sides = {"max_width": target.width, "max_height": target.height}
        changed = {name: side for name, side in sides.items() if side != THUMBNAIL_SIDE}
        return "data/thumbnail", THUMBNAIL, changed
    if isinstance(target, LevelRegion):
        raise ValueError("pixels of a level have no URL here")  # noqa: TRY004 - as for all others
    values: dict[str, Any] = {}
    box = target.box
    if isinstance(target, MapRegion):
        values = {"units": target.crs, "projection": target.crs}
    if box is not None:
        values |= {"left": box.x, "top": box.y, "right": box.right, "bottom": box.bottom}
    if target.width is not None:
        values["width"] = target.width
    if target.height is not None:
        values["height"] = target.height
    return "data/region", REGION, values


def _map_tile_address(target: MapTile) -> tuple[str, ParameterSet, dict[str, Any]]:
    matrix = target.matrix
    values: dict[str, Any] = {"buffer": target.buffer} if target.buffer else {}
    scale = target.width // matrix.tile_width
    if (target.width, target.height) != (matrix.tile_width * scale, matrix.tile_height * scale):
        values["tile_size"], scale = target.width, 1
    suffix = "" if scale == 1 else f"@{scale}x"
    place = f"{matrix.id}/{target.column}/{target.row}{suffix}"
    if ":" in matrix.set_name:
        return f"tiles/{place}", TILE, values | {"projection": matrix.crs}
    return f"tiles/{matrix.set_name}/{place}", TILE, values


@lru_cache(maxsize=1024)
def _settings(format: str, query: str) -> tuple[Encoding, Plane, Fields, Mapping[str, Any]]:
    """Read a tile's query. A viewer repeats the same one for thousands of tiles."""
    values = TILE.read(query)
    return encoding_of(format, values), plane_of(values), _fields(query), values


def _fields(query: str) -> Fields:
    return tuple(parse_qsl(query, keep_blank_values=True)) if query else ()


def _styled(request: RenderRequest, fields: Fields, info: Info) -> RenderRequest:
    """Return the request with the look that the fields of its query ask for."""
    if not fields:
        return request
    look = looks.parse_look(fields, info)
    plane = request.plane if look.plane is None else look.plane
    return replace(request, style=look.style, plane=plane)


def _request(target: Target, format: str, values: Mapping[str, Any]) -> RenderRequest:
    cog = values.get("cog", False)
    if cog and format != "tiff":
        raise ParameterError("cog", "asked of a TIFF", "true")
    return RenderRequest(
        target,
        encoding_of("cog" if cog else format, values),
        plane=plane_of(values),
        resampling=_resampling(values),
    )


def _resampling(values: Mapping[str, Any]) -> Resampling:
    return cast("Resampling", values.get("resampling", "bilinear"))
