"""Values looked up in a legend: intervals and single values, each with its colour."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tilewright.colormaps.tables import Table, frozen, parsed
from tilewright.image import Array
from tilewright.paint import Classes

_FEW_EDGES = 120
"""Up to this many, comparing with each edge is faster than a search."""


def classify(values: Array, classes: Classes) -> npt.NDArray[np.uint8]:
    """Return the colour of each value: shape ``values.shape + (4,)``.

    A value in no row, and NaN, is transparent; of rows that overlap the first one counts.
    """
    values = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    places: Array
    if values.dtype.kind in "uib" and values.dtype.itemsize <= 2:  # noqa: PLR2004
        table = class_table(classes, values.dtype.name)
        places = values.view(f"u{values.dtype.itemsize}")
    else:
        # Half floats and whole numbers compare with floats slowly.
        kind = {"float16": "float32", "float32": "float32"}.get(values.dtype.name, "float64")
        edges = _edges(classes, kind)
        table, places = edges.table, edges.places(values.astype(kind, copy=False))
    # One word for each pixel is moved faster than four bytes.
    return table.view(np.uint32)[:, 0].take(places)[..., np.newaxis].view(np.uint8)


@lru_cache(maxsize=64)
def class_table(classes: Classes, dtype: str) -> Table:
    """Return the colour of each value of an integer type of 8 or 16 bits.

    Rows are ordered by the bits of the value: a negative one stands in the upper half.
    """
    kind = np.dtype(dtype)
    if kind == np.bool_:
        return class_table(classes, "uint8")
    limits = np.iinfo(dtype)
    every = np.arange(limits.min, limits.max + 1, dtype=np.float64)
    edges = _edges(classes, "float64")
    # Each edge is looked up among the values, which are far more, and passed on to those above.
    starts = np.concatenate(
        [np.searchsorted(every, edges.at, "left"), np.searchsorted(every, edges.after, "right")]
    )
    places = np.cumsum(np.bincount(starts, minlength=len(every) + 1)[: len(every)])
    colors = edges.table.view(np.uint32)[:, 0].take(places)
    return frozen(np.roll(colors, limits.min)[:, np.newaxis].view(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Where the colour changes. A value's place is the number of edges that lie behind it."""

    at: Array
    """Values at which a colour begins."""
    after: Array
    """Values that are the last to have a colour."""
    table: Table
    """The colour of each place; the first and the last are transparent."""

    def places(self, values: Array) -> Array:
        if len(self.at) + len(self.after) > _FEW_EDGES:
            return np.searchsorted(self.at, values, "right") + np.searchsorted(
                self.after, values, "left"
            )
        # NaN has no edge behind it, and in a search all of them.
        places = np.zeros(values.shape, np.uint8)
        for edge in self.at:
            places += (values >= edge).view(np.uint8)
        for edge in self.after:
            places += (values > edge).view(np.uint8)
        return places


@lru_cache(maxsize=64)
def _edges(classes: Classes, dtype: str) -> _Edges:
    """Return the edges of all rows, in the type of the values: 0.1 is the float32 nearest to it."""
    with np.errstate(over="ignore"):
        lows = np.array([row.low for row in classes.rows]).astype(dtype)
        highs = np.array([row.low if row.high is None else row.high for row in classes.rows])
        highs = highs.astype(dtype)
    ends = np.unique([lows, highs])
    # Two slots for each end, the value itself and what lies above it, and one below them all.
    firsts = 2 * np.searchsorted(ends, lows) + 1
    alone = np.array([row.high is None for row in classes.rows])
    lasts = 2 * np.searchsorted(ends, highs) + 1 + alone
    colors = parsed([row.color for row in classes.rows]).view(np.uint32)[:, 0]
    slots = np.zeros(2 * len(ends) + 1, np.uint32)
    for row in reversed(range(len(classes.rows))):
        slots[firsts[row] : lasts[row]] = colors[row]
    changed = slots[1:] != slots[:-1]
    kept = slots[np.concatenate([[True], changed])]
    table = frozen(kept[:, np.newaxis].view(np.uint8))
    return _Edges(ends[changed[::2]], ends[changed[1::2]], table)
