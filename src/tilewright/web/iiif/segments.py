"""The four segments of an image's path: region, size, rotation, and quality with format.

IIIF Image API 3.0, section 4; 2.1.1, section 4. The grammar alone: what it comes to on an image
is told by `tilewright.web.iiif.asked`.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tilewright.errors import ParameterError
from tilewright.style import Orientation
from tilewright.web.params import whole

Version = Literal[2, 3]
Quality = Literal["default", "color", "gray", "bitonal"]

QUALITIES: tuple[Quality, ...] = ("default", "color", "gray", "bitonal")
REGIONS = (
    "full, square, x,y,w,h in whole pixels or pct:x,y,w,h in percent, w and h above 0 and "
    "not all of it outside the image"
)
_SIZES = "max, w, or ,h, pct:n, w,h or !w,h, in whole numbers above 0"
_ALLOWED = {
    2: f"full, {_SIZES}",
    3: f"{_SIZES}, a ^ before it where the answer may be larger than the region",
}
_ROTATIONS = "a number of degrees from 0 to 360, a ! before it for a mirrored picture"
_FULL_TURN = 360.0
_FOUR = 4
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class RegionText:
    """Which part of the image."""

    kind: Literal["full", "square", "pixels", "percent"]
    numbers: tuple[float, ...] = ()
    """x, y, width and height of the last two kinds."""


@dataclass(frozen=True, slots=True)
class SizeText:
    """How large that part is to be."""

    kind: Literal["full", "max", "width", "height", "percent", "exact", "within"]
    """``full`` is 2.1.1's own: as it is. ``max``: as large as the limits allow."""
    width: int = 0
    height: int = 0
    percent: float = 0.0
    enlarge: bool = False
    """Whether the answer may be larger than the part: ``^`` in 3.0; in 2.1.1 always, but for
    ``max``."""


@dataclass(frozen=True, slots=True)
class Segments:
    """What a path says."""

    version: Version
    region: RegionText
    size: SizeText
    orientation: Orientation
    quality: Quality
    suffix: str


def parse_segments(version: Version, texts: tuple[str, str, str, str]) -> Segments:
    """Return what region, size, rotation and ``quality.format`` say. Raises ParameterError."""
    region, size, rotation, last = texts
    name, _, suffix = last.rpartition(".")
    quality = next((known for known in QUALITIES if known == name), None)
    if quality is None:
        allowed = f"one of {', '.join(QUALITIES)}, before a dot and a format"
        raise ParameterError("quality", allowed, name or last)
    return Segments(
        version, _region(region), _size(version, size), _orientation(rotation), quality, suffix
    )


def _region(text: str) -> RegionText:
    match text:
        case "full":
            return RegionText("full")
        case "square":
            return RegionText("square")
    try:
        if text.startswith("pct:"):
            return RegionText("percent", _four(text.removeprefix("pct:"), _decimal))
        return RegionText("pixels", _four(text, _pixels))
    except ValueError:
        raise ParameterError("region", REGIONS, text) from None


def _size(version: Version, text: str) -> SizeText:
    old = version == 2  # noqa: PLR2004 - of the API
    rest = text if old else text.removeprefix("^")
    enlarge = rest != "max" if old else rest != text
    try:
        if rest == "full" and old:
            return SizeText("full")
        if rest == "max":
            return SizeText("max", enlarge=enlarge)
        if rest.startswith("pct:"):
            percent = _decimal(rest.removeprefix("pct:"))
            return SizeText("percent", percent=percent, enlarge=enlarge)
        return _sides(rest, enlarge=enlarge)
    except ValueError:
        raise ParameterError("size", _ALLOWED[version], text) from None


def _sides(text: str, *, enlarge: bool) -> SizeText:
    """Return ``w,`` or ``,h`` or ``w,h`` or ``!w,h``. Raises ValueError."""
    sides = text.removeprefix("!")
    width, height = sides.split(",")
    if sides == text and not height:
        return SizeText("width", width=_side(width), enlarge=enlarge)
    if sides == text and not width:
        return SizeText("height", height=_side(height), enlarge=enlarge)
    kind: Literal["exact", "within"] = "exact" if sides == text else "within"
    return SizeText(kind, _side(width), _side(height), enlarge=enlarge)


def _orientation(text: str) -> Orientation:
    try:
        degrees = _decimal(text.removeprefix("!"))
    except ValueError:
        degrees = math.inf
    if degrees > _FULL_TURN:
        raise ParameterError("rotation", _ROTATIONS, text)
    return Orientation(text.startswith("!"), degrees % _FULL_TURN)


def _four(text: str, parse: Callable[[str], float]) -> tuple[float, ...]:
    numbers = tuple(parse(part) for part in text.split(","))
    if len(numbers) != _FOUR:
        raise ValueError
    return numbers


def _pixels(text: str) -> int:
    if text.startswith("-"):
        raise ValueError
    return whole(text)


def _decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise ValueError
    return float(text)


def _side(text: str) -> int:
    side = _pixels(text)
    if not side:
        raise ValueError
    return side
