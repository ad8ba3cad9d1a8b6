"""Statistics of values of which some count in part, as pixels on the edge of a polygon do."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tilewright.image import Array, Mask
from tilewright.statistics.compute import bin_edges
from tilewright.statistics.values import MOST_CLASSES, BandStatistics, Wanted

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeightedStatistics:
    """Numbers about one band, each pixel counted by its weight (0 to 1).

    Without a valid value, all but the counts are None.
    """

    count: float
    """The weights of all valid pixels together."""
    valid_pixels: int
    """Pixels with a weight and a value."""
    masked_pixels: int
    """Pixels with a weight and without a value."""
    min: int | float | None = None
    max: int | float | None = None
    mean: float | None = None
    sum: float | None = None
    std: float | None = None
    """Of the population."""
    median: float | None = None
    majority: int | float | None = None
    """The value of most weight; of equal ones the least."""
    minority: int | float | None = None
    """The value of least weight; of equal ones the least."""
    unique: int = 0
    """How many different values there are."""
    percentiles: tuple[tuple[float, float], ...] = ()
    """Pairs of percentile (0-100) and value: the least value up to which that share of the
    weight lies. The median is found in the same way."""
    histogram: tuple[tuple[float, ...], tuple[int | float, ...]] = ((), ())
    """The weight in each bin, and the bins' edges; when categories are asked for, the weight of
    each value, and the values."""

    @property
    def valid_percent(self) -> float:
        """The share of pixels with a weight that have a value."""
        pixels = self.valid_pixels + self.masked_pixels
        return 100 * self.valid_pixels / pixels if pixels else 0.0

    def as_document(self) -> dict[str, Any]:
        """Return what JSON can hold, under titiler's names."""
        counts, edges = self.histogram
        return {
            "min": self.min,
            "max": self.max,
            "mean": _json(self.mean),
            "count": self.count,
            "sum": _json(self.sum),
            "std": _json(self.std),
            "median": _json(self.median),
            "majority": self.majority,
            "minority": self.minority,
            "unique": self.unique,
            **{f"percentile_{share:g}": _json(value) for share, value in self.percentiles},
            "histogram": [list(counts), list(edges)],
            "valid_percent": self.valid_percent,
            "valid_pixels": self.valid_pixels,
            "masked_pixels": self.masked_pixels,
        }


def weighted_statistics(
    values: Array, weights: npt.NDArray[np.float32], valid: Mask, wanted: Wanted
) -> WeightedStatistics:
    """Return the statistics of a band's layer; all three arrays have one shape.

    What is not valid, or not finite, counts as masked where it has a weight. Categories beyond
    `MOST_CLASSES` are cut off, those of least weight first.
    """
    weighty = weights > 0
    if values.dtype.kind == "f":
        valid = valid & np.isfinite(values)
    kept = weighty & valid
    pixels, masked = int(np.count_nonzero(kept)), int(np.count_nonzero(weighty & ~valid))
    if not pixels:
        return WeightedStatistics(0.0, 0, masked)
    distinct, places = np.unique(values[kept], return_inverse=True)
    shares: Doubles = np.bincount(places.reshape(-1), weights[kept].astype(np.float64)).astype(
        np.float64, copy=False
    )
    total = float(shares.sum())
    with np.errstate(all="ignore"):
        wide = distinct.astype(np.float64)
        whole = float(np.dot(wide, shares))
        mean = whole / total
        std = math.sqrt(float(np.dot((wide - mean) ** 2, shares)) / total)
    reached = shares.cumsum()
    told = BandStatistics(
        pixels, 0.0, distinct[0].item(), distinct[-1].item(), mean, std, _at(wide, reached, 50)
    )
    return WeightedStatistics(
        count=total,
        valid_pixels=pixels,
        masked_pixels=masked,
        min=told.min,
        max=told.max,
        mean=mean,
        sum=whole,
        std=std,
        median=told.median,
        majority=distinct[shares.argmax()].item(),
        minority=distinct[shares.argmin()].item(),
        unique=len(distinct),
        percentiles=tuple((share, _at(wide, reached, share)) for share in wanted.percentiles),
        histogram=_classes(distinct, shares)
        if wanted.categorical
        else _bins(told, wide, shares, wanted),
    )


def _at(values: Doubles, reached: Doubles, share: float) -> float:
    """Return the least value up to which a share (per cent) of the weight lies."""
    # Sums of weights are rounded: a share that is reached to within that is reached.
    place = np.searchsorted(reached, reached[-1] * (share / 100) * (1 - 1e-12))
    return float(values[min(int(place), len(values) - 1)])


def _classes(values: Array, shares: Doubles) -> tuple[tuple[float, ...], tuple[int | float, ...]]:
    if len(values) > MOST_CLASSES:
        kept = np.sort(np.argsort(-shares, kind="stable")[:MOST_CLASSES])
        values, shares = values[kept], shares[kept]
    return tuple(shares.tolist()), tuple(values.tolist())


def _bins(
    told: BandStatistics, values: Doubles, shares: Doubles, wanted: Wanted
) -> tuple[tuple[float, ...], tuple[int | float, ...]]:
    edges = bin_edges(told, wanted)
    # Halves: the width of all doubles is not a double.
    ends = edges[0] / 2, edges[-1] / 2
    counts, _ = np.histogram(values / 2, len(edges) - 1, ends, weights=shares)
    return tuple(counts.tolist()), tuple(edges.tolist())


def _json(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
