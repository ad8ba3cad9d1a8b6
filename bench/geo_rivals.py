"""rio-tiler and titiler, in an environment of their own; rio-tiler is asked over a pipe."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from bench.rivals import Place

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv-geo-bench"
PACKAGES = ("rio-tiler==9.4.12", "titiler.core==2.4.0", "uvicorn[standard]==0.54.0")
_BLOCK_CACHE_MB = 16
"""Room for the blocks of a few tiles: with GDAL's default the whole file would soon be decoded,
and no tile cold. (Of `rasterio.Env` the same number makes GDAL decode blocks again and again.)"""


class RioTiler:
    """A process in which a file is open."""

    def __init__(self, file: Path, folder: Path) -> None:
        """Take the file, and a folder for pictures."""
        self._file, self._picture = file, folder / "rio-tiler.npy"

    def __enter__(self) -> Self:
        """Start the process, installing the packages when they are not there yet."""
        script = Path(__file__).with_name("geo_peer.py")
        self._process = subprocess.Popen(
            [installed(), "-I", script, self._file, self._picture],
            env={**os.environ, "GDAL_CACHEMAX": str(_BLOCK_CACHE_MB)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.communicate()
        self._picture.unlink(missing_ok=True)

    def picture(self, zoom: int, place: Place, resampling: str) -> npt.NDArray[np.uint8]:
        """Return the pixels of a tile, shape (y, x, channel)."""
        self._ask(zoom, place, "", resampling, place)
        return np.asarray(np.load(self._picture), np.uint8)

    def time_ms(
        self, zoom: int, place: Place, driver: str, resampling: str | None, before: Place
    ) -> float:
        """Return how long `Reader.tile` and `render` took, by its own clock.

        ``resampling`` None is rio-tiler's default. ``before`` is drawn before the clock starts.
        """
        return self._ask(zoom, place, driver, resampling, before)

    def _ask(
        self, zoom: int, place: Place, driver: str, resampling: str | None, before: Place
    ) -> float:
        question, answer = self._process.stdin, self._process.stdout
        assert question is not None
        assert answer is not None
        question.write(json.dumps([zoom, *place, driver, resampling, before]) + "\n")
        question.flush()
        return float(answer.readline())


def installed() -> Path:
    """Return a Python that has the peers, installing them when they are not there yet."""
    python = ENVIRONMENT / "bin/python"
    ready = ENVIRONMENT / "ready"
    wanted = "\n".join(PACKAGES)
    if not ready.exists() or ready.read_text() != wanted:
        print("installing rio-tiler and titiler into .venv-geo-bench, once", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(command, check=True, capture_output=True)
        ready.write_text(wanted)
    return python
