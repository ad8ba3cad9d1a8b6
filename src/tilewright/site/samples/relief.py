"""The island as two files: a shaded relief in colour, and its heights."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt

from tilewright.geometry import Affine, Size, Window
from tilewright.site.samples.cog import Layout, TiledLevel, write_cog
from tilewright.site.samples.terrain import CELLS_DOWN, Heights, island, noise

Progress = Callable[[float], None]
Rgb = npt.NDArray[np.uint8]

TILE = 256
FINER = 4
"""Pixels of the relief per height cell, along each side."""
_EXTENT_M = 81_920.0
"""From north to south."""
_EPSG = 32626  # UTM zone 26 north: the open Atlantic, where such an island harms nobody
_WEST_M, _NORTH_M = 430_000.0, 4_900_000.0
_NODATA = -9999.0
_QUALITY = 85
_MARGIN = 4
_BLOCK = 1024

# metres, red, green, blue
_LAND = (
    (0, 214, 205, 168),
    (25, 152, 174, 122),
    (180, 112, 150, 96),
    (600, 143, 164, 104),
    (1100, 186, 180, 124),
    (1700, 178, 154, 118),
    (2300, 158, 143, 132),
    (2700, 196, 192, 190),
    (3400, 252, 252, 255),
)
_SEA = (
    (0, 150, 205, 208),
    (60, 112, 182, 198),
    (350, 70, 142, 176),
    (1200, 44, 104, 148),
    (3000, 30, 76, 120),
    (7000, 20, 54, 94),
)


def write_terrain(relief: Path, elevation: Path, side: int, progress: Progress) -> None:
    """Write both files; the relief is ``side`` pixels high, and half as much again wide."""
    cells = CELLS_DOWN * side // (CELLS_DOWN * FINER)
    heights = island(cells)
    progress(0.3)
    write_elevation(elevation, heights)
    progress(0.4)
    write_relief(relief, heights, lambda part: progress(0.4 + 0.6 * part))


def write_elevation(path: Path, heights: Heights) -> None:
    """Write the heights as float32; the sea, which nobody measured, is nodata."""
    land = np.where(heights > 0, heights, np.float32(_NODATA)).astype(np.float32)
    levels = []
    while True:
        levels.append(_level(land, _deflate))
        if max(land.shape) <= TILE:
            break
        # nearest, as a mean would mix nodata into the shore
        land = np.ascontiguousarray(land[::2, ::2])
    write_cog(path, levels, _layout(heights.shape[0], color=False))


def write_relief(path: Path, heights: Heights, progress: Progress) -> None:
    """Write the shaded relief, `FINER` pixels per cell, as a pyramid of JPEG tiles."""
    rows, columns = heights.shape[0] * FINER, heights.shape[1] * FINER
    half = np.empty((rows // 2, columns // 2, 3), np.uint8)
    tiles: list[bytes] = []
    painter = _Painter(heights)
    tops = range(0, rows, TILE)
    with ThreadPoolExecutor(2) as threads:
        for top, (strip, small) in zip(
            tops, threads.map(partial(_strip, painter), tops), strict=True
        ):
            tiles += strip
            half[top // 2 : top // 2 + small.shape[0]] = small
            progress(len(tiles) / (len(tops) * -(-columns // TILE)))
    levels = [TiledLevel(Size(columns, rows), tuple(tiles))]
    picture: npt.NDArray[Any] = half
    while True:
        levels.append(_level(picture, _jpeg))
        if max(picture.shape) <= TILE:
            break
        picture = _halved(picture)
    write_cog(path, levels, _layout(rows, color=True))


class _Painter:
    """Paints any rows of the relief."""

    def __init__(self, heights: Heights) -> None:
        # single cells stand out like teeth when they are drawn four times finer
        self.heights = _blurred(heights, 0.75)
        rng = np.random.Generator(np.random.PCG64(99))
        # two lattices of grain that never line up hide each other's squares
        self.grain = [noise(1024, 1024, cells, rng) for cells in (290, 131, 37)]
        # a broad view of the land: valleys lie below it and are in the shade
        broad = _blurred(heights, max(1.0, heights.shape[0] / 110))
        self.sunken = np.clip((broad - heights) / 700, -0.5, 0.6).astype(np.float32)
        self.depth = _blurred(heights, max(1.0, heights.shape[0] / 150))

    def paint(self, window: Window) -> Rgb:
        """Return the window's pixels, shape (y, x, 3)."""
        ground = _fine(self.heights, window)
        flat_x = cv2.Sobel(ground, cv2.CV_32F, 1, 0, scale=0.125)
        flat_y = cv2.Sobel(ground, cv2.CV_32F, 0, 1, scale=0.125)
        steep = np.asarray(cv2.magnitude(flat_x, flat_y), np.float32)
        fine, middle, wide = (_repeated(grain, window) for grain in self.grain)
        rough = (fine + 0.9 * middle) * (0.25 + np.minimum(steep, 8)) * np.float32(0.75)
        ground += rough
        inner = slice(_MARGIN, -_MARGIN), slice(_MARGIN, -_MARGIN)
        light = self._light(ground)[inner]
        ground, steep, middle, wide = (part[inner] for part in (ground, steep, middle, wide))
        sunken = _fine(self.sunken, window)[inner]
        depth = _fine(self.depth, window)[inner]
        land = _tint(ground + 90 * wide + 40 * middle - 260 * np.clip(sunken, 0, 1), ground)
        rock = (
            np.clip((steep - 5.5) / 9, 0, 0.75)[..., None] * np.clip(ground / 400, 0, 1)[..., None]
        )
        land += (np.array([132, 122, 112], np.float32) - land) * rock
        land *= (light * (1 - 0.35 * sunken))[..., None]
        sea = _ramp(_SEA, np.maximum(-depth * 0.7 - ground * 0.3, 0))
        sea *= (0.93 + 0.07 * light + 0.012 * wide)[..., None]
        shore = np.clip(ground / 6 + 0.5, 0, 1)[..., None]
        return np.clip(sea + (land - sea) * shore, 0, 255).astype(np.uint8)

    def _light(self, ground: Heights) -> Heights:
        east = cv2.Sobel(ground, cv2.CV_32F, 1, 0, scale=0.125)
        south = cv2.Sobel(ground, cv2.CV_32F, 0, 1, scale=0.125)
        cell_m = _EXTENT_M / (self.heights.shape[0] * FINER)
        east, south = east * np.float32(1.25 / cell_m), south * np.float32(1.25 / cell_m)
        up = 1 / np.sqrt(1 + east * east + south * south)
        # a sun in the north-west, and a paler sky in the west and the north
        sun = (0.58 * east + 0.58 * south + 0.57) * up
        sky = (0.75 * east + 0.1 * south + 0.66) * up
        shade = 0.72 * sun + 0.28 * sky
        return np.asarray(np.clip(0.38 + 1.05 * shade, 0.32, 1.28), np.float32)


def _fine(cells: Heights, window: Window) -> Heights:
    """Return the window and `_MARGIN` pixels around it, made `FINER`."""
    first_row, rows = _cells(window.y, window.height, cells.shape[0])
    first_column, columns = _cells(window.x, window.width, cells.shape[1])
    finer = cv2.resize(
        cells[np.ix_(rows, columns)],
        (len(columns) * FINER, len(rows) * FINER),
        interpolation=cv2.INTER_CUBIC,
    )
    top, left = window.y - _MARGIN - first_row * FINER, window.x - _MARGIN - first_column * FINER
    bottom, right = top + window.height + 2 * _MARGIN, left + window.width + 2 * _MARGIN
    return np.asarray(finer[top:bottom, left:right], np.float32)


def _cells(start: int, length: int, count: int) -> tuple[int, npt.NDArray[np.intp]]:
    """Return the first cell, and all cells, that pixels are made of; edge cells repeat."""
    first, last = start // FINER - 3, -(-(start + length) // FINER) + 3
    return first, np.clip(np.arange(first, last), 0, count - 1)


def _repeated(grain: Heights, window: Window) -> Heights:
    rows = np.arange(window.y - _MARGIN, window.bottom + _MARGIN) % grain.shape[0]
    columns = np.arange(window.x - _MARGIN, window.right + _MARGIN) % grain.shape[1]
    return np.asarray(grain[np.ix_(rows, columns)], np.float32)


def _tint(about: Heights, ground: Heights) -> Heights:
    # near the shore the true height decides, so that beaches keep to it
    near = np.clip(ground / 300, 0, 1)
    return _ramp(_LAND, np.maximum(ground + (about - ground) * near, 0))


def _blurred(heights: Heights, sigma: float) -> Heights:
    return np.asarray(cv2.GaussianBlur(heights, (0, 0), sigma), np.float32)


def _strip(painter: _Painter, top: int) -> tuple[list[bytes], npt.NDArray[Any]]:
    """Return one row of tiles, and the same rows at half the size."""
    rows = min(TILE, painter.heights.shape[0] * FINER - top)
    columns = painter.heights.shape[1] * FINER
    # in blocks, as numbers that stay in the processor's cache are much faster
    picture = np.concatenate(
        [
            painter.paint(Window(left, top, min(_BLOCK, columns - left), rows))
            for left in range(0, columns, _BLOCK)
        ],
        axis=1,
    )
    return list(_tiles(picture, _jpeg)), _halved(picture)


def _ramp(ramp: tuple[tuple[int, ...], ...], values: Heights) -> Heights:
    """Return colours, shape (y, x, 3), in between the ramp's entries."""
    step = 4.0
    marks = np.array([row[0] for row in ramp], np.float32)
    at = np.arange(0, marks[-1] + step, step)
    table = np.stack(
        [np.interp(at, marks, [row[channel] for row in ramp]) for channel in (1, 2, 3)], axis=1
    ).astype(np.float32)
    index = np.minimum(values / step, len(at) - 1).astype(np.intp)
    return np.asarray(table.take(index, axis=0), np.float32)


def _level(array: npt.NDArray[Any], encode: Callable[[npt.NDArray[Any]], bytes]) -> TiledLevel:
    return TiledLevel(Size(array.shape[1], array.shape[0]), tuple(_tiles(array, encode)))


def _tiles(array: npt.NDArray[Any], encode: Callable[[npt.NDArray[Any]], bytes]) -> Iterable[bytes]:
    for top in range(0, array.shape[0], TILE):
        for left in range(0, array.shape[1], TILE):
            part = array[top : top + TILE, left : left + TILE]
            missing = [(0, TILE - part.shape[0]), (0, TILE - part.shape[1])]
            padding = missing + [(0, 0)] * (array.ndim - 2)
            yield encode(np.ascontiguousarray(np.pad(part, padding, mode="edge")))


def _halved(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    size = max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _jpeg(tile: npt.NDArray[Any]) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(tile, level=_QUALITY, subsampling="420"))


def _deflate(tile: npt.NDArray[Any]) -> bytes:
    return bytes(
        imagecodecs.zlib_encode(imagecodecs.floatpred_encode(tile, axis=-1).tobytes(), level=4)
    )


def _layout(rows: int, *, color: bool) -> Layout:
    pixel_m = _EXTENT_M / rows
    return Layout(
        tile=TILE,
        color=color,
        epsg=_EPSG,
        affine=Affine.scale(pixel_m, -pixel_m, left=_WEST_M, top=_NORTH_M),
        description="An invented island: "
        + ("shaded relief" if color else "heights above the sea, in metres"),
        nodata=None if color else _NODATA,
    )
