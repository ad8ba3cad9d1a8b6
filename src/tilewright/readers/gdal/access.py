"""How GDAL is let at a file: which drivers, which settings, whose fault an error is."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader
from rasterio.session import DummySession

from tilewright.errors import (
    CorruptSourceError,
    SourceUnavailableError,
    TilewrightError,
    UnsupportedSourceError,
)

T = TypeVar("T")
Dataset = Any
"""A rasterio dataset; rasterio has no types."""
Place = tuple[str, int]
"""GDAL's name of a file or a part of it, and the overview; -1 is full resolution."""

_SETTINGS = {
    "GDAL_PAM_ENABLED": "NO",  # no .aux.xml is read or written
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",  # known companions are looked for, folders not listed
    "GDAL_NUM_THREADS": "1",  # requests share the cores; and GDAL's threads do not find our bytes
}
_UNKNOWN = "not recognized as being in a supported file format"
_WARNINGS = threading.Lock()


@contextmanager
def gdal_errors(doing: str) -> Iterator[None]:
    """Run GDAL with our settings; its errors come out as ours.

    Raises UnsupportedSourceError when no allowed driver knows the file, else
    CorruptSourceError.
    """
    try:
        with rasterio.Env(session=DummySession(), **_SETTINGS):
            yield
    except (TilewrightError, MemoryError):
        raise
    except Exception as error:
        # rasterio lets through whatever GDAL, or a number that makes no sense, leads to.
        if is_unknown(error):
            raise UnsupportedSourceError("no reader knows this kind of file") from error
        raise CorruptSourceError(f"GDAL cannot {doing} the file") from error


def is_unknown(error: Exception) -> bool:
    """Tell whether GDAL says that a file is of none of the kinds that were tried."""
    return _UNKNOWN in str(error)


@contextmanager
def lying_nowhere() -> Iterator[None]:
    """Let a dataset be opened, or asked where it lies, that lies nowhere: no cause to warn."""
    # The filters of warnings belong to the process: one thread at a time changes them.
    with _WARNINGS, warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning):
        yield


def open_dataset(place: Place, drivers: tuple[str, ...]) -> Dataset:
    """Open a file, or a part that GDAL itself has named. Call it within `gdal_errors`."""
    name, overview = place
    options = {} if overview < 0 else {"overview_level": overview}
    with lying_nowhere():
        return DatasetReader(name, driver=list(drivers), sharing=False, **options)


def _call(work: Callable[[], Any]) -> Any:
    return work()


@dataclass(frozen=True, slots=True)
class Handle:
    """An open dataset, and how it is used and let go."""

    dataset: Dataset
    close: Callable[[], None]
    check: Callable[[], None]
    """Raises a SourceError when the bytes are not those of the source, or did not come."""
    run: Callable[[Callable[[], Any]], Any] = _call
    """Calls what uses the dataset, as the way to its bytes needs it."""


class Handles:
    """Open datasets of one file, each lent to one read at a time."""

    MOST_IDLE = 16

    def __init__(self, open_handle: Callable[[Place], Handle]) -> None:
        self._open = open_handle
        self._lock = threading.Lock()
        self._idle: list[tuple[Place, Handle]] = []
        self._closed = False

    def use(self, place: Place, work: Callable[[Dataset], T]) -> T:
        """Return what is made of a dataset, opened when all are in use.

        Call it within `gdal_errors`. Raises a SourceError when its bytes did not come, or are
        another file's, whatever GDAL made of them.
        """
        handle = self._take(place) or self._open(place)
        try:
            try:
                found: T = handle.run(lambda: work(handle.dataset))
            finally:
                # A dataset opened only now may be that of another file put in this one's place.
                handle.check()
        except BaseException:
            handle.close()
            raise
        self._give_back(place, handle)
        return found

    def close(self) -> None:
        """Close all; those that are lent when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, handle in idle:
            handle.close()

    def _take(self, place: Place) -> Handle | None:
        with self._lock:
            if self._closed:
                raise SourceUnavailableError("the file has been closed")
            for index in range(len(self._idle) - 1, -1, -1):
                if self._idle[index][0] == place:
                    return self._idle.pop(index)[1]
        return None

    def _give_back(self, place: Place, handle: Handle) -> None:
        surplus = None
        with self._lock:
            if self._closed:
                surplus = handle
            else:
                self._idle.append((place, handle))
                if len(self._idle) > self.MOST_IDLE:
                    surplus = self._idle.pop(0)[1]
        if surplus is not None:
            surplus.close()
