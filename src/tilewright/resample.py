"""Bring what was read onto a grid: average whole blocks, interpolate the rest.

OpenCV does the arithmetic, without the GIL. Its kernels take at most four channels and five
dtypes, and sides below 32,768; what differs is brought to that and back here, nowhere else.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.geometry import Affine, Size
from tilewright.image import Array, Mask

_NATIVE = frozenset({"uint8", "uint16", "int16", "float32", "float64"})
_CHANNELS = 4
_BLOCK = 8192
"""Output pixels along a side that are interpolated at once: their source stays below the
32,768 pixels that OpenCV can address, for pitches below two."""

_STRIPE_VALUES = 1 << 21
"""Values that are averaged at once."""

Weights = npt.NDArray[np.float32]
Kernel = Callable[[Array], Array]
"""From an image (y, x) or (y, x, channel) to another, linear in its values."""


def block_average(
    data: Array, mask: Mask | None, factor: tuple[int, int], *, nearest: bool, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Average blocks of ``factor`` (x, y) pixels into one; a block cut by the edge counts too.

    ``data`` has shape (band, y, x); what ``mask`` excludes does not enter, and a block is
    valid when half of it is. ``nearest`` takes each block's middle pixel instead, for values
    that have no mean. The band ``alpha`` weighs the others.
    """
    wide, high = factor
    if factor == (1, 1):
        return data, mask
    if nearest:
        rows = np.minimum(np.arange(high // 2, data.shape[1] + high // 2, high), data.shape[1] - 1)
        columns = np.minimum(
            np.arange(wide // 2, data.shape[2] + wide // 2, wide), data.shape[2] - 1
        )
        picked = data[:, rows][:, :, columns]
        return picked, None if mask is None else mask[rows][:, columns]
    # On a map of the world a block may be a million times as large as the image in it.
    wide, high = min(wide, data.shape[2]), min(high, data.shape[1])
    factor = wide, high
    stripe = max(1, _STRIPE_VALUES // (data.shape[0] * data.shape[2] * high)) * high
    if data.shape[1] > stripe:
        return _in_stripes(data, mask, factor, stripe, alpha)
    size = Size(-(-data.shape[2] // wide), -(-data.shape[1] // high))

    def average(image: Array) -> Array:
        right, below = size.width * wide - image.shape[1], size.height * high - image.shape[0]
        if right or below:
            image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
        return cv2.resize(image, (size.width, size.height), interpolation=cv2.INTER_AREA)

    return apply_kernel(average, data, mask, alpha)


def _in_stripes(
    data: Array, mask: Mask | None, factor: tuple[int, int], stripe: int, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Average stripe by stripe: weights are floats, several times as large as the data."""
    parts = [
        block_average(
            data[:, y : y + stripe],
            None if mask is None else mask[y : y + stripe],
            factor,
            nearest=False,
            alpha=alpha,
        )
        for y in range(0, data.shape[1], stripe)
    ]
    masks = [valid for _, valid in parts if valid is not None]
    joined = np.concatenate([part for part, _ in parts], axis=1)
    return joined, np.concatenate(masks) if masks else None


def interpolate(
    data: Array,
    mask: Mask | None,
    onto: Affine,
    size: Size,
    *,
    nearest: bool,
    alpha: int | None,
) -> tuple[Array, Mask | None]:
    """Sample ``data`` (band, y, x) bilinearly at the pixel centres of a grid.

    ``onto`` leads from corners of grid pixels to corners of data pixels. Past the edge the
    last pixel is repeated. ``nearest`` takes the pixel that the centre falls into.
    """
    if nearest:
        return _pick(data, mask, onto, size)

    def sample(image: Array) -> Array:
        out = np.empty((size.height, size.width, *image.shape[2:]), image.dtype)
        for y in range(0, size.height, _BLOCK):
            for x in range(0, size.width, _BLOCK):
                part = out[y : y + _BLOCK, x : x + _BLOCK]
                _sample_block(image, onto, x, y, part)
        return out

    return apply_kernel(sample, data, mask, alpha)


def _sample_block(image: Array, onto: Affine, x: int, y: int, out: Array) -> None:
    """Fill ``out``, the part of the grid that starts at x, y."""
    height, width = out.shape[:2]
    shifted = onto @ Affine.scale(1.0, 1.0, left=x, top=y)
    corners = [shifted(a, b) for a in (0, width) for b in (0, height)]
    left = min(max(0, int(min(cx for cx, _ in corners)) - 2), image.shape[1] - 1)
    top = min(max(0, int(min(cy for _, cy in corners)) - 2), image.shape[0] - 1)
    right = max(left + 1, int(max(cx for cx, _ in corners)) + 3)
    bottom = max(top + 1, int(max(cy for _, cy in corners)) + 3)
    # OpenCV counts pixel centres: shift both sides by half a pixel.
    centred = (
        Affine.scale(1.0, 1.0, left=-0.5 - left, top=-0.5 - top)
        @ shifted
        @ Affine.scale(1.0, 1.0, left=0.5, top=0.5)
    )
    matrix = np.array([[centred.a, centred.b, centred.c], [centred.d, centred.e, centred.f]])
    sampled = cv2.warpAffine(
        image[top:bottom, left:right],
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    out[...] = sampled.reshape(out.shape)


def _pick(data: Array, mask: Mask | None, onto: Affine, size: Size) -> tuple[Array, Mask | None]:
    columns, rows = np.arange(size.width) + 0.5, np.arange(size.height)[:, np.newaxis] + 0.5
    x = np.floor(onto.a * columns + onto.b * rows + onto.c + 1e-9).astype(np.intp)
    y = np.floor(onto.d * columns + onto.e * rows + onto.f + 1e-9).astype(np.intp)
    x, y = x.clip(0, data.shape[2] - 1), y.clip(0, data.shape[1] - 1)
    return data[:, y, x], None if mask is None else mask[y, x]


def apply_kernel(
    kernel: Kernel, data: Array, mask: Mask | None, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Run a linear kernel over (y, x, channel) images of the data, weighted where needed."""
    if mask is None or mask.all():
        out = _in_groups(kernel, data) if alpha is None else _under_alpha(kernel, data, alpha, None)
        return out, None if mask is None else np.ones(out.shape[1:], np.bool_)
    weights: Weights = mask.astype(np.float32)
    valid = kernel(weights) >= 0.5  # noqa: PLR2004
    if alpha is None:
        return _weighted(kernel, data, weights), valid
    return _under_alpha(kernel, data, alpha, weights), valid


def _under_alpha(kernel: Kernel, data: Array, alpha: int, weights: Weights | None) -> Array:
    """Run the kernel with the colours weighted by their alpha, so that none bleeds in."""
    opacity: Weights = data[alpha].astype(np.float32)
    out = _weighted(kernel, data, opacity if weights is None else opacity * weights)
    own = data[alpha : alpha + 1]
    opaque = _in_groups(kernel, own) if weights is None else _weighted(kernel, own, weights)
    out[alpha] = opaque[0]
    return out


def _weighted(kernel: Kernel, data: Array, weights: Weights) -> Array:
    """Return the weighted mean; 0 where nothing has weight."""
    precise = np.float64 if data.dtype.itemsize > 2 else np.float32  # noqa: PLR2004
    # Invalid pixels may hold NaN or huge values: 0 × NaN would still be NaN.
    weighted: Array = np.where(weights > 0, data, 0).astype(precise)
    weighted *= weights
    share: npt.NDArray[np.floating[Any]] = kernel(weights).astype(precise)
    summed = _in_groups(kernel, weighted)
    mean = np.divide(summed, share, out=np.zeros_like(summed), where=share > 0)
    return _back(mean, data.dtype)


def _in_groups(kernel: Kernel, data: Array) -> Array:
    """Run the kernel over groups of at most four bands; the bands come back first."""
    native = data
    if data.dtype.name not in _NATIVE:
        small = data.dtype.kind == "b" or data.dtype.itemsize == 1 or data.dtype == np.float16
        native = data.astype(np.float32 if small else np.float64)
    groups = [
        _bands_first(kernel(_bands_last(native[start : start + _CHANNELS])))
        for start in range(0, len(native), _CHANNELS)
    ]
    joined = groups[0] if len(groups) == 1 else np.concatenate(groups)
    return joined if native is data else _back(joined, data.dtype)


def _bands_last(data: Array) -> Array:
    if len(data) == 1:
        return np.ascontiguousarray(data[0])
    image = np.moveaxis(data, 0, -1)
    # OpenCV takes rows that lie apart, as in a part of a larger picture.
    pixel = image.itemsize * len(data)
    return image if image.strides[1:] == (pixel, image.itemsize) else np.ascontiguousarray(image)


def _bands_first(image: Array) -> Array:
    return image[np.newaxis] if image.ndim == 2 else np.moveaxis(image, -1, 0)  # noqa: PLR2004


def _back(values: Array, dtype: np.dtype[np.generic]) -> Array:
    """Return floats in a dtype: rounded and clamped for integers."""
    if dtype.kind == "f":
        return values.astype(dtype)
    if dtype.kind == "b":
        return values >= 0.5  # noqa: PLR2004
    limits = np.iinfo(dtype)  # type: ignore[type-var]
    # The largest 64-bit integers are no floats: the next float below is the clamp.
    high = np.nextafter(float(limits.max), 0) if dtype.itemsize == 8 else limits.max  # noqa: PLR2004
    return np.rint(values).clip(limits.min, high).astype(dtype)
