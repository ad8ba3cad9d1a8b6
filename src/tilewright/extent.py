"""Which part of a CRS's plane an image covers: told once, so that most tiles need no PROJ."""

from functools import lru_cache

import numpy as np

from tilewright.coordinates import Doubles, Places
from tilewright.crs import WGS84, convert, is_geographic, period
from tilewright.geo import Geo
from tilewright.geometry import Box, Size

_SIDE = 33
"""Places looked at along each side of the image; a bent edge bulges less than a margin between
two of them."""
_MARGIN = 1 / 256
_ALL_ROUND = 31 / 32
"""The share of a turn from which on an image counts as going round the earth."""
_LATITUDE = 90.0
_NO_TURN = 1e-9
"""Of a turn: an edge at -180 degrees is there, whatever its last bit says."""
_SIDE_AT_LIMB = 513
"""Places along each side where some of them are not on the earth."""
_TURNS = (0, -1, 1)
_LOOKED_AT = 9
"""Places along each side of a box that is asked about: most are small."""


@lru_cache(maxsize=2048)
def extent(geo: Geo, size: Size, crs: str) -> tuple[Box, ...] | None:
    """Return boxes of a CRS's plane outside of which the image has no pixel.

    They are a little too large rather than too small. An image across the antimeridian has
    two. None: no bounds are known, as for an image that holds a pole, or all of the earth.
    """
    x, y = _spread(geo, size, crs, _SIDE)
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or _holds_a_pole(geo, size):
        return None
    around = period(crs)
    if around is None:
        return (_box_around(x, y),)
    x = _unwrapped(x, around)
    if np.ptp(x) >= around * _ALL_ROUND:
        return None
    return _folded(_box_around(x, y), around)


def outline(geo: Geo, size: Size) -> list[list[tuple[float, float]]]:
    """Return the image's edge as rings of longitude and latitude, cut at the antimeridian.

    Each ring is closed, and runs against the clock as GeoJSON (RFC 7946, 3.1.6 and 3.1.9)
    wants it. Raises ValueError when the edge does not lie on the earth.
    """
    edge = np.linspace(0, 1, _SIDE)[:-1]
    zero, one = np.zeros_like(edge), np.ones_like(edge)
    # Downwards first: against the clock on a map.
    columns = np.concatenate([zero, edge, one, 1 - edge]) * size.width
    rows = np.concatenate([edge, one, 1 - edge, zero]) * size.height
    x, y = convert(geo.crs, WGS84, *geo.to_crs(columns, rows))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("the edge of the image does not lie on the earth")
    full_turn = 360.0
    x = _unwrapped(x[np.newaxis], full_turn)[0]
    x -= full_turn * np.floor((x.mean() + full_turn / 2) / full_turn + _NO_TURN)
    ring = list(zip(x.tolist(), y.tolist(), strict=True))
    if _area(ring) < 0:
        ring.reverse()
    rings = []
    for turn in (-1, 0, 1):
        moved = [(a + turn * full_turn, b) for a, b in ring]
        part = _cut(_cut(moved, -full_turn / 2, 1), full_turn / 2, -1)
        if len(part) > 2 and abs(_area(part)) > 1e-12:  # noqa: PLR2004
            rings.append([*part, part[0]])
    return rings


@lru_cache(maxsize=4096)
def bounds(geo: Geo, size: Size, crs: str) -> Box | None:
    """Return the smallest box of a CRS around the image; None when it has no end there.

    Across the antimeridian it goes on past it: its right edge may lie beyond 180 degrees.
    """
    x, y = _spread(geo, size, crs, _SIDE)
    if not (np.isfinite(x) & np.isfinite(y)).all():
        x, y = _spread(geo, size, crs, _SIDE_AT_LIMB)
    x = _in_one_turn(geo, size, crs, x, y)
    kept = np.isfinite(x) & np.isfinite(y)
    if not kept.any():
        return None
    x, y = x[kept], y[kept]
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    # Places beyond the CRS's domain may all come to one.
    return Box(float(x.min()), float(y.min()), wide, high) if wide > 0 and high > 0 else None


@lru_cache(maxsize=4096)
def corners(geo: Geo, size: Size, crs: str) -> tuple[tuple[float, float], ...]:
    """Return x, y of the image's corners in a CRS: upper left and right, lower right and left.

    Across the antimeridian they go on past it, as `bounds` does. A corner that is not on the
    earth is not finite.
    """
    x, y = _spread(geo, size, crs, _SIDE)
    x = _in_one_turn(geo, size, crs, x, y)
    return tuple((float(x[at]), float(y[at])) for at in ((0, 0), (0, -1), (-1, -1), (-1, 0)))


def _in_one_turn(geo: Geo, size: Size, crs: str, x: Doubles, y: Doubles) -> Doubles:
    """Return x of a lattice, from `_spread`, without the jump at the antimeridian.

    It is left as it is where places are off the earth, or all around a pole.
    """
    around = period(crs)
    found = (np.isfinite(x) & np.isfinite(y)).all()
    if around is None or not found or _holds_a_pole(geo, size):
        return x
    x = _unwrapped(x, around)
    turns: Doubles = np.floor((x.min() + around / 2) / around + _NO_TURN)
    return x - around * turns


def _spread(geo: Geo, size: Size, crs: str, side: int) -> Places:
    """Return where a lattice of the image's pixel corners lies in a CRS; shape (side, side)."""
    columns, rows = np.meshgrid(np.linspace(0, size.width, side), np.linspace(0, size.height, side))
    return convert(geo.crs, crs, *geo.to_crs(columns, rows))


def pixel_at(geo: Geo, size: Size, place: tuple[float, float], crs: str) -> tuple[int, int] | None:
    """Return the column and row that hold a place (x, y) of a CRS; None off the image.

    A place a turn of the earth away is the same one.
    """
    x, y = convert(crs, geo.crs, np.array([place[0]]), np.array([place[1]]))
    around = period(geo.crs)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    for turn in _TURNS if around is not None else (0,):
        columns, rows = geo.to_pixels(x + turn * (around or 0.0), y)
        column, row = float(columns[0]), float(rows[0])
        # Comparisons with NaN are false.
        if 0 <= column < size.width and 0 <= row < size.height:
            return int(column), int(row)
    return None


def in_domain(box: Box, crs: str) -> bool:
    """Tell whether any of a box lies where the CRS has places on the earth."""
    if is_geographic(crs):
        return box.y <= _LATITUDE and box.bottom >= -_LATITUDE
    x, y = np.meshgrid(
        np.linspace(box.x, box.right, _LOOKED_AT), np.linspace(box.y, box.bottom, _LOOKED_AT)
    )
    longitude, latitude = convert(crs, WGS84, x.ravel(), y.ravel())
    return bool((np.isfinite(longitude) & np.isfinite(latitude)).any())


def _holds_a_pole(geo: Geo, size: Size) -> bool:
    """Tell whether a pole lies in the image, off its edge."""
    if is_geographic(geo.crs):
        return False
    longitude = np.zeros(2)
    latitude = np.array([_LATITUDE, -_LATITUDE])
    columns, rows = geo.to_pixels(*convert(WGS84, geo.crs, longitude, latitude))
    inside = (columns > 0) & (columns < size.width) & (rows > 0) & (rows < size.height)
    return bool(inside.any())


def _unwrapped(x: Doubles, around: float) -> Doubles:
    """Return coordinates without the jump at the antimeridian, neighbour after neighbour."""
    steps = np.unwrap(x, period=around, axis=1)
    first = np.unwrap(steps[:, 0], period=around)
    unwrapped: Doubles = steps + (first - steps[:, 0])[:, np.newaxis]
    return unwrapped


def _box_around(x: Doubles, y: Doubles) -> Box:
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    pad = max(wide, high) * _MARGIN + 1e-9
    return Box(float(x.min()) - pad, float(y.min()) - pad, wide + 2 * pad, high + 2 * pad)


def _folded(box: Box, around: float) -> tuple[Box, ...]:
    """Return the parts of a box within one turn of the earth, and one turn past each end.

    A map that is asked beyond 180 degrees, as across the antimeridian, finds the image too.
    """
    turns = [Box(box.x + turn * around, box.y, box.width, box.height) for turn in (-2, -1, 0, 1, 2)]
    reach = 1.5 * around
    return tuple(one for one in turns if one.right > -reach and one.x < reach)


def _cut(ring: list[tuple[float, float]], edge: float, side: int) -> list[tuple[float, float]]:
    """Return the part of a ring on one side of a meridian (Sutherland and Hodgman)."""
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
        inside, next_inside = (x0 - edge) * side >= 0, (x1 - edge) * side >= 0
        if inside:
            kept.append((x0, y0))
        if inside != next_inside:
            kept.append((edge, y0 + (y1 - y0) * (edge - x0) / (x1 - x0)))
    return kept


def _area(ring: list[tuple[float, float]]) -> float:
    """Return a ring's area, positive when it runs against the clock."""
    return (
        sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True))
        / 2
    )
