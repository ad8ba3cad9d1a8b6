"""The parameters of GetMap and GetFeatureInfo, each declared once."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tilewright.crs import canonical_crs
from tilewright.web.maps.wms.query import NEW, Version
from tilewright.web.numbers import decimal
from tilewright.web.params import FARTHEST, Parameter, ParameterSet, flag, integer
from tilewright.web.places import PLANE_NAMES

Edges = tuple[float, float, float, float]
"""As they are written: two numbers, and the larger ones of the same axes."""

LAYER_LIMIT = 16
"""Layers that one map may have."""
MOST_CHARACTERS = 4096
DEFAULT_BACKGROUND = "#ffffff"
DIMENSIONS = tuple(f"dim_{name}" for name in PLANE_NAMES)
"""Axes of an image beyond the ground are sample dimensions (1.3.0, C.3.3)."""

_DIGITS = 6


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if len(text) > MOST_CHARACTERS or len(names) > LAYER_LIMIT or not all(names):
        raise ValueError
    return names


def _styles(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not all(name.lower() in {"", "default"} for name in names):
        raise ValueError
    return names


def _edges(text: str) -> Edges:
    first, second, third, fourth = (decimal(part.strip()) for part in text.split(","))
    edges = (first, second, third, fourth)
    if not (first < third and second < fourth and max(map(abs, edges)) <= FARTHEST):
        raise ValueError
    return edges


def _color(text: str) -> str:
    digits = text.lower().removeprefix("0x").removeprefix("#")
    if len(digits) != _DIGITS or not {*digits} <= {*"0123456789abcdef"}:
        raise ValueError
    return f"#{digits}"


def _media_type(text: str) -> str:
    # Clients add "; mode=8bit" and the like, which asks for no other format.
    name = text.partition(";")[0].strip().lower()
    return "image/jpeg" if name == "image/jpg" else name


def _listed(
    name: str,
    help: str,
    allowed: str,
    parse: Callable[[str], tuple[str, ...]],
    *,
    required: bool = False,
) -> Parameter[tuple[str, ...]]:
    return Parameter(name, help, allowed, parse, ",".join, {"type": "string"}, required)


def _crs(name: str) -> Parameter[str]:
    """Declare the CRS, which 1.1.1 calls otherwise."""

    def parse(text: str) -> str:
        return canonical_crs(text, name)

    allowed = "a coordinate reference system such as EPSG:3857"
    told = "The coordinate reference system of the map and of bbox."
    return Parameter(name, told, allowed, parse, str, {"type": "string"}, required=True)


_WHICH = f"1 to {LAYER_LIMIT} names of layers with commas between"
LAYERS = _listed("layers", "The layers of the map, the lowest first.", _WHICH, _names)
QUERY_LAYERS = _listed(
    "query_layers", "The layers whose values are asked for.", _WHICH, _names, required=True
)
STYLES = _listed(
    "styles",
    "One style for each layer, or none: a layer has its default style only. Looks are asked "
    "for by the parameters that tiles have too.",
    "empty, or default for each layer",
    _styles,
)
BBOX = Parameter(
    "bbox",
    "The edges of the map in its CRS: the lower ends of both axes, then the upper ones.",
    "four numbers minx,miny,maxx,maxy, each maximum above its minimum",
    _edges,
    lambda edges: ",".join(map(repr, edges)),
    {"type": "string"},
    required=True,
)
FORMAT = Parameter(
    "format", "The media type of the map.", "a media type", _media_type, str, {"type": "string"}
)
INFO_FORMAT = Parameter(
    "info_format",
    "The media type of the values.",
    "a media type",
    _media_type,
    str,
    {"type": "string"},
)
BGCOLOR = Parameter(
    "bgcolor",
    "What lies under the layers where the map is not transparent.",
    "a colour such as 0xffffff",
    _color,
    lambda value: f"0x{value.removeprefix('#')}",
    {"type": "string", "default": "0xFFFFFF"},
)
_DRAWN_ON: tuple[Parameter[Any], ...] = (
    integer("width", "Width of the map in pixels.", low=1, required=True),
    integer("height", "Height of the map in pixels.", low=1, required=True),
    FORMAT,
    flag("transparent", "Leave the map clear where it has no data."),
    BGCOLOR,
)
_MAP: tuple[Parameter[Any], ...] = (
    STYLES,
    BBOX,
    *_DRAWN_ON,
    *(integer(name, "Position on an axis of the image, from 0.", low=0) for name in DIMENSIONS),
)
CANVAS = ParameterSet(_DRAWN_ON)
"""What must be right for an error to be drawn into the picture."""


@lru_cache(maxsize=2)
def get_map(version: Version) -> ParameterSet:
    """Return the parameters of GetMap."""
    layers = _listed(LAYERS.name, LAYERS.help, LAYERS.allowed, _names, required=True)
    return ParameterSet((layers, _crs(crs_name(version)), *_MAP))


@lru_cache(maxsize=2)
def get_feature_info(version: Version) -> ParameterSet:
    """Return the parameters of GetFeatureInfo."""
    place: tuple[Parameter[Any], ...] = tuple(
        integer(name, f"{side} of the pixel in the map, from 0.", low=0, required=True)
        for name, side in zip(place_names(version), ("Column", "Row"), strict=True)
    )
    return ParameterSet((LAYERS, QUERY_LAYERS, INFO_FORMAT, _crs(crs_name(version)), *_MAP, *place))


NAMES = frozenset(
    [
        *(one.name for one in _MAP),
        *(LAYERS.name, QUERY_LAYERS.name, INFO_FORMAT.name),
        *("service", "request", "version", "wmtver", "exceptions", "feature_count"),
        *("crs", "srs", "i", "j", "x", "y", "time", "elevation", "updatesequence"),
    ]
)
"""What the standard has; all other fields are Tilewright's own, or nobody's."""


def crs_name(version: Version) -> str:
    """Return what a version calls the CRS."""
    return "crs" if version == NEW else "srs"


def place_names(version: Version) -> tuple[str, str]:
    """Return what a version calls the column and the row of a pixel."""
    return ("i", "j") if version == NEW else ("x", "y")
