"""What is in the pixels: numbers about the values of a band.

Only finite values count; what is masked, NaN or infinite is not valid. Percentiles lie linearly
between the two nearest values, as numpy's do. Values of 16 bits or less are counted one by one,
so that nothing is ever sorted.
"""

from tilewright.statistics.compute import band_statistics, histogram
from tilewright.statistics.tally import NarrowTally, Tally, WideTally, tally_of
from tilewright.statistics.values import (
    MOST_BINS,
    MOST_CLASSES,
    MOST_PERCENTILES,
    BandStatistics,
    Histogram,
    Wanted,
)

__all__ = [
    "MOST_BINS",
    "MOST_CLASSES",
    "MOST_PERCENTILES",
    "BandStatistics",
    "Histogram",
    "NarrowTally",
    "Tally",
    "Wanted",
    "WideTally",
    "band_statistics",
    "histogram",
    "tally_of",
]
