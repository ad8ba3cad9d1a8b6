"""Where sources lie: the blob of each uri, with what is known of remote places."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from tilewright.blobs import Blob
from tilewright.blobs.cloud import SCHEMES, CloudFetcher, ObjectName, make_store, parse_object
from tilewright.blobs.fetch import Fetcher
from tilewright.blobs.guard import (
    DEFAULT_PORTS,
    Origin,
    check_bucket,
    check_hosts,
    check_origin,
    parse_link,
    refusal,
)
from tilewright.blobs.http import HttpClient, HttpFetcher
from tilewright.blobs.local import LocalBlob, local_source
from tilewright.blobs.remote import RemoteBlob
from tilewright.config import Config
from tilewright.errors import ConfigurationError, ParameterError, SourceError
from tilewright.image import Source

Stores = Mapping[str, Mapping[str, Any]]
"""Options of the stores below a prefix of uris: ``{"s3://bucket": {"region": "eu-west-1"}}``.

Of ``s3``, ``gs`` and ``az`` they are obstore's, credentials among them; of ``https`` and
``http`` they are headers. What has options may be read, whatever ``Config.remote_hosts`` says.
"""
T = TypeVar("T")

_REQUESTS_AT_ONCE = 16
_REMEMBERED = 4096
_WAITING_BLOBS = 32


def is_remote(uri: str) -> bool:
    """Tell whether a uri names a scheme; all others are local paths."""
    scheme, mark, _ = uri.partition("://")
    return bool(mark) and scheme.isascii() and scheme.isalnum()


class Places:
    """The remote places of one engine. Safe between threads, not over a fork."""

    def __init__(self, config: Config, stores: Stores = MappingProxyType({})) -> None:
        """Connect nowhere yet. Raises ConfigurationError for hosts or stores that mean nothing."""
        check_hosts(config.remote_hosts)
        self._config = config
        self._stores = _stated(stores)
        self._client = HttpClient(config, _origins(self._stores))
        self._buckets: _Recent[Any] = _Recent(_REMEMBERED)
        self._addresses: _Recent[str] = _Recent(_REMEMBERED)
        self._versions: _Recent[tuple[str, float]] = _Recent(_REMEMBERED)
        self._waiting: _Recent[RemoteBlob] = _Recent(_WAITING_BLOBS)
        self._lock = threading.Lock()
        self._looking: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self._together = ThreadPoolExecutor(_REQUESTS_AT_ONCE, "tilewright-ranges")

    def source(self, uri: str, *, address: str | None = None) -> Source:
        """Return the source of a uri, its version as the storage tells it.

        ``uri`` stands in keys, so it has no signature; ``address`` is the same file's URL with
        one, used from now on. The storage is asked once in ``Config.remote_fresh_s``, and the
        bytes that come with its answer serve the opening that follows. Raises
        SourceNotFoundError, SourceUnavailableError, UnsupportedSourceError, ParameterError for
        a place that may not be read.
        """
        if not is_remote(uri):
            return local_source(uri)
        if address is not None:
            self._addresses.put(uri, address)
        with self._lock:
            turn = self._looking.setdefault(uri, _Turn())
        with turn.lock:
            known = self._versions.find(uri)
            now = time.monotonic()
            if known is not None and now < known[1]:
                return Source(uri, known[0])
            version = self._look(uri, None if known is None else known[0])
            self._versions.put(uri, (version, now + self._config.remote_fresh_s))
            return Source(uri, version)

    def open(self, source: Source) -> Blob:
        """Return the blob of a source. Raises as `source` does."""
        uri = source.uri
        if not is_remote(uri):
            return LocalBlob(uri)
        waiting = self._waiting.take(uri)
        if waiting is not None and waiting.version == source.version:
            return waiting
        blob = self._open(uri)
        if blob.version != source.version:
            self._versions.drop(uri)
        return blob

    def renew(self, stores: Stores) -> None:
        """Take other options of object stores from now on; blobs that are open take them too.

        What was learnt is forgotten: it was told to whoever had the options before.
        """
        self._stores = _stated(stores)
        for recent in (self._buckets, self._versions, self._waiting):
            recent.clear()

    def close(self) -> None:
        """Close all connections and forget what was learnt."""
        for recent in (self._buckets, self._addresses, self._versions, self._waiting):
            recent.clear()
        self._client.close()

    def _look(self, uri: str, known: str | None) -> str:
        """Ask the storage for the version; what is new waits, opened."""
        if known is not None and self._fetcher(uri).fetch(0, 1, "").version == known:
            return known
        blob = self._open(uri)
        self._waiting.put(uri, blob)
        return blob.version

    def _open(self, uri: str) -> RemoteBlob:
        try:
            return RemoteBlob(
                self._fetcher(uri),
                self._config,
                together=self._together,
                changed=lambda: self._versions.drop(uri),
            )
        except SourceError as error:
            error.uri = uri
            raise

    def _fetcher(self, uri: str) -> Fetcher:
        scheme = uri.partition("://")[0]
        signed = self._addresses.find(uri)
        if scheme in DEFAULT_PORTS or signed is not None:
            address = uri if signed is None else signed
            prefix = self._prefix(address.partition("?")[0])
            if prefix is None:
                check_origin(parse_link(address).origin, self._config)
            headers = {} if prefix is None else self._stores[prefix]
            return HttpFetcher(self._client, lambda: self._addresses.find(uri) or uri, headers)
        if scheme not in SCHEMES:
            raise refusal()
        name = parse_object(uri)
        prefix = self._prefix(uri)
        if prefix is None:
            check_bucket(name.scheme, name.bucket, self._config)
        self._bucket(uri, name)  # options that are wrong are said to be so now
        return CloudFetcher(lambda: self._bucket(uri, name), name.key)

    def _bucket(self, uri: str, name: ObjectName) -> Any:
        """Return the store of an object's bucket, with the options that are stated for it now."""
        prefix = self._prefix(uri)
        # Two prefixes in one bucket may have credentials of their own.
        place = f"{uri[: len(uri) - len(name.key)]} {prefix or ''}"
        store = self._buckets.find(place)
        if store is None:
            options = {"skip_signature": True} if prefix is None else self._stores[prefix]
            store = make_store(name, options, self._config)
            self._buckets.put(place, store)
        return store

    def _prefix(self, uri: str) -> str | None:
        """Return the longest prefix, of those with options, that the uri has; None: none."""
        fitting = [
            prefix for prefix in self._stores if uri == prefix or uri.startswith(f"{prefix}/")
        ]
        return max(fitting, key=len, default=None)


def _stated(stores: Stores) -> dict[str, dict[str, Any]]:
    return {prefix.rstrip("/"): dict(options) for prefix, options in stores.items()}


def _origins(stores: Stores) -> frozenset[Origin]:
    """Return the web servers among the stores."""
    try:
        return frozenset(
            parse_link(prefix).origin
            for prefix in stores
            if prefix.partition("://")[0] in DEFAULT_PORTS
        )
    except ParameterError as error:
        raise ConfigurationError("stores: a prefix is no address") from error


class _Turn:
    """A lock that is forgotten when nobody holds it."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


class _Recent(Generic[T]):
    """The things used last, by uri. Safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._things: OrderedDict[str, T] = OrderedDict()

    def find(self, key: str) -> T | None:
        with self._lock:
            thing = self._things.get(key)
            if thing is not None:
                self._things.move_to_end(key)
            return thing

    def put(self, key: str, thing: T) -> None:
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            if len(self._things) > self._most:
                self._things.popitem(last=False)

    def take(self, key: str) -> T | None:
        with self._lock:
            return self._things.pop(key, None)

    def drop(self, key: str) -> None:
        self.take(key)

    def clear(self) -> None:
        with self._lock:
            self._things.clear()
