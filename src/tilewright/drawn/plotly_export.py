"""Figures of Plotly as files, through kaleido: a Chrome that is started for each, and killed.

kaleido runs in a process of its own. It waits for ever for a page that loads nothing, its threads
keep a process from ending, and its server may hand one asker what another is to have.
"""

import asyncio
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from tilewright.errors import DrawError, DrawTimeoutError

CHROMES = 2
"""How many run at once for one process of the server; each takes a core, and 200 MB."""
_ORDER, _MADE, _LOG, _CHANCE = "order.json", "made", "log.txt", "chance.js"
_NO_CHANCE = """Math.random = (() => {
  let last = 1;
  return () => (last = (last * 16807) % 2147483647) / 2147483647;
})();"""
"""Names in an SVG are made by chance: with this they are the same each time."""
_DATE = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}\+00'00'(?=\))")
_LONGEST_LOG = 4000
_DYING_S = 10.0
"""For so long at most what was killed may still write into the folder."""
_PAUSE_S = 0.02


def export(figure: Any, format: str, size: tuple[int, int], scale: float, limit_s: float) -> bytes:
    """Return a figure as ``svg``, ``png`` or ``pdf``; the same bytes for the same figure.

    ``size`` is in CSS pixels. Raises DrawTimeoutError, DrawError.
    """
    import plotly.io  # noqa: PLC0415 - loaded by the first figure

    defaults = plotly.io.defaults
    order = {
        "figure": json.loads(plotly.io.to_json(figure)),
        "options": {"format": format, "width": size[0], "height": size[1], "scale": scale},
        "plotly": defaults.plotlyjs,
        # kaleido would fetch it from another site, for each figure.
        "mathjax": defaults.mathjax or False,
        "topojson": defaults.topojson,
    }
    free, end = _free(), time.monotonic() + limit_s
    if not free.acquire(timeout=limit_s):
        raise DrawTimeoutError("too many pictures are being drawn")
    try:
        made = _exported(json.dumps(order), end - time.monotonic())
    except subprocess.TimeoutExpired:
        raise DrawTimeoutError(f"the picture was not drawn within {limit_s:g} s") from None
    finally:
        free.release()
    return _DATE.sub(rb"\g<1>19700101000000+00'00'", made) if format == "pdf" else made


@cache
def _free() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(CHROMES)


# A child of this process starts none of those that its parent waits for.
os.register_at_fork(after_in_child=_free.cache_clear)


def _exported(order: str, left_s: float) -> bytes:
    with _folder() as folder:
        (folder / _ORDER).write_text(order)
        returned = _run(folder, left_s)
        if returned != 0:
            said = (folder / _LOG).read_text(errors="replace")[-_LONGEST_LOG:]
            cause = RuntimeError(f"the exporter ended with {returned}:\n{said}")
            raise DrawError("the picture could not be drawn") from cause
        return (folder / _MADE).read_bytes()


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards, once nobody writes into it any more."""
    folder = Path(tempfile.mkdtemp(prefix="tilewright-"))
    try:
        yield folder
    finally:
        end = time.monotonic() + _DYING_S
        shutil.rmtree(folder, ignore_errors=True)
        while folder.exists() and time.monotonic() < end:
            time.sleep(_PAUSE_S)
            shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, left_s: float) -> int:
    """Return how the process ended that carries out the order in a folder."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TMPDIR": os.fspath(folder),
    }
    # Not through pipes, which would stay open for as long as a Chrome holds them.
    with (
        (folder / _LOG).open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__, os.fspath(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        ) as process,
    ):
        try:
            return process.wait(left_s)
        finally:
            if process.returncode is None:
                _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, and the Chrome that it has started in a group of its own."""
    children: list[str] = []
    for listed in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread has just ended
            children += listed.read_text().split()
    process.kill()
    for child in children:
        with suppress(ProcessLookupError):
            os.killpg(int(child), signal.SIGKILL)


def main(folder: Path) -> None:
    """Carry out the order that lies in a folder. Chrome ends when this process does."""
    import kaleido  # noqa: PLC0415 - in this process alone

    # An isolated drawing's limit would end Chrome, which reserves far more than it uses.
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    order = json.loads((folder / _ORDER).read_text())
    chance = folder / _CHANCE
    chance.write_text(_NO_CHANCE)
    page = kaleido.PageGenerator(plotly=order["plotly"], mathjax=order["mathjax"], others=[chance])
    made = kaleido.calc_fig(
        order["figure"],
        opts=order["options"],
        topojson=order["topojson"],
        kopts={"page_generator": page},
    )
    (folder / _MADE).write_bytes(asyncio.run(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
