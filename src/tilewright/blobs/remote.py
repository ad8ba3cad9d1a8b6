"""A blob that lies on a web server or in an object store."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from tilewright.blobs.blocks import Blocks
from tilewright.blobs.fetch import ChangedError, Fetcher
from tilewright.config import Config
from tilewright.errors import SourceUnavailableError


class RemoteBlob:
    """An open remote file: one request opens it, later ones fetch blocks of that state of it."""

    def __init__(
        self,
        fetcher: Fetcher,
        config: Config,
        *,
        together: Executor,
        changed: Callable[[], None],
    ) -> None:
        """Fetch the first ``Config.remote_head_bytes``, and with them size and version.

        ``changed`` is called when the file turns out to be another one in mid-reading. Raises
        what `Fetcher.fetch` raises.
        """
        part = fetcher.fetch(0, config.remote_head_bytes, "")
        self._fetcher = fetcher
        self._changed = changed
        self._size = part.size
        self._etag = part.etag
        self._version = part.version
        self._closed = threading.Event()
        self._blocks = Blocks(
            self._fetch,
            part.data,
            part.size,
            block_bytes=config.remote_block_bytes,
            most_bytes=config.remote_cache_bytes,
            together=together,
        )

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self._size

    @property
    def version(self) -> str:
        """A digest of the size and of the storage's ETag."""
        return self._version

    @property
    def path(self) -> str | None:
        """None: the bytes are in no local file."""
        return None

    @property
    def ready(self) -> int:
        """How many of the first bytes came with opening."""
        return self._blocks.ready

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset``."""
        return self.read_ranges([(offset, length)])[0]

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range; ranges near each other come in one request."""
        inside = [(start, min(start + length, self._size)) for start, length in ranges]
        found = iter(self._blocks.read([place for place in inside if place[0] < place[1]]))
        return [next(found) if start < stop else b"" for start, stop in inside]

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Begin to fetch what the ranges need; see `ReadsAhead`."""
        inside = [(start, min(start + length, self._size)) for start, length in ranges]
        self._blocks.fetch_ahead([place for place in inside if place[0] < place[1]])

    def close(self) -> None:
        """Forget the blocks; connections belong to others."""
        self._closed.set()
        self._blocks.forget()

    def _fetch(self, start: int, stop: int) -> bytes:
        if self._closed.is_set():
            raise SourceUnavailableError("the file is closed")
        try:
            part = self._fetcher.fetch(start, stop, self._etag)
        except ChangedError:
            self._changed()
            raise
        # Where there is no ETag to ask for, the size and the date tell.
        if part.version != self._version or part.whole:
            self._changed()
            raise ChangedError
        return part.data
