"""Decoded chunks in memory, bounded in bytes; and one making for many askers."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

import numpy as np
from cachetools import LRUCache

from tilewright.image import Array

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Lets simultaneous asks for the same thing share one making of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[T]] = {}

    def do(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` returns or raises, or what the one already running does."""
        with self._lock:
            running = self._running.get(key)
            if running is None:
                mine = self._running[key] = Future()
        if running is not None:
            return running.result()
        try:
            made = make()
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(made)
            return made
        finally:
            with self._lock:
                del self._running[key]


class ChunkCache:
    """A least-recently-used store of arrays. Safe to share between threads."""

    def __init__(self, max_bytes: int) -> None:
        """Hold at most this many bytes of pixels."""
        self._lock = threading.Lock()
        self._chunks: LRUCache[Hashable, Array] = LRUCache(max_bytes, getsizeof=_held_bytes)
        self._flight: SingleFlight[Array] = SingleFlight()

    @property
    def used_bytes(self) -> int:
        """The bytes held now."""
        return int(self._chunks.currsize)

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the chunk of that key, making it when it is not held. It is read-only."""
        held = self._find(key)
        if held is not None:
            return held
        return self._flight.do(key, lambda: self._fill(key, make))

    def clear(self) -> None:
        """Forget all chunks."""
        with self._lock:
            self._chunks.clear()

    def _find(self, key: Hashable) -> Array | None:
        with self._lock:
            return self._chunks.get(key)

    def _fill(self, key: Hashable, make: Callable[[], Array]) -> Array:
        held = self._find(key)
        if held is not None:  # another flight landed since the first look
            return held
        chunk = make()
        chunk.flags.writeable = False
        if _held_bytes(chunk) <= self._chunks.maxsize:
            with self._lock:
                self._chunks[key] = chunk
        return chunk


def _held_bytes(chunk: Array) -> int:
    """Return the bytes that a chunk keeps alive: those of its base when it is a view."""
    base = chunk.base
    return max(chunk.nbytes, base.nbytes if isinstance(base, np.ndarray | memoryview) else 0)
