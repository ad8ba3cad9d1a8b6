"""Choose what to read for a grid: pure, and the heart of the house."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tilewright.config import Limits
from tilewright.errors import LimitError
from tilewright.geometry import Affine, Grid, Size, Window
from tilewright.image import ImageInfo, Level

Method = Literal["copy", "resize", "warp"]

LATTICE_TOLERANCE = 1 / 64
"""Pixels that two lattices may drift apart over a whole window and still count as one: far
below what an eye or a resampling kernel can tell."""

MARGIN = 2
"""Level pixels read around a window that is resampled, for the kernel's reach."""


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
    onto: Affine
    """From corners of grid pixels to corners of reduced pixels of the window."""
    bands: tuple[int, ...]
    grid: Grid


def plan(info: ImageInfo, grid: Grid, limits: Limits, bands: Sequence[int]) -> ReadPlan:
    """Choose level, window and method for a grid of level-0 pixels.

    The level is never coarser than the grid, so resampling only shrinks, except past the
    full resolution.

    Raises LimitError, before anything is read, when ``limits`` do not allow it.
    """
    _check_output(grid.size, len(bands), info, limits)
    index = _choose_level(info.levels, grid.affine)
    level = info.levels[index]
    onto = Affine.scale(1 / level.shrink[0], 1 / level.shrink[1]) @ grid.affine
    snapped = _snap(onto, grid.size)
    if snapped is not None:
        window = _window_around(snapped, grid.size, level.size, (0, 0))
        reduce = (1, 1)
    else:
        reduce = (_whole(math.hypot(onto.a, onto.d)), _whole(math.hypot(onto.b, onto.e)))
        window = _window_around(onto, grid.size, level.size, _margin(onto, grid.size, reduce))
    if window is None:
        return ReadPlan(index, None, "copy", (1, 1), onto, tuple(bands), grid)
    _check_source(window, level, info, limits)
    if snapped is not None:
        shift = Affine.scale(1.0, 1.0, left=snapped.c - window.x, top=snapped.f - window.y)
        return ReadPlan(index, window, "copy", reduce, shift, tuple(bands), grid)
    inside = (
        Affine.scale(
            1 / reduce[0], 1 / reduce[1], left=-window.x / reduce[0], top=-window.y / reduce[1]
        )
        @ onto
    )
    exact = _snap(inside, grid.size)
    if exact is not None:
        return ReadPlan(index, window, "copy", reduce, exact, tuple(bands), grid)
    method: Method = "resize" if inside.rectilinear else "warp"
    return ReadPlan(index, window, method, reduce, inside, tuple(bands), grid)


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


def _margin(onto: Affine, size: Size, reduce: tuple[int, int]) -> tuple[int, int]:
    """Return the level pixels to read around; none when whole blocks fall on whole pixels."""
    x, y = math.floor(onto.c + LATTICE_TOLERANCE), math.floor(onto.f + LATTICE_TOLERANCE)
    shifted = Affine(onto.a, onto.b, onto.c - x, onto.d, onto.e, onto.f - y)
    if _snap(Affine.scale(1 / reduce[0], 1 / reduce[1]) @ shifted, size) is not None:
        return 0, 0
    return MARGIN * reduce[0], MARGIN * reduce[1]


def _choose_level(levels: Sequence[Level], affine: Affine) -> int:
    """Return the coarsest level whose pixels are no larger than those of the grid."""
    pitch_x = math.hypot(affine.a, affine.d)
    pitch_y = math.hypot(affine.b, affine.e)
    chosen = 0
    for index, level in enumerate(levels):
        # Shrinks and pitches are quotients: give them room for rounding.
        if level.shrink[0] <= pitch_x * (1 + 1e-6) and level.shrink[1] <= pitch_y * (1 + 1e-6):
            chosen = index
    return chosen


def _snap(onto: Affine, size: Size) -> Affine | None:
    """Return the pure shift that ``onto`` is within tolerance; None when it is not one."""
    x, y = round(onto.c), round(onto.f)
    right, bottom = onto(size.width, size.height)
    drift = max(
        abs(onto.c - x),
        abs(onto.f - y),
        abs(right - x - size.width),
        abs(bottom - y - size.height),
    )
    return Affine.scale(1.0, 1.0, left=x, top=y) if drift <= LATTICE_TOLERANCE else None


def _window_around(onto: Affine, size: Size, level: Size, margin: tuple[int, int]) -> Window | None:
    if onto.rectilinear:
        (x0, y0), (x1, y1) = onto(0, 0), onto(size.width, size.height)
    else:
        box = Grid(size, onto).box
        x0, y0, x1, y1 = box.x, box.y, box.right, box.bottom
    left = max(0, math.floor(x0 + LATTICE_TOLERANCE) - margin[0])
    top = max(0, math.floor(y0 + LATTICE_TOLERANCE) - margin[1])
    right = min(level.width, math.ceil(x1 - LATTICE_TOLERANCE) + margin[0])
    bottom = min(level.height, math.ceil(y1 - LATTICE_TOLERANCE) + margin[1])
    inside = x0 < level.width and y0 < level.height and x1 > 0 and y1 > 0
    if not inside or right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top)


def _check_output(size: Size, bands: int, info: ImageInfo, limits: Limits) -> None:
    longest = max(size.width, size.height)
    if longest > limits.output_side:
        raise LimitError("output_side", longest, limits.output_side)
    if size.pixels > limits.output_pixels:
        raise LimitError("output_pixels", size.pixels, limits.output_pixels)
    if bands > limits.bands:
        raise LimitError("bands", bands, limits.bands)
    decoded = size.pixels * bands * np.dtype(info.dtype).itemsize
    if decoded > limits.decoded_bytes:
        raise LimitError("decoded_bytes", decoded, limits.decoded_bytes)


def _check_source(window: Window, level: Level, info: ImageInfo, limits: Limits) -> None:
    read = covering_chunks(window, level)
    if read.pixels > limits.source_pixels:
        raise LimitError("source_pixels", read.pixels, limits.source_pixels)
    chunk = level.chunk.pixels * np.dtype(info.dtype).itemsize
    if chunk > limits.decoded_bytes:
        raise LimitError("decoded_bytes", chunk, limits.decoded_bytes)


def covering_chunks(window: Window, level: Level) -> Window:
    """Return the window grown to whole chunks, as far as the level goes: what is decoded."""
    wide, high = level.chunk.width, level.chunk.height
    left, top = window.x // wide * wide, window.y // high * high
    right = min(level.size.width, -(-window.right // wide) * wide)
    bottom = min(level.size.height, -(-window.bottom // high) * high)
    return Window(left, top, right - left, bottom - top)
