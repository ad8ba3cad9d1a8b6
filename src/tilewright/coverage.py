"""Which pixels of a grid a polygon covers, and how much of each.

The polygon is brought to the grid's pixels first, its edges cut until they bend by less than
1/8 pixel. Then each pixel row is looked at along 16 lines: where an edge crosses a line is
known exactly, so shares are exact across and fine to 1/16 pixel along y. Everything is an
array operation: a million vertices take a second or two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilewright.coordinates import Doubles
from tilewright.crs import convert, period
from tilewright.errors import LimitError
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size
from tilewright.image import Mask, Raster
from tilewright.outline import Outline, outline_on
from tilewright.polygon import Polygon

LINES = 16
"""Lines that each row of pixels is looked at along."""
MOST_CROSSINGS = 1 << 25
"""Of edges and lines: more take too long."""

_HELD_CROSSINGS = 1 << 20
_HELD_PIXELS = 1 << 22
_ENDS = 2
_HALF = 0.5
_LOOK = 64
"""Pixels a side of a look at a whole image."""
_PROBES = (1 / 6, 1 / 2, 5 / 6)
"""Shares of a grid's sides at which the two sides of an outline are told apart."""

Shares = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


def coverage(polygon: Polygon, grid: Grid, geo: Geo | None = None) -> Shares:
    """Return the share (0 to 1) of each pixel of a grid that lies in a polygon; shape (y, x).

    ``geo`` says where the image lies, for a grid of level-0 pixels. Raises LimitError when
    the polygon is too intricate, ValueError for such a grid without ``geo``.
    """
    shares = _shares(_Edges.of(outline_on(polygon, grid, geo)), grid.size)
    return 1 - shares if _is_reversed(polygon, grid, geo, shares >= _HALF) else shares


def inside(polygon: Polygon, grid: Grid, geo: Geo | None = None, *, touched: bool = False) -> Mask:
    """Return the pixels whose centre lies in a polygon, or all that it touches; shape (y, x).

    Raises as `coverage`.
    """
    if touched:
        edges = _Edges.of(outline_on(polygon, grid, geo))
        return (coverage(polygon, grid, geo) > 0) | _passed(edges, grid.size)
    centres = _centres(_Edges.of(outline_on(polygon, grid, geo)), grid.size)
    return ~centres if _is_reversed(polygon, grid, geo, centres) else centres


def mask_outside(
    raster: Raster, polygon: Polygon, geo: Geo | None = None, *, touched: bool = False
) -> Raster:
    """Return a raster that is masked outside a polygon. Raises as `coverage`."""
    kept = inside(polygon, raster.grid, geo, touched=touched)
    mask = kept if raster.mask is None else raster.mask & kept
    return Raster(raster.data, mask, raster.grid)


def covered_box(polygon: Polygon, size: Size, geo: Geo) -> Box | None:
    """Return the smallest box of level-0 pixels around what a polygon covers of an image.

    None when the two do not meet.
    """
    grid = Grid(size, Affine.scale(1.0, 1.0))
    outline = outline_on(polygon, grid, geo)
    coarse = Size(min(size.width, _LOOK), min(size.height, _LOOK))
    look = Grid.over(Box.whole(size), coarse)
    if _is_reversed(
        polygon, look, geo, _centres(_Edges.of(outline_on(polygon, look, geo)), coarse)
    ):
        return Box.whole(size)
    if not len(outline.x):
        return None
    left, right = float(outline.x.min()), float(outline.x.max())
    top, bottom = float(outline.y.min()), float(outline.y.max())
    if not (left < right and top < bottom):
        return None
    return Box(left, top, right - left, bottom - top).clip(size)


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Straight lines between places in pixels of the grid; together they are closed."""

    x0: Doubles
    y0: Doubles
    x1: Doubles
    y1: Doubles

    @classmethod
    def of(cls, outline: Outline) -> "_Edges":
        following = outline.following()
        return cls(outline.x, outline.y, outline.x[following], outline.y[following])

    def turned(self) -> "_Edges":
        """Return the edges with columns and rows exchanged."""
        return _Edges(self.y0, self.x0, self.y1, self.x1)


def _centres(edges: _Edges, size: Size) -> Mask:
    """Return the pixels whose centre lies inside."""
    width, height = size.width, size.height
    found = np.empty((height, width), np.bool_)
    for first, count, line, place in _by_strip(edges, height, 1, width):
        # A pixel whose centre is on an edge belongs to what lies to the right of it.
        column = np.ceil(np.clip(place, 0, width) - 0.5).astype(np.int64)
        steps = np.bincount(
            line * (width + 1) + column, _signs(len(line)), minlength=count * (width + 1)
        )
        found[first : first + count] = steps.reshape(count, -1).cumsum(1)[:, :-1] > _HALF
    return found


def _is_reversed(polygon: Polygon, grid: Grid, geo: Geo | None, found: Mask) -> bool:
    """Tell whether what was found inside lies outside, and the other way round.

    An outline parts a plane in two, and its inside is the part without the plane's far end;
    but the earth has no such end. The outline of the whole earth, seen in UTM, is next to
    nothing at the other end of the map: all that lies off it is inside. So a few pixels are
    brought back to the polygon's own CRS, where there is no doubt.
    """
    if polygon.crs == (grid.crs or (geo and geo.crs)):
        return False
    size, crs = grid.size, grid.crs
    rows, columns = (
        places.ravel()
        for places in np.meshgrid(
            [int(share * size.height) for share in _PROBES],
            [int(share * size.width) for share in _PROBES],
            indexing="ij",
        )
    )
    affine, across, down = grid.affine, columns + 0.5, rows + 0.5
    x = affine.a * across + affine.b * down + affine.c
    y = affine.d * across + affine.e * down + affine.f
    if crs is None and geo is not None:
        crs, (x, y) = geo.crs, geo.to_crs(x, y)
    known = [
        (_holds(polygon, place), bool(found[row, column]))
        for *place, row, column in zip(
            *convert(crs or polygon.crs, polygon.crs, x, y), rows, columns, strict=True
        )
        if np.isfinite(place).all()
    ]
    # Near an edge either may be so; most of the pixels are not near one.
    return 2 * sum(true != seen for true, seen in known) > len(known)


def _holds(polygon: Polygon, place: Sequence[float]) -> bool:
    """Tell whether a polygon holds a place of its own CRS, or the same a turn away."""
    around = period(polygon.crs)
    (x, y), held = place, False
    turns = (0.0,) if around is None else (-around, 0.0, around)
    for turn in turns:
        crossed = False
        for ring in polygon.rings:
            x0, y0, x1, y1 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
            cut = (y0 <= y) != (y1 <= y)
            part = (y - y0[cut]) / (y1[cut] - y0[cut])
            left = x0[cut] + part * (x1[cut] - x0[cut]) <= x + turn
            crossed ^= bool(np.count_nonzero(left) % 2)
        held |= crossed
    return held


def _shares(edges: _Edges, size: Size) -> Shares:
    width, height = size.width, size.height
    found = np.empty((height, width), np.float32)
    row_length = width + _ENDS
    for first, count, line, place in _by_strip(edges, height, LINES, width):
        place = np.clip(place, 0, width)  # noqa: PLW2901
        column = np.floor(place).astype(np.int64)
        rest, sign = place - column, _signs(len(place))
        cell = line // LINES * row_length + column
        # From a crossing on everything to the right is inside, or outside again.
        steps = np.bincount(cell, sign * (1 - rest), minlength=count * row_length)
        steps += np.bincount(cell + 1, sign * rest, minlength=count * row_length)
        shares = steps.reshape(count, row_length).cumsum(1)[:, :width] / LINES
        found[first : first + count] = np.clip(shares, 0, 1)
    # Sums of floats: what is empty or full is to be so exactly.
    found[found < 1e-6] = 0  # noqa: PLR2004
    found[found > 1 - 1e-6] = 1
    return found


def _passed(edges: _Edges, size: Size) -> Mask:
    """Return the pixels that edges run through, or end in."""
    found = np.zeros((size.height + 2, size.width + 2), np.bool_)
    _mark(found, np.floor(edges.x0), np.floor(edges.y0), size)
    for line, place in _crossings(edges, 0, size.height + 1, offset=0.0):
        _mark(found, np.floor(place), line, size)
        _mark(found, np.floor(place), line - 1, size)
    for line, place in _crossings(edges.turned(), 0, size.width + 1, offset=0.0):
        _mark(found, line, np.floor(place), size)
        _mark(found, line - 1, np.floor(place), size)
    return found[1:-1, 1:-1]


def _mark(found: Mask, columns: Doubles | Whole, rows: Doubles | Whole, size: Size) -> None:
    """Mark pixels; those outside fall on the rim that is cut off."""
    columns = np.clip(columns, -1, size.width).astype(np.int64)
    rows = np.clip(rows, -1, size.height).astype(np.int64)
    found[rows + 1, columns + 1] = True


def _by_strip(
    edges: _Edges, rows: int, lines: int, width: int
) -> Iterator[tuple[int, int, Whole, Doubles]]:
    """Yield strips of rows: the first row, how many, and their crossings in order.

    Lines are counted from the strip's first. Each line has an even number of crossings, as
    the edges are closed: they go in and out by turns.
    """
    scaled = _Edges(edges.x0, edges.y0 * lines, edges.x1, edges.y1 * lines)
    starts, stops = _spans(scaled, 0, rows * lines, 0.5)
    changes = np.bincount(starts, minlength=rows * lines + 1).astype(np.int64)
    changes -= np.bincount(stops, minlength=rows * lines + 1)
    per_row = changes.cumsum()[:-1].reshape(rows, lines).sum(1)
    total = int(per_row.sum())
    if total > MOST_CROSSINGS:
        raise LimitError("polygon_crossings", total, MOST_CROSSINGS)
    most_rows = max(1, _HELD_PIXELS // width)
    ends = per_row.cumsum()
    first = 0
    while first < rows:
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + _HELD_CROSSINGS, side="right"))
        last = min(max(last, first + 1), first + most_rows, rows)
        found = list(_crossings(scaled, first * lines, last * lines, offset=0.5))
        line = np.concatenate([one for one, _ in found] or [np.empty(0, np.int64)])
        place = np.concatenate([one for _, one in found] or [np.empty(0)])
        order = np.lexsort((place, line))
        yield first, last - first, line[order] - first * lines, place[order]
        first = last


def _spans(edges: _Edges, first: int, last: int, offset: float) -> tuple[Whole, Whole]:
    """Return the first line that each edge crosses, and the first that it crosses no more.

    Line k lies at y = k + offset. An edge crosses those from its upper end on, that at its
    lower end not included: so a place where two edges meet counts once.
    """
    upper, lower = np.minimum(edges.y0, edges.y1), np.maximum(edges.y0, edges.y1)
    starts = np.clip(np.ceil(upper - offset), first, last).astype(np.int64)
    stops = np.clip(np.ceil(lower - offset), first, last).astype(np.int64)
    return starts, stops


def _crossings(
    edges: _Edges, first: int, last: int, *, offset: float
) -> Iterator[tuple[Whole, Doubles]]:
    """Yield where edges cross lines, from first to before last: the lines, and x there."""
    starts, stops = _spans(edges, first, last, offset)
    crossing = np.flatnonzero(stops > starts)
    if not len(crossing):
        return
    x0, y0, x1, y1 = (values[crossing] for values in (edges.x0, edges.y0, edges.x1, edges.y1))
    starts, counts = starts[crossing], (stops - starts)[crossing]
    across, down = x1 - x0, y1 - y0
    ends = counts.cumsum()
    low = 0
    while low < len(counts):
        before = int(ends[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(ends, before + _HELD_CROSSINGS, side="right")))
        part = slice(low, high)
        edge = np.repeat(np.arange(low, high), counts[part])
        step = np.arange(len(edge)) - np.repeat(ends[part] - counts[part] - before, counts[part])
        line = starts[edge] + step
        # The share first: a slope of an almost level edge would be beyond all numbers.
        yield line, x0[edge] + (line + offset - y0[edge]) / down[edge] * across[edge]
        low = high


def _signs(count: int) -> Doubles:
    signs = np.ones(count)
    signs[1::2] = -1.0
    return signs
