"""Where a map lies and how large it is, of what a query says (20-058, clauses 11-13)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tilewright.crs import WGS84, convert, is_geographic, metres_per_unit, northing_first, period
from tilewright.errors import OutsideError, ParameterError
from tilewright.extent import bounds
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Size
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.ogc.map_params import Axes, Ends
from tilewright.web.maps.ogc.places import CRS84, in_world, storage_crs

Edges = tuple[float, float, float, float]
"""Left, low, right, high."""

USUAL_SIDE = 1024
"""The longer side of a map whose size nothing tells; smaller when the image has no more."""
_PIXEL_MM = 0.28
_SAMPLES = Size(32, 32)
_LEAST = 1e-9
"""Units of a CRS that a map is wide and high at least."""
_DEGREES = {"lon": True, "lat": False}
"""Axes of geographic CRSs: whether they lead to the east."""
_METRES = {"e": True, "x": True, "n": False, "y": False}
_DEGREE_M = 111_319.49


@dataclass(frozen=True, slots=True)
class Frame:
    """A map's place and size."""

    crs: str
    box: Box
    width: int
    height: int


def frame(layer: Layer, values: Mapping[str, Any]) -> Frame:
    """Return the frame that a query's values ask for.

    Raises ParameterError, and OutsideError where the CRS has no such place.
    """
    crs = values.get("crs") or storage_crs(layer)
    whole = _whole(layer, crs)
    asked = [name for name in ("bbox", "subset", "center") if name in values]
    if len(asked) > 1:
        raise ParameterError(asked[1], f"left out beside {asked[0]}")
    width, height = values.get("width"), values.get("height")
    scale = values.get("scale-denominator")
    native = _native_pitch(layer, whole)
    if not asked or asked == ["center"]:
        if asked or (scale is not None and (width or height)):
            return _around(layer, values, crs, whole, native)
        box = whole
    else:
        box = _asked_box(values, asked[0], layer, crs)
        if scale is not None and (width or height):
            raise ParameterError("scale-denominator", f"left out beside {asked[0]} and a size")
    if scale is not None:
        across, down = _pitch_at(crs, box, values)
        return Frame(crs, box, _pixels(box.width / across), _pixels(box.height / down))
    return Frame(crs, box, *_size(box, width, height, native))


def _whole(layer: Layer, crs: str) -> Box:
    found = _bounds(layer.geo, layer.info.size, crs)
    whole = None if found is None else in_world(crs, found)
    if whole is None:
        raise ParameterError("crs", "a CRS in which the image has bounds", crs)
    return whole


@lru_cache(maxsize=256)
def _bounds(geo: Geo, size: Size, crs: str) -> Box | None:
    return bounds(geo, size, crs)


def _native_pitch(layer: Layer, whole: Box) -> float:
    """Return about how many units of the CRS a pixel of the image spans."""
    size = layer.info.size
    return math.hypot(whole.width, whole.height) / math.hypot(size.width, size.height)


def _size(box: Box, width: int | None, height: int | None, native: float) -> tuple[int, int]:
    if width is not None and height is not None:
        return width, height
    if width is not None:
        return width, _pixels(width * box.height / box.width)
    if height is not None:
        return _pixels(height * box.width / box.height), height
    pitch = max(native, max(box.width, box.height) / USUAL_SIDE)
    return _pixels(box.width / pitch), _pixels(box.height / pitch)


def _pixels(many: float) -> int:
    return max(1, round(many))


def _around(layer: Layer, values: Mapping[str, Any], crs: str, whole: Box, native: float) -> Frame:
    """Return the frame of a size and a scale around a point."""
    if "center" in values:
        x, y = _centre(values, crs)
    else:
        x, y = whole.x + whole.width / 2, whole.y + whole.height / 2
    width, height = values.get("width"), values.get("height")
    width = width or height or min(USUAL_SIDE, layer.info.size.width)
    height = height or width
    across = down = native
    if "scale-denominator" in values:
        point = Box(x - native / 2, y - native / 2, native, native)
        across, down = _pitch_at(crs, point, values)
    wide, high = width * across, height * down
    box = in_world(crs, Box(x - wide / 2, y - high / 2, wide, high))
    if box is None:
        raise OutsideError("the map lies outside the world")
    # What a pole cut off is no part of the picture either.
    return Frame(crs, box, width, _pixels(height * box.height / high))


def _centre(values: Mapping[str, Any], crs: str) -> tuple[float, float]:
    own = values.get("center-crs", CRS84)
    x, y = values["center"][::-1] if northing_first(own) else values["center"]
    _check_degrees("center", own, (x, y, x, y))
    there, up = convert(own, crs, np.array([x]), np.array([y]))
    if not (math.isfinite(there[0]) and math.isfinite(up[0])):
        raise ParameterError("center", f"a place that {crs} has")
    return float(there[0]), float(up[0])


def _asked_box(values: Mapping[str, Any], name: str, layer: Layer, crs: str) -> Box:
    """Return the box of ``bbox`` or ``subset``, brought to the map's CRS."""
    own = values.get(f"{name}-crs", CRS84)
    box = _bbox(values["bbox"], own) if name == "bbox" else _subset(values["subset"], layer, own)
    if own != crs:
        steps = Affine(
            box.width / _SAMPLES.width, 0.0, box.x, 0.0, -box.height / _SAMPLES.height, box.bottom
        )
        found = bounds(Geo(own, steps), _SAMPLES, crs) if _lies_in(own, crs, box) else None
        if found is None:
            raise ParameterError(name, f"a box that lies in {crs}")
        box = found
    within = in_world(crs, box)
    if within is None or min(within.width, within.height) < _LEAST:
        raise ParameterError(name, f"a box that lies in {crs}")
    return within


def _lies_in(own: str, crs: str, box: Box) -> bool:
    """Tell whether some of a box has a place, spread over more than a point, in a CRS."""
    x, y = np.meshgrid(
        np.linspace(box.x, box.right, _SAMPLES.width),
        np.linspace(box.y, box.bottom, _SAMPLES.height),
    )
    there, up = convert(own, crs, x, y)
    kept = np.isfinite(there) & np.isfinite(up)
    return bool(kept.any() and np.ptp(there[kept]) > 0 and np.ptp(up[kept]) > 0)


def _bbox(corners: tuple[float, float, float, float], crs: str) -> Box:
    left, low, right, high = corners
    if northing_first(crs):
        left, low, right, high = low, left, high, right
    return _box("bbox", crs, (left, low, right, high))


def _subset(axes: Axes, layer: Layer, crs: str) -> Box:
    whole = _whole(layer, crs)
    known = _DEGREES if is_geographic(crs) else _METRES
    ends: dict[bool, Ends] = {}
    for name, interval in axes:
        if name not in known:
            raise ParameterError("subset", f"of the axes of {crs}: {', '.join(known)}", name)
        if known[name] in ends:
            raise ParameterError("subset", "one interval for each axis", name)
        ends[known[name]] = interval
    left, right = ends.get(True, (None, None))
    low, high = ends.get(False, (None, None))
    left = whole.x if left is None else left
    right = whole.right if right is None else right
    low = whole.y if low is None else low
    high = whole.bottom if high is None else high
    turn = period(crs) if is_geographic(crs) else None
    if turn is not None:
        # What hangs over is left out (20-058, subset-definition); all of it is a 404.
        if min(low, high) > turn / 4 or max(low, high) < -turn / 4:
            raise OutsideError(f"the subset lies beyond {turn / 4:g} degrees of latitude")
        low, high = max(low, -turn / 4), min(high, turn / 4)
    return _box("subset", crs, (left, low, right, high))


def _box(name: str, crs: str, edges: Edges) -> Box:
    """Return a box of four edges; across the antimeridian when the west is above the east."""
    left, low, right, high = edges
    turn = period(crs)
    if turn is not None and right < left:
        right += turn
    _check_degrees(name, crs, (left, low, right, high))
    if right - left < _LEAST or high - low < _LEAST:
        raise ParameterError(name, "a box whose upper right is above and right of its lower left")
    return Box(left, low, right - left, high - low)


def _check_degrees(name: str, crs: str, edges: Edges) -> None:
    left, low, right, high = edges
    turn = period(crs) if is_geographic(crs) else None
    if turn is None:
        return
    if low < -turn / 4 or high > turn / 4:
        raise ParameterError(name, f"of latitudes from {-turn / 4:g} to {turn / 4:g}")
    if left < -turn * 1.5 or right > turn * 1.5 or right - left > turn * 1.5:
        raise ParameterError(name, f"of longitudes from {-turn * 1.5:g} to {turn * 1.5:g}")


def _pitch_at(crs: str, box: Box, values: Mapping[str, Any]) -> tuple[float, float]:
    """Return the units of the CRS that a pixel spans, along x and y, at the asked scale.

    The scale holds at the middle of the box: a CRS's metre is not always one of the ground.
    """
    metres = values["scale-denominator"] * values.get("mm-per-pixel", _PIXEL_MM) / 1000
    x, y = box.x + box.width / 2, box.y + box.height / 2
    step = min(box.width, box.height) / 64
    longitude, latitude = convert(
        crs, WGS84, np.array([x, x + step, x]), np.array([y, y, y + step])
    )
    if np.isfinite([longitude, latitude]).all():
        east = (longitude - longitude[0] + 180.0) % 360.0 - 180.0
        east *= math.cos(math.radians(latitude[0])) * _DEGREE_M
        north = (latitude - latitude[0]) * _DEGREE_M
        across, down = np.hypot(east[1:], north[1:]) / step
        if min(across, down) > 0:
            return metres / float(across), metres / float(down)
    return metres / metres_per_unit(crs), metres / metres_per_unit(crs)
