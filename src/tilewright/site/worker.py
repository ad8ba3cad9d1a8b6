"""The application as `tilewright.site.serve` runs it, in workers that live as long as it does."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

STOP_S = 10
"""How long a worker that is told to stop may go on with what it answers."""


def build() -> Callable[..., Any]:
    """Return the WSGI application of this worker."""
    if sys.platform != "win32":
        # A terminal sends Ctrl-C to all processes at once, and the parent tells its workers to
        # stop: told twice, a worker hangs.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_follow_parent, name="follow-parent", daemon=True).start()
    from tilewright.site.wsgi import application  # noqa: PLC0415 - it takes a while

    _make_ready()
    return application


def _make_ready() -> None:
    """Load now what the first request would wait for; matplotlib in a thread, as nothing forks."""
    from django.conf import settings  # noqa: PLC0415 - there are settings only now

    from tilewright.drawn.figure_views import warm_beside  # noqa: PLC0415 - likewise

    import_module(settings.ROOT_URLCONF)
    warm_beside()


def _follow_parent() -> None:
    """Stop when the parent has died without a word, and end as it would have ended this worker.

    One that was about to begin does not hear that it is to stop.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_S)
        os._exit(1)
