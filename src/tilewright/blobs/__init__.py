"""Bytes by range, wherever they lie."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


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


@runtime_checkable
class ReadsAhead(Protocol):
    """An optional power of a blob that lies far away: to fetch before it is asked to read."""

    @property
    def ready(self) -> int:
        """How many of the first bytes are at hand for as long as the blob is open."""

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Begin to fetch each ``(offset, length)`` in few requests, as far as the memory allows.

        Nothing is waited for; whoever reads them waits, and learns what went wrong. Nothing is
        done when the first range is at hand or on its way.
        """
