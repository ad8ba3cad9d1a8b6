"""The first tile of a file that nobody has opened, and whether the size of a file matters."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from bench import data
from bench.clock import race
from bench.report import Figure, Target
from bench.rivals import NO_CACHE, QUALITY, REENCODED, Ours, Place
from bench.scale import Scale
from tilewright.request import Encoding

_FRESH_OURS = """
import tilewright
with tilewright.open({path!r}) as image:
    image.tile({zoom}, 1, 1, format="jpeg", quality=85)
"""
_FRESH_RASTERIO = """
import io, numpy, rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window
with rasterio.open({path!r}) as file:
    pixels = file.read(window=Window(256, 256, 256, 256))
Image.fromarray(numpy.moveaxis(pixels, 0, -1)).save(io.BytesIO(), "JPEG", quality=85)
"""


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Measure cold opens, then sparse files of growing size."""
    yield from _cold(scale, folder)
    yield from _fresh(scale, folder)
    yield from _sizes(scale, folder)


def _cold(scale: Scale, folder: Path) -> Iterator[Figure]:
    path = data.mosaic(folder, scale.cold_side)
    places = [(turn % 3, turn % 2) for turn in range(scale.opens)]
    for name, encoding in (("stored", Encoding("jpeg")), ("re-encoded", REENCODED)):
        rivals = {
            "ours": partial(_first_tile, path, encoding),
            "rasterio": partial(_first_window, path),
        }
        with warnings.catch_warnings():
            # The picture has no place on earth, as rasterio says at every opening.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            times = race(rivals, places)
        yield Figure(
            f"cold open to first tile, {name}, COG of {scale.cold_side}²",
            times["ours"],
            "ms",
            "rasterio open, read, Pillow JPEG",
            times["rasterio"],
            Target("ours", "≤", 15),
        )


def _first_tile(path: Path, encoding: Encoding, place: Place) -> None:
    ours = Ours.on(path, encoding)
    ours(place)
    ours.engine.close()


def _first_window(path: Path, place: Place) -> None:
    with rasterio.open(path) as file:
        window = Window(place[0] * data.TILE, place[1] * data.TILE, data.TILE, data.TILE)
        pixels = file.read(window=window)
    Image.fromarray(np.moveaxis(pixels, 0, -1)).save(os.devnull, "JPEG", quality=QUALITY)


def _fresh(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Time whole processes; an empty one shows what Python itself takes."""
    path = data.mosaic(folder, scale.cold_side)
    zoom = Ours.on(path, Encoding("jpeg")).zoom
    programs = {
        "tile": ("-c", _FRESH_OURS.format(path=str(path), zoom=zoom)),
        "rasterio": ("-W", "ignore", "-c", _FRESH_RASTERIO.format(path=str(path))),
        "import": ("-c", "import tilewright"),
        "help": ("-m", "tilewright", "--help"),
        "empty": ("-c", "pass"),
    }
    runs = {name: partial(_run, arguments) for name, arguments in programs.items()}
    times = race(runs, list(range(scale.starts)), warm=1)
    yield Figure(
        "fresh process to first tile",
        times["tile"],
        "ms",
        "the same with rasterio and Pillow",
        times["rasterio"],
    )
    for what, name in (("`import tilewright`", "import"), ("`tilewright --help`", "help")):
        yield Figure(f"fresh process, {what}", times[name], "ms", "an empty Python", times["empty"])


def _run(arguments: tuple[str, ...], _turn: int) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _sizes(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Compare tiles of sparse files; all are read anew, as no chunk is kept."""
    places = {side: data.sparse_tiles(side) for side in scale.sparse_sides}
    paths = {side: data.sparse(folder, side, places[side]) for side in scale.sparse_sides}
    turns = [turn % data.REAL_TILES for turn in range(scale.tiles)]
    for name, encoding in (("stored", Encoding("jpeg")), ("re-encoded", REENCODED)):
        rivals = {
            str(side): partial(
                _sparse_tile,
                Ours.on(paths[side], encoding, NO_CACHE),
                places[side],
            )
            for side in scale.sparse_sides
        }
        times = race(rivals, turns, warm=data.REAL_TILES)
        first = scale.sparse_sides[0]
        for side in scale.sparse_sides[1:]:
            yield Figure(
                f"tile of a sparse file of {side:,}², {name}",
                times[str(side)],
                "ms",
                f"of one of {first:,}²",
                times[str(first)],
                Target("ratio", "≤", 1.2),
            )
    opens = {
        str(side): partial(_open_sparse, paths[side], places[side]) for side in scale.sparse_sides
    }
    times = race(opens, turns[: scale.opens])
    yield Figure(
        f"cold open to first tile, sparse file of {scale.sparse_sides[-1]:,}²",
        times[str(scale.sparse_sides[-1])],
        "ms",
        f"of one of {scale.sparse_sides[0]:,}²",
        times[str(scale.sparse_sides[0])],
    )


def _sparse_tile(ours: Ours, places: list[Place], turn: int) -> None:
    ours(places[turn % len(places)])


def _open_sparse(path: Path, places: list[Place], turn: int) -> None:
    _first_tile(path, Encoding("jpeg"), places[turn % len(places)])
