"""A blob as a file object, for libraries that want one."""

import io
import os

from tilewright.blobs import Blob


class BlobFile(io.RawIOBase):
    """A read-only, seekable file over a blob. Not safe to share between threads.

    It has no name, so that no library can look for other files beside this one.
    """

    def __init__(self, blob: Blob) -> None:
        """Stand at the start of the blob. Closing the file leaves the blob open."""
        super().__init__()
        self._blob = blob
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._blob.size}[whence]
        if start + offset < 0:
            raise OSError("a position is never negative")
        self._position = start + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes in one piece."""
        left = max(0, self._blob.size - self._position)
        length = left if size is None or size < 0 else min(size, left)
        data = self._blob.read(self._position, length) if length else b""
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer with the next bytes."""
        # The buffer of an array of numbers is counted in numbers, not in bytes.
        into = memoryview(buffer).cast("B")
        data = self.read(len(into))
        into[: len(data)] = data
        return len(data)
