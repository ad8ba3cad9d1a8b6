"""What a reader must be, and how a driver offers one. No driver is imported here."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tilewright.blobs import Blob
from tilewright.config import Config, Limits
from tilewright.geometry import Window
from tilewright.image import Array, Encoded, ImageInfo, Mask, Plane, Source


class Reader(Protocol):
    """An open image: its layout, and its pixels window by window."""

    @property
    def info(self) -> ImageInfo:
        """The layout; the same value as long as the reader lives."""

    @property
    def thread_safe(self) -> bool:
        """True when `read` may run in several threads at once."""

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's measured values.

        The array has shape (band, y, x), the bands in the order asked, in the dtype of
        `info`; the mask has shape (y, x), True where something was measured, or is None when
        that is everywhere as far as the reader knows (nodata values are not its business).
        The array may be a read-only view of a cached chunk: whoever changes it copies it.
        The caller sees to it that level, window, bands and plane exist.

        Raises a SourceError; LimitError when only the pixels told how much they take.
        """

    def close(self) -> None:
        """Release what the reader holds. A second call does nothing."""


@runtime_checkable
class ReadsEncoded(Protocol):
    """An optional power of a reader: to hand out a stored tile as it is."""

    def encoded_tile(
        self,
        level: int,
        column: int,
        row: int,
        *,
        format: str,
        plane: Plane,
    ) -> Encoded | None:
        """Return the stored tile as a complete file of that format; None when it cannot be.

        Its decoded pixels equal those of `read` as a browser would show them.
        """


class ChunkStore(Protocol):
    """Where a reader keeps decoded chunks; bounded by its owner."""

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the chunk of that key, made once however many threads ask. Read-only."""


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a driver is given to open an image."""

    source: Source
    blob: Blob
    config: Config
    chunks: ChunkStore

    @property
    def limits(self) -> Limits:
        """What opening and reading may use."""
        return self.config.limits


@dataclass(frozen=True, slots=True)
class Driver:
    """A kind of file that can be opened."""

    name: str
    sniff: Callable[[bytes], bool]
    """Given the first `SNIFF_BYTES` bytes, tells cheaply whether `open` is worth trying."""
    open: Callable[[Opening], Reader]
    """Raises a SourceError. The reader owns the blob from then on; when opening fails the
    caller closes it."""
    priority: int = 50
    """Drivers that sniff true are tried from the lowest number up."""
    by_magic: bool = True
    """False: `sniff` says yes to nearly anything, and only `open` can tell."""


OpenImage = Callable[[Source, ChunkStore], Reader]
"""Opens the sources of one scheme that have no bytes: their images are made by code.

Raises a SourceError or a RequestError. Its name among the entry points is the scheme.
"""

SNIFF_BYTES = 4096


class NoChunkStore:
    """Keeps nothing: for tools that read each chunk once."""

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:  # noqa: ARG002
        """Make the chunk afresh."""
        return make()
