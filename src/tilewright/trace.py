"""Where the pixels of a grid on the earth fall in the image.

PROJ is asked for few places; polynomials whose error is known to be below `TOLERANCE` tell
the rest.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tilewright.chebyshev import between_weights, looked_at, node_weights, plane_fit
from tilewright.coordinates import Doubles
from tilewright.crs import convert, period
from tilewright.extent import extent
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size, Window
from tilewright.image import ImageInfo

Places32 = npt.NDArray[np.float32]

TOLERANCE = 1 / 32
"""How far a traced place may lie from the true one: pixels of the image, or of the grid where
those are the smaller."""
_DEGREES = (4, 8, 16, 32)
_EXACT_PIXELS = 1 << 22
"""A grid that no polynomial fits is traced pixel by pixel up to this size, else every few."""


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Places at Chebyshev points of a part of the grid; polynomials give those between."""

    nodes: Doubles
    """Shape (row, column, 2): x and y in the image."""
    part: Window
    """The pixels of the grid that are traced; no other touches the image."""

    @property
    def pitch(self) -> tuple[float, float]:
        """How far one step over the grid leads on average, along x and y of the image."""
        return _mean_pitch(self.nodes, self.part.width, self.part.height)

    def moved(self, by: Affine) -> "Lattice":
        """Return the lattice in other coordinates of the image."""
        return replace(self, nodes=_moved(self.nodes, by))

    @property
    def box(self) -> Box | None:
        """The rectangle of the image around the places."""
        return _around(self.nodes)

    def at(self, window: Window, finer: int = 1) -> Places32:
        """Return the places of the centres of pixels of the grid, shape (2, y, x).

        With ``finer`` n each pixel is cut into n×n, and each part has a place of its own.
        """
        degree = len(self.nodes) - 1
        x, y = window.x - self.part.x, window.y - self.part.y
        across = node_weights(degree, x * finer, window.width * finer, self.part.width * finer)
        down = node_weights(degree, y * finer, window.height * finer, self.part.height * finer)
        places: Places32 = (down @ np.moveaxis(self.nodes, -1, 0) @ across.T).astype(np.float32)
        return places


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """A place for each pixel of a part of the grid, where polynomials do not fit."""

    places: Doubles
    """Shape (y, x, 2), of pixel centres; inf where the image has none."""
    part: Window

    @property
    def pitch(self) -> tuple[float, float]:
        """How far one step over the grid leads, along x and y of the image: the median."""
        with np.errstate(invalid="ignore"):
            down, across = np.diff(self.places, axis=0), np.diff(self.places, axis=1)
        found = []
        for axis in range(2):
            right, below = across[:-1, :, axis], down[:, :-1, axis]
            steps = np.hypot(right, below)
            kept = steps[np.isfinite(steps)]
            found.append(float(np.median(kept)) if kept.size else 1.0)
        return found[0] or 1.0, found[1] or 1.0

    def moved(self, by: Affine) -> "Scatter":
        """Return the places in other coordinates of the image."""
        return replace(self, places=_moved(self.places, by))

    @property
    def box(self) -> Box | None:
        """The rectangle of the image around the places; None when there is none."""
        return _around(self.places)

    def at(self, window: Window, finer: int = 1) -> Places32:
        """Return the places of the centres of pixels of the grid, shape (2, y, x)."""
        x, y = window.x - self.part.x, window.y - self.part.y
        part = self.places[y : y + window.height, x : x + window.width]
        places: Places32 = np.moveaxis(part, -1, 0).astype(np.float32)
        return places if finer == 1 else places.repeat(finer, 1).repeat(finer, 2)


Trace = Affine | Lattice | Scatter


def trace(info: ImageInfo, geo: Geo, grid: Grid) -> Trace | None:
    """Return where the grid's pixels fall, in level-0 pixels; None when none can.

    An affine is returned when one is exact enough: it maps corners to corners.
    """
    if grid.crs is None:
        return grid.affine
    if grid.crs == geo.crs and geo.straight and period(geo.crs) is None:
        return geo.affine.inverse() @ grid.affine
    part = _touching(info, geo, grid)
    if part is None:
        return None
    tracer = _Tracer(info, geo, grid)
    for degree in _DEGREES:
        found = tracer.fitted(part, degree)
        if found is not None:
            return found
    return tracer.scattered(part)


def touches(info: ImageInfo, geo: Geo, grid: Grid) -> bool:
    """Tell whether a grid on the earth can touch the image: without PROJ, once it is known."""
    return _touching(info, geo, grid) is not None


@dataclass(frozen=True, slots=True)
class _Tracer:
    info: ImageInfo
    geo: Geo
    grid: Grid

    def fitted(self, part: Window, degree: int) -> Affine | Lattice | None:
        """Return an affine or a lattice; None when neither is good enough."""
        count = degree + 1
        u, v = looked_at(degree)
        x, y = self.places(part.x + u * part.width, part.y + v * part.height)
        places = np.stack([x, y], axis=-1)
        if not np.isfinite(places).all():
            return None
        tolerance = _tolerance(places[0], places[count * count - 1], part)
        if degree == _DEGREES[0]:
            basis, solver = plane_fit(degree)
            plane = solver @ places
            if np.abs(basis @ plane - places).max() <= tolerance:
                return _affine_of(plane, part)
        grid_nodes = places[: count * count].reshape(count, count, 2)
        weights = between_weights(degree)
        checked = places[count * count :].reshape(degree, degree, 2)
        guessed = np.stack(
            [weights @ grid_nodes[..., axis] @ weights.T for axis in range(2)], axis=-1
        )
        if np.abs(guessed - checked).max() > tolerance:
            return None
        return Lattice(grid_nodes, part)

    def scattered(self, part: Window) -> Scatter:
        """Return the true places of all pixels, or of blocks of them in a very large grid."""
        step = max(1, int(np.ceil(np.sqrt(part.pixels / _EXACT_PIXELS))))
        columns = np.arange(part.x, part.right, step) + step / 2
        rows = np.arange(part.y, part.bottom, step) + step / 2
        u, v = np.meshgrid(columns, rows)
        places = np.stack(self.places(u, v), axis=-1)
        if step > 1:
            places = places.repeat(step, 0).repeat(step, 1)[: part.height, : part.width]
        return Scatter(np.where(np.isfinite(places).all(-1, keepdims=True), places, np.inf), part)

    def places(self, columns: Doubles, rows: Doubles) -> tuple[Doubles, Doubles]:
        """Return where places of the grid lie in the image, in level-0 pixels."""
        affine, geo, crs = self.grid.affine, self.geo, self.grid.crs
        x = affine.a * columns + affine.b * rows + affine.c
        y = affine.d * columns + affine.e * rows + affine.f
        x, y = convert(crs or geo.crs, geo.crs, x, y)
        around = period(geo.crs)
        if around is not None and geo.rational is None:
            x = _turned(x, self._middle, around, _span(geo, self.info.size))
        return geo.to_pixels(x, y)

    @property
    def _middle(self) -> float:
        """The x of the grid's middle in the image's CRS."""
        x, y = self.grid.affine(self.grid.size.width / 2, self.grid.size.height / 2)
        there, _ = convert(
            self.grid.crs or self.geo.crs, self.geo.crs, np.array([x]), np.array([y])
        )
        return float(there[0])


def _tolerance(first: Doubles, last: Doubles, part: Window) -> float:
    """Return the error allowed, in level-0 pixels: a share of a pixel of the grid.

    A coarse grid is read from a coarse level: its pixels are those that count. ``first`` and
    ``last`` are the places of the part's opposite corners.
    """
    pitch = math.dist(first.tolist(), last.tolist()) / math.hypot(part.width, part.height)
    return TOLERANCE * pitch if pitch > 0 else TOLERANCE


def _touching(info: ImageInfo, geo: Geo, grid: Grid) -> Window | None:
    """Return the grid's pixels that can touch the image; None when none can."""
    whole = Window.whole(grid.size)
    boxes = extent(geo, info.size, grid.crs or geo.crs)
    if boxes is None:
        return whole
    affine = grid.affine
    if affine.b or affine.d:
        around = grid.box
        return whole if any(_overlap(around, box) for box in boxes) else None
    parts = [part for box in boxes if (part := _under(box, affine, grid.size)) is not None]
    if not parts:
        return None
    left, top = min(part.x for part in parts), min(part.y for part in parts)
    right, bottom = max(part.right for part in parts), max(part.bottom for part in parts)
    return Window(left, top, right - left, bottom - top)


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def _under(box: Box, affine: Affine, size: Size) -> Window | None:
    """Return the pixels of an upright grid that a box touches, and one more on each side."""
    across = sorted(((box.x - affine.c) / affine.a, (box.right - affine.c) / affine.a))
    down = sorted(((box.y - affine.f) / affine.e, (box.bottom - affine.f) / affine.e))
    if across[1] <= 0 or down[1] <= 0 or across[0] >= size.width or down[0] >= size.height:
        return None
    left, top = max(0, int(across[0]) - 1), max(0, int(down[0]) - 1)
    right, bottom = min(size.width, int(across[1]) + 2), min(size.height, int(down[1]) + 2)
    return Window(left, top, right - left, bottom - top)


@lru_cache(maxsize=256)
def _span(geo: Geo, size: Size) -> tuple[float, float, float]:
    """Return the least and greatest x of the image's edges, and the width of a pixel."""
    corners = np.array([0.0, size.width]), np.array([0.0, size.height])
    x, _ = geo.to_crs(*(part.ravel() for part in np.meshgrid(*corners)))
    return float(x.min()), float(x.max()), float(np.ptp(x)) / size.width


def _turned(x: Doubles, middle: float, around: float, span: tuple[float, float, float]) -> Doubles:
    """Return coordinates moved by whole turns of the earth to where the image is.

    All by the same, so that no polynomial meets a jump; each by its own where places on both
    sides of the image's seam would be lost otherwise. ``middle`` is that of the grid.
    """
    low, high, pixel = span
    known = x[np.isfinite(x)]
    if not known.size or not np.isfinite(middle):
        return x
    own = (low + high) / 2
    # What the image's CRS has no place for is inf, and becomes NaN.
    with np.errstate(invalid="ignore"):
        # Half a turn either way stays where it is, whatever its last bit says.
        x = x - around * np.round((x - middle) / around * (1 - 1e-9))
        x = x + around * round((own - middle) / around * (1 - 1e-9))
        known = x[np.isfinite(x)]
        if known.max() <= low + around + pixel and known.min() >= high - around - pixel:
            return x
        return x + around * np.round((own - x) / around * (1 - 1e-9))


def _affine_of(plane: Doubles, part: Window) -> Affine:
    """Return a plane over the part as the map from corners of the grid's pixels."""
    (c, f), (a, d), (b, e) = plane.tolist()
    a, d, b, e = a / part.width, d / part.width, b / part.height, e / part.height
    return Affine(a, b, c - a * part.x - b * part.y, d, e, f - d * part.x - e * part.y)


def _moved(places: Doubles, by: Affine) -> Doubles:
    x, y = places[..., 0], places[..., 1]
    with np.errstate(invalid="ignore"):  # inf × 0, where there is no place
        return np.stack([by.a * x + by.b * y + by.c, by.d * x + by.e * y + by.f], axis=-1)


def _mean_pitch(nodes: Doubles, width: int, height: int) -> tuple[float, float]:
    """Return the mean step of places spread over so many pixels, along both axes of the image."""
    across = (nodes[:, -1] - nodes[:, 0]) / width
    down = (nodes[-1] - nodes[0]) / height
    steps = np.hypot(across.mean(0), down.mean(0))
    return float(steps[0]) or 1.0, float(steps[1]) or 1.0


def _around(places: Doubles) -> Box | None:
    kept = places[np.isfinite(places).all(-1)]
    if not len(kept):
        return None
    (left, top), (right, bottom) = kept.min(0).tolist(), kept.max(0).tolist()
    # One place has no area.
    return Box(left - 1, top - 1, right - left + 2, bottom - top + 2)
