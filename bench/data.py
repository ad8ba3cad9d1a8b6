"""Test files, made once by other people's writers, the same bytes' worth on every machine."""

import os
import random
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
import tifffile
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

Rgb = npt.NDArray[np.uint8]

TILE = 256
REAL_TILES = 16
"""Of a sparse file; all others are left out."""
_PART = 1024
_STRIP_ROWS = 16
_SEED = 20


def mosaic(folder: Path, side: int) -> Path:
    """Return a square RGB JPEG COG of GDAL's, with noise, 256-pixel tiles, 4:2:0, quality 80."""
    return once(folder / f"cog-{side}.tif", lambda path: _write_cog(path, side))


def sparse(folder: Path, side: int, tiles: list[tuple[int, int]]) -> Path:
    """Return a square RGB JPEG TIFF of GDAL's in which only these tiles (x, y) are stored."""
    return once(folder / f"sparse-{side}.tif", lambda path: _write_sparse(path, side, tiles))


def sparse_tiles(side: int) -> list[tuple[int, int]]:
    """Return the places (x, y) of a sparse file's stored tiles: whole ones, chosen by lot."""
    across = side // TILE
    places = [(index % across, index // across) for index in _drawn(across * across, REAL_TILES)]
    return sorted(places)


def striped(folder: Path, side: int) -> Path:
    """Return a square RGB TIFF in deflated strips of 16 rows, without a pyramid."""
    return once(folder / f"strips-{side}.tif", lambda path: _write_strips(path, side))


def picture(folder: Path, size: tuple[int, int]) -> Path:
    """Return the shared 10000×5000 PNG where there is one, else an RGBA PNG of this size."""
    shared = Path(__file__).parents[2] / "shared/images/pictures/yb10kx5ktrans.png"
    if shared.exists() and size == (10_000, 5_000):
        return shared
    return once(folder / f"rgba-{size[0]}.png", lambda path: _write_png(path, size))


def inner_tiles(side: int, count: int) -> list[tuple[int, int]]:
    """Return random places (x, y) of whole tiles of a square file's full resolution.

    None comes twice while there are enough of them, so that no cache helps.
    """
    across = side // TILE
    return [(index % across, index // across) for index in _drawn(across * across, count)]


def _drawn(population: int, count: int) -> list[int]:
    draw = random.Random(_SEED)
    if count <= population:
        return draw.sample(range(population), count)
    return draw.choices(range(population), k=count)


def once(path: Path, write: Callable[[Path], None]) -> Path:
    """Return the file, written beside its place and renamed when it is not there yet."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
    try:
        with warnings.catch_warnings():
            # A picture without a place on earth is what is wanted.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _pattern(x: int, y: int, width: int, height: int, noise: npt.NDArray[np.int16]) -> Rgb:
    """Return waves with a grain like that of a scanner: tiles of about 14 kB as JPEG."""
    rows, columns = np.mgrid[y : y + height, x : x + width].astype(np.float32)
    waves = (
        128 + 90 * np.sin(columns / 211 + rows / 97),
        128 + 90 * np.sin(rows / 173),
        128 + 90 * np.cos((columns - rows) / 301),
    )
    grain = np.roll(noise, (x // 7, y // 5), (0, 1))[:height, :width]
    return (np.stack(waves, -1) + grain).clip(0, 255).astype(np.uint8)


def _noise(side: int = _PART) -> npt.NDArray[np.int16]:
    return np.random.default_rng(_SEED).integers(-24, 25, (side, side, 3), dtype=np.int16)


def _write_cog(path: Path, side: int) -> None:
    plain = path.with_suffix(".plain.tif")
    noise = _noise()
    profile = {"width": side, "height": side, "count": 3, "dtype": "uint8"}
    layout = {"tiled": True, "blockxsize": _PART, "blockysize": _PART, "interleave": "pixel"}
    try:
        with rasterio.open(
            plain, "w", driver="GTiff", photometric="RGB", **profile, **layout
        ) as out:
            for y in range(0, side, _PART):
                for x in range(0, side, _PART):
                    width, height = min(_PART, side - x), min(_PART, side - y)
                    part = _pattern(x, y, width, height, noise)
                    out.write(np.moveaxis(part, -1, 0), window=Window(x, y, width, height))
        rasterio.shutil.copy(
            plain,
            path,
            driver="COG",
            compress="JPEG",
            quality=80,
            blocksize=TILE,
            overview_resampling="average",
        )
    finally:
        plain.unlink(missing_ok=True)


def _write_sparse(path: Path, side: int, tiles: list[tuple[int, int]]) -> None:
    noise = _noise(TILE)
    profile = {"width": side, "height": side, "count": 3, "dtype": "uint8"}
    layout = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "interleave": "pixel"}
    coding = {"compress": "JPEG", "jpeg_quality": 80, "photometric": "YCBCR"}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        sparse_ok=True,
        bigtiff="IF_SAFER",
        **profile,
        **layout,
        **coding,
    ) as out:
        for column, row in tiles:
            x, y = column * TILE, row * TILE
            part = _pattern(x, y, TILE, TILE, noise)
            out.write(np.moveaxis(part, -1, 0), window=Window(x, y, TILE, TILE))


def _write_strips(path: Path, side: int) -> None:
    count = -(-side // _STRIP_ROWS)
    # A few kinds of strips, repeated: their pixels cost a reader what any others would.
    kinds = [
        zlib.compress(_pattern(0, index * _STRIP_ROWS, side, _STRIP_ROWS, _flat(side)).tobytes(), 1)
        for index in range(8)
    ]

    def strips() -> Iterator[bytes]:
        for index in range(count):
            rows = min(_STRIP_ROWS, side - index * _STRIP_ROWS)
            if rows == _STRIP_ROWS:
                yield kinds[index % len(kinds)]
            else:
                yield zlib.compress(bytes(rows * side * 3), 1)

    tifffile.imwrite(
        path,
        strips(),
        shape=(side, side, 3),
        dtype=np.uint8,
        rowsperstrip=_STRIP_ROWS,
        compression="zlib",
        photometric="rgb",
        bigtiff=True,
        metadata=None,
    )


def _flat(side: int) -> npt.NDArray[np.int16]:
    return np.zeros((_STRIP_ROWS, side, 3), np.int16)


def _write_png(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    bands = (columns & 255, rows & 255, (columns + rows) & 255, (columns // 4) & 255)
    Image.fromarray(np.stack(bands, -1).astype(np.uint8)).save(path, compress_level=1)
