"""A file behind HTTP behind a line with latency, in a process of its own.

``python -m bench.far_server FILE MILLISECONDS`` prints its port. ``GET /counts`` tells how many
connections and requests there were since the last such question.
"""

import asyncio
import json
import re
import sys
from pathlib import Path

_RANGE = re.compile(rb"^range: *bytes=(\d+)-(\d*)", re.IGNORECASE | re.MULTILINE)
_CHUNK = 1 << 16


class FileServer:
    """Serves one file at every path but ``/counts``, whole or by range."""

    def __init__(self, data: bytes) -> None:
        """Serve these bytes."""
        self._data = data
        self.connections = self.requests = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after another."""
        try:
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(asked))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, asked: bytes) -> bytes:
        method, path, _ = asked.split(b" ", 2)
        if path == b"/counts":
            text = json.dumps([self.connections, self.requests]).encode()
            self.connections = self.requests = 0
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)
        self.requests += 1
        if path != b"/far.tif":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        size = len(self._data)
        found = _RANGE.search(asked)
        first, last, status = 0, size - 1, b"200 OK"
        extra = b""
        if found is not None:
            first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
            status = b"206 Partial Content"
            extra = b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, size)
        head = b'HTTP/1.1 %b\r\nETag: "1"\r\nAccept-Ranges: bytes\r\n%bContent-Length: %d\r\n\r\n'
        body = b"" if method == b"HEAD" else self._data[first : last + 1]
        return head % (status, extra, last + 1 - first) + body


class Line:
    """Carries bytes between a client and the server, each way late by half a round trip."""

    def __init__(self, server: FileServer, port: int, round_trip_s: float) -> None:
        """Lead to the server's port."""
        self._server = server
        self._port = port
        self._late_s = round_trip_s / 2

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection, after the round trip that a handshake takes."""
        self._server.connections += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(
            self._pump(reader, back, first_late_s=2 * self._late_s), self._pump(there, writer)
        )

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        first_late_s: float = 0.0,
    ) -> None:
        clock = asyncio.get_running_loop().time
        begin = clock() + first_late_s
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(max(0.0, due - clock()))
                if not data:
                    writer.close()
                    return
                writer.write(data)

        arrival = asyncio.create_task(arrive())
        try:
            data = b"-"
            while data:
                data = await reader.read(_CHUNK)
                under_way.put_nowait((max(clock(), begin) + self._late_s, data))
        except ConnectionError:
            under_way.put_nowait((clock(), b""))
        await arrival


async def _serve(data: bytes, round_trip_s: float) -> None:
    files = FileServer(data)
    behind = await asyncio.start_server(files.talk, "127.0.0.1", 0)
    line = Line(files, behind.sockets[0].getsockname()[1], round_trip_s)
    front = await asyncio.start_server(line.carry, "127.0.0.1", 0, backlog=64)
    print(front.sockets[0].getsockname()[1], flush=True)
    await front.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]).read_bytes(), float(sys.argv[2]) / 1000))
