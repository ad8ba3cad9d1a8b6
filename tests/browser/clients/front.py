"""One address for a viewer's files and for the server, as a web server in front of both has."""

import http
import http.client
import mimetypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.patience import LONG_S

_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}
_LENGTH = "content-length"

Headers = dict[str, str]


@dataclass(frozen=True)
class Asked:
    """What the browser asked of our server, and the status it got."""

    method: str
    target: str
    status: int


@dataclass
class Front:
    """Answers for files and pages of a viewer; hands all else on, and remembers it."""

    behind: str
    """The host and port of our server."""
    address: str = ""
    folders: dict[str, Path] = field(default_factory=dict)
    """Folders by the path that they are served below, which ends with a slash."""
    pages: dict[str, str] = field(default_factory=dict)
    """HTML by path."""
    answers: dict[str, Callable[[str, Headers], str]] = field(default_factory=dict)
    """JSON of a viewer's own server side: by how its path begins; given the path and headers."""
    begun: list[str] = field(default_factory=list)
    """Where our server was asked, whether or not it has answered yet."""
    asked: list[Asked] = field(default_factory=list)

    def targets(self, part: str) -> list[str]:
        """Return what was asked of our server with this part in it, in turn."""
        return [asked.target for asked in self.asked if part in asked.target]

    def own(self, path: str, headers: Headers) -> tuple[str, bytes] | None:
        """Return media type and body of what is the viewer's own, if the path is."""
        if path in self.pages:
            return "text/html; charset=utf-8", self.pages[path].encode()
        for start, answer in self.answers.items():
            if path.startswith(start):
                return "application/json", answer(path, headers).encode()
        for start, folder in self.folders.items():
            file = folder / path.removeprefix(start)
            if path.startswith(start) and file.is_file():
                media_type, _ = mimetypes.guess_type(file.name)
                return media_type or "application/octet-stream", file.read_bytes()
        return None

    def through(
        self, method: str, target: str, headers: Headers, body: bytes | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask our server."""
        self.begun.append(target)
        connection = http.client.HTTPConnection(self.behind, timeout=LONG_S)
        try:
            connection.request(method, target, body, headers)
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        self.asked.append(Asked(method, target, reply.status))
        kept = [(k, v) for k, v in reply.getheaders() if k.lower() not in _HOP_BY_HOP]
        return reply.status, kept, content


@contextmanager
def fronting(behind: str) -> Iterator[Front]:
    """Run a front for the server at an address."""
    front = Front(urlsplit(behind).netloc)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(front))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    front.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
            own = front.own(urlsplit(self.path).path, headers)
            if own is None:
                status, kept, content = front.through(self.command, self.path, headers, body)
            else:
                kind, content = own
                status, kept = 200, [("Content-Type", kind)]
            self.send_response_only(status)
            for name, value in kept:
                if name.lower() != _LENGTH or self.command == "HEAD":
                    self.send_header(name, value)
            if self.command != "HEAD" and status != http.HTTPStatus.NOT_MODIFIED:
                # What came in chunks has none yet.
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_OPTIONS = answer  # noqa: N815 - named by the base class

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
