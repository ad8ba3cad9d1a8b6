"""How GDAL comes by a file's bytes: a local file, our blob by range, or a copy of it.

GDAL is never given an address: what lies elsewhere is fetched by our blobs, with their limits
and their list of hosts. Range reads go through rasterio's opener, a Python callback. Libraries
that hold a lock of their own while they read (HDF5, HDF4, netCDF, GRIB) would wait for Python
with it, and Python for them, and netCDF reads such files by page faults: they get a copy.
"""

import os
import re
from collections.abc import Callable
from contextvars import Context
from pathlib import PurePosixPath
from typing import Any, Protocol

import rasterio
from rasterio.errors import RasterioIOError

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.blobs.local import local_source
from tilewright.blobs.localcopy import LocalCopies
from tilewright.errors import (
    SourceUnavailableError,
    TilewrightError,
    UnsupportedSourceError,
)
from tilewright.readers import Opening
from tilewright.readers.gdal import hdf5
from tilewright.readers.gdal.access import (
    Handle,
    Place,
    is_unknown,
    lying_nowhere,
    open_dataset,
)

_BY_HDF5 = {"HDF5", "HDF5Image", "netCDF", "BAG", "S102", "S104", "S111"}
"""Drivers that give the file to the HDF5 library."""
_LOCKED = {"HDF4", "HDF4Image", "GRIB"}
"""Further drivers that hold a lock while they read."""
_NETCDF_CLASSIC = b"CDF"
_HDF4 = b"\x0e\x03\x13\x01"
_GRIB = b"GRIB"
_HEAD_BYTES = 1024
"""In which GDAL looks for the mark of GRIB."""
_FOLDER = "tilewright"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


class Reach(Protocol):
    """A way to a file."""

    @property
    def path(self) -> str:
        """GDAL's name of the file."""

    def open(self, place: Place) -> Handle:
        """Open it, or a part of it. Call it within `gdal_errors`."""


def reach(opening: Opening, drivers: tuple[str, ...]) -> Reach:
    """Return how GDAL may come by the file, with those of the drivers that may see it.

    Raises UnsupportedSourceError when none may, LimitError.
    """
    head = opening.blob.read(0, _HEAD_BYTES)
    if _is_own_file(opening):
        return LocalFile(opening, _suitable(opening, drivers, head))
    locked = _locked(head)
    if locked:
        allowed = tuple(name for name in _suitable(opening, drivers, head) if name in locked)
        return CopiedFile(opening, _some(allowed))
    allowed = tuple(name for name in drivers if name not in _BY_HDF5 | _LOCKED)
    return RangedFile(opening, _some(allowed))


def _is_own_file(opening: Opening) -> bool:
    """Tell whether the blob is a local file of just that version, and no copy that may vanish."""
    path = opening.blob.path
    return path is not None and local_source(path).version == opening.source.version


def _locked(head: bytes) -> set[str]:
    """Return the drivers that hold a lock while they read, if the file is one of theirs."""
    if head.startswith((hdf5.MAGIC, _NETCDF_CLASSIC)):
        return _BY_HDF5
    if head.startswith(_HDF4):
        return {"HDF4", "HDF4Image"}
    return {"GRIB"} if _GRIB in head else set()


def _suitable(opening: Opening, drivers: tuple[str, ...], head: bytes) -> tuple[str, ...]:
    """Return the drivers that may see this file: HDF5 is looked into first."""
    if head.startswith(hdf5.MAGIC):
        hdf5.refuse_links(opening.blob, opening.limits.pages)
        return drivers
    if head.startswith(_NETCDF_CLASSIC):
        return tuple(name for name in drivers if name not in _BY_HDF5 - {"netCDF"})
    # HDF5 may begin further inside a file, where nobody has looked.
    return _some(tuple(name for name in drivers if name not in _BY_HDF5))


def _some(drivers: tuple[str, ...]) -> tuple[str, ...]:
    if not drivers:
        raise UnsupportedSourceError("no reader knows this kind of file")
    return drivers


class LocalFile:
    """A local file, with its companions beside it."""

    def __init__(self, opening: Opening, drivers: tuple[str, ...]) -> None:
        """Open nothing yet. Raises UnsupportedSourceError for odd names."""
        self._version = opening.source.version
        self._drivers = drivers
        self.path = _plain_path(str(opening.blob.path))

    def open(self, place: Place) -> Handle:
        """Open it, or a part that GDAL has named."""
        dataset = open_dataset(place, self._drivers)
        return Handle(dataset, dataset.close, self._check)

    def _check(self) -> None:
        if local_source(self.path).version != self._version:
            raise SourceUnavailableError("the file has just changed", uri=self.path)


class CopiedFile:
    """A file that lies elsewhere, copied into the folder of copies, which may forget it."""

    def __init__(self, opening: Opening, drivers: tuple[str, ...]) -> None:
        """Copy it. Raises a SourceError; UnsupportedSourceError when it is too large."""
        config, source, blob = opening.config, opening.source, opening.blob
        copies = LocalCopies(config.copy_folder, config.copy_cache_bytes)
        suffix = PurePosixPath(_name(opening)).suffix
        key = f"{source.uri} {source.version} {source.option('member') or ''}"
        self._copied: Callable[[], str] = lambda: str(
            # A file is read and closed, which is all of IO that copying needs.
            copies.path(key, suffix, blob.size, lambda: _as_io(BlobFile(blob)))
        )
        self._drivers = drivers
        self.path = _plain_path(self._copied())

    def open(self, place: Place) -> Handle:
        """Open it, or a part that GDAL has named."""
        self._copied()
        dataset = open_dataset(place, self._drivers)
        return Handle(dataset, dataset.close, _nothing_to_check)


class RangedFile:
    """A file that lies elsewhere, read by range; nothing lies beside it."""

    def __init__(self, opening: Opening, drivers: tuple[str, ...]) -> None:
        """Open nothing yet."""
        self._blob = opening.blob
        self._drivers = drivers
        name = _name(opening)
        # Some drivers know their files by the suffix, some take the place on the earth from it.
        self.path = f"{_FOLDER}/{name if _PLAIN_NAME.fullmatch(name) else 'image'}"

    def open(self, place: Place) -> Handle:
        """Open it; of other parts GDAL has names that reach no further than one opening."""
        if place[0] != self.path:
            raise UnsupportedSourceError("GDAL reads one image of such a file only")
        for driver in rasterio.Env().drivers():
            # With an opener, rasterio takes one driver at a time; so they are asked in GDAL's order.
            handle = self._opened(driver, place[1]) if driver in self._drivers else None
            if handle is not None:
                self._drivers = (driver,)
                return handle
        raise UnsupportedSourceError("no reader knows this kind of file")

    def _opened(self, driver: str, overview: int) -> Handle | None:
        """Return the file as a driver sees it; None when it is not of its kind."""
        failures: list[TilewrightError] = []

        def opener(path: str, _mode: str = "r", **_: Any) -> BlobFile:
            if path != self.path:
                raise FileNotFoundError
            return _WatchedFile(self._blob, failures)

        def check() -> None:
            if failures:
                raise failures[0]

        options = {} if overview < 0 else {"overview_level": overview}

        def opened() -> Any:
            with lying_nowhere():
                return rasterio.open(
                    self.path, driver=driver, sharing=False, opener=opener, **options
                )

        # rasterio lists openers in the context of the thread: so each dataset has one of its own,
        # in whichever thread it is used or closed.
        context = Context()
        try:
            dataset = context.run(opened)
        except RasterioIOError as error:
            check()
            if is_unknown(error):
                return None
            raise
        return Handle(dataset, lambda: context.run(dataset.close), check, context.run)


def _name(opening: Opening) -> str:
    """Return what the file is called, where it lies."""
    source = opening.source
    return PurePosixPath(source.option("member") or source.uri.partition("?")[0]).name


class _WatchedFile(BlobFile):
    """A file whose failures are noted: GDAL would take them for its end."""

    def __init__(self, blob: Blob, failures: list[TilewrightError]) -> None:
        super().__init__(blob)
        self._failures = failures

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return super().read(size)
        except TilewrightError as error:
            self._failures.append(error)
            return b""


def _nothing_to_check() -> None:
    """Do nothing: a copy's name says its version."""


def _as_io(file: BlobFile) -> Any:
    return file


def _plain_path(path: str) -> str:
    """Return the absolute path of a local file; nothing that GDAL takes for more than that."""
    path = os.path.abspath(path)  # noqa: PTH100 - links stay as they are: companions lie beside
    if path.startswith("/vsi") or "\0" in path or not path.isprintable():
        raise UnsupportedSourceError("GDAL would not take this for a plain file")
    return path
