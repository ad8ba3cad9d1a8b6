"""A linear kernel over values of which some do not count, or count in part.

OpenCV's kernels take at most four channels and five dtypes: what differs is brought to that
and back here, nowhere else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tilewright.image import Array, Mask

Weights = npt.NDArray[np.floating[Any]]
Kernel = Callable[[Array], Array]
"""From an image (y, x) or (y, x, channel) to another, linear in its values."""

_NATIVE = frozenset({"uint8", "uint16", "int16", "float32", "float64"})
_CHANNELS = 4


def apply_kernel(
    kernel: Kernel, data: Array, mask: Mask | None, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Run a linear kernel over (y, x, channel) images of the data, weighted where needed.

    The mask has shape (band, y, x), or (y, x) when it holds for all bands; so has what comes
    back: where half of the weight is valid.
    """
    if mask is None or mask.all():
        out = _in_groups(kernel, data) if alpha is None else _under_alpha(kernel, data, alpha, None)
        return out, None if mask is None else np.ones((*mask.shape[:-2], *out.shape[1:]), np.bool_)
    weights: Weights = mask.astype(_precise(data.dtype))
    shares = kernel(weights) if weights.ndim == 2 else _in_groups(kernel, weights)  # noqa: PLR2004
    valid = shares >= 0.5  # noqa: PLR2004
    if alpha is None:
        return _weighted(kernel, data, weights, shares), valid
    return _under_alpha(kernel, data, alpha, weights), valid


def _under_alpha(kernel: Kernel, data: Array, alpha: int, weights: Weights | None) -> Array:
    """Run the kernel with the colours weighted by their alpha, so that none bleeds in."""
    opacity: Weights = data[alpha].astype(_precise(data.dtype))
    if weights is not None:
        opacity = opacity * weights
    shares = kernel(opacity) if opacity.ndim == 2 else _in_groups(kernel, opacity)  # noqa: PLR2004
    out = _weighted(kernel, data, opacity, shares)
    own = data[alpha : alpha + 1]
    if weights is None:
        opaque = _in_groups(kernel, own)
    else:
        counted = weights if weights.ndim == 2 else weights[alpha]  # noqa: PLR2004
        opaque = _weighted(kernel, own, counted, kernel(counted))
    out[alpha] = opaque[0]
    return out


def _weighted(kernel: Kernel, data: Array, weights: Weights, shares: Weights) -> Array:
    """Return the weighted mean; 0 where nothing has weight.

    ``shares`` is what the kernel makes of the weights.
    """
    apart = weights.ndim > 2  # noqa: PLR2004
    out: Array | None = None
    # Few bands at a time: floats take several times as much room.
    for start in range(0, len(data), _CHANNELS):
        rows = slice(start, start + _CHANNELS)
        weight, share = (weights[rows], shares[rows]) if apart else (weights, shares)
        # Invalid pixels may hold NaN or huge values: 0 × NaN would still be NaN.
        weighted: Array = np.where(weight > 0, data[rows], 0).astype(weight.dtype)
        weighted *= weight
        summed = _in_groups(kernel, weighted)
        mean = np.divide(summed, share, out=np.zeros_like(summed), where=share > 0)
        found = in_dtype(mean, data.dtype)
        if len(data) <= _CHANNELS:
            return found
        if out is None:
            out = np.empty((len(data), *found.shape[1:]), data.dtype)
        out[rows] = found
    if out is None:
        raise ValueError("there is a band")
    return out


def _precise(dtype: np.dtype[np.generic]) -> type[np.float32] | type[np.float64]:
    """Return what values are weighted in.

    The weights have the same: OpenCV samples float64 at coarser places than float32.
    """
    most = 4 if dtype.kind == "f" else 2
    return np.float64 if dtype.itemsize > most else np.float32


def _in_groups(kernel: Kernel, data: Array) -> Array:
    """Run the kernel over groups of bands; the bands come back first."""
    native = data
    if data.dtype.name not in _NATIVE:
        small = data.dtype.kind == "b" or data.dtype.itemsize == 1 or data.dtype == np.float16
        native = data.astype(np.float32 if small else np.float64)
    groups = [_bands_first(kernel(_bands_last(native[rows]))) for rows in _groups(len(native))]
    joined = groups[0] if len(groups) == 1 else np.concatenate(groups)
    return joined if native is data else in_dtype(joined, data.dtype)


def _groups(bands: int) -> Iterator[slice]:
    """Yield groups of four bands, of three, or of one.

    OpenCV samples two channels at coarser places than any other number: weights and what they
    weigh would not fit together.
    """
    start = 0
    while start < bands:
        left = bands - start
        many = _CHANNELS if left >= _CHANNELS else left if left != 2 else 1  # noqa: PLR2004
        yield slice(start, start + many)
        start += many


def _bands_last(data: Array) -> Array:
    if len(data) == 1:
        return np.ascontiguousarray(data[0])
    image = np.moveaxis(data, 0, -1)
    # OpenCV takes rows that lie apart, as in a part of a larger picture.
    pixel = image.itemsize * len(data)
    return image if image.strides[1:] == (pixel, image.itemsize) else np.ascontiguousarray(image)


def _bands_first(image: Array) -> Array:
    return image[np.newaxis] if image.ndim == 2 else np.moveaxis(image, -1, 0)  # noqa: PLR2004


def in_dtype(values: Array, dtype: np.dtype[np.generic]) -> Array:
    """Return floats in a dtype: rounded and clamped for integers."""
    if dtype.kind == "f":
        return values.astype(dtype)
    if dtype.kind == "b":
        return values >= 0.5  # noqa: PLR2004
    limits = np.iinfo(dtype)  # type: ignore[type-var]
    # The largest 64-bit integers are no floats: the next float below is the clamp.
    high = np.nextafter(float(limits.max), 0) if dtype.itemsize == 8 else limits.max  # noqa: PLR2004
    return np.rint(values).clip(limits.min, high).astype(dtype)
