"""large_image and rio-tiler, in an environment of their own, asked for looks over a pipe."""

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv-looks"
PACKAGES = ("large-image==1.35.6", "rio-tiler==9.4.12")
PEERS = {"large_image": "large_image, getTile", "rio_tiler": "rio-tiler, rescale and render"}
_CLOSE = 2.0
"""The mean difference, of 255, that roundings and colormaps of 256 steps make."""


class Peers:
    """A process that holds the same arrays."""

    def __init__(self, folder: Path) -> None:
        """Take a folder for the arrays."""
        self._folder = folder / "looks"

    def __enter__(self) -> Self:
        """Start the process, installing the packages when they are not there yet."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            # Isolated: `bench.large_image` beside the script is not the package.
            [_installed(), "-I", Path(__file__).with_name("looks_peer.py"), self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and remove the arrays."""
        self._process.communicate()
        for path in self._folder.glob("*.npy"):
            path.unlink()

    def give(self, case: str, pixels: npt.NDArray[Any], table: npt.NDArray[np.uint8]) -> None:
        """Hand an array over, and the 256 colours of the colormap."""
        np.save(self._folder / f"{case}.npy", pixels)
        np.save(self._folder / "table.npy", table)

    def picture(self, peer: str, case: str, place: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """Return a peer's picture, shape (y, x, channel)."""
        self._ask(peer, case, place, keep=True)
        return np.asarray(np.load(self._folder / "picture.npy"), np.uint8)

    def time_ms(self, peer: str, case: str, place: tuple[int, int]) -> float:
        """Return how long a peer took for a tile, by its own clock, without decode and encode."""
        return self._ask(peer, case, place, keep=False)

    def _ask(self, peer: str, case: str, place: tuple[int, int], *, keep: bool) -> float:
        question, answer = self._process.stdin, self._process.stdout
        assert question is not None
        assert answer is not None
        question.write(json.dumps([peer, case, *place, keep]) + "\n")
        question.flush()
        return float(answer.readline())


def agree(ours: npt.NDArray[np.uint8], theirs: npt.NDArray[np.uint8], what: str) -> None:
    """Raise AssertionError when two pictures of one look differ by more than roundings."""
    seen = ours[..., 3] > 0 if ours.shape[2] == 4 else np.ones(ours.shape[:2], np.bool_)
    apart = np.abs(ours[..., :3].astype(float) - theirs[..., :3])[seen].mean()
    assert apart < _CLOSE, f"{what}: not the same picture, {apart:.1f} of 255 apart"
    if ours.shape[2] == 4:
        assert np.array_equal(seen, theirs[..., 3] > 0), f"{what}: other pixels are clear"


def _installed() -> Path:
    python = ENVIRONMENT / "bin/python"
    ready = ENVIRONMENT / "ready"
    wanted = "\n".join(PACKAGES)
    if not ready.exists() or ready.read_text() != wanted:
        print("installing large_image and rio-tiler into .venv-looks, once", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(command, check=True, capture_output=True)
        ready.write_text(wanted)
    return python
