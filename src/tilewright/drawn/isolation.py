"""Drawings in processes of their own, which can be killed: hard limits of time and memory.

A process is begun when it is first needed, and kept; each draws one picture at a time. One that
takes too long, needs too much memory or crashes is replaced, and nothing else notices.
"""

import atexit
import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from multiprocessing import Pipe
from time import monotonic
from typing import Any, cast

from django.conf import ENVIRONMENT_VARIABLE

from tilewright import errors
from tilewright.drawn.job import Draws, Job
from tilewright.errors import DrawError, DrawTimeoutError, TilewrightError
from tilewright.image import Encoded

PROCESSES = min(4, os.cpu_count() or 1)
START_S = 30.0
"""How long a process may take to load the project, and then what a view needs: no limit of a
drawing counts that."""
LOADED = b"loaded"
NO_LIMIT_S = 3600.0
_REQUESTS_OWN = frozenset({"request", "args", "kwargs", "head"})


class Processes:
    """The processes that draw for this one. Safe between threads."""

    def __init__(self, most: int = PROCESSES) -> None:
        """Draw in at most so many."""
        self._free = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Process] = []

    def draw(
        self, view: Draws, job: Job, *, time_limit_s: float | None, memory_limit_bytes: int
    ) -> Encoded:
        """Carry a job out in another process.

        Raises what `job.carry_out` does; DrawTimeoutError; DrawError when it needs more memory.
        """
        limit_s = NO_LIMIT_S if time_limit_s is None else time_limit_s
        own = {name: each for name, each in vars(view).items() if name not in _REQUESTS_OWN}
        try:
            order = pickle.dumps((type(view), own, job, limit_s, memory_limit_bytes))
        except Exception as error:
            raise DrawError("the picture could not be drawn") from error
        began = monotonic()
        if not self._free.acquire(timeout=limit_s):
            raise DrawTimeoutError(f"the picture was not drawn within {limit_s:g} s")
        left_s = limit_s - (monotonic() - began)
        try:
            process = self._taken()
            answer = process.answer(order, left_s, limit_s)
            with self._lock:
                self._idle.append(process)
        finally:
            self._free.release()
        return _told(answer)

    def close(self) -> None:
        """End all processes that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _taken(self) -> "_Process":
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                return _Process()
            if process.lives:
                return process
            process.end()


class _Process:
    """One process that draws."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            # Where the project's modules lie is known here; what it prints goes to the log.
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            command = (sys.executable, "-m", "tilewright.drawn.worker", str(theirs.fileno()))
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=(theirs.fileno(),),
                env=environment | _settings(),
                start_new_session=True,  # what it starts is of its group, and ends with it
            )
        try:
            self._receive(START_S, START_S)
        except DrawTimeoutError as error:
            raise DrawError("the picture could not be drawn") from error

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def answer(self, order: bytes, left_s: float, limit_s: float) -> bytes:
        """Return what it answers in the seconds that are left; one that does not is ended."""
        try:
            self._pipe.send_bytes(order)
        except OSError as error:
            self.end()
            raise DrawError("the picture could not be drawn") from error
        answer = self._receive(START_S, START_S)
        return self._receive(left_s, limit_s) if answer == LOADED else answer

    def _receive(self, left_s: float, limit_s: float) -> bytes:
        try:
            if self._pipe.poll(left_s):
                return self._pipe.recv_bytes()
        except (EOFError, OSError):
            self.end()
            died = RuntimeError(f"the process that drew it ended with {self._process.returncode}")
            raise DrawError("the picture could not be drawn") from died
        except BaseException:
            self.end()
            raise
        self.end()
        raise DrawTimeoutError(f"the picture was not drawn within {limit_s:g} s")

    def end(self) -> None:
        """Kill it, and what it has started."""
        self._pipe.close()
        if self._process.returncode is None:  # else its number may be another's by now
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()


def _settings() -> dict[str, str]:
    """Return the variable that names the project's settings, as this process has it."""
    name = os.environ.get(ENVIRONMENT_VARIABLE)
    if not name:
        error = DrawError("the picture could not be drawn")
        error.__cause__ = RuntimeError(f"isolated drawing needs {ENVIRONMENT_VARIABLE} to be set")
        raise error
    return {ENVIRONMENT_VARIABLE: name}


def pack(outcome: Encoded | TilewrightError, trace: str) -> bytes:
    """Return what a process answers, as bytes. An error goes as its parts: its trace is text."""
    if isinstance(outcome, Encoded):
        return pickle.dumps((outcome, None))
    name = type(outcome).__name__
    return pickle.dumps((None, (name, str(outcome), vars(outcome), trace)))


def _told(answer: bytes) -> Encoded:
    """Return the file of an answer, or raise its error."""
    made, failed = pickle.loads(answer)  # noqa: S301 - of our own process
    if made is not None:
        return cast("Encoded", made)
    name, message, parts, trace = failed
    kind: Any = getattr(errors, name, DrawError)
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    vars(error).update(parts)
    error.__cause__ = RuntimeError(f"in the process that draws:\n{trace}")
    raise error


@cache
def processes() -> Processes:
    """Return the processes that draw for this one."""
    made = Processes()
    atexit.register(made.close)
    return made


# A child must not talk to its parent's processes.
os.register_at_fork(after_in_child=processes.cache_clear)
