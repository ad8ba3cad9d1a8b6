"""``python -m tilewright.drawn.worker FD``: draw what the process at the pipe's other end asks.

It ends with that process. Each drawing has its limit of time kept by the system's alarm too, so
that none outlives a parent that was killed.
"""

import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import django

from tilewright.drawn import isolation
from tilewright.drawn.job import carry_out
from tilewright.errors import DrawError, TilewrightError

_GRACE_S = 1.0


def main(descriptor: int) -> None:
    """Answer until the pipe is closed."""
    django.setup()
    own = os.getpid()
    with Connection(descriptor) as pipe:
        pipe.send_bytes(b"ready")
        while True:
            try:
                order = pipe.recv_bytes()
            except EOFError:
                return
            answer = _answer(order, pipe)
            if os.getpid() != own:  # a drawing has forked: its parent answers, and only once
                os._exit(0)
            pipe.send_bytes(answer)


def _answer(order: bytes, pipe: "Connection[bytes, bytes]") -> bytes:
    try:
        kind, own, job, limit_s, memory_bytes = pickle.loads(order)  # noqa: S301 - of our parent
        pipe.send_bytes(isolation.LOADED)
        view = kind()
        vars(view).update(own)
        with _limits(limit_s, memory_bytes):
            return isolation.pack(carry_out(view, job), "")
    except TilewrightError as error:
        return isolation.pack(error, traceback.format_exc())
    except Exception:  # noqa: BLE001 - whatever it is, the parent logs it
        return isolation.pack(DrawError("the picture could not be drawn"), traceback.format_exc())


@contextmanager
def _limits(time_s: float, memory_bytes: int) -> Iterator[None]:
    """Let the system end this process after a time, and give it no more than so much memory."""
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    allowed = _used_bytes() + memory_bytes
    if most != resource.RLIM_INFINITY:
        allowed = min(allowed, most)
    signal.setitimer(signal.ITIMER_REAL, time_s + _GRACE_S)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _used_bytes() -> int:
    """Return how much address space this process has, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
