"""Decoded chunks in memory, bounded in bytes; and one making for many askers."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

import numpy as np
from cachetools import LRUCache

from tilewright.image import Array

T = TypeVar("T")


class _Stopped(Exception):  # noqa: N818 - nobody's error: it never leaves this module
    """The maker was told to stop before it had made anything."""


class SingleFlight(Generic[T]):
    """Lets simultaneous asks for the same thing share one making of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[T] | None] = {}

    def do(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` returns or raises, or what the one already running does.

        When the one running is told to stop (`KeyboardInterrupt`, `SystemExit`), those who wait
        for it start anew.
        """
        while True:
            joined = self._join(key)
            if joined is None:
                return self._fly(key, make)
            try:
                return joined.result()
            except _Stopped:
                continue

    def _join(self, key: Hashable) -> "Future[T] | None":
        """Return what to wait for; None when the flight is the caller's to make."""
        with self._lock:
            if key not in self._running:
                self._running[key] = None
                return None
            # Most flights carry one: a future is made for the second asker only.
            joined = self._running[key] = self._running[key] or Future()
            return joined

    def _fly(self, key: Hashable, make: Callable[[], T]) -> T:
        try:
            made = make()
        except BaseException as error:
            waited_for = self._land(key)
            if waited_for is not None:
                waited_for.set_exception(error if isinstance(error, Exception) else _Stopped())
            raise
        waited_for = self._land(key)
        if waited_for is not None:
            waited_for.set_result(made)
        return made

    def _land(self, key: Hashable) -> "Future[T] | None":
        """End the flight; return the future that others wait for, if any do."""
        with self._lock:
            return self._running.pop(key)


class Store(Generic[T]):
    """What was made last, bounded; each made once however many ask. Safe between threads."""

    def __init__(self, max_size: int, *, size_of: Callable[[T], int] | None = None) -> None:
        """Hold at most ``max_size`` things, or as much as ``size_of`` them comes to."""
        self._size_of = size_of or (lambda _: 1)
        self._lock = threading.Lock()
        self._held: LRUCache[Hashable, T] = LRUCache(max_size, getsizeof=self._size_of)
        self._flight: SingleFlight[T] = SingleFlight()

    @property
    def size(self) -> int:
        """How much is held now."""
        return int(self._held.currsize)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the thing of that key, making it when it is not held."""
        held = self._find(key)
        if held is not None:
            return held
        return self._flight.do(key, lambda: self._fill(key, make))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()

    def _find(self, key: Hashable) -> T | None:
        with self._lock:
            return self._held.get(key)

    def _fill(self, key: Hashable, make: Callable[[], T]) -> T:
        held = self._find(key)
        if held is not None:  # another flight landed since the first look
            return held
        thing = make()
        if self._size_of(thing) <= self._held.maxsize:
            with self._lock:
                self._held[key] = thing
        return thing


class ChunkCache:
    """Decoded chunks, bounded in bytes. What it gives is read-only."""

    def __init__(self, max_bytes: int) -> None:
        """Hold at most this many bytes of pixels."""
        self._store: Store[Array] = Store(max_bytes, size_of=_held_bytes)

    @property
    def used_bytes(self) -> int:
        """The bytes held now."""
        return self._store.size

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the chunk of that key, making it when it is not held."""
        return self._store.get(key, lambda: _read_only(make()))

    def clear(self) -> None:
        """Forget all chunks."""
        self._store.clear()


def _read_only(chunk: Array) -> Array:
    chunk.flags.writeable = False
    return chunk


def _held_bytes(chunk: Array) -> int:
    """Return the bytes that a chunk keeps alive: those of its base when it is a view."""
    base = chunk.base
    return max(chunk.nbytes, base.nbytes if isinstance(base, np.ndarray | memoryview) else 0)
