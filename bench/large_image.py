"""Native JPEG tiles over HTTP, beside django-large-image on the same file."""

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from bench.http import Tiles, take_turns
from bench.report import Figure, Target
from bench.scale import Scale
from bench.server import ROOT, serving, wrk

ENVIRONMENT = ROOT / ".venv-bench"
PACKAGES = (
    "django-large-image==0.10.5",
    "large-image[rasterio,pil,tiff]==1.35.6",
    "granian==2.8.7",
)


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Load both servers in turn. Raises MissingError without wrk."""
    wrk()
    python = installed()
    tiles = Tiles(scale, folder)
    peer = serving(python, "large_image", tiles.settings("peer"), f"/scans/1/{tiles.first}")
    with tiles.serve() as server, peer as rival:
        for suffix, target in (("jpg", Target("ratio", "≥", 15)), ("png", None)):
            rivals = {
                "ours": (server, tiles.paths("scans", suffix=suffix)),
                "scans": (rival, tiles.paths("scans", suffix=suffix)),
                "tiff": (rival, tiles.paths("tiff", suffix=suffix)),
            }
            found = take_turns(scale, rivals)
            for route, peer_name in (
                ("scans", "as its README installs it"),
                ("tiff", "source tiff"),
            ):
                yield Figure(
                    f"{suffix} tiles over HTTP, 2 workers",
                    found["ours"].a_second,
                    "/s",
                    f"django-large-image, {peer_name}",
                    found[route].a_second,
                    target if route == "scans" else None,
                )
                yield Figure(
                    "their processor time",
                    found["ours"].work_ms,
                    "ms",
                    f"django-large-image, {peer_name}",
                    found[route].work_ms,
                )


def installed() -> Path:
    """Return a Python that has django-large-image, installing it when it is not there yet."""
    python = ENVIRONMENT / "bin/python"
    ready = ENVIRONMENT / "ready"
    wanted = "\n".join(PACKAGES)
    if not ready.exists() or ready.read_text() != wanted:
        print("installing django-large-image into .venv-bench, once", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(command, check=True, capture_output=True)
        ready.write_text(wanted)
    return python
