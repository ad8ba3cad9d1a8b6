"""Which pixels: ``tile``, ``region`` and ``flip``, and the levels that they are of."""

from collections.abc import Mapping
from typing import Any

from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Size, Window
from tilewright.image import ImageInfo, Level
from tilewright.request import LevelRegion
from tilewright.style import Orientation
from tilewright.web.params import whole
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.query import SentenceError

_TILE = "level,x,y or level,x,y,width,height in whole numbers"
_REGION = "x,y,width,height in whole numbers"
_NO_SIZE = (0, 0)
_NEITHER = "tile or region argument required"
_SHORT, _LONG, _EDGES = 3, 5, 4


def levels_of(info: ImageInfo, limits: GatewayLimits) -> tuple[Level, ...]:
    """Return the levels that a client may ask for, stored or not, finest first.

    They are those of the file when it has several. A larger image than a plane may be is
    halved until it is one tile; what does not make a whole pixel at its edges is left out.
    """
    if len(info.levels) > 1:
        return info.levels
    size, side = info.size, tile_side(info, limits)
    halvings = 0
    if size.pixels > limits.max_plane_side**2:
        while max(size.width, size.height) >> halvings > side:
            halvings += 1
    return tuple(
        Level(
            Size(max(1, size.width >> halving), max(1, size.height >> halving)),
            (float(1 << halving), float(1 << halving)),
            Size(side, side),
        )
        for halving in range(halvings + 1)
    )


def tile_side(info: ImageInfo, limits: GatewayLimits) -> int:
    """Return the side of a tile whose size is not given."""
    return min(info.tile_size, limits.max_tile_length)


def area(values: Mapping[str, Any], info: ImageInfo, limits: GatewayLimits) -> LevelRegion:
    """Return the pixels that ``tile``, else ``region`` names, cut off at the image's edges.

    A tile longer than the limit is cut down to it first, so x and y count tiles of the limit's
    length. With ``flip`` places are those in the mirrored image. Raises ParameterError for
    what is malformed, a level that is not there, and neither of the two; OutsideError for what
    lies outside the image.
    """
    tile, region = values.get("tile"), values.get("region")
    flips = flips_of(values.get("flip", ""))
    if tile is not None:
        return _tile(tile, info, limits, flips)
    if region is not None:
        level = levels_of(info, limits)[0]
        return _placed(level, _numbers("region", region, _EDGES, _REGION)[:_EDGES], flips)
    if limits.whole_plane:
        return whole_plane(info)
    raise SentenceError("region", f"given: {_REGION}", _NEITHER)


def whole_plane(info: ImageInfo) -> LevelRegion:
    """Return all pixels of full resolution."""
    return LevelRegion(info.levels[0].shrink, Window.whole(info.size))


def flips_of(flip: str) -> tuple[bool, bool]:
    """Return whether an image is mirrored left to right, and upside down."""
    return "h" in flip, "v" in flip


def orientation_of(flips: tuple[bool, bool]) -> Orientation:
    """Return how a picture is turned that is mirrored so."""
    across, down = flips
    return Orientation(mirror=across != down, rotation=180 if down else 0)


def _tile(
    text: str, info: ImageInfo, limits: GatewayLimits, flips: tuple[bool, bool]
) -> LevelRegion:
    numbers = _numbers("tile", text, _SHORT, _TILE)
    if len(numbers) == _SHORT + 1:
        raise _malformed("tile", text, _TILE)
    index, x, y, width, height = (*numbers, *_NO_SIZE)[:_LONG]
    levels = levels_of(info, limits)
    if not 0 <= index < len(levels):
        allowed = f"of a level from 0 to {len(levels) - 1}"
        raise ParameterError("tile", allowed, index)
    wide, high = (_length(length, info, limits) for length in (width, height))
    return _placed(levels[index], (x * wide, y * high, wide, high), flips)


def _length(length: int, info: ImageInfo, limits: GatewayLimits) -> int:
    return min(length, limits.max_tile_length) if length > 0 else tile_side(info, limits)


def _placed(level: Level, rectangle: tuple[int, ...], flips: tuple[bool, bool]) -> LevelRegion:
    """Return the part of x, y, width, height inside a level, mirrored. Raises OutsideError."""
    size, (x, y, width, height) = level.size, rectangle
    if not (0 <= x < size.width and 0 <= y < size.height):
        raise OutsideError(f"{x},{y} is outside {size.width}×{size.height} pixels of the level")
    if width < 1 or height < 1:
        raise OutsideError(f"nothing lies in {width}×{height} pixels")
    width, height = min(width, size.width - x), min(height, size.height - y)
    across, down = flips
    left = size.width - width - x if across else x
    top = size.height - height - y if down else y
    return LevelRegion(level.shrink, Window(left, top, width, height))


def _numbers(name: str, text: str, least: int, form: str) -> tuple[int, ...]:
    """Return the numbers between commas, at least so many of them. Raises ParameterError.

    What follows the last one that means something is passed over.
    """
    try:
        numbers = tuple(whole(part.strip()) for part in text.split(",")[:_LONG])
    except ValueError:
        raise _malformed(name, text, form) from None
    if len(numbers) < least:
        raise _malformed(name, text, form)
    return numbers


def _malformed(name: str, text: str, form: str) -> SentenceError:
    return SentenceError(name, form, f"malformed {name} argument, {name}={text[:60]}: not {form}")
