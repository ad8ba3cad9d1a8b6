"""Tiles of the earth over HTTP, beside titiler and django-large-image on the same file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import geo_data, geo_rivals, large_image
from bench.geo import OnEarth
from bench.http import take_turns
from bench.report import Figure, Target
from bench.rivals import Place
from bench.scale import Scale
from bench.server import ROOT, WORKERS, Server, held_port, serving, wait_until_ready, wrk

ORDERS = (("screens", "jpg"), ("screens", "png"), ("screens", "webp"), ("random", "jpg"))
"""As viewers of maps ask, and, for information, as no viewer does."""
PEERS = (
    ("titiler", "titiler", Target("ratio", "≥", 12)),
    ("large_image", "django-large-image", Target("ratio", "≥", 6)),
)
_START_S = 60.0
_GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_CACHEMAX": "200"}
"""What titiler's documentation advises for local files."""


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Load the three servers in turn. Raises MissingError without wrk."""
    wrk()
    tiles = MapTiles(scale, folder)
    with tiles.ours() as ours, tiles.titiler() as titiler, tiles.large_image() as large:
        servers = {"ours": ours, "titiler": titiler, "large_image": large}
        for order, suffix in ORDERS:
            rivals = {
                name: (server, tiles.paths(name, order, suffix)) for name, server in servers.items()
            }
            found = take_turns(scale, rivals)
            for name, title, target in PEERS:
                yield Figure(
                    f"Web-Mercator {suffix}, {order}, over HTTP, 2 workers",
                    found["ours"].a_second,
                    "/s",
                    title,
                    found[name].a_second,
                    target if order == "screens" else None,
                )
                yield Figure(
                    "their processor time",
                    found["ours"].work_ms,
                    "ms",
                    title,
                    found[name].work_ms,
                )


class MapTiles:
    """Tiles of the sheet at full resolution, and the servers that have them."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        """Choose them; make the folder that servers and wrk are told from."""
        self.file = geo_data.sheet(folder, scale.mosaic_side).resolve()
        info = OnEarth.on(self.file, geo_data.FULL_ZOOM).info
        self._places = {
            "screens": geo_data.screens(info, geo_data.FULL_ZOOM, scale.asked),
            "random": geo_data.inner_tiles(info, geo_data.FULL_ZOOM, scale.asked),
        }
        self.work = folder / "geo_http"
        self.work.mkdir(exist_ok=True)
        for left_over in self.work.glob("*.sqlite3"):
            left_over.unlink()

    def first(self, server: str) -> str:
        """Return the path of one tile on a server."""
        return self._path(server, self._places["screens"][0], "jpg")

    def paths(self, server: str, order: str, suffix: str) -> Path:
        """Write the paths of all tiles in an order; return the file that lists them."""
        rows = self.work / f"{server}.{order}.{suffix}.txt"
        places = self._places[order]
        rows.write_text("".join(f"{self._path(server, place, suffix)}\n" for place in places))
        return rows

    def _path(self, server: str, place: Place, suffix: str) -> str:
        tile = f"{geo_data.FULL_ZOOM}/{place[0]}/{place[1]}.{suffix}"
        if server == "titiler":
            return f"/cog/tiles/WebMercatorQuad/{tile}?url={self.file}"
        return f"/scans/1/tiles/{tile}?projection=EPSG:3857"

    @contextmanager
    def ours(self) -> Iterator[Server]:
        """Run our project."""
        body = self.work / "body"
        body.touch()
        settings = {**self._settings("ours"), "BENCH_BODY": str(body)}
        python = Path(sys.executable)
        with serving(python, "ours", settings, self.first("ours")) as server:
            yield server

    @contextmanager
    def large_image(self) -> Iterator[Server]:
        """Run the project of django-large-image, with the source that its README installs."""
        python, settings = large_image.installed(), self._settings("large_image")
        first = self.first("large_image")
        with serving(python, "large_image", settings, first) as server:
            yield server

    @contextmanager
    def titiler(self) -> Iterator[Server]:
        """Run titiler on uvicorn until the block ends."""
        python = geo_rivals.installed()
        with held_port() as port:
            place = ("--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS))
            quiet = ("--log-level", "warning", "--no-access-log")
            process = subprocess.Popen(
                [python, "-m", "uvicorn", "titiler_app:application", *place, *quiet],
                env={**os.environ, **_GDAL},
                cwd=ROOT / "bench/servers",
            )
            try:
                server = Server(f"http://127.0.0.1:{port}", process.pid)
                wait_until_ready(server, process, self.first("titiler"))
                yield server
            finally:
                process.terminate()
                process.wait(_START_S)

    def _settings(self, project: str) -> dict[str, str]:
        """Return the environment that `bench.servers.base_settings` reads."""
        links = self.work / project
        links.mkdir(exist_ok=True)
        return {
            "BENCH_DATABASE": str(self.work / f"{project}.sqlite3"),
            "BENCH_MEDIA": str(self.file.parent),
            "BENCH_FILE": self.file.name,
            # django-large-image links to files from there.
            "TMPDIR": str(links),
        }
