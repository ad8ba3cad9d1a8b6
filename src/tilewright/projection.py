"""One plane made of many: the largest, smallest, mean or summed value along an axis."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from tilewright.errors import OutsideError, ParameterError
from tilewright.image import Array, ImageInfo, Mask, Plane
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


def project(
    stack: Iterable[tuple[Array, Mask | None]], projection: Projection
) -> tuple[Array, Mask | None]:
    """Join layers of one grid, values (band, y, x) and where they are valid.

    Masks have the shape of the values, or (y, x) for all bands. Invalid pixels do not count;
    sums are clamped to the dtype.
    """
    layers = iter(stack)
    start = next(layers, None)
    if start is None:
        raise ValueError("a projection joins at least one plane")
    data, mask = start
    valid = _valid(data, mask)
    total, count = _start(data, projection, valid), valid.astype(np.int32)
    for further, hidden in layers:
        valid = _valid(further, hidden)
        _join(total, further, projection, valid, first=valid & (count == 0))
        count += valid
    if projection.reduction == "mean":
        total = total / np.maximum(count, 1)
    return _cast(total, data.dtype), None if (count > 0).all() else count > 0


def _valid(data: Array, mask: Mask | None) -> Mask:
    return np.broadcast_to(np.True_ if mask is None else mask, data.shape)


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
    # The largest 64-bit integers are no floats: the next float below is the clamp.
    high = np.nextafter(float(limits.max), 0) if dtype.itemsize == 8 else limits.max  # noqa: PLR2004
    return np.rint(values).clip(limits.min, high).astype(dtype)
