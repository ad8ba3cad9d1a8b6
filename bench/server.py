"""Start a Django project on Granian, and load it with wrk."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORKERS = 2
THREADS_A_WORKER = 1
"""Of Python: tiles are work for the processor, and there is one core a worker."""
CONNECTIONS = 16
_START_S = 120.0
_REPLY_S = 30
"""A reply that takes longer is a failure. One that a busy machine delays is none."""


class MissingError(Exception):
    """A program that the benchmark needs is not installed; the message tells how to."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk found."""

    replies: int
    a_second: float
    p99_ms: float
    work_ms: float
    """Processor time of the workers for one reply: a busy machine changes it little."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    process: int

    def get(self, path: str) -> bytes:
        """Return a body. Raises URLError for anything but a success."""
        with urllib.request.urlopen(self.url + path, timeout=_START_S) as reply:  # noqa: S310
            return bytes(reply.read())

    def tag(self, path: str) -> str:
        """Return the entity tag of an answer, with its quotes. Raises URLError likewise."""
        with urllib.request.urlopen(self.url + path, timeout=_START_S) as reply:  # noqa: S310
            return str(reply.headers["ETag"])

    def workers(self) -> list[str]:
        """Return the ids of the worker processes."""
        children = Path(f"/proc/{self.process}/task/{self.process}/children")
        return children.read_text().split()

    def load(self, paths: Path, seconds: float, first: int) -> Load:
        """Ask for the paths in that file, in turn from the ``first``, over 16 connections.

        A tag behind a path is sent as If-None-Match.

        Raises MissingError without wrk, OSError when a reply is an error.
        """
        command = ["-t", "1", "-c", str(CONNECTIONS), "-d", f"{max(1, round(seconds))}s"]
        command += ["--timeout", f"{_REPLY_S}s"]
        before_s = self._worked_s()
        script = ROOT / "bench/servers/tiles.lua"
        done = subprocess.run(
            [wrk(), *command, "-s", str(script), self.url, "--", str(paths), str(first)],
            check=True,
            capture_output=True,
            text=True,
        )
        worked_s = self._worked_s() - before_s
        found = json.loads(done.stdout.splitlines()[-1])
        if found["failed"]:
            raise OSError(f"{found['failed']} requests failed:\n{done.stdout}")
        if not found["replies"]:
            if seconds > _REPLY_S:
                raise OSError("the server gave no reply")
            return self.load(paths, 2 * max(1, seconds), first)
        work_ms = worked_s * 1e3 / found["replies"]
        return Load(found["replies"], found["a_second"], found["p99_ms"], work_ms)

    def _worked_s(self) -> float:
        """Return the processor time that the workers have used, in user and in kernel mode."""
        ticks = 0
        for worker in self.workers():
            # The name of the program, in brackets, may hold spaces: count from its end.
            after_name = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            ticks += int(after_name[11]) + int(after_name[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def wrk() -> str:
    """Return wrk's path. Raises MissingError when it is not installed."""
    path = shutil.which("wrk")
    if path is None:
        raise MissingError("wrk is not installed: apt-get install wrk, or brew install wrk")
    return path


@contextmanager
def serving(
    python: Path, project: str, settings: Mapping[str, str], ready: str
) -> Iterator[Server]:
    """Run a project of `bench.servers` in that Python's environment until the block ends.

    ``ready`` is a path that answers once the server is up.
    """
    environment = {
        **os.environ,
        **settings,
        "DJANGO_SETTINGS_MODULE": f"bench.servers.{project}_settings",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    scan = ["-m", "bench.servers.prepare", settings["BENCH_FILE"]]
    subprocess.run([python, *scan], check=True, env=environment, cwd=ROOT)
    with held_port() as port:
        process = subprocess.Popen(
            [python, "-m", "granian", *_granian(port), "bench.servers.wsgi:application"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            server = Server(f"http://127.0.0.1:{port}", process.pid)
            wait_until_ready(server, process, ready)
            yield server
        finally:
            process.terminate()
            process.wait(_START_S)


def _granian(port: int) -> Sequence[str]:
    return (
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(WORKERS), "--blocking-threads", str(THREADS_A_WORKER)),
        *("--log-level", "warning"),
    )


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], path: str) -> None:
    """Wait until a path is answered. Raises RuntimeError when the server ended, or is too slow."""
    end = time.monotonic() + _START_S
    while True:
        try:
            server.get(path)
        except urllib.error.HTTPError:
            raise
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the server did not start") from error
            time.sleep(0.1)
        else:
            return


@contextmanager
def held_port() -> Iterator[int]:
    """Yield a port of this machine that nobody else is given until the block ends.

    A server that sets SO_REUSEADDR, as all do that may be restarted, listens there meanwhile. A
    port that was only looked for would be another's as soon as that asks the system for any.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
