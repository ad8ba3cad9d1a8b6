"""Carry out a plan: read its window, in pieces where it is large, and lay it on the grid."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tilewright import resample
from tilewright.geometry import Affine, Grid, Size, Window
from tilewright.image import Array, ImageInfo, Mask, Plane, Raster
from tilewright.places import Sampling
from tilewright.plan import ReadPlan, pieces
from tilewright.readers import Reader
from tilewright.warp import warp

Layers = tuple[Array, Mask | None]
"""Values (band, y, x), and where they are valid: the same shape, or (y, x) when that holds for
all bands; None: everywhere."""

NO_NODATA: Mapping[int, float] = {}


def gather(
    reader: Reader,
    reading: ReadPlan,
    plane: Plane,
    piece_bytes: int,
    nodata: Mapping[int, float] = NO_NODATA,
) -> Raster:
    """Return the raster of a plan. Pixels of the grid outside the image are masked.

    ``nodata`` holds further values, by band, that mean "nothing was measured here". A pixel
    is masked when no band is measured there; what resampling leaves without a value of its
    own becomes the band's nodata value, or NaN.
    """
    layers = gather_layers(reader, reading, plane, piece_bytes, nodata)
    untouched = reading.method == "copy" and reading.reduce == (1, 1)
    return as_raster(reader.info, reading, layers, nodata, filled=untouched)


def gather_layers(
    reader: Reader,
    reading: ReadPlan,
    plane: Plane,
    piece_bytes: int,
    nodata: Mapping[int, float] = NO_NODATA,
) -> Layers:
    """Return what `gather` does, with where each band is valid, for steps that join more."""
    info = reader.info
    if reading.window is None:
        return _nothing(info, reading, nodata)
    nearest = "palette" in info.interpretations
    alpha = _alpha_row(info, reading.bands)
    data, mask = _read_reduced(
        reader, reading, plane, piece_bytes, nodata, nearest=nearest, alpha=alpha
    )
    onto = reading.onto
    if reading.method == "copy" and isinstance(onto, Affine):
        return _shift(data, mask, onto, reading.grid, _fills(info, reading.bands, nodata))
    if reading.grid.crs is None and reading.resampling == "bilinear" and isinstance(onto, Affine):
        data, mask = resample.interpolate(
            data, mask, onto, reading.grid.size, nearest=nearest, alpha=alpha
        )
        inside = _inside(info, reading)
        return data, inside if mask is None else mask if inside is None else mask & inside
    sampling = _sampling(reading, nearest=nearest)
    return warp(data, mask, sampling, alpha=alpha)


def as_raster(
    info: ImageInfo,
    reading: ReadPlan,
    layers: Layers,
    nodata: Mapping[int, float] = NO_NODATA,
    *,
    filled: bool = False,
) -> Raster:
    """Return layers as a raster; ``filled`` says that invalid pixels hold what they should."""
    data, valid = layers
    if valid is None:
        return Raster(data, None, reading.grid)
    if not filled:
        data = _filled(data, valid, _fills(info, reading.bands, nodata))
    if valid.ndim == 2:  # noqa: PLR2004
        return Raster(data, valid, reading.grid)
    plain = [row for row, band in enumerate(reading.bands) if not _is_alpha(info, band)]
    mask = np.asarray(valid[plain or slice(None)].any(0))
    return Raster(data, None if mask.all() else mask, reading.grid)


def _filled(data: Array, valid: Mask, fills: Sequence[float | None]) -> Array:
    """Return the data with what is invalid replaced."""
    if valid.all():
        return data
    if not data.flags.writeable:
        data = data.copy()
    for row, fill in enumerate(fills):
        if fill is not None:
            known = valid if valid.ndim == 2 else valid[row]  # noqa: PLR2004
            data[row][~known] = fill
    return data


def _fills(
    info: ImageInfo, bands: Sequence[int], nodata: Mapping[int, float]
) -> tuple[float | None, ...]:
    """Return what stands for "nothing was measured" in each band; None: nothing does."""
    return tuple(_fill(info, band, nodata.get(band)) for band in bands)


def _fill(info: ImageInfo, band: int, further: float | None) -> float | None:
    dtype = np.dtype(info.dtype)
    if _is_alpha(info, band):
        return 0
    for value in (further, info.bands[band].nodata):
        exact = None if value is None else _exact(dtype, value)
        if exact is not None and math.isfinite(exact):
            return exact
    return float("nan") if dtype.kind == "f" else None


def _exact(dtype: np.dtype[Any], value: float) -> float | None:
    """Return a value as one of the dtype; None when it is none: nothing ever equals it."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):  # a float32 file may state a nodata of 1e300
            return float(dtype.type(value))
    if dtype.kind == "b":
        return value if value in {0, 1} else None
    limits = np.iinfo(dtype)
    within = math.isfinite(value) and value == int(value) and limits.min <= value <= limits.max
    return int(value) if within else None


def _is_alpha(info: ImageInfo, band: int) -> bool:
    return "alpha" in info.bands[band].interpretation


def _sampling(reading: ReadPlan, *, nearest: bool) -> Sampling:
    window, reduce = reading.window, reading.reduce
    if window is None:
        raise ValueError("the plan reads nothing")
    kernel = reading.resampling
    if nearest and kernel != "mode":
        kernel = "nearest"
    edges = window.width / reduce[0], window.height / reduce[1]
    return Sampling(reading.onto, reading.grid.size, edges, kernel, reading.pitch, reduce)


def read_window(
    reader: Reader,
    level: int,
    window: Window,
    bands: Sequence[int],
    plane: Plane,
    *,
    nodata: Mapping[int, float] = NO_NODATA,
) -> Layers:
    """Return a window's values and where they are valid: no nodata value, finite, not masked."""
    data, mask = reader.read(level, window, bands=bands, plane=plane)
    measured = _measured(data, reader.info, bands, nodata)
    if measured is None:
        return data, mask
    return data, measured if mask is None else mask & measured


def _measured(
    data: Array, info: ImageInfo, bands: Sequence[int], nodata: Mapping[int, float]
) -> Mask | None:
    """Return where each band holds a value; None when all do everywhere.

    Alpha is no measured value: it tells how much the others count.
    """
    found: list[Mask | None] = [
        None
        if _is_alpha(info, band)
        else _layer_measured(layer, info.bands[band].nodata, nodata.get(band))
        for band, layer in zip(bands, data, strict=True)
    ]
    if all(valid is None for valid in found):
        return None
    if len(found) == 1:
        return found[0]
    every = np.ones(data.shape, np.bool_)
    for row, valid in enumerate(found):
        if valid is not None:
            every[row] = valid
    return every


def _layer_measured(layer: Array, nodata: float | None, further: float | None) -> Mask | None:
    valid: Mask | None = np.isfinite(layer) if layer.dtype.kind == "f" else None
    for value in (nodata, further):
        exact = None if value is None else _exact(layer.dtype, value)
        if exact is not None and math.isfinite(exact):
            other = layer != layer.dtype.type(exact)
            valid = other if valid is None else valid & other
    return None if valid is None or valid.all() else valid


def _read_reduced(
    reader: Reader,
    reading: ReadPlan,
    plane: Plane,
    piece_bytes: int,
    nodata: Mapping[int, float],
    *,
    nearest: bool,
    alpha: int | None,
) -> Layers:
    """Return the plan's window with its blocks averaged, never holding it whole."""
    window = reading.window
    if window is None:
        raise ValueError("the plan reads nothing")
    if reading.reduce == (1, 1):
        return read_window(reader, reading.level, window, reading.bands, plane, nodata=nodata)
    wide, high = reading.reduce
    size = Size(-(-window.width // wide), -(-window.height // high))
    out: Array | None = None
    valid: Mask | None = None
    pixel_bytes = np.dtype(reader.info.dtype).itemsize * len(reading.bands)
    level = reader.info.levels[reading.level]
    for piece in pieces(level, reading, max(1, piece_bytes // pixel_bytes)):
        data, mask = read_window(reader, reading.level, piece, reading.bands, plane, nodata=nodata)
        data, mask = resample.block_average(
            data, mask, reading.reduce, nearest=nearest, alpha=alpha
        )
        if piece == window:
            return data, mask
        if out is None:
            out = np.empty((len(reading.bands), size.height, size.width), data.dtype)
        x, y = (piece.x - window.x) // wide, (piece.y - window.y) // high
        place = (slice(y, y + data.shape[1]), slice(x, x + data.shape[2]))
        out[:, *place] = data
        if mask is not None:
            if valid is None:
                valid = np.ones((*mask.shape[:-2], size.height, size.width), np.bool_)
            elif mask.ndim > valid.ndim:
                valid = np.broadcast_to(valid, out.shape).copy()
            valid[..., *place] = mask
    if out is None:
        raise ValueError("a window has a piece")
    return out, valid


def _shift(
    data: Array, mask: Mask | None, onto: Affine, grid: Grid, fills: Sequence[float | None]
) -> Layers:
    """Lay data whose pixels are those of the grid, some of which may lie outside the data."""
    size, x, y = grid.size, round(onto.c), round(onto.f)
    high, wide = data.shape[1:]
    if x >= 0 and y >= 0 and x + size.width <= wide and y + size.height <= high:
        place = (..., slice(y, y + size.height), slice(x, x + size.width))
        return data[place], None if mask is None else mask[place]
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(size.width, wide - x), min(size.height, high - y)
    there = (..., slice(top, bottom), slice(left, right))
    part = (..., slice(y + top, y + bottom), slice(x + left, x + right))
    canvas = _canvas(size, data.dtype, fills)
    layers = () if mask is None else mask.shape[:-2]
    valid = np.zeros((*layers, size.height, size.width), np.bool_)
    canvas[there] = data[part]
    valid[there] = True if mask is None else mask[part]
    return canvas, valid


def _canvas(size: Size, dtype: np.dtype[Any], fills: Sequence[float | None]) -> Array:
    """Return layers in which nothing was measured."""
    canvas = np.zeros((len(fills), size.height, size.width), dtype)
    for layer, fill in zip(canvas, fills, strict=True):
        if fill:
            layer[...] = fill
    return canvas


def _inside(info: ImageInfo, reading: ReadPlan) -> Mask | None:
    """Return which centres of the grid's pixels fall into the image; None when all do."""
    size, affine = reading.grid.size, reading.grid.affine
    box = reading.grid.box
    slack = 1e-6 * max(info.size.width, info.size.height)
    if (
        box.x >= -slack
        and box.y >= -slack
        and box.right <= info.size.width + slack
        and box.bottom <= info.size.height + slack
    ):
        return None
    columns, rows = np.arange(size.width) + 0.5, np.arange(size.height)[:, np.newaxis] + 0.5
    if affine.rectilinear:
        x, y = affine.a * columns + affine.c, affine.e * rows + affine.f
    else:
        x = affine.a * columns + affine.b * rows + affine.c
        y = affine.d * columns + affine.e * rows + affine.f
    inside: Mask = (x >= 0) & (x < info.size.width) & (y >= 0) & (y < info.size.height)
    return inside


def _alpha_row(info: ImageInfo, bands: Sequence[int]) -> int | None:
    """Return which of the bands is straight alpha, and so weighs the others."""
    for row, band in enumerate(bands):
        if info.bands[band].interpretation == "alpha" and len(bands) > 1:
            return row
    return None


def _nothing(info: ImageInfo, reading: ReadPlan, nodata: Mapping[int, float]) -> Layers:
    size = reading.grid.size
    data = _canvas(size, np.dtype(info.dtype), _fills(info, reading.bands, nodata))
    return data, np.zeros((size.height, size.width), np.bool_)
