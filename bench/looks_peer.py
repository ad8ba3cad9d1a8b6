"""The other side of `bench.looks_rivals`: runs without Tilewright, on the peers' packages.

Each line asked is ``[peer, case, x, y, keep]``; each answer is a time in milliseconds.
"""

import io
import json
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from large_image.constants import TILE_FORMAT_NUMPY
from large_image.tilesource import TileSource
from rio_tiler.models import ImageData

FOLDER = Path(sys.argv[1])
TILE = 256
LOW, HIGH, NODATA = 100.0, 3_900.0, -9_999.0
_PRIMARIES = ("#f00", "#0f0", "#00f")

Answer = tuple[float, Any]


class ArraySource(TileSource):
    """The least source of large_image: an array (y, x, band), nothing to decode."""

    def __init__(self, pixels: Any, style: dict[str, Any]) -> None:
        """Take the array and large_image's JSON style."""
        super().__init__(style=style)
        self._pixels = pixels
        self.sizeY, self.sizeX = pixels.shape[:2]
        self.tileWidth = self.tileHeight = TILE
        self.levels = (max(self.sizeX, self.sizeY) // TILE - 1).bit_length() + 1

    def getTile(self, x: int, y: int, z: int, **kwargs: Any) -> Any:  # noqa: N802
        """Return a styled tile of full resolution; nothing is kept from call to call."""
        part = self._pixels[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE]
        return self._outputTile(part, TILE_FORMAT_NUMPY, x, y, z, **kwargs)


def large_image(case: str, x: int, y: int) -> Answer:
    """Return the time of `getTile`, and its picture."""
    source = _source(case)
    start = time.perf_counter_ns()
    tile = source.getTile(x, y, source.levels - 1, numpyAllowed="always")
    return _since(start), tile


def rio_tiler(case: str, x: int, y: int) -> Answer:
    """Return the time of `rescale` and `render` less that of writing the file, and the picture.

    Where nothing was measured is known before the clock starts.
    """
    pixels = _array(case)[:, y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE]
    image = ImageData(np.ma.MaskedArray(pixels.copy(), mask=pixels == NODATA))
    colormap = None if case == "added" else _colormap()
    start = time.perf_counter_ns()
    image.rescale(in_range=((LOW, HIGH),))
    file = image.render(img_format="NPY", colormap=colormap)
    whole = _since(start)
    picture = np.load(io.BytesIO(file))
    start = time.perf_counter_ns()
    with io.BytesIO() as out:
        np.save(out, picture)
        out.getvalue()
    return whole - _since(start), np.moveaxis(picture, 0, -1)


@cache
def _array(case: str) -> Any:
    return np.load(FOLDER / f"{case}.npy")


@cache
def _colormap() -> dict[int, tuple[int, ...]]:
    return {index: tuple(row) for index, row in enumerate(np.load(FOLDER / "table.npy").tolist())}


@cache
def _source(case: str) -> ArraySource:
    pixels = np.ascontiguousarray(np.moveaxis(_array(case), 0, -1))
    window = {"min": LOW, "max": HIGH}
    if case == "added":
        bands = [
            {"band": band + 1, "palette": ["#000", color], "composite": "lighten", **window}
            for band, color in enumerate(_PRIMARIES)
        ]
    else:
        colors = ["#{:02x}{:02x}{:02x}".format(*row[:3]) for row in _colormap().values()]
        bands = [{"band": 1, "palette": colors, **window}]
        if case == "nodata":
            bands[0]["nodata"] = NODATA
    return ArraySource(pixels, {"bands": bands, "dtype": "uint8"})


def _since(start: int) -> float:
    return (time.perf_counter_ns() - start) / 1e6


PEERS: dict[str, Callable[[str, int, int], Answer]] = {
    "large_image": large_image,
    "rio_tiler": rio_tiler,
}

for line in sys.stdin:
    peer, case, x, y, keep = json.loads(line)
    PEERS[peer](case, x, y)
    took_ms, picture = PEERS[peer](case, x, y)
    if keep:
        np.save(FOLDER / "picture.npy", picture.astype(np.uint8))
    print(took_ms, flush=True)
