"""``tilewright serve`` as a person starts it: a process of its own on a port of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import tifffile
from PIL import Image

from bench.server import held_port
from tests.patience import LONG_S


class ComesBack(httpx.HTTPTransport):
    """Asks again what a server that is too busy tells it to, as it loads beside its start."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        end = time.monotonic() + LONG_S
        while True:
            response = super().handle_request(request)
            told = response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if not told or request.method not in {"GET", "HEAD"} or time.monotonic() > end:
                return response
            response.read()
            time.sleep(float(response.headers.get("Retry-After", "1")))


@dataclass(frozen=True)
class Server:
    """A running server."""

    address: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=LONG_S, transport=ComesBack())

    def names(self) -> list[str]:
        with self.client() as client:
            return [row["name"] for row in client.get("/api/images/").json()["results"]]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TILEWRIGHT_HOME": str(home), "COLUMNS": "200"}


def run(home: Path, *arguments: str, given: dict[str, str] | None = None):
    """Run a command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "tilewright", *arguments],
        env=environment(home) | (given or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Server]:
    """Start a server, wait until it is ready, and stop it as Ctrl-C in a terminal does."""
    with held_port() as port:
        yield from _serving(port, home, *arguments)


def _serving(port: int, home: Path, *arguments: str) -> Iterator[Server]:
    home.mkdir(exist_ok=True)
    log = home / "log"
    command = [sys.executable, "-m", "tilewright", "serve", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "2"],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", home, process, log)
    try:
        wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            # a terminal sends it to the server and to its workers
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(LONG_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_until_ready(server: Server) -> None:
    end = time.monotonic() + LONG_S
    while time.monotonic() < end and server.process.poll() is None:
        try:
            if httpx.get(f"{server.address}/readyz", timeout=LONG_S).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the server did not come up:\n{server.log.read_text()}")


def picture() -> np.ndarray:
    """Return 600×400 pixels, red to the left and blue to the right."""
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[:, :300, 0] = 255
    pixels[:, 300:, 2] = 255
    return pixels


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three images, and with files that are none."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "inner").mkdir()
    (folder / ".hidden").mkdir()
    tifffile.imwrite(folder / "b.tif", picture(), tile=(256, 256), photometric="rgb")
    Image.fromarray(picture()).save(folder / "inner" / "A.png")
    Image.fromarray(picture()).save(folder / "inner" / "c.unknown", format="PNG")
    Image.fromarray(picture()).save(folder / ".hidden" / "d.png")
    (folder / "notes.txt").write_text("no image")
    (folder / "empty.tif").touch()
    return folder


@pytest.fixture(scope="session")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home"), str(folder)) as server:
        yield server
