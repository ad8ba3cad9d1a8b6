"""Open readers: leased, bounded, shared between threads, reopened when the source changes."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tilewright.cache import SingleFlight
from tilewright.image import Source
from tilewright.readers import Reader

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Entry:
    reader: Reader
    source: Source
    leases: int = 0
    retired: bool = False
    """No longer in the pool: the last lease closes it."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a reader that is not thread-safe works."""


class ReaderPool:
    """Keeps the readers used last open; an evicted one is closed after its last lease."""

    def __init__(self, open_reader: Callable[[Source], Reader], size: int) -> None:
        """Open with ``open_reader``; keep at most ``size`` readers."""
        self._open_reader = open_reader
        self._size = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, tuple[tuple[str, str], ...]], _Entry] = OrderedDict()
        self._opening: SingleFlight[_Entry] = SingleFlight()

    def __len__(self) -> int:
        return len(self._entries)

    @contextmanager
    def lease(self, source: Source) -> Iterator[Reader]:
        """Lend the source's reader, opening it when needed.

        A reader that is not thread-safe is lent to one thread at a time.
        """
        entry = self._take(source)
        try:
            if entry.reader.thread_safe:
                yield entry.reader
            else:
                with entry.lock:
                    yield entry.reader
        finally:
            self._give_back(entry)

    def close(self) -> None:
        """Close all readers; those on lease when they come back."""
        with self._lock:
            entries = list(self._entries.values())
            self._entries.clear()
            idle = [self._retire(entry) for entry in entries]
        _close(idle)

    def _take(self, source: Source) -> _Entry:
        while True:
            entry = self._find(source)
            if entry is not None:
                return entry
            self._opening.do(source, lambda: self._open(source))

    def _find(self, source: Source) -> _Entry | None:
        """Lease the open reader of this very version; None when there is none.

        One of another version stays: whether this version exists only opening it tells.
        """
        with self._lock:
            entry = self._entries.get((source.uri, source.options))
            if entry is None or entry.source.version != source.version:
                return None
            self._entries.move_to_end((source.uri, source.options))
            entry.leases += 1
            return entry

    def _open(self, source: Source) -> _Entry:
        entry = _Entry(self._open_reader(source), source)
        evicted = []
        with self._lock:
            old = self._entries.pop((source.uri, source.options), None)
            if old is not None:
                evicted.append(self._retire(old))
            self._entries[(source.uri, source.options)] = entry
            while len(self._entries) > self._size:
                evicted.append(self._retire(self._entries.popitem(last=False)[1]))
        _close(evicted)
        return entry

    def _give_back(self, entry: _Entry) -> None:
        with self._lock:
            entry.leases -= 1
            done = entry.retired and entry.leases == 0
        if done:
            _close([entry])

    @staticmethod
    def _retire(entry: _Entry) -> _Entry | None:
        """Mark an entry as out of the pool; return it when nobody leases it."""
        entry.retired = True
        return entry if entry.leases == 0 else None


def _close(entries: list[_Entry | None]) -> None:
    """Close readers; one that fails keeps none of the others open."""
    for entry in entries:
        if entry is not None:
            try:
                entry.reader.close()
            except Exception:
                logger.exception("%s was not closed", entry.source.uri)
