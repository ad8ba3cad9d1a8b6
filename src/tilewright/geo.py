"""Where an image lies on the earth: the map between its pixels and the coordinates of a CRS.

Everything here is arithmetic on float64 arrays; no PROJ, no GDAL. Three ways of saying where
a pixel lies are known: an affine, ground control points, and rational polynomials (RPC).
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from tilewright.coordinates import Doubles, Places
from tilewright.geometry import Affine, Grid
from tilewright.rational import RationalPolynomials

QUADRATIC_FROM = 6
"""Control points from which on a surface of the second degree is laid through them, as GDAL
does; with fewer it is a plane."""
MOST_POINTS = 4096
"""Control points that are taken; of more, as many spread evenly over the list."""
FARTHEST = 1e12
"""Units of a CRS that a place may be off its origin."""
_DRIFT = 1 / 64
"""Pixels that the way to the CRS and back may lead astray."""


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """A pixel corner whose place on the earth is known."""

    column: float
    row: float
    x: float
    y: float


@dataclass(frozen=True, slots=True, eq=False)
class Geo:
    """Where the image lies on the earth. Equal ones are found in caches by one number."""

    crs: str
    """What PROJ understands: ``EPSG:32618`` or WKT."""
    affine: Affine
    """From corners of level-0 pixels to coordinates of ``crs``, x to the east whatever order
    the CRS's definition has; the best fit where one of the two below says it better."""
    points: tuple[ControlPoint, ...] = ()
    rational: RationalPolynomials | None = None
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Each tile is looked up by it, and there may be thousands of points.
        object.__setattr__(self, "_hash", hash(self._values))

    @property
    def _values(self) -> tuple[object, ...]:
        return self.crs, self.affine, self.points, self.rational

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Geo) and self._values == other._values)

    def __hash__(self) -> int:
        return self._hash

    @property
    def straight(self) -> bool:
        """True when the affine is all there is to say."""
        return not self.points and self.rational is None

    def to_pixels(self, x: Doubles, y: Doubles) -> Places:
        """Return the level-0 columns and rows of places in the CRS."""
        if self.rational is not None:
            return self.rational.to_pixels(x, y)
        if self.points:
            return _surfaces(self)[1].at(x, y)
        inverse = self.affine.inverse()
        return _apply(inverse, x, y)

    def to_crs(self, columns: Doubles, rows: Doubles) -> Places:
        """Return the places in the CRS of level-0 pixel corners."""
        if self.rational is not None:
            return self.rational.to_crs(columns, rows)
        if self.points:
            return _surfaces(self)[0].at(columns, rows)
        return _apply(self.affine, columns, rows)


def from_points(crs: str, points: tuple[ControlPoint, ...]) -> Geo:
    """Return the georeference that control points make. Raises ValueError for too few."""
    points = points[:: -(-len(points) // MOST_POINTS) or 1]
    numbers = [(point.column, point.row, point.x, point.y) for point in points]
    if not np.isfinite(numbers).all():
        raise ValueError("the control points are not finite")
    plane = _Surface.through(
        [(point.column, point.row) for point in points], [(p.x, p.y) for p in points], degree=1
    )
    return Geo(crs, plane.affine(), points)


def checked(geo: Geo, columns: int, rows: int) -> Geo:
    """Return the georeference of an image of this size, once it is known to make sense.

    All of its edge has finite places in the CRS, and these lead back to the image: numbers
    so large or pixels so small that float64 cannot tell neighbours apart do not. Raises
    ValueError.
    """
    affine = geo.affine
    numbers = (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("the numbers of an affine are finite")
    share = np.array([0.0, 0.5, 1.0])
    x, y = (part.ravel() for part in np.meshgrid(share * columns, share * rows))
    with np.errstate(all="ignore"):
        there = geo.to_crs(x, y)
        back = geo.to_pixels(*there)
        away = max(
            float(np.abs(found - own).max()) for found, own in zip(back, (x, y), strict=True)
        )
        far = float(np.abs(there).max())
    fine = 64 * float(np.spacing(far))
    if (
        geo.straight
        and not min(math.hypot(affine.a, affine.d), math.hypot(affine.b, affine.e)) > fine
    ):
        raise ValueError("the pixels are too small to be told apart")
    # Comparisons with NaN are false. Surfaces through points are no inverses of each other.
    if not (far <= FARTHEST and (away <= _DRIFT if geo.straight else away < math.inf)):
        raise ValueError("the image has no place on the earth")
    return geo


def from_rational(rational: RationalPolynomials, columns: int, rows: int) -> Geo:
    """Return the georeference of rational polynomials, for an image of this size."""
    corners = np.array([(0, 0), (columns, 0), (0, rows), (columns, rows)], np.float64)
    longitude, latitude = rational.to_crs(corners[:, 0], corners[:, 1])
    if not np.isfinite([longitude, latitude]).all():
        raise ValueError("the rational polynomials do not lead to the ground")
    # The second corner may lie past the antimeridian.
    longitude = longitude[0] + (longitude - longitude[0] + 180.0) % 360.0 - 180.0
    places = list(zip(longitude.tolist(), latitude.tolist(), strict=True))
    plane = _Surface.through([(a, b) for a, b in corners.tolist()], places, degree=1)
    return Geo("EPSG:4326", plane.affine(), rational=rational)


def _apply(affine: Affine, x: Doubles, y: Doubles) -> Places:
    # Where there is no place, inf × 0 says so as NaN.
    with np.errstate(invalid="ignore"):
        return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    """Two polynomials of x and y, fitted by least squares; inputs are centred and scaled."""

    centre: tuple[float, float]
    scale: tuple[float, float]
    terms: Doubles
    """Shape (term, 2)."""

    @classmethod
    def through(
        cls, known: list[tuple[float, float]], wanted: list[tuple[float, float]], *, degree: int
    ) -> "_Surface":
        places = np.array(known, np.float64).reshape(-1, 2)
        middle = places.mean(0) if len(places) else np.zeros(2)
        spread = np.maximum(np.abs(places - middle).max(0, initial=0.0), 1e-12)
        powers = _powers(*((places - middle) / spread).T, degree=degree)
        if np.linalg.matrix_rank(powers) < powers.shape[1]:
            raise ValueError("the control points are too few, or lie on a line")
        terms: Any = np.linalg.lstsq(powers, np.array(wanted, np.float64), rcond=None)[0]
        return cls((middle[0], middle[1]), (spread[0], spread[1]), terms)

    def at(self, x: Doubles, y: Doubles) -> Places:
        degree = 2 if len(self.terms) > 3 else 1  # noqa: PLR2004
        powers = _powers(
            (x - self.centre[0]) / self.scale[0],
            (y - self.centre[1]) / self.scale[1],
            degree=degree,
        )
        with np.errstate(invalid="ignore"):  # places that there are not, as inf
            both: Any = powers @ self.terms
        return both[..., 0], both[..., 1]

    def affine(self) -> Affine:
        """Return a plane's six numbers."""
        (c, f), (a, d), (b, e) = self.terms[:3]
        a, d, b, e = a / self.scale[0], d / self.scale[0], b / self.scale[1], e / self.scale[1]
        x, y = self.centre
        numbers = (a, b, c - a * x - b * y, d, e, f - d * x - e * y)
        return Affine(*map(float, numbers))


def _powers(x: Doubles, y: Doubles, *, degree: int) -> Doubles:
    terms = [np.ones_like(x), x, y]
    if degree > 1:
        terms += [x * x, x * y, y * y]
    return np.stack(terms, axis=-1)


@lru_cache(maxsize=64)
def _surfaces(geo: Geo) -> tuple[_Surface, _Surface]:
    """Return the surfaces through control points: from pixels to places, and back."""
    points = geo.points
    pixels = [(point.column, point.row) for point in points]
    places = [(point.x, point.y) for point in points]
    degree = 2 if len(points) >= QUADRATIC_FROM else 1
    try:
        return (
            _Surface.through(pixels, places, degree=degree),
            _Surface.through(places, pixels, degree=degree),
        )
    except ValueError:
        if degree == 1:
            raise
        # Points in two rows bend no surface.
        return (
            _Surface.through(pixels, places, degree=1),
            _Surface.through(places, pixels, degree=1),
        )


def on_earth(grid: Grid, geo: Geo | None) -> Grid:
    """Return a grid of level-0 pixels as one on the earth, where an affine says how.

    Others are returned as they are: control points and rational polynomials are no grid.
    """
    if grid.crs is not None or geo is None or not geo.straight:
        return grid
    return Grid(grid.size, geo.affine @ grid.affine, geo.crs)
