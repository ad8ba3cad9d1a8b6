"""What can be asked of a band's values, and what is answered."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_BINS = 65_536
MOST_PERCENTILES = 16
MOST_CLASSES = 4096
"""More different values than these are not categories."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be told of each band."""

    percentiles: tuple[float, ...] = (2.0, 98.0)
    categorical: bool = False
    """True: the different values are listed, when there are not more than `MOST_CLASSES`."""
    bins: int = 256
    range: tuple[float, float] | None = None
    """Of the histogram; None: from the least value to the greatest."""
    density: bool = False
    """True: the histogram holds shares, which sum up to 1."""

    def __post_init__(self) -> None:
        if len(self.percentiles) > MOST_PERCENTILES:
            raise ValueError(f"at most {MOST_PERCENTILES} percentiles")
        if not all(0 <= share <= 100 for share in self.percentiles):  # noqa: PLR2004
            raise ValueError("a percentile lies from 0 to 100")
        if not 1 <= self.bins <= MOST_BINS:
            raise ValueError(f"a histogram has 1 to {MOST_BINS} bins")
        if self.range is not None:
            low, high = self.range
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError("a range rises, from one finite number to another")


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """Numbers about one band. Without a valid value, all but the counts are None."""

    count: int
    """How many values are valid."""
    valid_percent: float
    min: int | float | None
    max: int | float | None
    mean: float | None
    std: float | None
    """Of the population, as numpy's."""
    median: float | None
    percentiles: tuple[tuple[float, float], ...] = ()
    """Pairs of percentile (0-100) and value, in the order asked."""
    unique: tuple[tuple[int | float, int], ...] | None = None
    """Pairs of value and count, rising; None when not asked, or when there are too many."""

    def as_document(self) -> dict[str, Any]:
        """Return what JSON can hold, under the names that large_image uses where it has any."""
        document: dict[str, Any] = {
            "min": self.min,
            "max": self.max,
            "mean": _json(self.mean),
            "stdev": _json(self.std),
            "median": _json(self.median),
            "percentiles": {f"{share:g}": _json(value) for share, value in self.percentiles},
            "count": self.count,
            "valid_percent": self.valid_percent,
        }
        if self.unique is not None:
            document["unique"] = [{"value": value, "count": count} for value, count in self.unique]
        return document


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie in each bin ``[edge, next edge)``; the last includes its upper edge."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]
    min: int | float | None
    max: int | float | None
    mean: float | None
    std: float | None
    samples: int
    """How many values are valid, in the bins or not."""
    density: bool = False

    def as_document(self) -> dict[str, Any]:
        """Return what JSON can hold, under large_image's names."""
        shown: Sequence[float | None] = self.counts
        if self.density:
            whole = max(1, sum(self.counts))
            shown = [count / whole for count in self.counts]
        return {
            "min": self.min,
            "max": self.max,
            "mean": _json(self.mean),
            "stdev": _json(self.std),
            "range": [self.edges[0], self.edges[-1]],
            "hist": list(shown),
            "bin_edges": list(self.edges),
            "bins": len(self.counts),
            "density": self.density,
            "samples": self.samples,
        }


def _json(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
