"""Choose what to read for a grid: pure, and the heart of the house."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tilewright.config import Limits
from tilewright.errors import LimitError
from tilewright.geometry import Affine, Box, Grid, Size, Window
from tilewright.image import ImageInfo, Level
from tilewright.request import Resampling, georeference
from tilewright.trace import Trace, trace

Method = Literal["copy", "resize", "warp"]

LATTICE_TOLERANCE = 1 / 64
"""Pixels that two lattices may drift apart over a whole window and still count as one: far
below what an eye or a resampling kernel can tell."""

REACH: Mapping[Resampling, int] = {
    "nearest": 1,
    "bilinear": 2,
    "cubic": 3,
    "lanczos": 5,
    "average": 2,
    "mode": 2,
}
"""Pixels that each kernel looks at on either side of a place."""


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to read, and how to bring it onto the grid."""

    level: int
    window: Window | None
    """Inside the level; None when the grid does not touch the image."""
    method: Method
    """``copy``: the grid's pixels are pixels of the level, once reduced. ``resize``: an
    upright lattice of another pitch or phase. ``warp``: anything else."""
    reduce: tuple[int, int]
    """How many pixels of the level, along x and y, are averaged into one as they are read;
    blocks are counted from the window's corner. (1, 1) where the level is as fine as asked."""
    onto: Trace
    """From corners of grid pixels to corners of reduced pixels of the window."""
    bands: tuple[int, ...]
    grid: Grid
    resampling: Resampling = "bilinear"
    pitch: tuple[float, float] = (1.0, 1.0)
    """Reduced pixels per pixel of the grid, along x and y of the level: what is above 1 is
    smoothed before it is sampled."""


def plan(
    info: ImageInfo,
    grid: Grid,
    limits: Limits,
    bands: Sequence[int],
    resampling: Resampling = "bilinear",
) -> ReadPlan:
    """Choose level, window and method for a grid of level-0 pixels, or one on the earth.

    The level is never coarser than the grid, so resampling only shrinks, except past the
    full resolution.

    Raises LimitError, before anything is read, when ``limits`` do not allow it, and
    ParameterError for a grid on the earth when the image has no place there.
    """
    check_output(grid.size, len(bands), info, limits)
    if grid.crs is not None:
        return _plan_on_earth(info, grid, limits, tuple(bands), resampling)
    return _plan_in_pixels(info, grid, limits, tuple(bands), resampling)


def _plan_in_pixels(
    info: ImageInfo,
    grid: Grid,
    limits: Limits,
    bands: tuple[int, ...],
    resampling: Resampling,
) -> ReadPlan:
    """Plan a grid of level-0 pixels."""
    affine = grid.affine
    index = _choose_level(info.levels, _pitch(affine))
    level = info.levels[index]
    onto = Affine.scale(1 / level.shrink[0], 1 / level.shrink[1]) @ affine
    snapped = _snap(onto, grid.size)
    if snapped is not None:
        window = _window_around(snapped, grid.size, level.size, (0, 0))
        reduce = (1, 1)
    else:
        reduce = _reduction(_pitch(onto), resampling, most=1.0)
        margin = _margin(onto, grid.size, reduce, REACH[resampling])
        window = _window_around(onto, grid.size, level.size, margin)
    if window is None:
        return ReadPlan(index, None, "copy", (1, 1), onto, bands, grid)
    _check_source(window, level, info, limits, _held(bands, reduce))
    if snapped is not None:
        shift = Affine.scale(1.0, 1.0, left=snapped.c - window.x, top=snapped.f - window.y)
        return ReadPlan(index, window, "copy", reduce, shift, bands, grid)
    inside = _into(window, reduce) @ onto
    exact = _snap(inside, grid.size)
    if exact is not None and resampling not in {"mode", "lanczos", "cubic"}:
        return ReadPlan(index, window, "copy", reduce, exact, bands, grid)
    method: Method = "resize" if inside.rectilinear else "warp"
    return ReadPlan(index, window, method, reduce, inside, bands, grid, resampling, _pitch(inside))


def _plan_on_earth(
    info: ImageInfo,
    grid: Grid,
    limits: Limits,
    bands: tuple[int, ...],
    resampling: Resampling,
) -> ReadPlan:
    """Plan a grid of a CRS: where its pixels fall decides level and window."""
    traced = trace(info, georeference(info), grid)
    nothing = ReadPlan(0, None, "copy", (1, 1), grid.affine, bands, grid)
    if traced is None:
        return nothing
    pitch = _pitch(traced) if isinstance(traced, Affine) else traced.pitch
    index = _choose_level(info.levels, pitch)
    level = info.levels[index]
    shrink = level.shrink
    reduce = _reduction((pitch[0] / shrink[0], pitch[1] / shrink[1]), resampling, most=2.0)
    onto = _moved(traced, Affine.scale(1 / shrink[0], 1 / shrink[1]))
    exact = _snap(onto, grid.size) if isinstance(onto, Affine) else None
    left_over = pitch[0] / shrink[0] / reduce[0], pitch[1] / shrink[1] / reduce[1]
    reach = REACH[resampling]
    margin = (
        (0, 0)
        if exact is not None
        else (
            reduce[0] * (reach + _whole(left_over[0])),
            reduce[1] * (reach + _whole(left_over[1])),
        )
    )
    box = Grid(grid.size, onto).box if isinstance(onto, Affine) else onto.box
    window = None if box is None else _window_in(box, level.size, margin)
    if window is None:
        return nothing
    _check_source(window, level, info, limits, _held(bands, reduce))
    if exact is not None:
        shift = Affine.scale(1.0, 1.0, left=exact.c - window.x, top=exact.f - window.y)
        return ReadPlan(index, window, "copy", (1, 1), shift, bands, grid)
    inside = _moved(onto, _into(window, reduce))
    return ReadPlan(index, window, "warp", reduce, inside, bands, grid, resampling, left_over)


def _moved(traced: Trace, by: Affine) -> Trace:
    return by @ traced if isinstance(traced, Affine) else traced.moved(by)


def _into(window: Window, reduce: tuple[int, int]) -> Affine:
    """Return the map from a level's pixels to reduced pixels of a window in it."""
    return Affine.scale(
        1 / reduce[0], 1 / reduce[1], left=-window.x / reduce[0], top=-window.y / reduce[1]
    )


def _pitch(affine: Affine) -> tuple[float, float]:
    """Return how far one step over the grid leads, along x and y of the image."""
    return math.hypot(affine.a, affine.b), math.hypot(affine.d, affine.e)


def _reduction(
    pitch: tuple[float, float], resampling: Resampling, *, most: float
) -> tuple[int, int]:
    """Return how many pixels are averaged as they are read, a pitch of ``most`` left over."""
    if resampling in {"nearest", "mode"}:
        return 1, 1
    return _whole(pitch[0] / most), _whole(pitch[1] / most)


def pieces(level: Level, reading: ReadPlan, pixels: int) -> Iterator[Window]:
    """Cut a plan's window into parts of about ``pixels``, each whole blocks of its ``reduce``.

    The parts end near chunk borders, row by row, so that few chunks are decoded twice.
    """
    window = reading.window
    if window is None:
        return
    if window.pixels <= pixels:
        yield window
        return
    chunk, (across, down) = level.chunk, reading.reduce
    wide = _side(window.width, chunk.width, across, max(chunk.width, pixels // chunk.height))
    high = _side(window.height, chunk.height, down, max(chunk.height, pixels // wide))
    for y in range(window.y, window.bottom, high):
        for x in range(window.x, window.right, wide):
            yield Window(x, y, min(wide, window.right - x), min(high, window.bottom - y))


def _side(whole: int, chunk: int, block: int, most: int) -> int:
    """Return a piece's side: whole blocks, near whole chunks, about ``most`` or all of it."""
    wanted = whole if whole <= most else most // chunk * chunk
    return -(-whole // block) * block if wanted == whole else max(1, wanted // block) * block


def _whole(pitch: float) -> int:
    """Return how many whole pixels fit into a pitch; at least one."""
    return max(1, math.floor(pitch * (1 + 1e-6)))


def _margin(onto: Affine, size: Size, reduce: tuple[int, int], reach: int) -> tuple[int, int]:
    """Return the level pixels to read around; none when whole blocks fall on whole pixels."""
    x, y = math.floor(onto.c + LATTICE_TOLERANCE), math.floor(onto.f + LATTICE_TOLERANCE)
    shifted = Affine(onto.a, onto.b, onto.c - x, onto.d, onto.e, onto.f - y)
    if _snap(Affine.scale(1 / reduce[0], 1 / reduce[1]) @ shifted, size) is not None:
        return 0, 0
    return reach * reduce[0], reach * reduce[1]


def _choose_level(levels: Sequence[Level], pitch: tuple[float, float]) -> int:
    """Return the coarsest level whose pixels are no larger than those of the grid."""
    chosen = 0
    for index, level in enumerate(levels):
        # Shrinks and pitches are quotients: give them room for rounding.
        if level.shrink[0] <= pitch[0] * (1 + 1e-6) and level.shrink[1] <= pitch[1] * (1 + 1e-6):
            chosen = index
    return chosen


def _snap(onto: Affine, size: Size) -> Affine | None:
    """Return the pure shift that ``onto`` is within tolerance; None when it is not one."""
    x, y = round(onto.c), round(onto.f)
    drift = 0.0
    for column, row in ((0, 0), (size.width, 0), (0, size.height), (size.width, size.height)):
        right, bottom = onto(column, row)
        drift = max(drift, abs(right - x - column), abs(bottom - y - row))
    return Affine.scale(1.0, 1.0, left=x, top=y) if drift <= LATTICE_TOLERANCE else None


def _window_around(onto: Affine, size: Size, level: Size, margin: tuple[int, int]) -> Window | None:
    if onto.rectilinear:
        (x0, y0), (x1, y1) = onto(0, 0), onto(size.width, size.height)
        return _window_in(Box(x0, y0, x1 - x0, y1 - y0), level, margin)
    return _window_in(Grid(size, onto).box, level, margin)


def _window_in(box: Box, level: Size, margin: tuple[int, int]) -> Window | None:
    """Return the pixels of a level in a box, and a margin around; None when none are in it."""
    if not (box.x < level.width and box.y < level.height and box.right > 0 and box.bottom > 0):
        return None
    left = max(0, math.floor(box.x + LATTICE_TOLERANCE) - margin[0])
    top = max(0, math.floor(box.y + LATTICE_TOLERANCE) - margin[1])
    right = min(level.width, math.ceil(box.right - LATTICE_TOLERANCE) + margin[0])
    bottom = min(level.height, math.ceil(box.bottom - LATTICE_TOLERANCE) + margin[1])
    if right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top)


def check_output(
    size: Size, bands: int, info: ImageInfo, limits: Limits, *, channels: int = 0
) -> None:
    """Raise LimitError when an answer of that size is not allowed.

    It is made of so many bands, and drawn from so many channels.
    """
    longest = max(size.width, size.height)
    if longest > limits.output_side:
        raise LimitError("output_side", longest, limits.output_side)
    if size.pixels > limits.output_pixels:
        raise LimitError("output_pixels", size.pixels, limits.output_pixels)
    if bands > limits.bands:
        raise LimitError("bands", bands, limits.bands)
    decoded = size.pixels * pixel_bytes(info, bands, channels)
    if decoded > limits.decoded_bytes:
        raise LimitError("decoded_bytes", decoded, limits.decoded_bytes)


def pixel_bytes(info: ImageInfo, bands: int, channels: int) -> int:
    """Return how many bytes a pixel of an answer takes while it is drawn."""
    # A channel is painted in colour and opacity.
    return max(bands * np.dtype(info.dtype).itemsize, channels * 4)


def _check_source(
    window: Window,
    level: Level,
    info: ImageInfo,
    limits: Limits,
    held_bands: int,
) -> None:
    """Raise LimitError for what is not allowed; so many bands of the window are held whole."""
    read = covering_chunks(window, level)
    if read.pixels > limits.source_pixels:
        raise LimitError("source_pixels", read.pixels, limits.source_pixels)
    value_bytes = np.dtype(info.dtype).itemsize
    held = max(level.chunk.pixels, window.pixels * held_bands) * value_bytes
    if held > limits.decoded_bytes:
        raise LimitError("decoded_bytes", held, limits.decoded_bytes)


def _held(bands: Sequence[int], reduce: tuple[int, int]) -> int:
    """Return how many bands are held whole: what is shrunk as it is read comes in pieces."""
    return len(bands) if reduce == (1, 1) else 0


def covering_chunks(window: Window, level: Level) -> Window:
    """Return the window grown to whole chunks, as far as the level goes: what is decoded."""
    wide, high = level.chunk.width, level.chunk.height
    left, top = window.x // wide * wide, window.y // high * high
    right = min(level.size.width, -(-window.right // wide) * wide)
    bottom = min(level.size.height, -(-window.bottom // high) * high)
    return Window(left, top, right - left, bottom - top)
