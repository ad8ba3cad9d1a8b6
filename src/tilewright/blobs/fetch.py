"""One request for some bytes of a remote file, whatever the storage speaks."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from tilewright.errors import SourceUnavailableError


class ChangedError(SourceUnavailableError):
    """The file is no longer the one that was opened."""

    def __init__(self) -> None:
        super().__init__("the file has just changed")


@dataclass(frozen=True, slots=True)
class Part:
    """What a storage answered."""

    data: bytes
    """The bytes asked for, or all when `whole`."""
    size: int
    """Of the whole file."""
    etag: str
    """As sent, with its quotes; empty when there is none."""
    modified: str
    """When the file changed last, in whatever form; empty when not told."""
    whole: bool = False
    """True when the storage gives no ranges: `data` is all there is."""

    @property
    def version(self) -> str:
        """Changes whenever the bytes change; the same through whichever door they come."""
        stamp = self.etag.removeprefix("W/").strip('"') or self.modified
        return hashlib.blake2s(f"{self.size} {stamp}".encode(), digest_size=12).hexdigest()


class Fetcher(Protocol):
    """Knows one remote file. Safe to use from several threads."""

    def fetch(self, start: int, stop: int, etag: str) -> Part:
        """Return the bytes from ``start`` to before ``stop``, fewer at the end of the file.

        With an ``etag``, of that state of the file only. Failures that may pass are tried
        again. Raises SourceNotFoundError, SourceUnavailableError, ChangedError,
        UnsupportedSourceError for a large file on a storage without ranges, ParameterError
        for a place that may not be read.
        """
