"""Regions and sizes on one image: whole pixels, and no more of them than the limits allow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tilewright.config import Limits
from tilewright.errors import ParameterError
from tilewright.geometry import Size, Window
from tilewright.image import ImageInfo
from tilewright.plan import pixel_bytes
from tilewright.pyramid import pyramid
from tilewright.style import Style
from tilewright.web.iiif.segments import REGIONS, RegionText, SizeText

_ROOM = 1e-9
"""Of a pixel: a quotient times its divisor may be a hair below what was divided."""


@dataclass(frozen=True, slots=True)
class Most:
    """The largest answer: ``maxWidth``, which is the greatest height too, and ``maxArea``."""

    side: int
    area: int

    def allows(self, size: Size) -> bool:
        """Tell whether an answer may be of this size."""
        return max(size.width, size.height) <= self.side and size.pixels <= self.area

    def scale(self, part: Size) -> float:
        """Return by how much a part may be enlarged at most; below 1, it has to be shrunk."""
        by_side = self.side / max(part.width, part.height)
        return min(by_side, math.sqrt(self.area / part.pixels))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about."""

    info: ImageInfo
    look: Style
    """In which the image is shown without being asked."""
    suffixes: Mapping[str, str]
    """From file suffix to format, of all that may be asked."""
    limits: Limits


def most_of(subject: Subject, look: Style) -> Most:
    """Return the largest answer of an image in a look."""
    info, limits = subject.info, subject.limits
    bands = max(1, min(len(info.bands), len(look.channels) or len(info.bands)))
    each = pixel_bytes(info, bands, len(look.channels))
    return Most(limits.output_side, min(limits.output_pixels, limits.decoded_bytes // each))


def window_of(region: RegionText, whole: Size) -> Window:
    """Return the pixels of a region, cut at the edges of the image. Raises ParameterError."""
    match region.kind:
        case "full":
            return Window(0, 0, whole.width, whole.height)
        case "square":
            side = min(whole.width, whole.height)
            return Window((whole.width - side) // 2, (whole.height - side) // 2, side, side)
    x, y, width, height = region.numbers
    if region.kind == "percent":
        across, down = whole.width / 100, whole.height / 100
        x, y, width, height = x * across, y * down, width * across, height * down
    if not (width > 0 and height > 0 and x < whole.width and y < whole.height):
        raise ParameterError("region", REGIONS)
    left, top = min(round(x), whole.width - 1), min(round(y), whole.height - 1)
    right, bottom = min(round(x + width), whole.width), min(round(y + height), whole.height)
    # What is less than a pixel is one.
    return Window(left, top, max(1, right - left), max(1, bottom - top))


def size_of(text: SizeText, part: Size, most: Most) -> Size:
    """Return the size of the answer for a part of the image. Raises ParameterError."""
    width, height = _wanted(text, part, most)
    if min(width, height) < 1:
        raise ParameterError("size", f"at least one pixel each way of a region of {_text(part)}")
    if not text.enlarge and (width > part.width or height > part.height):
        raise ParameterError("size", f"at most that of the region, {_text(part)}")
    size = Size(width, height)
    if not most.allows(size):
        allowed = f"at most {most.side} pixels a side, and {most.area} in all"
        raise ParameterError("size", allowed, _text(size))
    return size


def height_for(width: int, part: Size) -> int:
    """Return the height that keeps a part's aspect; 0 where that is less than half a pixel."""
    return _other_side(width, part.width, part.height)


def _other_side(given: int, along: int, across: int) -> int:
    """Return the side that goes with a given one: that of a level where it is a level's.

    The sides of levels are rounded up, as viewers reckon.
    """
    scale = 1 << max(0, round(math.log2(along / given)))
    if -(-along // scale) == given:
        return -(-across // scale)
    return _rounded(across * given / along)


def _wanted(text: SizeText, part: Size, most: Most) -> tuple[int, int]:
    match text.kind:
        case "full":
            return part.width, part.height
        case "exact":
            return text.width, text.height
        case "width":
            return text.width, height_for(text.width, part)
        case "height":
            return _other_side(text.height, part.height, part.width), text.height
        case "percent":
            return _scaled(part, text.percent / 100)
        case "within":
            fit = min(text.width / part.width, text.height / part.height)
        case "max":
            fit = math.inf
    return _fitted(part, fit if text.enlarge else min(fit, 1.0), most)


def _fitted(part: Size, scale: float, most: Most) -> tuple[int, int]:
    """Return the part at a scale, or as near to it as the limits allow; never nothing."""
    allowed = most.scale(part)
    width, height = _scaled(part, min(scale, allowed))
    if scale > allowed or width * height > most.area:
        # To the nearest pixel may be a pixel too many.
        least = min(scale, allowed)
        width, height = int(part.width * least + _ROOM), int(part.height * least + _ROOM)
    return max(1, width), max(1, height)


def _scaled(part: Size, scale: float) -> tuple[int, int]:
    return _rounded(part.width * scale), _rounded(part.height * scale)


def _rounded(length: float) -> int:
    return math.floor(length + 0.5)


def _text(size: Size) -> str:
    return f"{size.width},{size.height}"


def sizes_of(info: ImageInfo, most: Most) -> list[Size]:
    """Return the size of each zoom of an image, the smallest first, as far as it is allowed."""
    whole = info.size
    scales = (1 << zoom for zoom in reversed(range(pyramid(info).max_zoom + 1)))
    every = (Size(-(-whole.width // scale), -(-whole.height // scale)) for scale in scales)
    return [size for size in every if most.allows(size)]
