"""Coordinates as OGC API documents write them: in the order of the CRS's own axes."""

import json
from typing import Any

from tilewright.crs import is_geographic, northing_first, period, uri
from tilewright.geometry import Box
from tilewright.web.maps.layer import Layer

CRS84 = "OGC:CRS84"
_ROUNDING = 1e-9


def has_uri(crs: str) -> bool:
    """Tell whether a CRS has an authority, and so an address in OGC's register."""
    return crs.partition(":")[2].isalnum()


def storage_crs(layer: Layer) -> str:
    """Return the CRS that maps of a layer are in when none is asked.

    It is the image's own; CRS84 when that has no address to write into documents and headers.
    """
    return layer.geo.crs if has_uri(layer.geo.crs) else CRS84


def crs_member(crs: str) -> str | dict[str, Any]:
    """Return a CRS as documents have it: its address, or its definition in PROJJSON."""
    if has_uri(crs):
        return uri(crs)
    from pyproj import CRS  # noqa: PLC0415 - for the few sets without an authority

    return {"wkt": json.loads(CRS.from_user_input(crs).to_json())}


def point(crs: str, x: float, y: float) -> list[float]:
    """Return two coordinates in the order of the CRS's axes."""
    return [y, x] if northing_first(crs) else [x, y]


def corners(crs: str, box: Box) -> list[float]:
    """Return lower left and upper right, each in the order of the CRS's axes.

    A box of degrees across the antimeridian has its west above its east; one that goes all
    around keeps its width.
    """
    left, right = box.x, box.right
    turn = period(crs) if is_geographic(crs) else None
    if turn is not None:
        moved = turn * round((left + turn / 2) / turn)
        if box.width >= turn * (1 - _ROUNDING):
            left, right = left - moved, right - moved
        else:
            left, right = _within(left, turn), _within(right, turn)
    return [*point(crs, left, box.y), *point(crs, right, box.bottom)]


def _within(x: float, turn: float) -> float:
    # What is in place already keeps its last digit.
    return x if -turn / 2 <= x <= turn / 2 else (x + turn / 2) % turn - turn / 2


def in_world(crs: str, box: Box) -> Box | None:
    """Return the part of a box that lies within a cylindrical projection's square world.

    Mercator knows no end to the north: a pole would be 240 000 km away, or nowhere. None when
    nothing is left.
    """
    turn = period(crs)
    if turn is None:
        return box
    edge = turn / 4 if is_geographic(crs) else turn / 2
    low, high = max(box.y, -edge), min(box.bottom, edge)
    return Box(box.x, low, box.width, high - low) if high > low else None
