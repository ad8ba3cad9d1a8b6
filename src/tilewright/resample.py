"""Bring what was read onto a grid: average whole blocks, interpolate the rest.

OpenCV does the arithmetic, without the GIL. Its kernels take at most four channels and five
dtypes, and sides below 32,768; what differs is brought to that and back here, nowhere else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.geometry import Affine, Size
from tilewright.image import Array, Mask

_NATIVE = frozenset({"uint8", "uint16", "int16", "float32", "float64"})
_CHANNELS = 4
_BLOCK = 1024
"""Output pixels along a side that are interpolated at once: their source stays below the
32,768 pixels that OpenCV can address, for pitches below two, and its weights small."""

_STRIPE_VALUES = 1 << 21
"""Values that are averaged at once."""

_LARGE_BLOCK = 1024
"""Pixels of a block from which on OpenCV's sums lose digits, or run over."""

Weights = npt.NDArray[np.floating[Any]]
Kernel = Callable[[Array], Array]
"""From an image (y, x) or (y, x, channel) to another, linear in its values."""


def block_average(
    data: Array, mask: Mask | None, factor: tuple[int, int], *, nearest: bool, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Average blocks of ``factor`` (x, y) pixels into one; a block cut by the edge counts too.

    ``data`` has shape (band, y, x), ``mask`` the same, or (y, x) when it holds for all bands;
    what it excludes does not enter, and a block is valid when half of it is. ``nearest`` takes
    each block's middle pixel instead, for values that have no mean. The band ``alpha`` weighs
    the others.
    """
    wide, high = factor
    if factor == (1, 1):
        return data, mask
    if nearest:
        rows = np.minimum(np.arange(high // 2, data.shape[1] + high // 2, high), data.shape[1] - 1)
        columns = np.minimum(
            np.arange(wide // 2, data.shape[2] + wide // 2, wide), data.shape[2] - 1
        )
        return _taken(data, rows, columns), None if mask is None else _taken(mask, rows, columns)
    stripe = (
        max(1, _STRIPE_VALUES // (data.shape[0] * data.shape[2] * min(high, data.shape[1]))) * high
    )
    if data.shape[1] > stripe:
        return _in_stripes(data, mask, factor, stripe, alpha)
    if wide * high > _LARGE_BLOCK or wide > data.shape[2] or high > data.shape[1]:
        return apply_kernel(lambda image: _means(image, wide, high), data, mask, alpha)
    return apply_kernel(lambda image: _area(image, wide, high), data, mask, alpha)


def _area(image: Array, wide: int, high: int) -> Array:
    """Return the means of small blocks of an image, by OpenCV as far as blocks are whole."""
    across, down = image.shape[1] // wide, image.shape[0] // high
    whole = image[: down * high, : across * wide]
    if not whole.size:
        return _means(image, wide, high)
    area = cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA)
    if whole.shape == image.shape:
        return area
    size = Size(-(-image.shape[1] // wide), -(-image.shape[0] // high))
    out = np.empty((size.height, size.width, *image.shape[2:]), image.dtype)
    out[:down, :across] = area
    if size.width > across:
        out[:, across:] = _means(image[:, across * wide :], wide, high)
    if size.height > down:
        out[down:] = _means(image[down * high :], wide, high)
    return out


def _means(image: Array, wide: int, high: int) -> Array:
    """Return the means of blocks of an image, summed in float64.

    On a map of the world a block may be a million times as large as the image in it.
    """
    tops, lefts = np.arange(0, image.shape[0], high), np.arange(0, image.shape[1], wide)
    total = np.add.reduceat(image, tops, axis=0, dtype=np.float64)
    total = np.add.reduceat(total, lefts, axis=1)
    rows, columns = (
        np.diff(starts, append=side)
        for starts, side in ((tops, image.shape[0]), (lefts, image.shape[1]))
    )
    counts = (rows[:, np.newaxis] * columns).reshape(
        len(rows), len(columns), *(1,) * (image.ndim - 2)
    )
    return _back(total / counts, image.dtype)


def _taken(data: Array, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Array:
    """Return rows and columns of an array (…, y, x)."""
    taken: Array = data[..., rows, :][..., columns]
    return taken


def _in_stripes(
    data: Array, mask: Mask | None, factor: tuple[int, int], stripe: int, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Average stripe by stripe: weights are floats, several times as large as the data."""
    parts = [
        block_average(
            data[:, y : y + stripe],
            None if mask is None else mask[..., y : y + stripe, :],
            factor,
            nearest=False,
            alpha=alpha,
        )
        for y in range(0, data.shape[1], stripe)
    ]
    masks = [valid for _, valid in parts if valid is not None]
    joined = np.concatenate([part for part, _ in parts], axis=1)
    return joined, np.concatenate(masks, axis=-2) if masks else None


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
    last pixel is repeated. ``nearest`` takes the pixel that the centre falls into. ``mask`` is
    that of `block_average`.
    """
    if nearest:
        return _pick(data, mask, onto, size)
    if max(size.width, size.height) <= _BLOCK:
        return _sample_block(data, mask, onto, size, alpha)
    out = np.empty((len(data), size.height, size.width), data.dtype)
    valid = None if mask is None else np.empty((*mask.shape[:-2], *out.shape[1:]), np.bool_)
    for y in range(0, size.height, _BLOCK):
        for x in range(0, size.width, _BLOCK):
            part = Size(min(_BLOCK, size.width - x), min(_BLOCK, size.height - y))
            place = (..., slice(y, y + part.height), slice(x, x + part.width))
            shifted = onto @ Affine.scale(1.0, 1.0, left=x, top=y)
            out[place], known = _sample_block(data, mask, shifted, part, alpha)
            if valid is not None and known is not None:
                valid[place] = known
    return out, valid


def _sample_block(
    data: Array, mask: Mask | None, onto: Affine, size: Size, alpha: int | None
) -> tuple[Array, Mask | None]:
    corners = [onto(x, y) for x in (0, size.width) for y in (0, size.height)]
    left = min(max(0, int(min(x for x, _ in corners)) - 2), data.shape[2] - 1)
    top = min(max(0, int(min(y for _, y in corners)) - 2), data.shape[1] - 1)
    right = max(left + 1, int(max(x for x, _ in corners)) + 3)
    bottom = max(top + 1, int(max(y for _, y in corners)) + 3)
    # OpenCV counts pixel centres: shift both sides by half a pixel.
    centred = (
        Affine.scale(1.0, 1.0, left=-0.5 - left, top=-0.5 - top)
        @ onto
        @ Affine.scale(1.0, 1.0, left=0.5, top=0.5)
    )
    matrix = np.array([[centred.a, centred.b, centred.c], [centred.d, centred.e, centred.f]])

    def sample(image: Array) -> Array:
        sampled = cv2.warpAffine(
            image,
            matrix,
            (size.width, size.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(sampled).reshape(size.height, size.width, *image.shape[2:])

    place = (..., slice(top, bottom), slice(left, right))
    return apply_kernel(sample, data[place], None if mask is None else mask[place], alpha)


def _pick(data: Array, mask: Mask | None, onto: Affine, size: Size) -> tuple[Array, Mask | None]:
    columns, rows = np.arange(size.width) + 0.5, np.arange(size.height) + 0.5
    if onto.rectilinear:
        x, y = _whole(onto.a * columns + onto.c), _whole(onto.e * rows + onto.f)
        x, y = x.clip(0, data.shape[2] - 1), y.clip(0, data.shape[1] - 1)
        return _taken(data, y, x), None if mask is None else _taken(mask, y, x)
    rows = rows[:, np.newaxis]
    x = _whole(onto.a * columns + onto.b * rows + onto.c).clip(0, data.shape[2] - 1)
    y = _whole(onto.d * columns + onto.e * rows + onto.f).clip(0, data.shape[1] - 1)
    return data[:, y, x], None if mask is None else mask[..., y, x]


def _whole(places: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.intp]:
    whole: npt.NDArray[np.intp] = np.floor(places + 1e-9).astype(np.intp)
    return whole


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
        found = _back(mean, data.dtype)
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
    return joined if native is data else _back(joined, data.dtype)


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
