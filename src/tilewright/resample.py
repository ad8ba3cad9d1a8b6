"""Bring what was read onto a grid: average whole blocks, interpolate the rest.

OpenCV does the arithmetic, without the GIL; sides are kept below the 32,768 that it takes.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.geometry import Affine, Size
from tilewright.image import Array, Mask
from tilewright.kernel import apply_kernel, in_dtype

_BLOCK = 1024
"""Output pixels along a side that are interpolated at once: their source stays below the
32,768 pixels that OpenCV can address, for pitches below two, and its weights small."""

_STRIPE_VALUES = 1 << 21
"""Values that are averaged at once."""

_LARGE_BLOCK = 1024
"""Pixels of a block from which on OpenCV's sums lose digits, or run over."""


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
    return in_dtype(total / counts, image.dtype)


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
