"""Native JPEG tiles over HTTP, beside what the framework takes to send as many bytes."""

import shutil
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bench import data
from bench.memory import peak_megabytes
from bench.report import Figure, Target
from bench.rivals import Ours, Place
from bench.scale import Scale
from bench.server import Load, Server, serving, wrk
from tilewright.request import Encoding


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Load our viewset and a constant one, in turn. Raises MissingError without wrk."""
    wrk()
    tiles = Tiles(scale, folder)
    with tiles.serve() as server:
        lists = {name: tiles.paths(name) for name in ("scans", "constant")}
        found = take_turns(scale, {name: (server, rows) for name, rows in lists.items()})
        yield Figure(
            "stored JPEG tiles over HTTP, 2 workers",
            found["scans"].a_second,
            "/s",
            "the same viewset, constant body",
            found["constant"].a_second,
            Target("ratio", "≥", 0.6),
        )
        yield Figure(
            "their processor time",
            found["scans"].work_ms,
            "ms",
            "the same viewset, constant body",
            found["constant"].work_ms,
            Target("ours", "≤", 0.6),
        )
        yield Figure(
            "their 99th percentile, 16 connections",
            found["scans"].p99_ms,
            "ms",
            "the same viewset, constant body",
            found["constant"].p99_ms,
        )
        png = take_turns(scale, {"png": (server, tiles.paths("scans", suffix="png"))})["png"]
        yield Figure("the same tiles as PNG", png.a_second, "/s")
        iiif = take_turns(scale, {"iiif": (server, tiles.by_iiif("scans"))})["iiif"]
        yield Figure("the same tiles by IIIF", iiif.a_second, "/s")
        yield Figure("their processor time", iiif.work_ms, "ms")
        rows = {"known": (server, tiles.known(server)), "constant": (server, lists["constant"])}
        known = take_turns(scale, rows)
        yield Figure(
            "tiles that the client has (If-None-Match), 2 workers",
            known["known"].a_second,
            "/s",
            "the same viewset, constant body",
            known["constant"].a_second,
        )
        yield Figure(
            "their processor time",
            known["known"].work_ms,
            "ms",
            "the same viewset, constant body",
            known["constant"].work_ms,
        )
        for route, words in _WITHOUT.items():
            one = take_turns(scale, {route: (server, tiles.known(server, route))})[route]
            target = Target("ours", "≥", 5000) if route == "file" else None
            yield Figure(f"the same {words}", one.a_second, "/s", target=target)
            yield Figure("their processor time", one.work_ms, "ms")
        yield Figure(
            "peak memory of a worker",
            max(peak_megabytes(worker) for worker in server.workers()),
            "MB",
            target=Target("ours", "≤", 300),
        )


_WITHOUT = {
    "plain": "without the REST framework (`ImageViews`)",
    "file": "and without a record to look up",
}
"""Routes that have less to do for the same tiles."""


class Tiles:
    """Random tiles of the mosaic's full resolution, and the server that has them."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        """Choose them, and empty the folder that servers and wrk are told from."""
        self.file = data.mosaic(folder, scale.mosaic_side)
        self.places: Sequence[Place] = data.inner_tiles(scale.mosaic_side, scale.asked)
        self.work = folder / "http"
        self._ours = Ours.on(self.file, Encoding("jpeg"))
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()

    @property
    def first(self) -> str:
        """The path of one tile, below a route."""
        return self._path(self.places[0], "jpg")

    def paths(self, route: str, *, suffix: str = "jpg") -> Path:
        """Write the paths of all tiles below a route; return the file that lists them."""
        rows = self.work / f"{route}.{suffix}.txt"
        lines = (f"/{route}/1/{self._path(place, suffix)}\n" for place in self.places)
        rows.write_text("".join(lines))
        return rows

    def by_iiif(self, route: str) -> Path:
        """Write the paths of all tiles as IIIF viewers ask for them; return the file that lists them."""
        rows = self.work / f"{route}.iiif.txt"
        cut = ((column * data.TILE, row * data.TILE) for column, row in self.places)
        side = f"{data.TILE},{data.TILE}"
        lines = (f"/{route}/1/iiif/3/{x},{y},{side}/{side}/0/default.jpg\n" for x, y in cut)
        rows.write_text("".join(lines))
        return rows

    def known(self, server: Server, route: str = "scans") -> Path:
        """Write the paths of all our tiles with their tags; return the file that lists them."""
        rows = self.work / f"known.{route}.txt"
        paths = (f"/{route}/1/{self._path(place, 'jpg')}" for place in self.places)
        rows.write_text("".join(f"{path} {server.tag(path)}\n" for path in paths))
        return rows

    def serve(self) -> AbstractContextManager[Server]:
        """Run our project; its constant body is the tile of median size."""
        body = self.work / "body.jpg"
        tiles = sorted((self._ours(place) for place in self.places), key=len)
        body.write_bytes(tiles[len(tiles) // 2])
        settings = {**self.settings("ours"), "BENCH_BODY": str(body)}
        return serving(Path(sys.executable), "ours", settings, f"/scans/1/{self.first}")

    def settings(self, project: str) -> dict[str, str]:
        """Return the environment that `bench.servers.base_settings` reads."""
        return {
            "BENCH_DATABASE": str(self.work / f"{project}.sqlite3"),
            "BENCH_MEDIA": str(self.file.parent),
            "BENCH_FILE": self.file.name,
            # django-large-image links to files from there, by the ids of their models: what
            # another run left must not be met.
            "TMPDIR": str(self.work),
        }

    def _path(self, place: Place, suffix: str) -> str:
        return f"tiles/{self._ours.zoom}/{place[0]}/{place[1]}.{suffix}"


def take_turns(scale: Scale, rivals: Mapping[str, tuple[Server, Path]]) -> dict[str, Load]:
    """Load the rivals one after the other, round by round; return the medians of each.

    A round goes on in the list where the one before stopped, so that a server which keeps
    finished tiles does not answer from memory alone.
    """
    found: dict[str, list[Load]] = {name: [] for name in rivals}
    for turn in range(scale.rounds + 1):
        seconds = scale.round_s if turn else scale.round_s / 2
        for name, (server, paths) in rivals.items():
            asked = sum(load.replies for load in found[name])
            found[name].append(server.load(paths, seconds, asked))
    return {name: _middle(loads[1:]) for name, loads in found.items()}


def _middle(loads: Sequence[Load]) -> Load:
    return Load(
        sum(load.replies for load in loads),
        statistics.median(load.a_second for load in loads),
        statistics.median(load.p99_ms for load in loads),
        statistics.median(load.work_ms for load in loads),
    )
