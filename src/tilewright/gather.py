"""Carry out a plan: read its window, in pieces where it is large, and lay it on the grid."""

from collections.abc import Sequence

import numpy as np

from tilewright import resample
from tilewright.geometry import Affine, Grid, Size, Window
from tilewright.image import Array, ImageInfo, Mask, Plane, Raster
from tilewright.plan import ReadPlan, pieces
from tilewright.readers import Reader
from tilewright.warp import Sampling, warp


def gather(reader: Reader, reading: ReadPlan, plane: Plane, piece_bytes: int) -> Raster:
    """Return the raster of a plan. Pixels of the grid outside the image are masked."""
    info = reader.info
    if reading.window is None:
        return _nothing(info, reading)
    nearest = "palette" in info.interpretations
    alpha = _alpha_row(info, reading.bands)
    data, mask = _read_reduced(reader, reading, plane, piece_bytes, nearest=nearest, alpha=alpha)
    onto = reading.onto
    if reading.method == "copy" and isinstance(onto, Affine):
        return _shift(data, mask, onto, reading.grid)
    if reading.grid.crs is None and reading.resampling == "bilinear" and isinstance(onto, Affine):
        data, mask = resample.interpolate(
            data, mask, onto, reading.grid.size, nearest=nearest, alpha=alpha
        )
        inside = _inside(info, reading)
        mask = inside if mask is None else mask if inside is None else mask & inside
        return Raster(data, mask, reading.grid)
    sampling = _sampling(reading, nearest=nearest)
    return Raster(*warp(data, mask, sampling, alpha=alpha), reading.grid)


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
    reader: Reader, level: int, window: Window, bands: Sequence[int], plane: Plane
) -> tuple[Array, Mask | None]:
    """Return a window's values and where they are valid, nodata values and NaN excluded."""
    data, mask = reader.read(level, window, bands=bands, plane=plane)
    measured = _measured(data, [reader.info.bands[band].nodata for band in bands])
    if measured is None:
        return data, mask
    return data, measured if mask is None else mask & measured


def _measured(data: Array, nodata: Sequence[float | None]) -> Mask | None:
    """Return where any band holds a value; None when nothing can be missing."""
    floating = data.dtype.kind == "f"
    if not floating and (not nodata or any(value is None for value in nodata)):
        return None
    measured = np.zeros(data.shape[1:], np.bool_)
    for layer, value in zip(data, nodata, strict=True):
        valid = ~np.isnan(layer) if floating else np.ones(layer.shape, np.bool_)
        if value is not None and not np.isnan(value):
            with np.errstate(over="ignore"):  # a float32 file may state a nodata of 1e300
                valid &= layer != (data.dtype.type(value) if floating else value)
        measured |= valid
    return None if measured.all() and all(value is None for value in nodata) else measured


def _read_reduced(
    reader: Reader,
    reading: ReadPlan,
    plane: Plane,
    piece_bytes: int,
    *,
    nearest: bool,
    alpha: int | None,
) -> tuple[Array, Mask | None]:
    """Return the plan's window with its blocks averaged, never holding it whole."""
    window = reading.window
    if window is None:
        raise ValueError("the plan reads nothing")
    if reading.reduce == (1, 1):
        return read_window(reader, reading.level, window, reading.bands, plane)
    wide, high = reading.reduce
    size = Size(-(-window.width // wide), -(-window.height // high))
    out: Array | None = None
    valid: Mask | None = None
    pixel_bytes = np.dtype(reader.info.dtype).itemsize * len(reading.bands)
    level = reader.info.levels[reading.level]
    for piece in pieces(level, reading, max(1, piece_bytes // pixel_bytes)):
        data, mask = read_window(reader, reading.level, piece, reading.bands, plane)
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
            valid = np.ones((size.height, size.width), np.bool_) if valid is None else valid
            valid[place] = mask
    if out is None:
        raise ValueError("a window has a piece")
    return out, valid


def _shift(data: Array, mask: Mask | None, onto: Affine, grid: Grid) -> Raster:
    """Lay data whose pixels are those of the grid, some of which may lie outside the data."""
    size, x, y = grid.size, round(onto.c), round(onto.f)
    high, wide = data.shape[1:]
    if x >= 0 and y >= 0 and x + size.width <= wide and y + size.height <= high:
        place = (slice(y, y + size.height), slice(x, x + size.width))
        return Raster(data[:, *place], None if mask is None else mask[place], grid)
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(size.width, wide - x), min(size.height, high - y)
    there = (slice(top, bottom), slice(left, right))
    part = (slice(y + top, y + bottom), slice(x + left, x + right))
    canvas = np.zeros((len(data), size.height, size.width), data.dtype)
    valid = np.zeros((size.height, size.width), np.bool_)
    canvas[:, *there] = data[:, *part]
    valid[there] = True if mask is None else mask[part]
    return Raster(canvas, valid, grid)


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


def _nothing(info: ImageInfo, reading: ReadPlan) -> Raster:
    height, width = reading.grid.size.height, reading.grid.size.width
    data = np.zeros((len(reading.bands), height, width), np.dtype(info.dtype))
    return Raster(data, np.zeros((height, width), np.bool_), reading.grid)
