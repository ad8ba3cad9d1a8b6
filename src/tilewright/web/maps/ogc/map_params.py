"""The parameters of ``/map``, each declared once (OGC API – Maps, 20-058, clauses 10-16)."""

import re

from tilewright.crs import canonical_crs
from tilewright.web.params import FARTHEST, Parameter, ParameterSet, flag, integer

Ends = tuple[float | None, float | None]
"""Of an interval; None is the end of the image."""
Axes = tuple[tuple[str, Ends], ...]

_MOST_CHARACTERS = 400
_LEAST_SCALE = 1e-6
_INTERVAL = re.compile(r"([A-Za-z]{1,20})\(([^():]{1,40}):([^():]{1,40})\)")
_HEX = re.compile(r"(?:#|0x)?([0-9a-f]{6})", re.IGNORECASE)


def _number(text: str) -> float:
    if "_" in text or not text.isascii():
        raise ValueError
    value = float(text)
    if not abs(value) <= FARTHEST:
        raise ValueError
    return value


def _numbers(text: str, counts: tuple[int, ...]) -> tuple[float, ...]:
    parts = text.split(",", max(counts)) if len(text) <= _MOST_CHARACTERS else []
    if len(parts) not in counts:
        raise ValueError
    return tuple(_number(part) for part in parts)


def _bbox(text: str) -> tuple[float, float, float, float]:
    """Return the four numbers of the plane; heights are read and left."""
    values = _numbers(text, (4, 6))
    left, low, right, high = values if len(values) == 4 else (*values[:2], *values[3:5])  # noqa: PLR2004
    return left, low, right, high


def _end(text: str) -> float | None:
    return None if text == "*" else _number(text)


def _subset(text: str) -> Axes:
    if len(text) > _MOST_CHARACTERS:
        raise ValueError
    found: dict[str, Ends] = {}
    for part in text.split(","):
        interval = _INTERVAL.fullmatch(part)
        if interval is None or interval[1].lower() in found:
            raise ValueError
        found[interval[1].lower()] = _end(interval[2]), _end(interval[3])
    return tuple(found.items())


def _background(text: str) -> str:
    digits = _HEX.fullmatch(text)
    if digits is not None:
        return f"#{digits[1].lower()}"
    from PIL.ImageColor import colormap, getrgb  # noqa: PLC0415 - for names of CSS alone

    if text.lower() not in colormap:
        raise ValueError
    return "#{:02x}{:02x}{:02x}".format(*getrgb(text.lower())[:3])


def _positive(
    name: str, help: str, least: float, *, misspelled: tuple[str, ...]
) -> Parameter[float]:
    def parse(text: str) -> float:
        value = _number(text)
        if value < least:
            raise ValueError
        return value

    allowed = f"a number from {least:g} to {FARTHEST:,.0f}"
    schema = {"type": "number", "minimum": least, "maximum": FARTHEST}
    return Parameter(name, help, allowed, parse, repr, schema, misspellings=misspelled)


def _crs(name: str, help: str) -> Parameter[str]:
    return Parameter(
        name,
        help,
        "a coordinate reference system such as EPSG:3857",
        # Its own error names the parameter as well.
        lambda text: canonical_crs(text, name),
        str,
        {"type": "string"},
        misspellings=(name.replace("-", "_"), name.replace("-", "")) if "-" in name else (),
    )


def _write_numbers(values: tuple[float, ...]) -> str:
    return ",".join(map(repr, values))


def _write_subset(axes: Axes) -> str:
    def end(value: float | None) -> str:
        return "*" if value is None else repr(value)

    return ",".join(f"{name}({end(low)}:{end(high)})" for name, (low, high) in axes)


_COORDINATES = {"type": "array", "items": {"type": "number"}}

SUBSET = Parameter(
    "subset",
    "The part of the map to show, by axis: Lat(40:50),Lon(-10:10), or x(…),y(…).",
    "intervals by axis, such as Lat(40:50),Lon(-10:10)",
    _subset,
    _write_subset,
    {"type": "string"},
)
SIZE = (
    integer("width", "Width of the picture in pixels.", low=1, misspellings=("w",)),
    integer("height", "Height of the picture in pixels.", low=1, misspellings=("h",)),
)
PLACE = (
    Parameter(
        "bbox",
        "The part of the map to show: lower left and upper right corner, each in the order of "
        "the axes of bbox-crs. Its west may be above its east, across the antimeridian.",
        f"four or six numbers from -{FARTHEST:,.0f} to {FARTHEST:,.0f}, with commas between",
        _bbox,
        _write_numbers,
        {**_COORDINATES, "minItems": 4, "maxItems": 6},
    ),
    _crs("bbox-crs", "The CRS of bbox; longitude and latitude (CRS84) when left out."),
    SUBSET,
    _crs("subset-crs", "The CRS of subset; CRS84 when left out."),
    Parameter(
        "center",
        "The middle of the map, in the order of the axes of center-crs.",
        "two numbers with a comma between",
        lambda text: _numbers(text, (2,)),
        _write_numbers,
        {**_COORDINATES, "minItems": 2, "maxItems": 2},
    ),
    _crs("center-crs", "The CRS of center; CRS84 when left out."),
)
SCALE = (
    _positive(
        "scale-denominator",
        "How much smaller the map is than the ground.",
        _LEAST_SCALE,
        misspelled=("scale_denominator", "scaleDenominator"),
    ),
    _positive(
        "mm-per-pixel",
        "The side of a pixel of the display in millimetres; 0.28 when left out.",
        _LEAST_SCALE,
        misspelled=("mm_per_pixel", "mmPerPixel"),
    ),
)
BACKGROUND = (
    Parameter(
        "bgcolor",
        "What lies under transparent pixels: six hexadecimal digits, or a name of CSS.",
        "a colour as six hexadecimal digits, such as 0xffffff, or a name of CSS",
        _background,
        lambda value: value.removeprefix("#"),
        {"type": "string", "default": "0xFFFFFF"},
    ),
    flag(
        "transparent",
        "Whether pixels without data stay transparent; true when neither it nor bgcolor is given.",
    ),
)
CRS = _crs("crs", "The CRS of the map; the image's own when left out.")


def map_parameters(format: Parameter[str]) -> ParameterSet:
    """Return the parameters of a map."""
    return ParameterSet((*PLACE, CRS, *SIZE, *SCALE, *BACKGROUND, format))


def tile_parameters(format: Parameter[str]) -> ParameterSet:
    """Return the parameters of a tile."""
    return ParameterSet((*BACKGROUND, format))
