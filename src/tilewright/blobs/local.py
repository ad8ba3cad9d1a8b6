"""Local files, read by ``pread``: no shared file position, so no lock."""

import os
import stat
import threading
from collections.abc import Sequence

from tilewright.errors import SourceNotFoundError, SourceUnavailableError
from tilewright.image import Source


def local_source(path: str | os.PathLike[str]) -> Source:
    """Return the source of a local file, its version taken from the file's state now.

    Raises SourceNotFoundError when there is no such regular file.
    """
    uri = os.fspath(path)
    try:
        state = os.stat(uri)  # noqa: PTH116 - the path may be remote-mounted: one call, no objects
    except (OSError, ValueError) as error:
        raise SourceNotFoundError("the file does not exist", uri=uri) from error
    if not stat.S_ISREG(state.st_mode):
        raise SourceNotFoundError("the file does not exist", uri=uri)
    return Source(uri, _version(uri, state))


def _version(path: str, state: os.stat_result) -> str:
    """Return what changes with the file, and with what readers show as a part of it."""
    return f"{_stamp(state)}{_stamp_beside(path, '.ovr')}{_stamp_beside(path, '.msk')}"


def _stamp(state: os.stat_result) -> str:
    return f"{state.st_size}-{state.st_mtime_ns}-{state.st_ino}"


def _stamp_beside(path: str, suffix: str) -> str:
    """Return the same of what GDAL keeps beside a file: overviews, a mask; usually nothing."""
    try:
        return f"{suffix}{_stamp(os.stat(path + suffix))}"  # noqa: PTH116 - as above
    except OSError:
        return ""


class LocalBlob:
    """An open local file."""

    def __init__(self, path: str) -> None:
        """Open the file. Raises SourceNotFoundError or SourceUnavailableError."""
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            raise SourceNotFoundError("the file does not exist", uri=path) from error
        except OSError as error:
            raise SourceUnavailableError("the file cannot be opened", uri=path) from error
        state = os.fstat(self._descriptor)
        if not stat.S_ISREG(state.st_mode):
            os.close(self._descriptor)
            raise SourceNotFoundError("the file does not exist", uri=path)
        self._path = path
        self._size = state.st_size
        self._version = _version(path, state)
        self._closing = threading.Lock()

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self._size

    @property
    def version(self) -> str:
        """Size, time of change and inode; of overviews and a mask beside it too."""
        return self._version

    @property
    def path(self) -> str | None:
        """The file's path."""
        return self._path

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset``."""
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise SourceUnavailableError("the file cannot be read", uri=self._path) from error

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range."""
        return [self.read(offset, length) for offset, length in ranges]

    def close(self) -> None:
        """Close the file."""
        with self._closing:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
