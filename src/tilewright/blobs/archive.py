"""A file inside a ZIP archive as a blob (APPNOTE.TXT 6.3.10): stored by range, deflated in memory.

What an archive says of itself is not believed: its listing is read up to a size, a member as
far as it may be large, and a place only when it lies inside.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.blobs.memory import MemoryBlob
from tilewright.config import Config
from tilewright.errors import (
    CorruptSourceError,
    LimitError,
    SourceNotFoundError,
    UnsupportedSourceError,
)

MOST_LISTING_BYTES = 4 << 20
"""Of the listing of an archive, which names some 50,000 members."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_LOCAL_MARK = b"PK\3\4"
_ENCRYPTED = 1


def open_member(archive: Blob, name: str, config: Config) -> Blob:
    """Return a member of a ZIP archive; it owns the archive, and has its version.

    A deflated member is unpacked in memory, up to ``Config.remote_whole_bytes``. Closes the
    archive when it raises: SourceNotFoundError, UnsupportedSourceError for names, encryption,
    links and methods that are not read, CorruptSourceError, LimitError.
    """
    try:
        _check_name(name)
        with _reading(), ZipFile(_Listing(archive)) as listing:
            info = _found(listing, name)
            if info.compress_type == ZIP_STORED:
                start = _start(archive, info)
                return StoredMember(archive, start, info.file_size)
            data = _unpacked(listing, info, config.remote_whole_bytes)
        version = archive.version
    except BaseException:
        archive.close()
        raise
    archive.close()
    return MemoryBlob(data, version)


class StoredMember:
    """A member that is not compressed: a part of the archive's own bytes."""

    def __init__(self, archive: Blob, start: int, size: int) -> None:
        """Take the archive over."""
        self._archive = archive
        self._start = start
        self._size = size

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self._size

    @property
    def version(self) -> str:
        """That of the archive."""
        return self._archive.version

    @property
    def path(self) -> str | None:
        """None: no file holds just these bytes."""
        return None

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset``."""
        return self.read_ranges([(offset, length)])[0]

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, none from beyond the member."""
        return self._archive.read_ranges(
            [
                (self._start + min(offset, self._size), max(0, min(length, self._size - offset)))
                for offset, length in ranges
            ]
        )

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()


class _Listing(BlobFile):
    """The archive, of which no more is read at once than its listing may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_LISTING_BYTES:
            raise LimitError("listing_bytes", size, MOST_LISTING_BYTES)
        return super().read(size)


def _check_name(name: str) -> None:
    """Raise UnsupportedSourceError unless the name is a plain path from the archive's top."""
    steps = name.split("/")
    if not name.isprintable() or "\\" in name or {"", ".", ".."} & {*steps}:
        raise UnsupportedSourceError("the member's name is not a plain path")


def _found(listing: ZipFile, name: str) -> ZipInfo:
    try:
        info = listing.getinfo(name)
    except KeyError:
        raise SourceNotFoundError("the archive has no such member") from None
    if info.flag_bits & _ENCRYPTED:
        raise UnsupportedSourceError("the member is encrypted")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsupportedSourceError("the member is a link")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise UnsupportedSourceError("only stored and deflated members are read")
    return info


def _start(archive: Blob, info: ZipInfo) -> int:
    """Return where a stored member begins: behind a header that repeats its name (4.3.7)."""
    header = archive.read(info.header_offset, _LOCAL_HEADER.size)
    mark, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    start = info.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)
    if mark != _LOCAL_MARK or start + info.file_size > archive.size:
        raise CorruptSourceError("the ZIP archive is damaged")
    if info.compress_size != info.file_size:
        raise CorruptSourceError("the ZIP archive is damaged")
    return int(start)


def _unpacked(listing: ZipFile, info: ZipInfo, most_bytes: int) -> bytes:
    """Return a deflated member; what it claims is checked before, what it gives meanwhile."""
    if info.file_size > most_bytes:
        raise LimitError("member_bytes", info.file_size, most_bytes)
    with listing.open(info) as member:
        # It gives no more than it claims, and its checksum is looked at where it ends.
        data = member.read(most_bytes + 1)
    if len(data) != info.file_size:
        raise CorruptSourceError("the ZIP archive is damaged")
    return data


@contextmanager
def _reading() -> Iterator[None]:
    """Turn what zipfile raises into a SourceError."""
    try:
        yield
    except (NotImplementedError, zipfile.LargeZipFile) as error:
        raise UnsupportedSourceError("the ZIP archive is of a kind that is not read") from error
    except (BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError) as error:
        raise CorruptSourceError("the file is no ZIP archive, or a damaged one") from error
