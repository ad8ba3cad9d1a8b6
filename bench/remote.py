"""A COG behind a line of 30 ms: the first tile, and panning with eight threads."""

import io
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import local
from typing import Any

from bench import data
from bench.report import Figure, Target
from bench.scale import Scale

_ROUND_TRIP_MS = 30
_THREADS = 8
_ACROSS = 10
_TILE = 256
_TURNS = 3
_PEER = "rasterio /vsicurl/ defaults"

Draw = Callable[[tuple[int, int]], object]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Count round trips, then pan."""
    path = data.mosaic(folder, scale.mosaic_side)
    with _far(path) as url:
        trips = {name: _one(name, "first", url, 1) for name in ("ours", "gdal")}
        yield Figure(
            "remote COG, first tile: round trips (connecting is one)",
            trips["ours"]["trips"],
            "trips",
            _PEER,
            trips["gdal"]["trips"],
            Target("ours", "≤", 4),
        )
        yield _figure("first tile", "first", url, 1, None)
        across = min(_ACROSS, scale.mosaic_side // _TILE)
        yield _figure(f"panning {across**2} tiles", "pan", url, across, Target("ratio", "≤", 1 / 3))
        yield _figure(f"panning {across**2} tiles, opened before", "steady", url, across, None)
        yield _figure(f"{across**2} tiles here and there", "scatter", url, across, None)


def _figure(what: str, task: str, url: str, across: int, target: Target | None) -> Figure:
    times: dict[str, list[float]] = {"ours": [], "gdal": []}
    for turn in range(_TURNS):
        for name in sorted(times, reverse=bool(turn % 2)):
            times[name].append(_one(name, task, url, across)["ms"])
    return Figure(
        f"remote COG, {_ROUND_TRIP_MS} ms away, {what}",
        statistics.median(times["ours"]),
        "ms",
        _PEER,
        statistics.median(times["gdal"]),
        target,
    )


@contextmanager
def _far(path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.far_server", str(path), str(_ROUND_TRIP_MS)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def _one(name: str, task: str, url: str, across: int) -> dict[str, float]:
    """Run a task in a process of its own: each begins knowing nothing."""
    _counts(url)
    command = [sys.executable, "-m", "bench.remote", name, task, url, str(across)]
    done = subprocess.run(
        command, check=True, capture_output=True, cwd=Path(__file__).parents[1], text=True
    )
    return {"trips": sum(_counts(url)), "ms": float(done.stdout)}


def _counts(url: str) -> list[int]:
    with urllib.request.urlopen(f"{url}/counts") as answer:  # noqa: S310 - our own server
        counts: list[int] = json.load(answer)
    # The question itself took a connection.
    return [max(0, counts[0] - 1), counts[1]]


def _ours(url: str) -> Draw:
    from tilewright.config import Config  # noqa: PLC0415 - the measured process alone loads it
    from tilewright.engine import Engine  # noqa: PLC0415
    from tilewright.pyramid import max_zoom  # noqa: PLC0415
    from tilewright.request import Encoding, RenderRequest, Tile  # noqa: PLC0415

    # As rasterio is, what reads is imported before the clock starts.
    for name in ("urllib3", "tilewright.readers.tiff.reader"):
        import_module(name)
    engine = Engine(Config(remote_hosts=(url,), remote_allow_private=True))
    encoding = Encoding("jpeg", quality=85)

    def draw(place: tuple[int, int]) -> object:
        source = engine.source(f"{url}/far.tif")
        zoom = max_zoom(engine.info(source))
        return engine.render(source, RenderRequest(Tile(zoom, *place), encoding))

    return draw


def _gdal(url: str) -> Draw:
    import numpy as np  # noqa: PLC0415
    import rasterio  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415
    from rasterio.windows import Window  # noqa: PLC0415

    own = local()

    def opened() -> Any:
        if not hasattr(own, "file"):
            own.file = rasterio.open(f"/vsicurl/{url}/far.tif")
        return own.file

    def draw(place: tuple[int, int]) -> object:
        window = Window(place[0] * _TILE, place[1] * _TILE, _TILE, _TILE)
        pixels = np.moveaxis(opened().read(window=window), 0, -1)
        out = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=85)
        return out.getvalue()

    return draw


def _places(task: str, across: int) -> Sequence[tuple[int, int]]:
    block = [(x, y) for y in range(across) for x in range(across)]
    # 37 has no divisor in common with the number of tiles: each comes once.
    step = 37 if task == "scatter" else 1
    return [block[step * turn % len(block)] for turn in range(len(block))]


def _work(name: str, task: str, url: str, across: int) -> float:
    """Return the milliseconds that the tiles took, opening among them."""
    draw = {"ours": _ours, "gdal": _gdal}[name](url)
    with ThreadPoolExecutor(_THREADS) as pool:
        if task == "steady":
            list(pool.map(draw, [(across - 1, across - 1)] * _THREADS))
        begin = time.perf_counter()
        list(pool.map(draw, _places(task, across)))
        return (time.perf_counter() - begin) * 1000


if __name__ == "__main__":
    print(_work(*sys.argv[1:4], int(sys.argv[4])))
