"""A polygon's rings, brought from their own CRS to a grid's pixels without losing their shape.

Straight edges bend when they are projected: they are cut in half until the bend is below
1/8 pixel where it can be seen. At the antimeridian rings go on instead of jumping, and are
laid out once for each turn of the earth that the grid can see; a ring around a pole is closed
beyond it. What the target has no place for (a pole in Mercator) is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilewright.coordinates import Doubles, Places
from tilewright.crs import convert, period
from tilewright.errors import LimitError
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size
from tilewright.polygon import Polygon

BEND = 1 / 8
"""Pixels that an edge may be off."""
MOST_PLACES = 1 << 21
"""Of an outline whose edges are cut."""

_FEW = 4096
"""Rings with fewer places are cut up in any case, so that no bend hides between two of them."""
_PIECES = 8
_TURN_PARTS = 8
"""An edge spans at most this part of a turn of the earth."""
_ROUNDS = 16
_EDGE_ROUNDS = 12
"""How often an edge that leaves the target's domain is halved."""
_TURNS: tuple[int, ...] = (-2, -1, 0, 1, 2)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Places of rings one after the other; each ring is closed by its first place."""

    x: Doubles
    y: Doubles
    ring: Numbers
    """The number of each place's ring, rising."""

    def following(self) -> Numbers:
        """Return the index of the place that follows each."""
        return _following(self.ring)

    def kept(self, which: npt.NDArray[np.bool_]) -> "Outline":
        """Return only these places."""
        return Outline(self.x[which], self.y[which], self.ring[which])


def outline_on(polygon: Polygon, grid: Grid, geo: Geo | None) -> Outline:
    """Return a polygon's rings in pixels of a grid; rings that are not near it are left out.

    ``geo`` says where the image lies, for a grid of level-0 pixels. Raises LimitError when
    the rings have too many places, ValueError for such a grid without ``geo``.
    """
    crs, pixels, rough = _pixels(grid, geo)
    around = period(crs)
    sight = _Sight(grid.size, BEND, rough, around)
    outline = _projected(polygon, crs, sight)
    turns = _TURNS
    # Rational polynomials find the shorter way around the earth by themselves.
    if around is None or (grid.crs is None and geo is not None and geo.rational is not None):
        turns = (0,)
    inside = []
    for turn in turns:
        moved = outline.x + turn * (around or 0.0)
        x, y = pixels(moved, outline.y)
        known = np.isfinite(x) & np.isfinite(y)
        inside.append(_near(Outline(x, y, outline.ring).kept(known), grid.size))
    count = int(outline.ring[-1]) + 1 if len(outline.ring) else 1
    return Outline(
        np.concatenate([one.x for one in inside]),
        np.concatenate([one.y for one in inside]),
        np.concatenate([one.ring + turn * count for turn, one in enumerate(inside)]),
    )


def bounds_in(polygon: Polygon, crs: str) -> Box | None:
    """Return the smallest box of a CRS around a polygon; None where it has no area there.

    Across the antimeridian it goes on past it: its right edge may lie beyond 180 degrees.
    """
    outline = _projected(polygon, crs, None)
    if not len(outline.x):
        return None
    wide, high = float(np.ptp(outline.x)), float(np.ptp(outline.y))
    if wide <= 0 or high <= 0:
        return None
    return Box(float(outline.x.min()), float(outline.y.min()), wide, high)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What can be seen: how large a bend, and where."""

    size: Size
    bend: float
    affine: Affine
    """From the CRS to pixels; it may be a little off where the image is bent."""
    around: float | None

    def too_bent(self, first: Places, middle: Places, last: Places) -> npt.NDArray[np.bool_]:
        """Tell which edges bend more than may be, where it shows."""
        # Places that the target does not have are infinite.
        with np.errstate(invalid="ignore"):
            (x0, y0), (x1, y1), (xm, ym) = (
                self._pixels(one, first) for one in (first, last, middle)
            )
            bend = np.hypot(xm - (x0 + x1) / 2, ym - (y0 + y1) / 2)
            seen = (np.minimum(y0, y1) - bend <= self.size.height) & (
                np.maximum(y0, y1) + bend >= 0
            )
            if self.around is None:
                seen &= (np.minimum(x0, x1) - bend <= self.size.width) & (
                    np.maximum(x0, x1) + bend >= 0
                )
            return (bend > self.bend) & seen

    def _pixels(self, place: Places, start: Places) -> Places:
        x, y = place
        if self.around is not None:
            x = x - self.around * np.round((x - start[0]) / self.around)
        affine = self.affine
        return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _pixels(
    grid: Grid, geo: Geo | None
) -> tuple[str, Callable[[Doubles, Doubles], Places], Affine]:
    """Return the CRS to bring a polygon to, the way from there to pixels, and its affine."""
    inverse = grid.affine.inverse()

    def onto_grid(x: Doubles, y: Doubles) -> Places:
        return inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f

    if grid.crs is not None:
        return grid.crs, onto_grid, inverse
    if geo is None:
        raise ValueError("a grid of level-0 pixels needs the image's georeference")
    return (
        geo.crs,
        lambda x, y: onto_grid(*geo.to_pixels(x, y)),
        inverse @ geo.affine.inverse(),
    )


def _projected(polygon: Polygon, crs: str, sight: _Sight | None) -> Outline:
    """Return the rings in a CRS, cut where they bend, without jumps."""
    x, y, ring = _cut_up(polygon)
    u, v = convert(polygon.crs, crs, x, y)
    # The edge from each place to the next one; a ring's last place is its first one here.
    waiting = np.ones(len(x), np.bool_)
    for round_ in range(_ROUNDS):
        edge = np.flatnonzero(waiting[:-1] & (ring[:-1] == ring[1:]))
        if sight is None or polygon.crs == crs or not len(edge):
            break
        middle_x, middle_y = (x[edge] + x[edge + 1]) / 2, (y[edge] + y[edge + 1]) / 2
        middle = convert(polygon.crs, crs, middle_x, middle_y)
        first, last = (u[edge], v[edge]), (u[edge + 1], v[edge + 1])
        split = sight.too_bent(first, middle, last)
        if round_ < _EDGE_ROUNDS:
            split |= np.isfinite(u[edge]) != np.isfinite(u[edge + 1])
        edge, (middle_u, middle_v) = edge[split], (middle[0][split], middle[1][split])
        if len(x) + len(edge) > MOST_PLACES:
            raise LimitError("projected_vertices", len(x) + len(edge), MOST_PLACES)
        halved = np.zeros(len(x), np.bool_)
        halved[edge] = True
        x, y = np.insert(x, edge + 1, middle_x[split]), np.insert(y, edge + 1, middle_y[split])
        u, v = np.insert(u, edge + 1, middle_u), np.insert(v, edge + 1, middle_v)
        ring = np.insert(ring, edge + 1, ring[edge])
        waiting = np.insert(halved, edge + 1, values=True)
    known = np.isfinite(u) & np.isfinite(v)
    return _without_jumps(Outline(u[known], v[known], ring[known]), period(crs))


def _cut_up(polygon: Polygon) -> tuple[Doubles, Doubles, Numbers]:
    """Return the places of all rings, long edges cut into equal pieces."""
    places = np.concatenate(polygon.rings)
    lengths = [len(ring) for ring in polygon.rings]
    ring = np.repeat(np.arange(len(lengths)), lengths)
    steps = np.diff(places, axis=0)
    counts = np.ones(len(steps), np.int64)
    around = period(polygon.crs)
    if around is not None:
        counts = np.maximum(counts, np.ceil(np.abs(steps[:, 0]) / around * _TURN_PARTS))
    if len(places) <= _FEW:
        counts = np.maximum(counts, _PIECES)
    counts = np.where(ring[:-1] == ring[1:], counts, 1).astype(np.int64)
    total = int(counts.sum())
    if total > MOST_PLACES:
        raise LimitError("projected_vertices", total, MOST_PLACES)
    edge = np.repeat(np.arange(len(counts)), counts)
    part = (np.arange(total) - np.repeat(counts.cumsum() - counts, counts)) / counts[edge]
    cut = places[edge] + part[:, np.newaxis] * steps[edge]
    cut = np.concatenate([cut, places[-1:]])
    return cut[:, 0], cut[:, 1], np.append(ring[edge], ring[-1])


def _without_jumps(outline: Outline, around: float | None) -> Outline:
    """Return rings that go on at the antimeridian, and those around a pole closed beyond it."""
    if around is None or not len(outline.x):
        return outline
    x, y, ring = outline.x, outline.y, outline.ring
    same = ring[1:] == ring[:-1]
    jumps = np.where(same, -np.round(np.diff(x) / around), 0.0)
    turns = np.concatenate([[0.0], np.cumsum(jumps)])
    starts = np.flatnonzero(np.concatenate([[True], ~same]))
    lengths = np.diff(np.append(starts, len(x)))
    turns -= np.repeat(turns[starts], lengths)
    x = x + turns * around
    ends = starts + lengths - 1
    # A ring that comes back a turn further on goes around a pole.
    open_ = np.flatnonzero(np.abs(x[ends] - x[starts]) > around / 2)
    if not len(open_):
        return Outline(x, y, ring)
    heights = np.add.reduceat(y, starts)[open_]
    beyond = np.where(heights < 0, -around, around)
    at = np.repeat(ends[open_] + 1, 2)
    sides = np.stack([x[ends[open_]], x[starts[open_]]], 1).ravel()
    return Outline(
        np.insert(x, at, sides),
        np.insert(y, at, np.repeat(beyond, 2)),
        np.insert(ring, at, np.repeat(ring[ends[open_]], 2)),
    )


def _near(outline: Outline, size: Size) -> Outline:
    """Return the rings whose boxes meet the grid."""
    if not len(outline.x):
        return outline
    starts = np.flatnonzero(np.concatenate([[True], outline.ring[1:] != outline.ring[:-1]]))
    lengths = np.diff(np.append(starts, len(outline.x)))
    near = (
        (np.minimum.reduceat(outline.x, starts) <= size.width)
        & (np.maximum.reduceat(outline.x, starts) >= 0)
        & (np.minimum.reduceat(outline.y, starts) <= size.height)
        & (np.maximum.reduceat(outline.y, starts) >= 0)
    )
    return outline.kept(np.repeat(near, lengths))


def _following(ring: Numbers) -> Numbers:
    count = len(ring)
    following = np.arange(1, count + 1)
    if count:
        starts = np.flatnonzero(np.concatenate([[True], ring[1:] != ring[:-1]]))
        following[np.append(starts[1:], count) - 1] = starts
    return following
