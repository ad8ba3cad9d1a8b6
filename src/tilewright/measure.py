"""Statistics and histograms of an image: of a sample that is large enough, or of every pixel.

The sample of a whole image is the one that the default look is made from. That of a part lies
on the coarsest level on which the part has `ENOUGH_PIXELS`; of a larger part on nine windows.
Values of levels above the first are means of pixels: ends and counts are those of the sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from tilewright.config import Limits
from tilewright.errors import LimitError, OutsideError
from tilewright.geometry import Box, Size, Window
from tilewright.image import Array, ImageInfo, Level, Mask, Plane
from tilewright.look import ENOUGH_PIXELS, MOST_PIXELS, sampled_windows
from tilewright.plan import covering_chunks
from tilewright.readers import Reader
from tilewright.request import check_plane
from tilewright.statistics import (
    BandStatistics,
    Histogram,
    Wanted,
    band_statistics,
    histogram,
    tally_of,
)

_HELD_BYTES = 64 << 20
"""Values held at once; bands beyond that are read in a further round."""
_MOST_TALLIES = 8
"""Bands that are tallied at once: a tally takes up to 18 MB."""
_WINDOW_SIDE = 512
_WINDOWS = 3


@dataclass(frozen=True, slots=True)
class BandMeasure:
    """What was found in one band."""

    band: int
    statistics: BandStatistics
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was found, and where."""

    bands: tuple[BandMeasure, ...]
    level: int
    exact: bool
    """True: every pixel of full resolution was counted."""
    pixels: int
    """How many pixels were looked at, valid or not."""


def measure(
    reader: Reader,
    bands: Sequence[int] | None,
    plane: Plane,
    wanted: Wanted,
    limits: Limits,
    *,
    box: Box | None = None,
    exact: bool = False,
) -> Measurement:
    """Return statistics and histograms of bands (None: all) at a plane, within a box.

    The box counts level-0 pixels; every pixel that it touches is measured. Raises OutsideError
    for a band, plane or box that is not there, LimitError when more would be decoded than is
    allowed, and SourceError.
    """
    info = reader.info
    chosen = checked_bands(info, bands, limits)
    check_plane(info, plane)
    index, windows = _windows(info, box, exact=exact)
    level = info.levels[index]
    look = _Look(reader, index, windows, plane)
    held = look.pixels <= MOST_PIXELS
    rounds = look.rounds_in_memory(chosen) if held else look.rounds_piece_by_piece(chosen, wanted)
    decoded = rounds * sum(covering_chunks(window, level).pixels for window in windows)
    if decoded > limits.source_pixels:
        raise LimitError("source_pixels", decoded, limits.source_pixels)
    chunk_bytes = level.chunk.pixels * np.dtype(info.dtype).itemsize
    if chunk_bytes > limits.decoded_bytes:
        raise LimitError("decoded_bytes", chunk_bytes, limits.decoded_bytes)
    measures = look.in_memory if held else look.piece_by_piece
    return Measurement(
        bands=tuple(measures(chosen, wanted)),
        level=index,
        exact=index == 0 and (exact or len(windows) == 1),
        pixels=look.pixels,
    )


def checked_bands(info: ImageInfo, bands: Sequence[int] | None, limits: Limits) -> tuple[int, ...]:
    """Return the bands, all when none are named. Raises OutsideError, LimitError."""
    chosen = tuple(range(len(info.bands)) if bands is None else bands)
    for band in chosen:
        if not 0 <= band < len(info.bands):
            raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")
    if len(chosen) > limits.bands:
        raise LimitError("bands", len(chosen), limits.bands)
    return chosen


def measured(layer: Array, mask: Mask | None, nodata: float | None) -> Mask:
    """Return where a band's layer holds a value: not masked, not its own nodata, finite."""
    # A nodata value beyond a float32 is compared as infinity.
    with np.errstate(over="ignore"):
        valid = np.ones(layer.shape, np.bool_) if nodata is None else layer != nodata
    if layer.dtype.kind == "f":
        valid &= np.isfinite(layer)
    if mask is not None:
        valid &= mask
    return valid


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked at: windows of a level, at a plane."""

    reader: Reader
    level: int
    windows: tuple[Window, ...]
    plane: Plane

    @property
    def pixels(self) -> int:
        return sum(window.pixels for window in self.windows)

    def rounds_in_memory(self, bands: Sequence[int]) -> int:
        """Return how often `in_memory` reads the windows."""
        return -(-len(bands) // self._held_bands)

    @property
    def _held_bands(self) -> int:
        """The bands that are held at once."""
        band_bytes = self.pixels * np.dtype(self.reader.info.dtype).itemsize
        return max(1, _HELD_BYTES // band_bytes)

    def in_memory(self, bands: Sequence[int], wanted: Wanted) -> Iterator[BandMeasure]:
        for group in _groups(bands, self._held_bands):
            values: dict[int, list[Array]] = {band: [] for band in group}
            for window in self.windows:
                for band, layer in self._layers(window, group):
                    values[band].append(layer)
            for band in group:
                whole = np.concatenate(values.pop(band))
                told = band_statistics(whole, self.pixels, wanted)
                yield BandMeasure(band, told, histogram(whole, wanted, told))

    def rounds_piece_by_piece(self, bands: Sequence[int], wanted: Wanted) -> int:
        """Return how often `piece_by_piece` reads the windows."""
        passes = tally_of(self.reader.info.dtype, wanted).passes
        return passes * -(-len(bands) // self._tallied_bands)

    @property
    def _tallied_bands(self) -> int:
        """The bands that are tallied at once: of each a piece is held, at least a chunk."""
        info = self.reader.info
        chunk_bytes = info.levels[self.level].chunk.pixels * np.dtype(info.dtype).itemsize
        return max(1, min(_MOST_TALLIES, _HELD_BYTES // chunk_bytes))

    def piece_by_piece(self, bands: Sequence[int], wanted: Wanted) -> Iterator[BandMeasure]:
        info = self.reader.info
        chunk, value_bytes = info.levels[self.level].chunk, np.dtype(info.dtype).itemsize
        for group in _groups(bands, self._tallied_bands):
            tallies = {band: tally_of(info.dtype, wanted) for band in group}
            piece_pixels = _HELD_BYTES // (value_bytes * len(group))
            passes = max(one.passes for one in tallies.values())
            for _ in range(passes):
                for window in self.windows:
                    for piece in _pieces(window, chunk, piece_pixels):
                        for band, layer in self._layers(piece, group):
                            tallies[band].add(layer, piece.pixels)
                for one in tallies.values():
                    one.end_pass()
            for band in group:
                yield BandMeasure(band, tallies[band].statistics(), tallies[band].histogram())

    def _layers(self, window: Window, bands: Sequence[int]) -> Iterator[tuple[int, Array]]:
        """Yield bands and their valid values in a window."""
        data, mask = self.reader.read(self.level, window, bands=bands, plane=self.plane)
        for band, layer in zip(bands, data, strict=True):
            yield band, layer[measured(layer, mask, self.reader.info.bands[band].nodata)]


def _groups(bands: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(bands), most):
        yield bands[start : start + most]


def _windows(info: ImageInfo, box: Box | None, *, exact: bool) -> tuple[int, tuple[Window, ...]]:
    """Return the level to look at and the windows in it."""
    if exact:
        return 0, (_window(Box.whole(info.size) if box is None else box, info, 0),)
    if box is None:
        return sampled_windows(info)
    index = 0
    for coarser in range(1, len(info.levels)):
        if _window(box, info, coarser).pixels >= ENOUGH_PIXELS:
            index = coarser
    whole = _window(box, info, index)
    if whole.pixels <= MOST_PIXELS:
        return index, (whole,)
    columns = _spread(whole.x, whole.width)
    rows = _spread(whole.y, whole.height)
    return index, tuple(Window(x, y, wide, high) for (y, high), (x, wide) in product(rows, columns))


def _spread(start: int, side: int) -> list[tuple[int, int]]:
    """Return three short stretches of a side, and their lengths; a short side whole."""
    if side <= _WINDOWS * _WINDOW_SIDE:
        return [(start, side)]
    rest = side - _WINDOW_SIDE
    return [(start + rest * step // (_WINDOWS - 1), _WINDOW_SIDE) for step in range(_WINDOWS)]


def _window(box: Box, info: ImageInfo, index: int) -> Window:
    """Return the pixels of a level that a box touches. Raises OutsideError."""
    inside = box.clip(info.size)
    if inside is None:
        raise OutsideError("the region lies outside the image")
    level: Level = info.levels[index]
    x, width = _touched(inside.x, inside.right, level.shrink[0], level.size.width)
    y, height = _touched(inside.y, inside.bottom, level.shrink[1], level.size.height)
    return Window(x, y, width, height)


def _touched(low: float, high: float, shrink: float, side: int) -> tuple[int, int]:
    """Return the first pixel between two edges, and how many there are; at least one."""
    first = min(int(low / shrink), side - 1)
    # Quotients are rounded: an edge on an edge touches no further pixel.
    last = max(first + 1, min(side, -int(-(high / shrink - 1e-6) // 1)))
    return first, last - first


def _pieces(window: Window, chunk: Size, pixels: int) -> Iterator[Window]:
    """Cut a window along chunks into parts of about ``pixels``, row by row."""
    wide = max(1, min(pixels // chunk.height, window.right) // chunk.width) * chunk.width
    high = max(1, pixels // min(wide, window.width) // chunk.height) * chunk.height
    for top in range(window.y // high * high, window.bottom, high):
        for left in range(window.x // wide * wide, window.right, wide):
            x, y = max(left, window.x), max(top, window.y)
            right, bottom = min(left + wide, window.right), min(top + high, window.bottom)
            yield Window(x, y, right - x, bottom - y)
