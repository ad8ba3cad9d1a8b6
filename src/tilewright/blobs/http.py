"""Files on web servers: by range, at addresses that have been checked, redirects by hand."""

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin

from tilewright.blobs.fetch import ChangedError, Part
from tilewright.blobs.guard import Link, Origin, check_origin, parse_link, refusal, resolve
from tilewright.config import Config
from tilewright.errors import (
    ConfigurationError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)

_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
_OK, _PARTIAL, _CHANGED, _NO_RANGE = 200, 206, 412, 416
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})", re.ASCII)
_EMPTY_RANGE = re.compile(r"bytes \*/0", re.ASCII)
_PIECE = 1 << 16
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_CONNECTIONS = 16
_MOST_POOLS = 64
_PATIENCE = 4
"""A whole answer may take this many timeouts: who drips bytes holds no thread for ever."""


class PassingError(SourceUnavailableError):
    """A failure that may pass: the request is worth sending again."""


class HttpClient:
    """Connections to checked addresses, kept open. Safe between threads."""

    def __init__(self, config: Config, trusted: frozenset[Origin] = frozenset()) -> None:
        """Connect nowhere yet; ``trusted`` origins need not be in ``Config.remote_hosts``."""
        self.config = config
        self._trusted = trusted
        self._lock = threading.Lock()
        self._pools: dict[Origin, Any] = {}
        self._turn = 0

    def open(self, link: Link, headers: Mapping[str, str]) -> Any:
        """Send a GET; return urllib3's response, its body unread. No redirect is followed.

        Raises ParameterError for a place that may not be read, PassingError.
        """
        import urllib3  # noqa: PLC0415

        origin = link.origin
        if origin not in self._trusted:
            check_origin(origin, self.config)
        pool = self._pool(origin)
        try:
            return pool.urlopen(
                "GET",
                link.target,
                headers={**headers, "Host": origin.header, "Accept-Encoding": "identity"},
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._drop(origin, pool)
            raise PassingError("the file's host does not answer") from error

    def close(self) -> None:
        """Close all connections. The client may be used again."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def _pool(self, origin: Origin) -> Any:
        with self._lock:
            pool = self._pools.get(origin)
            if pool is not None:
                return pool
            turn = self._turn
        addresses = resolve(origin, self.config)
        made = _connections(origin, addresses[turn % len(addresses)], self.config.remote_timeout_s)
        with self._lock:
            kept = self._pools.setdefault(origin, made)
            oldest = next(iter(self._pools)) if len(self._pools) > _MOST_POOLS else None
            if oldest is not None:
                del self._pools[oldest]
        return kept

    def _drop(self, origin: Origin, pool: Any) -> None:
        """Resolve the name again at the next request, and try its next address."""
        with self._lock:
            if self._pools.get(origin) is pool:
                del self._pools[origin]
                self._turn += 1


def _connections(origin: Origin, address: str, timeout_s: float) -> Any:
    try:
        import urllib3  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError("remote files need tilewright[cloud]") from error
    timeout = urllib3.Timeout(connect=timeout_s, read=timeout_s)
    if origin.scheme == "http":
        return urllib3.HTTPConnectionPool(
            address, origin.port, timeout=timeout, maxsize=_CONNECTIONS
        )
    # The certificate is that of the name, though the connection goes to the address.
    return urllib3.HTTPSConnectionPool(
        address,
        origin.port,
        timeout=timeout,
        maxsize=_CONNECTIONS,
        assert_hostname=origin.host,
        server_hostname=origin.host,
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where redirects led, and from where."""

    address: str
    link: Link


class HttpFetcher:
    """One file behind an http or https URL."""

    def __init__(
        self, client: HttpClient, address: Callable[[], str], headers: Mapping[str, str]
    ) -> None:
        """Ask ``address`` for the URL at each request: its signature may have been renewed.

        ``headers`` (credentials) go to the URL's own origin, never where it redirects to.
        """
        self._client = client
        self._address = address
        self._headers = dict(headers)
        self._moved: _Moved | None = None

    def fetch(self, start: int, stop: int, etag: str) -> Part:
        """Return some bytes; see `Fetcher`."""
        for attempt in range(self._client.config.remote_retries + 1):
            if attempt:
                pause = min(_FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S)
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the askers
            try:
                return self._once(start, stop, etag)
            except PassingError as error:
                failure = error
        raise failure

    def _once(self, start: int, stop: int, etag: str) -> Part:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if etag and not etag.startswith("W/"):  # a weak one never matches (RFC 9110, 13.1.1)
            headers["If-Match"] = etag
        response = self._follow(headers)
        try:
            part = self._part(response, start, stop, etag)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        if etag and part.etag and part.etag != etag:
            raise ChangedError
        return part

    def _follow(self, headers: Mapping[str, str]) -> Any:
        address = self._address()
        moved = self._moved
        if moved is not None and moved.address == address:
            response = self._client.open(moved.link, headers)
            if response.status in {_OK, _PARTIAL, _CHANGED, _NO_RANGE, *_PASSING}:
                return response
            response.close()  # what a redirect grants may end: ask its giver again
            self._moved = None
        first = link = parse_link(address)
        for _ in range(_MOST_REDIRECTS + 1):
            own = self._headers if link.origin == first.origin else {}
            response = self._client.open(link, {**headers, **own})
            if response.status not in _REDIRECTS:
                if link != first and not own:
                    self._moved = _Moved(address, link)
                return response
            place = response.headers.get("Location", "")
            response.close()
            link = _next_link(link, place)
        raise SourceUnavailableError("the file's host redirects too often")

    def _part(self, response: Any, start: int, stop: int, etag: str) -> Part:
        status = response.status
        if status in _GONE:
            raise SourceNotFoundError("the file does not exist")
        if status == _CHANGED:
            raise ChangedError
        if status in _PASSING:
            raise PassingError("the file's host does not answer")
        heard = response.headers
        tag, modified = heard.get("ETag", ""), heard.get("Last-Modified", "")
        if status == _PARTIAL:
            size, length = _partial(heard.get("Content-Range", ""), start, stop)
            return Part(self._body(response, length), size, tag, modified)
        if status == _NO_RANGE:
            if start == 0 and _EMPTY_RANGE.fullmatch(heard.get("Content-Range", "")):
                return Part(b"", 0, tag, modified)
            if etag:
                raise ChangedError
        if status == _OK and start == 0 and not etag:
            data = self._whole(response)
            return Part(data, len(data), tag, modified, whole=True)
        if status == _OK:
            raise PassingError("the file's host has stopped giving ranges")
        raise SourceUnavailableError("the file's host refuses to give it")

    def _whole(self, response: Any) -> bytes:
        most = self._client.config.remote_whole_bytes
        stated = response.headers.get("Content-Length", "")
        if stated.isdecimal() and int(stated) > most:
            raise UnsupportedSourceError("the file's host gives no ranges, and the file is large")
        data = self._pieces(response, most + 1)
        if len(data) > most:
            raise UnsupportedSourceError("the file's host gives no ranges, and the file is large")
        return data

    def _body(self, response: Any, length: int) -> bytes:
        data = self._pieces(response, length + 1)
        if len(data) != length:
            raise PassingError("the file's host sent another number of bytes than it said")
        return data

    def _pieces(self, response: Any, most: int) -> bytes:
        import urllib3  # noqa: PLC0415

        end = time.monotonic() + _PATIENCE * self._client.config.remote_timeout_s
        pieces: list[bytes] = []
        left = most
        try:
            while left > 0 and (piece := cast("bytes", response.read1(min(left, _PIECE)))):
                pieces.append(piece)
                left -= len(piece)
                if time.monotonic() > end:
                    raise PassingError("the file's host is too slow")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise PassingError("the file's host broke off") from error
        return b"".join(pieces)


def _next_link(link: Link, place: str) -> Link:
    """Return where a redirect leads. Raises ParameterError when that may not be."""
    origin = link.origin
    if not place or not place.isascii() or not place.isprintable():
        raise refusal()
    following = parse_link(urljoin(f"{origin.scheme}://{origin.header}{link.target}", place))
    if origin.scheme == "https" and following.origin.scheme != "https":
        raise refusal()
    return following


def _partial(stated: str, start: int, stop: int) -> tuple[int, int]:
    """Return the file's size and the answer's length (RFC 9110, section 14.4)."""
    found = _CONTENT_RANGE.fullmatch(stated)
    if found is None:
        raise PassingError("the file's host answered without saying what")
    first, last, size = map(int, found.groups())
    if first != start or last != min(stop, size) - 1:
        raise PassingError("the file's host answered with other bytes than those asked for")
    return size, last - first + 1
