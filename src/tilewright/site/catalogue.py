"""Bring the catalogue in line with the files on this machine."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.errors import TilewrightError
from tilewright.readers import SNIFF_BYTES, Driver
from tilewright.site.models import Image

_ROWS_AT_ONCE = 500

T = TypeVar("T")


class Recognizer:
    """Tells whether a reader would try a file: by its first bytes, where they say enough."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._drivers: tuple[Driver, ...] = tuple(driver for _, driver in engine.readers)

    def __call__(self, path: Path) -> bool:
        """Return False for what cannot be read, too."""
        try:
            with path.open("rb") as file:
                head = file.read(SNIFF_BYTES)
        except OSError:
            return False
        willing = [driver for driver in self._drivers if driver.sniff(head)]
        return any(driver.by_magic for driver in willing) or (bool(willing) and self._opens(path))

    def _opens(self, path: Path) -> bool:
        try:
            self._engine.open_reader(local_source(path)).close()
        except TilewrightError:
            return False
        return True


def images_in(place: Path, recognized: Recognizer) -> Iterator[Path]:
    """Yield the images at a file's or a folder's place, in the order of their paths.

    Folders are searched to the bottom; what is hidden in them is left out.
    """
    if not place.is_dir():
        if recognized(place):
            yield place
        return
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and recognized(path):
                yield path


@transaction.atomic
def add(paths: Iterable[Path]) -> None:
    """Serve the files at these paths too. No file is copied or opened.

    A file keeps its id as long as the catalogue lives.
    """
    wanted = {str(path.absolute()): path.name for path in paths}
    known = set(_elsewhere().values_list("path", flat=True))
    Image.objects.bulk_create(
        (Image(path=path, name=name) for path, name in wanted.items() if path not in known),
        batch_size=_ROWS_AT_ONCE,
    )
    for some in _batches(list(wanted)):
        Image.objects.filter(path__in=some).update(served=True)


@transaction.atomic
def serve_only(paths: Iterable[Path]) -> None:
    """Serve the files at these paths and the uploads, nothing else."""
    _elsewhere().update(served=False)
    add(paths)


@transaction.atomic
def serve_existing() -> None:
    """Serve everything in the catalogue whose file is still there."""
    gone = [row.pk for row in _elsewhere().only("pk", "path") if not Path(row.path or "").is_file()]
    _elsewhere().update(served=True)
    for some in _batches(gone):
        Image.objects.filter(pk__in=some).update(served=False)


def _elsewhere() -> QuerySet[Image]:
    """Return the records of files that were not uploaded."""
    return Image.objects.exclude(path=None)


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield what fits into one SQL statement."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[start : start + _ROWS_AT_ONCE]
