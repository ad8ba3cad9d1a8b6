"""The webgateway over HTTP, beside a view that draws the same tiles by hand."""

import sys
from collections.abc import Iterator
from pathlib import Path

from bench.gateway_data import CHANNELS, query
from bench.http import take_turns
from bench.report import Figure
from bench.rivals import Place
from bench.scale import Scale
from bench.server import Server, serving, wrk

PEER = "a view with tifffile, numpy and Pillow"
ROUTES = ("webgateway", "plain")


def run(scale: Scale, folder: Path, file: Path, places: list[Place]) -> Iterator[Figure]:
    """Load both views in turn. Raises MissingError without wrk."""
    wrk()
    work = folder / "webgateway"
    work.mkdir(exist_ok=True)
    settings = {
        "BENCH_DATABASE": str(work / "gateway.sqlite3"),
        "BENCH_MEDIA": str(file.resolve().parent),
        "BENCH_FILE": file.name,
    }
    first = _path(ROUTES[0], places[0])
    with serving(Path(sys.executable), "gateway", settings, first) as server:
        found = take_turns(scale, {route: (server, _list(work, route, places)) for route in ROUTES})
        yield Figure(
            "three channels over HTTP, 2 workers",
            found["webgateway"].a_second,
            "/s",
            PEER,
            found["plain"].a_second,
        )
        yield Figure(
            "their processor time",
            found["webgateway"].work_ms,
            "ms",
            PEER,
            found["plain"].work_ms,
        )
        yield from _known(scale, server, work, places)


def _known(scale: Scale, server: Server, work: Path, places: list[Place]) -> Iterator[Figure]:
    """Measure tiles that the client has: each is asked for with its tag."""
    rows = work / "known.txt"
    few = places[:100]
    paths = [_path(ROUTES[0], place) for place in few]
    rows.write_text("".join(f"{path} {server.tag(path)}\n" for path in paths))
    known = take_turns(scale, {"known": (server, rows)})["known"]
    yield Figure("tiles that the client has (If-None-Match)", known.a_second, "/s")
    yield Figure("their processor time", known.work_ms, "ms")


def _list(work: Path, route: str, places: list[Place]) -> Path:
    """Write the paths of all tiles below a route; return the file that lists them."""
    rows = work / f"{route}.txt"
    rows.write_text("".join(f"{_path(route, place)}\n" for place in places))
    return rows


def _path(route: str, place: Place) -> str:
    return f"/{route}/render_image_region/1/0/0/?{query(place, CHANNELS)}"
