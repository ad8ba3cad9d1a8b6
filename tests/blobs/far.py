"""A real web server whose manners a test chooses, and counts."""

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass
class Far:
    """Files by path, what was asked for them, and how to answer."""

    files: dict[str, bytes]
    port: int = 0
    etag: str | None = '"one"'
    latency_s: float = 0.0
    ranges: bool = True
    asked: list[str] = field(default_factory=list)
    """The Range header of each GET, in order."""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    fault: Callable[["Asked"], bool] | None = None
    """Answers in its own way and returns True, or returns False."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def allowed(self) -> tuple[str, ...]:
        return (f"http://127.0.0.1:{self.port}",)


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    far: Far

    def do_GET(self) -> None:
        far = self.far
        with far.lock:
            far.asked.append(self.headers.get("Range", ""))
            far.paths.append(self.path)
            far.headers.append(dict(self.headers))
        time.sleep(far.latency_s)
        if far.fault is not None and far.fault(self):
            return
        data = far.files.get(self.path.partition("?")[0])
        if data is None:
            self.answer(HTTPStatus.NOT_FOUND)
            return
        expected = self.headers.get("If-Match")
        if expected is not None and expected != far.etag:
            self.answer(HTTPStatus.PRECONDITION_FAILED)
            return
        found = RANGE.fullmatch(self.headers.get("Range", ""))
        if not far.ranges or found is None:
            self.answer(HTTPStatus.OK, data)
            return
        first, last = int(found[1]), min(int(found[2]), len(data) - 1)
        if first >= len(data):
            self.answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, range=f"bytes */{len(data)}")
            return
        self.answer(
            HTTPStatus.PARTIAL_CONTENT,
            data[first : last + 1],
            range=f"bytes {first}-{last}/{len(data)}",
        )

    def answer(
        self,
        status: int,
        body: bytes = b"",
        *,
        range: str = "",
        location: str = "",
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        if self.far.etag is not None and status in {200, 206}:
            self.send_header("ETag", self.far.etag)
        if range:
            self.send_header("Content-Range", range)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""


@contextmanager
def far_away(*, tls: ssl.SSLContext | None = None, **files: bytes) -> Iterator[Far]:
    """Serve files by path, ``a`` at ``/a``, until the block ends."""
    far = Far({f"/{name}": data for name, data in files.items()})
    handler = type("Handler", (Asked,), {"far": far})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        # The handshake is left to the connection's own thread.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    far.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield far
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
