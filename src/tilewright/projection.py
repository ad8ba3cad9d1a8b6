"""One plane made of many: the largest, smallest, mean or summed value along an axis."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from tilewright.errors import OutsideError, ParameterError
from tilewright.image import Array, ImageInfo, Mask, Plane, Raster
from tilewright.style import Projection


def projected_planes(info: ImageInfo, plane: Plane, projection: Projection) -> list[Plane]:
    """Return the planes that a projection joins. Raises OutsideError or ParameterError."""
    sizes = {axis.name: axis.size for axis in info.axes}
    size = sizes.get(projection.axis)
    if size is None:
        raise OutsideError(f"the image has no axis {projection.axis!r}")
    start = max(0, projection.start or 0)
    stop = size - 1 if projection.stop is None else min(projection.stop, size - 1)
    if start > stop:
        raise ParameterError("projection", f"a range inside 0 to {size - 1}", f"{start}:{stop}")
    positions = range(start, stop + 1, projection.step)
    rest = dict(plane.indices)
    return [Plane.of({**rest, projection.axis: position}) for position in positions]


def project(rasters: Iterable[Raster], projection: Projection) -> Raster:
    """Join rasters of one grid: invalid pixels do not count; sums are clamped to the dtype."""
    stack = iter(rasters)
    first = next(stack, None)
    if first is None:
        raise ValueError("a projection joins at least one plane")
    valid = _valid(first)
    total, count = _start(first.data, projection, valid), valid.astype(np.int32)
    for raster in stack:
        valid = _valid(raster)
        _join(total, raster.data, projection, valid, first=valid & (count == 0))
        count += valid
    if projection.reduction == "mean":
        total = total / np.maximum(count, 1)
    mask = None if (count > 0).all() else count > 0
    return Raster(_cast(total, first.data.dtype), mask, first.grid)


def _valid(raster: Raster) -> Mask:
    return np.ones(raster.data.shape[1:], np.bool_) if raster.mask is None else raster.mask


def _start(data: Array, projection: Projection, valid: Mask) -> Array:
    if projection.reduction in {"sum", "mean"}:
        return np.where(valid, data, 0).astype(np.float64)
    return data.copy()


def _join(total: Array, data: Array, projection: Projection, valid: Mask, *, first: Mask) -> None:
    """Add a plane to what was joined before, in place."""
    match projection.reduction:
        case "max":
            np.maximum(total, data, out=total, where=valid & ~first)
            np.copyto(total, data, where=first)
        case "min":
            np.minimum(total, data, out=total, where=valid & ~first)
            np.copyto(total, data, where=first)
        case "sum" | "mean":
            np.add(total, data, out=total, where=valid)


def _cast(values: Array, dtype: np.dtype[Any]) -> Array:
    if values.dtype == dtype:
        return values
    if dtype.kind == "f":
        return values.astype(dtype)
    if dtype.kind == "b":
        return values > 0
    limits = np.iinfo(dtype)
    return np.rint(values).clip(limits.min, limits.max).astype(dtype)
