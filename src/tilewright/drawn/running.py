"""Drawings that run now: each once however many ask, in a few threads, for a bounded time.

A thread cannot be killed. A drawing that takes too long is left behind: who asked is told so,
and who asks for the same again meanwhile waits for the same drawing rather than start another.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from tilewright.cache import SingleFlight
from tilewright.errors import DrawError, DrawTimeoutError
from tilewright.image import Array, Encoded

T = TypeVar("T")

THREADS = min(32, (os.cpu_count() or 1) + 4)
MOST_WAITING = 8 * THREADS
"""Drawings begun or in the queue; what comes above that is refused at once."""

logger = logging.getLogger(__name__)


class Drawings(Generic[T]):
    """What is being drawn in this process."""

    def __init__(self, threads: int = THREADS, most: int = MOST_WAITING) -> None:
        """Draw in so many threads, for at most so many different asks at once."""
        self._most = most
        self._threads = _Threads(threads)
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[T]] = {}
        self._flight: SingleFlight[T] = SingleFlight()

    def do(
        self, key: Hashable, prepare: Callable[[], Callable[[], T]], time_limit_s: float | None
    ) -> T:
        """Return what the drawing returns or raises, or what the one of that key already does.

        ``prepare`` is called in the thread of the one asker that begins it, and returns what
        draws. Without a limit that draws there too; and so does what a drawing asks for, whose
        own limit holds: it must not wait for one of the threads that it takes.
        Raises DrawTimeoutError.
        """
        if self._threads.here:
            return _all_here(prepare)
        if time_limit_s is None:
            return self._flight.do(key, lambda: _all_here(prepare))
        running, begins = self._joined(key)
        if begins:
            self._begin(key, running, prepare)
        try:
            return running.result(time_limit_s)
        except CancelledError:
            pass
        except TimeoutError:
            if running.done() and not running.cancelled():  # its own error, or it has just ended
                return running.result()
            # who began it waits longest; in the queue it need not begin now
            if begins and running.cancel():
                self._forget(key)
        raise _late(time_limit_s)

    def _joined(self, key: Hashable) -> tuple[Future[T], bool]:
        """Return what to wait for, and whether it is the caller who has to begin it."""
        with self._lock:
            running = self._running.get(key)
            if running is not None:
                return running, False
            if len(self._running) >= self._most:
                raise DrawTimeoutError("too many pictures are being drawn")
            running = self._running[key] = Future()
        return running, True

    def _begin(
        self, key: Hashable, running: Future[T], prepare: Callable[[], Callable[[], T]]
    ) -> None:
        try:
            draw = prepare()
            # The language and the time zone of the request go along.
            with self._lock:
                self._threads.do(partial(copy_context().run, self._draw, key, running, draw))
        except BaseException as error:
            self._forget(key)
            running.set_running_or_notify_cancel()
            # Whatever ends this thread must not end those that wait.
            failed = isinstance(error, Exception)
            running.set_exception(error if failed else DrawTimeoutError("it was stopped"))
            if not failed:
                raise

    def _draw(self, key: Hashable, running: Future[T], draw: Callable[[], T]) -> None:
        if not running.set_running_or_notify_cancel():
            return
        try:
            drawn = draw()
        except BaseException as error:  # noqa: BLE001 - who waits raises it
            self._forget(key)
            running.set_exception(_harmless(error))
        else:
            self._forget(key)
            running.set_result(drawn)
        finally:
            _close_connections()

    def _forget(self, key: Hashable) -> None:
        """End a drawing before anybody has it: who asks again after that has it drawn anew."""
        with self._lock:
            self._running.pop(key, None)


class _Threads:
    """A few threads, begun when they are needed.

    None keeps the process from ending, as those of `ThreadPoolExecutor` would while one draws.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._idle = threading.Semaphore(0)
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._own = threading.local()

    @property
    def here(self) -> bool:
        """Whether the caller runs in one of them."""
        return getattr(self._own, "here", False)

    def do(self, call: Callable[[], None]) -> None:
        """Call it in one of the threads, when one is free. Not safe between threads."""
        self._calls.put(call)
        if not self._idle.acquire(blocking=False) and self._left > 0:
            self._left -= 1
            threading.Thread(target=self._work, name="tilewright-drawn", daemon=True).start()

    def _work(self) -> None:
        self._own.here = True
        while True:
            call = self._calls.get()
            try:
                call()
            except Exception:
                logger.exception("a drawing left its thread in disorder")
            del call  # what was drawn is not held until the next comes
            self._idle.release()


def _all_here(prepare: Callable[[], Callable[[], T]]) -> T:
    draw = prepare()
    return draw()


def _close_connections() -> None:
    """Let go of the database that was asked: no request ends in this thread.

    A program without Django draws images too.
    """
    close = getattr(sys.modules.get("django.db"), "close_old_connections", None)
    configuration: Any = sys.modules.get("django.conf")
    if close is not None and configuration.settings.configured:
        close()


def _harmless(error: BaseException) -> Exception:
    """Return what ends no thread that waits: here no key of the console has been pressed."""
    if isinstance(error, Exception):
        return error
    failed = DrawError("the picture could not be drawn")
    failed.__cause__ = error
    return failed


def _late(time_limit_s: float) -> DrawTimeoutError:
    return DrawTimeoutError(f"the picture was not drawn within {time_limit_s:g} s")


@cache
def drawings() -> "Drawings[Encoded]":
    """Return the pictures that are being drawn in this process."""
    return Drawings()


@cache
def chunks() -> "Drawings[Array]":
    """Return the chunks of drawn images that are being drawn: in threads of their own.

    A picture may show such an image, and waits in its thread.
    """
    return Drawings()


@cache
def waiting_threads() -> ThreadPoolExecutor:
    """Return the threads in which async views wait for drawings, and for Django's cache."""
    return ThreadPoolExecutor(MOST_WAITING, "tilewright-waiting")


def _fresh() -> None:
    drawings.cache_clear()
    chunks.cache_clear()
    waiting_threads.cache_clear()


# A child has its parent's record of threads, and none of the threads.
if hasattr(os, "register_at_fork"):  # else no process forks
    os.register_at_fork(after_in_child=_fresh)
