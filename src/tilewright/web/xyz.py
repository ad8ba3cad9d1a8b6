"""Tiles, thumbnails and regions: their URLs to a `RenderRequest`, and back."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.image import Plane
from tilewright.request import (
    SUBSAMPLINGS,
    Encoding,
    Fit,
    Region,
    RenderRequest,
    Subsampling,
    Target,
    Tile,
)
from tilewright.style import Style
from tilewright.web.params import (
    LARGEST,
    Parameter,
    ParameterSet,
    choice,
    color,
    flag,
    integer,
    number,
    whole,
)

Suffixes = Mapping[str, str]
"""From file suffix to format: ``{"jpg": "jpeg", "jpeg": "jpeg", …}``, preferred ones first."""

DEFAULT = Encoding()
THUMBNAIL_SIDE = 256

PLANE = (
    integer("z", "Position along the focal axis, from 0.", low=0, default=0),
    integer("t", "Position in time, from 0.", low=0, default=0),
    integer(
        "frame",
        "Frame of a file that numbers its pictures without saying what they are, from 0.",
        low=0,
        default=0,
        misspellings=("frames",),
    ),
)
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
EDGES = (
    number(
        "left",
        "Left edge in pixels of full resolution. The four edges are given together; without "
        "them the region is the whole image. Swapped edges are put in order.",
        misspellings=("xmin", "minx"),
    ),
    number("top", "Upper edge, counted downwards from 0.", misspellings=("ymin", "miny")),
    number("right", "Right edge.", misspellings=("xmax", "maxx")),
    number("bottom", "Lower edge.", misspellings=("ymax", "maxy")),
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
UNITS = choice(
    "units", "What the edges count.", ("pixels",), default="pixels", misspellings=("unit",)
)

LOOK = ParameterSet((*ENCODING, *PLANE))
TILE = LOOK
THUMBNAIL = ParameterSet((*FRAME, *ENCODING, *PLANE))
REGION = ParameterSet((*EDGES, *OUTPUT, UNITS, *ENCODING, *PLANE))
PIXEL = ParameterSet(
    (
        integer("left", "Column, from 0 at the left.", required=True, misspellings=("x", "column")),
        integer("top", "Row, from 0 at the top.", required=True, misspellings=("y", "row")),
        *PLANE,
    )
)

_ENCODING_NAMES = tuple(parameter.name for parameter in ENCODING)
_PLANE_NAMES = tuple(parameter.name for parameter in PLANE)
_EDGE_NAMES = tuple(parameter.name for parameter in EDGES)


def tile(place: tuple[str, str, str], suffix: str, query: str, suffixes: Suffixes) -> RenderRequest:
    """Return what ``tiles/{z}/{x}/{y}.{suffix}?{query}`` asks for; ``place`` is z, x, y.

    Raises ParameterError, and OutsideError for a number that no pyramid has.
    """
    z, x, y = place
    encoding, plane = _look(_format(suffix, suffixes), query)
    target = Tile(_place("z", z), _place("x", x), _place("y", y))
    return RenderRequest(target, encoding, plane=plane)


def thumbnail(suffix: str, query: str, suffixes: Suffixes) -> RenderRequest:
    """Return what ``data/thumbnail.{suffix}?{query}`` asks for. Raises ParameterError."""
    name = _format(suffix, suffixes)
    values = THUMBNAIL.read(query)
    target = Fit(values.get("max_width", THUMBNAIL_SIDE), values.get("max_height", THUMBNAIL_SIDE))
    return RenderRequest(target, _encoding(name, values), plane=_plane(values))


def region(suffix: str, query: str, suffixes: Suffixes) -> RenderRequest:
    """Return what ``data/region.{suffix}?{query}`` asks for. Raises ParameterError."""
    name = _format(suffix, suffixes)
    values = REGION.read(query)
    target = Region(_box(values), values.get("width"), values.get("height"))
    return RenderRequest(target, _encoding(name, values), plane=_plane(values))


def pixel(query: str) -> tuple[Region, Plane]:
    """Return the one pixel that ``data/pixel?{query}`` asks for.

    Raises ParameterError, and OutsideError left of or above the image.
    """
    values = PIXEL.read(query)
    left, top = values["left"], values["top"]
    if left < 0 or top < 0:
        raise OutsideError(f"pixel {left},{top} is outside the image")
    return Region(Box(left, top, 1, 1), 1, 1), _plane(values)


def parse(url: str, suffixes: Suffixes) -> RenderRequest:
    """Return what a URL below an image asks for; the inverse of `url`.

    Raises ParameterError for a bad value, OutsideError for a path that is none of these.
    """
    path, _, query = url.partition("?")
    stem, _, suffix = path.rpartition(".")
    match stem.split("/"):
        case ["tiles", z, x, y]:
            return tile((z, x, y), suffix, query, suffixes)
        case ["data", "thumbnail"]:
            return thumbnail(suffix, query, suffixes)
        case ["data", "region"]:
            return region(suffix, query, suffixes)
        case _:
            raise OutsideError("nothing is served at this address")


def url(request: RenderRequest, suffixes: Suffixes) -> str:
    """Return the URL below an image that asks for just this.

    Edges are written to the pixel's 1024th part. Raises ValueError for a style, an axis or a
    format that has no parameter.
    """
    if request.style != Style():
        raise ValueError("a style has no parameter")
    path, parameters, values = _address(request.target)
    encoding = request.encoding
    suffix = next((end for end, name in suffixes.items() if name == encoding.format), None)
    if suffix is None:
        raise ValueError(f"{encoding.format} has no suffix")
    for name in _ENCODING_NAMES:
        value = getattr(encoding, name)
        if value != getattr(DEFAULT, name):
            values[name] = value
    for axis, index in request.plane.indices:
        if axis not in _PLANE_NAMES:
            raise ValueError(f"axis {axis} has no parameter")
        values[axis] = index
    query = parameters.write(values)
    return f"{path}.{suffix}?{query}" if query else f"{path}.{suffix}"


def _address(target: Target) -> tuple[str, ParameterSet, dict[str, Any]]:
    if isinstance(target, Tile):
        return f"tiles/{target.z}/{target.x}/{target.y}", TILE, {}
    if isinstance(target, Fit):
        sides = {"max_width": target.width, "max_height": target.height}
        changed = {name: side for name, side in sides.items() if side != THUMBNAIL_SIDE}
        return "data/thumbnail", THUMBNAIL, changed
    values: dict[str, Any] = {}
    box = target.box
    if box is not None:
        values = {"left": box.x, "top": box.y, "right": box.right, "bottom": box.bottom}
    if target.width is not None:
        values["width"] = target.width
    if target.height is not None:
        values["height"] = target.height
    return "data/region", REGION, values


@lru_cache(maxsize=1024)
def _look(format: str, query: str) -> tuple[Encoding, Plane]:
    """Read a tile's query. A viewer repeats the same one for thousands of tiles."""
    values = LOOK.read(query)
    return _encoding(format, values), _plane(values)


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


def _plane(values: Mapping[str, Any]) -> Plane:
    return Plane.of({name: values[name] for name in _PLANE_NAMES if name in values})


def _box(values: Mapping[str, Any]) -> Box | None:
    given = [name for name in _EDGE_NAMES if name in values]
    if not given:
        return None
    for name in _EDGE_NAMES:
        if name not in values:
            raise ParameterError(name, f"given together with {', '.join(given)}")
    left, right = sorted((values["left"], values["right"]))
    top, bottom = sorted((values["top"], values["bottom"]))
    if left == right:
        raise ParameterError("right", "apart from left", values["right"])
    if top == bottom:
        raise ParameterError("bottom", "apart from top", values["bottom"])
    return Box(left, top, right - left, bottom - top)
