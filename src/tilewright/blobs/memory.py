"""Bytes that are in memory already."""

from collections.abc import Sequence


class MemoryBlob:
    """A blob over a bytes object."""

    def __init__(self, data: bytes, version: str = "") -> None:
        """Wrap the bytes; nothing is copied."""
        self._data = data
        self._version = version

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self._data)

    @property
    def version(self) -> str:
        """As given."""
        return self._version

    @property
    def path(self) -> str | None:
        """None: there is no file."""
        return None

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset``."""
        return self._data[offset : offset + length]

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range."""
        return [self.read(offset, length) for offset, length in ranges]

    def close(self) -> None:
        """Do nothing: the bytes belong to whoever made them."""
