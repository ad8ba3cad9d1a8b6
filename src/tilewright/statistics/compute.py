"""The arithmetic of statistics, on values in memory."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tilewright.image import Array
from tilewright.statistics.values import MOST_CLASSES, BandStatistics, Histogram, Wanted

Counts = npt.NDArray[np.int64]

NOTHING = BandStatistics(0, 0.0, None, None, None, None, None)
"""The statistics of a band without a valid value."""
_NARROW_BYTES = 2


def band_statistics(values: Array, total: int, wanted: Wanted | None = None) -> BandStatistics:
    """Return the statistics of values (any shape) of a band that has ``total`` pixels."""
    wanted = wanted or Wanted()
    kept = finite(values)
    if is_narrow(kept.dtype):
        return counted_statistics(*distinct(bit_counts(kept), kept.dtype), total, wanted)
    if not kept.size:
        return NOTHING
    ranks = percentile_ranks(kept.size, wanted)
    ordered = np.partition(kept, ranks)
    unique = None
    if wanted.categorical:
        unique = listed(*np.unique_counts(kept))
    with np.errstate(all="ignore"):
        wide = kept.astype(np.float64, copy=False)
        mean, std = float(wide.mean()), float(wide.std())
    return summary(
        count=kept.size,
        total=total,
        ends=(kept.min().item(), kept.max().item()),
        moments=(mean, std),
        order=lambda rank: float(ordered[rank]),
        unique=unique,
        wanted=wanted,
    )


def histogram(
    values: Array, wanted: Wanted | None = None, told: BandStatistics | None = None
) -> Histogram:
    """Return the histogram of values (any shape), whose statistics may be known already."""
    wanted = wanted or Wanted()
    kept = finite(values)
    if is_narrow(kept.dtype):
        return counted_histogram(*distinct(bit_counts(kept), kept.dtype), wanted)
    told = told or band_statistics(kept, kept.size, Wanted(percentiles=()))
    edges = bin_edges(told, wanted)
    return binned(told, edges, count_bins(kept, edges), wanted)


def finite(values: Array) -> Array:
    """Return the finite values, flat."""
    flat = values.reshape(-1)
    if flat.dtype.kind != "f":
        return flat
    good = np.isfinite(flat)
    return flat if good.all() else flat[good]


def is_narrow(dtype: np.dtype[Any]) -> bool:
    """Tell whether a type has so few values that each can be counted."""
    return dtype.itemsize <= _NARROW_BYTES


def bit_counts(values: Array) -> Counts:
    """Return how often each pattern of bits of a narrow type occurs; -0.0 counts as 0.0."""
    values = values + values.dtype.type(0) if values.dtype.kind == "f" else values
    bits = np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")
    return np.bincount(bits.reshape(-1), minlength=1 << (8 * values.dtype.itemsize))


def distinct(counts: Counts, dtype: np.dtype[Any]) -> tuple[Array, Counts]:
    """Return the values that occur, rising, and how often, from counts of bits."""
    bits = np.flatnonzero(counts).astype(f"u{dtype.itemsize}")
    values = bits if dtype.kind == "b" else bits.view(dtype)
    order = np.argsort(values, kind="stable")
    return values[order], counts[bits[order]]


def counted_statistics(values: Array, counts: Counts, total: int, wanted: Wanted) -> BandStatistics:
    """Return the statistics of rising values that occur so often."""
    if not values.size:
        return NOTHING
    ends = np.cumsum(counts)
    wide = values.astype(np.float64)
    mean = float(np.average(wide, weights=counts))
    std = math.sqrt(float(np.average((wide - mean) ** 2, weights=counts)))
    return summary(
        count=int(ends[-1]),
        total=total,
        ends=(values[0].item(), values[-1].item()),
        moments=(mean, std),
        order=lambda rank: float(wide[np.searchsorted(ends, rank, side="right")]),
        unique=listed(values, counts) if wanted.categorical else None,
        wanted=wanted,
    )


def counted_histogram(values: Array, counts: Counts, wanted: Wanted) -> Histogram:
    """Return the histogram of rising values that occur so often."""
    told = counted_statistics(values, counts, int(counts.sum()), Wanted(percentiles=()))
    edges = bin_edges(told, wanted)
    return binned(told, edges, count_bins(values, edges, counts), wanted)


def listed(values: Array, counts: Counts) -> tuple[tuple[int | float, int], ...] | None:
    """Return pairs of value and count; None when there are too many for categories."""
    if values.size > MOST_CLASSES:
        return None
    return tuple(zip(values.tolist(), counts.tolist(), strict=True))


def percentile_ranks(count: int, wanted: Wanted) -> list[int]:
    """Return which of the sorted values the percentiles and the median lie between."""
    places = [(count - 1) * share / 100 for share in (*wanted.percentiles, 50)]
    return sorted({rank for place in places for rank in (math.floor(place), math.ceil(place))})


def summary(
    *,
    count: int,
    total: int,
    ends: tuple[int | float, int | float],
    moments: tuple[float, float],
    order: Callable[[int], float],
    unique: tuple[tuple[int | float, int], ...] | None,
    wanted: Wanted,
) -> BandStatistics:
    """Put the parts together; ``order`` gives the value of a rank of `percentile_ranks`."""

    def percentile(share: float) -> float:
        place = (count - 1) * share / 100
        low, high = order(math.floor(place)), order(math.ceil(place))
        part = place - math.floor(place)
        # Not low + (high - low) · part: the difference of two huge numbers overflows.
        return low if low == high else low * (1 - part) + high * part

    return BandStatistics(
        count=count,
        valid_percent=100 * count / total if total else 0.0,
        min=ends[0],
        max=ends[1],
        mean=moments[0],
        std=moments[1],
        median=percentile(50),
        percentiles=tuple((share, percentile(share)) for share in wanted.percentiles),
        unique=unique,
    )


def bin_edges(told: BandStatistics, wanted: Wanted) -> npt.NDArray[np.float64]:
    """Return the edges of the bins, over a range that can be cut into so many."""
    if wanted.range is not None:
        low, high = wanted.range
    elif told.min is None or told.max is None:
        low, high = 0.0, 1.0
    else:
        low, high = float(told.min), float(told.max)
    # Halves first: the width of all doubles is not a double.
    steps = np.linspace(low / 2, high / 2, wanted.bins + 1) * 2
    if (np.diff(steps / 2) > 0).all():
        return steps
    most = float(np.finfo(np.float64).max) / 2
    room = max(0.25, wanted.bins * float(np.spacing(max(abs(low), abs(high)) / 2)))
    first, last = max(low / 2 - room, -most), min(high / 2 + room, most)
    return np.linspace(first, last, wanted.bins + 1) * 2


def count_bins(
    values: Array, edges: npt.NDArray[np.float64], weights: Counts | None = None
) -> Counts:
    """Return how many values lie in each bin; each counts once, or as its weight says."""
    halves, half_edges = values.astype(np.float64) / 2, edges / 2
    counts, _ = np.histogram(
        halves, len(edges) - 1, (half_edges[0], half_edges[-1]), weights=weights
    )
    return counts.astype(np.int64)


def binned(
    told: BandStatistics, edges: npt.NDArray[np.float64], counts: Counts, wanted: Wanted
) -> Histogram:
    """Put the parts of a histogram together."""
    return Histogram(
        counts=tuple(counts.tolist()),
        edges=tuple(edges.tolist()),
        min=told.min,
        max=told.max,
        mean=told.mean,
        std=told.std,
        samples=told.count,
        density=wanted.density,
    )
