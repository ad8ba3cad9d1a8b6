"""Tiles, thumbnails and regions: their URLs to a `RenderRequest`, and back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.image import ImageInfo, Plane
from tilewright.request import (
    SUBSAMPLINGS,
    Encoding,
    Fit,
    MapRegion,
    MapTile,
    Region,
    RenderRequest,
    Resampling,
    Subsampling,
    Target,
    Tile,
)
from tilewright.tms import TileMatrixSets
from tilewright.web import looks
from tilewright.web.maps import tiles as maps
from tilewright.web.params import (
    LARGEST,
    Parameter,
    ParameterSet,
    choice,
    color,
    flag,
    integer,
    whole,
)
from tilewright.web.places import EDGES, PLANE, PLANE_NAMES, box_of, edges_of, plane_of

Suffixes = Mapping[str, str]
"""From file suffix to format: ``{"jpg": "jpeg", "jpeg": "jpeg", …}``, preferred ones first."""
Info = Callable[[], ImageInfo]
Fields = tuple[tuple[str, str], ...]

DEFAULT = Encoding()
THUMBNAIL_SIDE = 256

ENCODING: tuple[Parameter[Any], ...] = (
    integer(
        "quality",
        "Quality of JPEG, lossy WebP and AVIF.",
        low=1,
        high=100,
        misspellings=("q", "qualtiy", "qulaity", "jpegQuality", "jpeg_quality"),
    ),
    choice(
        "subsampling",
        "Colour resolution of JPEG: full, half across, or half both ways.",
        SUBSAMPLINGS,
        misspellings=("sub_sampling", "jpegSubsampling", "jpeg_subsampling"),
    ),
    flag(
        "lossless",
        "Keep every value where the format can: WebP.",
        misspellings=("loseless", "lossles"),
    ),
    color(
        "background",
        "What lies under transparent pixels when the format has no transparency.",
        default=DEFAULT.background.removeprefix("#"),
        misspellings=("bg", "bgcolor", "backgroundColor", "background_color"),
    ),
)
FRAME = (
    integer(
        "max_width",
        "Width of the frame that the picture is fitted into, in pixels. It is never enlarged.",
        low=1,
        default=THUMBNAIL_SIDE,
        aliases=("width",),
        misspellings=("maxWidth", "maxwidth", "max-width"),
    ),
    integer(
        "max_height",
        "Height of that frame, in pixels.",
        low=1,
        default=THUMBNAIL_SIDE,
        aliases=("height",),
        misspellings=("maxHeight", "maxheight", "max-height"),
    ),
)
OUTPUT = (
    integer(
        "width",
        "Width of the answer in pixels. When one side is given the other follows; when none, "
        "the answer has full resolution.",
        low=1,
        misspellings=("w", "regionWidth", "output_width"),
    ),
    integer(
        "height",
        "Height of the answer in pixels.",
        low=1,
        misspellings=("h", "regionHeight", "output_height"),
    ),
)
TILE = ParameterSet((*maps.TILE, *ENCODING, *PLANE, *looks.PARAMETERS))
THUMBNAIL = ParameterSet((*FRAME, maps.RESAMPLING, *ENCODING, *PLANE, *looks.PARAMETERS))
REGION = ParameterSet((*EDGES, *OUTPUT, *maps.REGION, *ENCODING, *PLANE, *looks.PARAMETERS))
PIXEL = ParameterSet(
    (
        integer("left", "Column, from 0 at the left.", required=True, misspellings=("x", "column")),
        integer("top", "Row, from 0 at the top.", required=True, misspellings=("y", "row")),
        *PLANE,
    )
)

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
    z, x, y = place
    encoding, plane, fields, values = _settings(_format(suffix, suffixes), query)
    y, at, scale = y.partition("@")
    zoom, column, row = _place("z", z), _place("x", x), _place("y", y)
    chosen = maps.tile_set(sets, set_name, values)
    target: Target
    if chosen is None:
        if at:
            raise ParameterError("y", "a whole number", f"{y}@{scale}")
        target = Tile(zoom, column, row)
    else:
        finer = _place("scale", scale.removesuffix("x")) if at else 1
        target = maps.map_tile(chosen, zoom, column, row, finer, values)
    request = RenderRequest(target, encoding, plane=plane, resampling=_resampling(values))
    return _styled(request, fields, info)


def thumbnail(suffix: str, query: str, suffixes: Suffixes, info: Info) -> RenderRequest:
    """Return what ``data/thumbnail.{suffix}?{query}`` asks for. Raises ParameterError."""
    name = _format(suffix, suffixes)
    values = THUMBNAIL.read(query)
    target = Fit(values.get("max_width", THUMBNAIL_SIDE), values.get("max_height", THUMBNAIL_SIDE))
    request = _request(target, name, values)
    return _styled(request, _fields(query), info)


def region(suffix: str, query: str, suffixes: Suffixes, info: Info) -> RenderRequest:
    """Return what ``data/region.{suffix}?{query}`` asks for. Raises ParameterError."""
    name = _format(suffix, suffixes)
    values = REGION.read(query)
    target: Target
    if "projection" in values or values.get("units", maps.PIXELS) != maps.PIXELS:
        target = maps.map_region(edges_of(values), values, info)
    else:
        target = Region(box_of(values), values.get("width"), values.get("height"))
    request = _request(target, name, values)
    return _styled(request, _fields(query), info)


def pixel(query: str) -> tuple[Region, Plane]:
    """Return the one pixel that ``data/pixel?{query}`` asks for.

    Raises ParameterError, and OutsideError left of or above the image.
    """
    values = PIXEL.read(query)
    left, top = values["left"], values["top"]
    if left < 0 or top < 0:
        raise OutsideError(f"pixel {left},{top} is outside the image")
    return Region(Box(left, top, 1, 1), 1, 1), plane_of(values)


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
    for axis, index in request.plane.indices:
        if axis not in PLANE_NAMES:
            raise ValueError(f"axis {axis} has no parameter")
        values[axis] = index
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
    return _encoding(format, values), plane_of(values), _fields(query), values


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
    return RenderRequest(
        target,
        _encoding(format, values),
        plane=plane_of(values),
        resampling=_resampling(values),
    )


def _resampling(values: Mapping[str, Any]) -> Resampling:
    return cast("Resampling", values.get("resampling", "bilinear"))


def _format(suffix: str, suffixes: Suffixes) -> str:
    name = suffixes.get(suffix)
    if name is None:
        raise ParameterError("fmt", f"one of {', '.join(suffixes)}", suffix)
    return name


def _place(name: str, text: str) -> int:
    try:
        value = whole(text)
    except ValueError:
        raise ParameterError(name, "a whole number", text) from None
    if value > LARGEST:
        raise OutsideError(f"{name} {text} is outside the pyramid")
    return value


def _encoding(format: str, values: Mapping[str, Any]) -> Encoding:
    return Encoding(
        format,
        quality=values.get("quality"),
        subsampling=cast("Subsampling | None", values.get("subsampling")),
        lossless=values.get("lossless", False),
        background=values.get("background", DEFAULT.background),
    )
