"""Finished answers in Django's cache framework: what one process made, others need not.

An answer's key is its entity tag, which tells the request, the source and its version; so what
is held is never stale, and errors, which have no tag, are never held.
"""

import os
import struct
import threading
import time
from collections.abc import Callable, Hashable
from http import HTTPStatus
from statistics import median
from time import monotonic, perf_counter

from tilewright.cache import SingleFlight
from tilewright.django.careful import CarefulCache
from tilewright.image import Source
from tilewright.mosaic import Mosaic
from tilewright.request import LevelRegion, MapTile, RenderRequest, Tile
from tilewright.web.http import Reply, Validator

LOCK_S = 5
"""How long others wait, at most, for the one process that makes an answer."""
_PREFIX = "tilewright:1"
"""The number is raised whenever entries are laid out in another way."""
_HEAD = struct.Struct(">2sBBI")
_MAGIC = b"tw"
_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1
_NEWEST = 0.3
"""The weight of the newest measurement in a moving average."""
_REMEMBERED_KINDS = 4096
_PROBES = 5
_PROBE = bytes(16 << 10)


class KeptReplies:
    """Answers in one of the project's caches. Safe between threads, and over a fork."""

    def __init__(
        self, cache: CarefulCache, *, timeout_s: int | None, max_bytes: int, min_ms: float | None
    ) -> None:
        """Keep bodies up to ``max_bytes`` that take at least ``min_ms`` to make.

        Without ``min_ms`` that is what the cache itself takes for a set and a get, measured once.
        """
        self._cache = cache
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._min_s = None if min_ms is None else min_ms / 1000
        # Seconds by kind. Without a lock: a measurement that is lost in a race does no harm.
        self._averages: dict[Hashable, float] = {}
        self._flight: SingleFlight[Reply] = SingleFlight()
        self._process = os.getpid()

    def reply(self, kind: Hashable, validator: Validator, make: Callable[[], Reply]) -> Reply:
        """Return the answer of that tag: the one that is held, else what ``make`` makes.

        Answers of one ``kind`` take about as long to make. Those that take less than the cache
        does are made each time.
        """
        if self._process != os.getpid():  # others may have been in flight at the fork
            self._flight, self._process = SingleFlight(), os.getpid()
        if self._is_cheap(kind):
            return self._made(kind, make)
        return self._flight.do(validator, lambda: self._found_or_made(kind, validator, make))

    @property
    def rests(self) -> bool:
        """Whether the cache failed lately, so that nothing is kept."""
        return self._cache.rests

    def close(self) -> None:
        """Close this thread's connections to the cache. It may be used again."""
        self._cache.close()

    def _found_or_made(
        self, kind: Hashable, validator: Validator, make: Callable[[], Reply]
    ) -> Reply:
        key = entry_key(validator)
        lock = f"{key}:lock"
        found = self._find(key, validator)
        if found is not None:
            return found
        locked = self._cache.add(lock, b"", LOCK_S)
        if locked is False:
            self._wait(key, lock)
        try:
            # Who had the lock before may have stored it since the first look.
            return self._find(key, validator) or self._stored(kind, validator, make)
        finally:
            if locked:
                self._cache.delete(lock)

    def _find(self, key: str, validator: Validator) -> Reply | None:
        return unpack(self._cache.get(key), validator)

    def _wait(self, key: str, lock: str) -> None:
        """Wait until the other process is done, in one way or another, or too slow."""
        pause, deadline = _FIRST_PAUSE_S, monotonic() + LOCK_S
        while monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            seen = self._cache.get_many((key, lock))
            if key in seen or lock not in seen:
                return

    def _stored(self, kind: Hashable, validator: Validator, make: Callable[[], Reply]) -> Reply:
        reply = self._made(kind, make)
        good = reply.status == HTTPStatus.OK and len(reply.body) <= self._max_bytes
        if good and not self._is_cheap(kind):
            self._cache.put(entry_key(validator), pack(reply, validator), self._timeout_s)
        return reply

    def _made(self, kind: Hashable, make: Callable[[], Reply]) -> Reply:
        began = perf_counter()
        reply = make()
        took = perf_counter() - began
        if len(self._averages) >= _REMEMBERED_KINDS and kind not in self._averages:
            self._averages.clear()
        average = self._averages.get(kind, took)
        self._averages[kind] = average + _NEWEST * (took - average)
        return reply

    def _is_cheap(self, kind: Hashable) -> bool:
        """Tell whether answers of that kind are made faster than fetched; unknown ones are not."""
        average = self._averages.get(kind)
        if average is None:
            return False
        if self._min_s is None:
            self._min_s = self._round_trip_s()
        return self._min_s is not None and average < self._min_s

    def _round_trip_s(self) -> float | None:
        """Measure a set and a get of a usual tile, in seconds; None while the cache rests."""
        key = f"{_PREFIX}:probe:{os.getpid()}:{threading.get_ident()}"
        took = []
        for _ in range(_PROBES):
            began = perf_counter()
            self._cache.put(key, _PROBE, LOCK_S)
            self._cache.get(key)
            took.append(perf_counter() - began)
        self._cache.delete(key)
        return None if self._cache.rests else median(took)


def picture_kind(source: Source, asked: RenderRequest) -> Hashable:
    """Return what pictures of an image that take about as long to make have in common."""
    return (source.uri, source.options, *_drawing_kind(asked))


def mosaic_kind(mosaic: Mosaic, asked: RenderRequest) -> Hashable:
    """Return the same of pictures of a mosaic, without a list of all its images."""
    images = hash(tuple((source.uri, source.options) for source in mosaic.sources))
    return (images, mosaic.method, *_drawing_kind(asked))


def _drawing_kind(asked: RenderRequest) -> tuple[object, ...]:
    target = asked.target
    zoom: object = None
    if isinstance(target, Tile):
        zoom = target.z
    elif isinstance(target, LevelRegion):
        zoom = target.shrink
    elif isinstance(target, MapTile):
        zoom = target.matrix.cell_size
    return (type(target), zoom, asked.encoding.format, asked.style.text, asked.resampling)


def entry_key(validator: Validator) -> str:
    """Return the key in the cache of the answer with that tag."""
    tag = validator.etag.strip('"')
    return f"{_PREFIX}:{tag}"


def pack(reply: Reply, validator: Validator) -> bytes:
    """Return an answer as one piece of bytes: its tag, media type and body."""
    tag, media_type = validator.etag.encode(), reply.headers["Content-Type"].encode()
    head = _HEAD.pack(_MAGIC, len(tag), len(media_type), len(reply.body))
    return b"".join((head, tag, media_type, reply.body))


def unpack(entry: object, validator: Validator) -> Reply | None:
    """Return the answer, or None where the entry is missing, cut short, or another's."""
    if not isinstance(entry, bytes) or len(entry) < _HEAD.size:
        return None
    magic, tag_size, type_size, body_size = _HEAD.unpack_from(entry)
    tag_end = _HEAD.size + tag_size
    type_end = tag_end + type_size
    whole = magic == _MAGIC and len(entry) == type_end + body_size
    if not whole or entry[_HEAD.size : tag_end] != validator.etag.encode():
        return None
    headers = validator.headers()
    headers["Content-Type"] = entry[tag_end:type_end].decode()
    headers["Content-Length"] = str(body_size)
    return Reply(HTTPStatus.OK, headers, entry[type_end:])
