"""Statistics of more values than memory holds: piece by piece, in one pass or two.

Types of 16 bits or less take one pass and everything is exact. Wider ones take two passes over
the same values: the first finds the ends, the moments and, by the upper 16 bits of each value,
where the percentiles lie; the second counts the next 16 bits there, and the histogram. So
percentiles of 32-bit types are exact; those of 64-bit types are cut to 21 bits, towards zero:
exact for whole numbers up to two million, else within a millionth of the value.
"""

import math
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tilewright.image import Array
from tilewright.statistics.compute import (
    NOTHING,
    Counts,
    bin_edges,
    binned,
    bit_counts,
    count_bins,
    counted_histogram,
    counted_statistics,
    distinct,
    finite,
    is_narrow,
    percentile_ranks,
    summary,
)
from tilewright.statistics.values import MOST_CLASSES, BandStatistics, Histogram, Wanted

_HALF = 16
_CELLS = 1 << _HALF
_SIGN_32 = np.uint32(1 << 31)
_SIGN_64 = np.uint64(1 << 63)
_SINGLE_BYTES = 4


class Tally(Protocol):
    """Statistics of one band in the making."""

    passes: int
    """How often all values must be added."""

    def add(self, values: Array, total: int) -> None:
        """Take a piece: its valid values, and how many pixels it has."""

    def end_pass(self) -> None:
        """Say that all pieces were added once. Later passes may cut them in another way."""

    def statistics(self) -> BandStatistics:
        """Return the result, after the last pass."""

    def histogram(self) -> Histogram:
        """Return the result, after the last pass."""


def tally_of(dtype: str, wanted: Wanted) -> Tally:
    """Return an empty tally for values of a type."""
    kind = np.dtype(dtype)
    return NarrowTally(kind, wanted) if is_narrow(kind) else WideTally(kind, wanted)


class NarrowTally:
    """Counts every value of a type of 16 bits or less."""

    passes = 1

    def __init__(self, dtype: np.dtype[Any], wanted: Wanted) -> None:
        self._dtype = dtype
        self._wanted = wanted
        self._total = 0
        self._counts: Counts = np.zeros(1 << (8 * dtype.itemsize), np.int64)

    def add(self, values: Array, total: int) -> None:
        """Take a piece."""
        self._counts += bit_counts(finite(values))
        self._total += total

    def end_pass(self) -> None:
        """Need no further pass."""

    def statistics(self) -> BandStatistics:
        """Return the exact statistics."""
        return counted_statistics(*distinct(self._counts, self._dtype), self._total, self._wanted)

    def histogram(self) -> Histogram:
        """Return the exact histogram."""
        return counted_histogram(*distinct(self._counts, self._dtype), self._wanted)


class WideTally:
    """Narrows the percentiles of a 32- or 64-bit type down in two passes."""

    passes = 2

    def __init__(self, dtype: np.dtype[Any], wanted: Wanted) -> None:
        self._dtype = dtype
        self._wanted = wanted
        self._total = 0
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0
        self._ends: tuple[int | float, int | float] | None = None
        self._upper: Counts = np.zeros(_CELLS, np.int64)
        self._classes: dict[int | float, int] | None = {} if wanted.categorical else None
        self._second: _Second | None = None

    def add(self, values: Array, total: int) -> None:
        """Take a piece."""
        kept = finite(values)
        if self._second is not None:
            self._second.add(kept)
            return
        self._total += total
        if not kept.size:
            return
        low, high = kept.min().item(), kept.max().item()
        ends = self._ends or (low, high)
        self._ends = min(low, ends[0]), max(high, ends[1])
        self._upper += np.bincount(_keys(kept) >> np.uint32(_HALF), minlength=_CELLS)
        self._add_moments(kept)
        self._add_classes(kept)

    def end_pass(self) -> None:
        """Begin the second pass, or end it."""
        if self._second is None and self._ends is not None:
            ranks = percentile_ranks(self._count, self._wanted)
            edges = bin_edges(self._told(0.0), self._wanted)
            self._second = _Second(self._dtype, self._upper, ranks, edges)

    def statistics(self) -> BandStatistics:
        """Return the statistics; percentiles as the module says."""
        second = self._second
        if second is None or self._ends is None:
            return NOTHING
        unique = None if self._classes is None else tuple(sorted(self._classes.items()))
        return summary(
            count=self._count,
            total=self._total,
            ends=self._ends,
            moments=(self._mean, self._std()),
            # The ends are known better than to 21 bits.
            order=lambda rank: min(max(second.value(rank), self._least()), self._greatest()),
            unique=unique,
            wanted=self._wanted,
        )

    def histogram(self) -> Histogram:
        """Return the exact histogram."""
        second = self._second
        edges = bin_edges(NOTHING, self._wanted) if second is None else second.edges
        counts = np.zeros(len(edges) - 1, np.int64) if second is None else second.bins
        return binned(self._told(self._std()), edges, counts, self._wanted)

    def _told(self, std: float) -> BandStatistics:
        if self._ends is None:
            return NOTHING
        return BandStatistics(self._count, 0.0, *self._ends, self._mean, std, None)

    def _least(self) -> float:
        return -math.inf if self._ends is None else float(self._ends[0])

    def _greatest(self) -> float:
        return math.inf if self._ends is None else float(self._ends[1])

    def _std(self) -> float:
        return math.sqrt(self._squares / self._count) if self._count else 0.0

    def _add_moments(self, kept: Array) -> None:
        """Merge a piece's mean and squares with those so far (Chan's formula)."""
        with np.errstate(all="ignore"):
            wide = kept.astype(np.float64)
            mean = wide.mean()
            wide -= mean
            squares = np.dot(wide, wide)
            count = self._count + kept.size
            apart = mean - self._mean
            self._mean += float(apart * (kept.size / count))
            self._squares += float(squares + apart * apart * (self._count * (kept.size / count)))
        self._count = count

    def _add_classes(self, kept: Array) -> None:
        if self._classes is None:
            return
        values, counts = np.unique_counts(kept)
        if values.size <= MOST_CLASSES:
            for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                self._classes[value] = self._classes.get(value, 0) + count
        if max(values.size, len(self._classes)) > MOST_CLASSES:
            self._classes = None


class _Second:
    """The second pass: the lower bits where the wanted ranks lie, and the histogram."""

    def __init__(
        self,
        dtype: np.dtype[Any],
        upper: Counts,
        ranks: list[int],
        edges: npt.NDArray[np.float64],
    ) -> None:
        self.edges = edges
        self.bins: Counts = np.zeros(len(edges) - 1, np.int64)
        self._dtype = dtype
        ends = np.cumsum(upper)
        cells = {rank: int(np.searchsorted(ends, rank, side="right")) for rank in ranks}
        self._rows = {cell: row for row, cell in enumerate(sorted({*cells.values()}))}
        self._row_of = np.full(_CELLS, -1, np.int64)
        self._row_of[list(self._rows)] = list(self._rows.values())
        self._lower: Counts = np.zeros((len(self._rows), _CELLS), np.int64)
        self._place = {
            rank: (cell, rank - int(ends[cell] - upper[cell])) for rank, cell in cells.items()
        }

    def add(self, kept: Array) -> None:
        self.bins += count_bins(kept, self.edges)
        keys = _keys(kept)
        rows = self._row_of[keys >> np.uint32(_HALF)]
        inside = rows >= 0
        cells = rows[inside] * _CELLS + (keys[inside] & np.uint32(_CELLS - 1))
        self._lower += np.bincount(cells, minlength=self._lower.size).reshape(self._lower.shape)

    def value(self, rank: int) -> float:
        """Return the value of a rank among all values."""
        cell, rest = self._place[rank]
        ends = np.cumsum(self._lower[self._rows[cell]])
        low = int(np.searchsorted(ends, rest, side="right"))
        return _value((cell << _HALF) | low, self._dtype)


def _keys(values: Array) -> npt.NDArray[np.uint32]:
    """Return whole numbers in the order of the values: their upper 32 bits, sign turned."""
    kind = values.dtype.kind
    if values.dtype.itemsize == _SINGLE_BYTES and kind in "iu":
        bits = np.ascontiguousarray(values).view(np.uint32)
        return bits ^ _SIGN_32 if kind == "i" else bits
    if values.dtype.itemsize == _SINGLE_BYTES:
        return _turned(np.ascontiguousarray(values).view(np.uint32), _SIGN_32).astype(np.uint32)
    wide = values.astype(np.float64).view(np.uint64)
    return (_turned(wide, _SIGN_64) >> np.uint64(32)).astype(np.uint32)


def _turned(bits: Array, sign: np.unsignedinteger[Any]) -> Array:
    """Make bits of floats rise with the values: of the negative ones, all are turned."""
    return np.where(bits & sign, ~bits, bits | sign)


def _value(key: int, dtype: np.dtype[Any]) -> float:
    """Return the value of a key; of a cut one, the value nearest to zero."""
    sign, everything = 1 << 31, (1 << 32) - 1
    if dtype.itemsize == _SINGLE_BYTES and dtype.kind in "iu":
        return float(key - sign if dtype.kind == "i" else key)
    bits = key ^ sign if key & sign else key ^ everything
    if dtype.itemsize == _SINGLE_BYTES:
        return float(np.uint32(bits).view(np.float32))
    return float(np.uint64(bits << 32).view(np.float64))
