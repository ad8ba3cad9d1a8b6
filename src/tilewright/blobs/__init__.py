"""Bytes by range, wherever they lie."""

from collections.abc import Sequence
from typing import Protocol


class Blob(Protocol):
    """Something with bytes in it. Safe to use from several threads."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    @property
    def version(self) -> str:
        """Changes whenever the bytes change."""

    @property
    def path(self) -> str | None:
        """The local file that holds just these bytes; None when there is none."""

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset``; fewer than ``length`` at the end of the blob.

        Raises SourceUnavailableError when the storage does not answer.
        """

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each ``(offset, length)``, in order, as cheaply as possible."""

    def close(self) -> None:
        """Release what the blob holds. A second call does nothing."""
