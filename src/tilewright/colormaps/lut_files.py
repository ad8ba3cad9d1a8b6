"""Lookup-table files, in the three layouts that ImageJ and OMERO read.

1. 768 bytes (or 970, as old ones have them): 256 reds, 256 greens, 256 blues.
2. A header of 32 bytes that begins with ``ICOL``, then the reds, greens and blues of up to 256
   colours; fewer are blended to 256.
3. Text: 256 rows of red, green, blue, or of number, red, green, blue; a row of words may stand
   first.
"""

import os
import re
import stat
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np

from tilewright.colormaps.tables import ROWS, Table, frozen
from tilewright.errors import (
    CorruptSourceError,
    SourceNotFoundError,
    SourceUnavailableError,
)

MOST_BYTES = 64 * 1024
"""A file larger than this is no lookup table."""

MOST_FILES = 1000
"""Files that are listed; those further down the alphabet are left out."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,70}\.lut")
_RAW_BYTES = (3 * ROWS, 970)
_MAGIC = b"ICOL"
_HEADER_BYTES = 32
_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{0,9})?")
_SEPARATORS = re.compile(r"[\s,;]+")
_CHANNELS, _NUMBERED = 3, 4


def read_lut(data: bytes) -> Table:
    """Return the 256 rows of a lookup-table file. Raises CorruptSourceError."""
    if len(data) > MOST_BYTES:
        raise CorruptSourceError(f"a lookup table has at most {MOST_BYTES:,} bytes")
    if data.startswith(_MAGIC):
        return _with_header(data)
    if len(data) in _RAW_BYTES:
        return frozen(_planes(data, ROWS))
    return _from_text(data)


def _planes(data: bytes, colors: int) -> Table:
    planes = np.frombuffer(data, np.uint8, _CHANNELS * colors)
    return planes.reshape(_CHANNELS, colors).T


def _with_header(data: bytes) -> Table:
    if len(data) < _HEADER_BYTES:
        raise CorruptSourceError("the lookup table ends within its header")
    (colors,) = struct.unpack_from(">H", data, 6)
    if not 1 <= colors <= ROWS:
        raise CorruptSourceError(f"a lookup table has 1 to {ROWS} colours, not {colors}")
    body = data[_HEADER_BYTES:]
    if len(body) < _CHANNELS * colors:
        raise CorruptSourceError(f"the lookup table ends before its {colors} colours do")
    planes = _planes(body, colors)
    # As ImageJ blends: steps of colors / 256, so that the last colour keeps its share.
    places = np.arange(ROWS) * (colors / ROWS)
    columns = [np.interp(places, np.arange(colors), column) for column in planes.T]
    return frozen(np.stack(columns, axis=1))


def _from_text(data: bytes) -> Table:
    lines = [line.strip(" \t\r,;") for line in data.decode("latin-1").split("\n")]
    rows = [_SEPARATORS.split(line) for line in lines if line]
    if rows and not any(_NUMBER.fullmatch(word) for word in rows[0]):
        rows = rows[1:]
    if len(rows) != ROWS:
        raise CorruptSourceError(f"a lookup table has {ROWS} rows of numbers, not {len(rows)}")
    width = len(rows[0])
    if width not in {_CHANNELS, _NUMBERED} or any(len(row) != width for row in rows):
        raise CorruptSourceError("each row of a lookup table has 3 numbers, or each has 4")
    words = [word for row in rows for word in row[-_CHANNELS:]]
    if not all(_NUMBER.fullmatch(word) for word in words):
        raise CorruptSourceError("a lookup table holds numbers from 0 to 255")
    values = np.array(words, np.float64).reshape(ROWS, _CHANNELS)
    if values.max() > 255:  # noqa: PLR2004
        raise CorruptSourceError("a lookup table holds numbers from 0 to 255")
    return frozen(values)


class LutFolder:
    """The files ``NAME.lut`` in a folder. Only plain names are understood, never a path."""

    def __init__(self, folder: str | None) -> None:
        """Watch a folder; None holds nothing, and so does one that does not exist."""
        self._folder = folder

    def holds(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return self._status(name) is not None

    def names(self) -> tuple[str, ...]:
        """Return the names of the files, in the order of the alphabet."""
        if self._folder is None:
            return ()
        try:
            found = os.listdir(self._folder)  # noqa: PTH208 - names are wanted, not paths
        except OSError:
            return ()
        return tuple(name for name in sorted(found, key=str.lower)[:MOST_FILES] if self.holds(name))

    def version(self, name: str) -> tuple[int, int] | None:
        """Return what changes with a file, None when there is none."""
        status = self._status(name)
        return None if status is None else (status.st_mtime_ns, status.st_size)

    def table(self, name: str) -> Table:
        """Return the table of a file that the folder holds. Raises a SourceError."""
        status = self._status(name)
        if self._folder is None or status is None:
            raise SourceNotFoundError(f"there is no lookup table {name}")
        return _read_file(str(Path(self._folder, name)), status.st_mtime_ns, status.st_size)

    def _status(self, name: str) -> os.stat_result | None:
        if self._folder is None or not _FILE_NAME.fullmatch(name):
            return None
        try:
            status = Path(self._folder, name).stat()
        except OSError:
            return None
        return status if stat.S_ISREG(status.st_mode) else None


@lru_cache(maxsize=256)
def _read_file(path: str, modified_ns: int, size: int) -> Table:  # noqa: ARG001 - parts of the key
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError:
        raise SourceUnavailableError("the lookup table cannot be read", uri=path) from None
    try:
        return read_lut(data)
    except CorruptSourceError as error:
        error.uri = path
        raise
