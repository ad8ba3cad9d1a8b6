"""One of the project's caches, used so that its failing fails no request."""

import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import BaseCache, CacheHandler, caches
from django.core.signals import request_finished

REST_S = 30.0
"""How long a cache that failed is left alone."""
_LOG_EVERY_S = 60.0
_WAITS: Mapping[str, tuple[str, ...]] = {
    "django.core.cache.backends.redis.RedisCache": ("socket_timeout", "socket_connect_timeout"),
    "django.core.cache.backends.memcached.PyMemcacheCache": ("timeout", "connect_timeout"),
}
"""The options of backends that, without them, may wait for a silent server for ever."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


class CarefulCache:
    """A cache that counts as empty while it fails: after one failure it rests for `REST_S`.

    Safe between threads: what they race for costs one more attempt at most.
    """

    def __init__(self, alias: str, *, wait_s: float) -> None:
        """Use the cache of that alias; ``wait_s`` where its options set no timeout."""
        self._alias = alias
        self._handler = _handler(alias, wait_s)
        self._rests_until = 0.0
        self._logged = -_LOG_EVERY_S
        if self._handler is not caches:
            request_finished.connect(self._request_finished)

    @property
    def rests(self) -> bool:
        """Whether the cache failed lately, and is not asked."""
        return monotonic() < self._rests_until

    def get(self, key: str) -> object:
        """Return what is held; None when nothing is."""
        return self._ask(lambda cache: cache.get(key), None)

    def get_many(self, keys: Sequence[str]) -> Mapping[str, object]:
        """Return those that are held."""
        nothing: dict[str, object] = {}
        return self._ask(lambda cache: cache.get_many(keys), nothing)

    def put(self, key: str, value: bytes, timeout_s: int | None) -> None:
        """Hold a value for so long; None: until the cache needs its place."""
        self._ask(lambda cache: cache.set(key, value, timeout_s), None)

    def add(self, key: str, value: bytes, timeout_s: int) -> bool | None:
        """Hold a value unless there is one; return whether it is held now, None: unknown."""
        return self._ask(lambda cache: bool(cache.add(key, value, timeout_s)), None)

    def delete(self, key: str) -> None:
        """Forget a value."""
        self._ask(lambda cache: cache.delete(key), False)

    def close(self) -> None:
        """Close this thread's connections; they open again when they are needed."""
        self._handler.close_all()

    def _ask(self, operation: Callable[[BaseCache], T], otherwise: T) -> T:
        now = monotonic()
        if now < self._rests_until:
            return otherwise
        if self._rests_until:
            # The first to come after the rest tries; the others go on without, meanwhile.
            self._rests_until = now + REST_S
        try:
            answer = operation(self._handler[self._alias])
        except Exception as error:  # noqa: BLE001 - each backend has errors of its own
            self._rests_until = monotonic() + REST_S
            self._log(error)
            return otherwise
        self._rests_until = 0.0
        return answer

    def _log(self, error: Exception) -> None:
        now = monotonic()
        if now - self._logged >= _LOG_EVERY_S:
            self._logged = now
            logger.warning(
                "the cache %r fails, and is left alone for %d s: %s: %s",
                self._alias,
                REST_S,
                type(error).__name__,
                error,
            )

    def _request_finished(self, **_: Any) -> None:
        """Do what Django does with its own connections."""
        self.close()


def _handler(alias: str, wait_s: float) -> CacheHandler:
    """Return Django's own connections, or others of the same cache that do not wait for ever."""
    given = settings.CACHES[alias]
    options = given.get("OPTIONS", {})
    missing = {name: wait_s for name in _WAITS.get(given["BACKEND"], ()) if name not in options}
    if not missing:
        return caches
    return CacheHandler({alias: {**given, "OPTIONS": {**options, **missing}}})
