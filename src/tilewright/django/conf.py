"""The setting ``TILEWRIGHT``, and the one engine that each process makes from it.

Its keys are the fields of `tilewright.config.Config` and of `WebConfig`::

    TILEWRIGHT = {"cache_public": True, "limits": {"output_side": 4096}}
"""

import logging
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import PurePath
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from tilewright.blobs.localcopy import LocalCopies
from tilewright.config import Config
from tilewright.django.caching import KeptReplies
from tilewright.django.careful import CarefulCache
from tilewright.django.storages import SCHEME, Storages
from tilewright.django.webgateway.config import WebgatewayConfig
from tilewright.encode import Encoder
from tilewright.engine import Engine
from tilewright.errors import ConfigurationError
from tilewright.tms import TileMatrixSets
from tilewright.web.http import Reply, Validator

SETTING = "TILEWRIGHT"
PREFERRED = ("jpeg", "png", "webp", "avif")
"""The order in which formats are offered to a client that leaves the choice to the server."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What replies say about themselves."""

    cache_max_age_s: int = 3600
    """How long a client may show a picture without asking whether it changed; 0: always ask."""
    cache_public: bool = False
    """True lets shared caches keep pictures: right only when everybody may see all of them."""
    cache: str | None = None
    """The alias in ``CACHES`` where finished answers are kept; None: nowhere."""
    cache_timeout_s: int | None = 7 * 24 * 3600
    """How long they are kept; None: until the cache needs their place. None is ever stale, as
    the source's version is in its key."""
    cache_max_bytes: int = 1_000_000
    """The largest answer that is kept. Memcached takes none above 1 MiB unless told to."""
    cache_min_ms: float | None = None
    """Answers that take less time to make are not kept; None: as long as this process measures
    that the cache takes to store and return one."""
    cache_wait_s: float = 0.5
    """How long to wait for Redis or memcached where the cache's own options do not tell."""
    region_units: str = "pixels"
    """What the edges of a region of an image on the earth count where a client does not say:
    ``EPSG:4326`` is what clients of django-large-image mean."""
    trusted_proxy: bool = False
    """True takes scheme, host and path prefix of links from the headers X-Forwarded-Proto,
    -Host and -Prefix, or Forwarded: right only behind a proxy that sets or removes them all."""

    webgateway: WebgatewayConfig = field(default_factory=WebgatewayConfig)
    """What the app ``tilewright.django.webgateway`` shows, and to whom."""
    drawn_signed: bool = False
    """True refuses drawn pictures whose address is not signed, where a view says nothing else."""
    ephemeral_cache: str | None = None
    """The alias in ``CACHES`` where pictures are put aside for a while; None: in a folder."""
    ephemeral_folder: str | None = None
    """That folder; None: one of the user's own among the system's temporary files."""
    ephemeral_bytes: int = 256 << 20
    """The most that pictures in that folder may take; what was seen longest ago goes first."""

    def __post_init__(self) -> None:
        if self.cache_max_age_s < 0:
            raise ConfigurationError(
                f"cache_max_age_s must be 0 or more, not {self.cache_max_age_s}"
            )
        for name in ("cache_timeout_s", "cache_max_bytes", "cache_wait_s", "ephemeral_bytes"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigurationError(f"{name} must be above 0, not {value}")
        if self.cache_min_ms is not None and self.cache_min_ms < 0:
            raise ConfigurationError(f"cache_min_ms must be 0 or more, not {self.cache_min_ms}")

    @property
    def cache_control(self) -> str:
        """The header of pictures."""
        scope = "public" if self.cache_public else "private"
        return f"{scope}, max-age={self.cache_max_age_s}"

    @property
    def document_cache_control(self) -> str:
        """The header of metadata, which tell clients what to ask: always checked anew."""
        return f"{'public' if self.cache_public else 'private'}, no-cache"


@dataclass(frozen=True, slots=True)
class Edge:
    """What a view needs, looked up once for a process."""

    engine: Engine
    storages: Storages
    """Where files lie that are in no local storage."""
    suffixes: Mapping[str, str]
    """From file suffix to format."""
    seen_suffixes: Mapping[str, str]
    """Those of files that show a picture: a TIFF may, what holds values alone does not."""
    media_types: Mapping[str, str]
    """From media type to the preferred suffix, in the order in which they are offered."""
    tile_sets: TileMatrixSets
    cache_control: str
    document_cache_control: str
    region_units: str
    """What edges count where nobody says, on images that lie on the earth."""
    trusted_proxy: bool
    """Whether links follow what a proxy says of the client's address."""
    drawn_signed: bool
    """Whether the addresses of drawn pictures have to be signed, where a view says nothing."""
    kept: KeptReplies | None
    """What the project's cache holds; None when it is not used."""
    webgateway: WebgatewayConfig
    """What the app ``tilewright.django.webgateway`` shows, and to whom."""

    def reply(self, kind: Hashable, validator: Validator, make: Callable[[], Reply]) -> Reply:
        """Return what ``make`` makes, or what is kept of it, as `KeptReplies.reply` does."""
        return make() if self.kept is None else self.kept.reply(kind, validator, make)


def read_setting() -> tuple[Config, WebConfig]:
    """Return the project's setting as values.

    Raises ConfigurationError that names the key and what it may be.
    """
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"{SETTING} must be a dict, not {type(given).__name__}")
    web_names = {row.name for row in fields(WebConfig)}
    known = web_names | {row.name for row in fields(Config)}
    _refuse_unknown(given, known, SETTING)
    web = {name: value for name, value in given.items() if name in web_names}
    rest = {name: value for name, value in given.items() if name not in web_names}
    config, web_config = _build(Config, rest, SETTING), _build(WebConfig, web, SETTING)
    for name in ("cache", "ephemeral_cache"):
        alias = getattr(web_config, name)
        if alias is not None and alias not in settings.CACHES:
            aliases = ", ".join(sorted(settings.CACHES))
            raise ConfigurationError(
                f"{SETTING}[{name!r}] must be an alias in CACHES ({aliases}), not {alias!r}"
            )
    return config, web_config


def _refuse_unknown(given: Mapping[Any, Any], known: set[str], where: str) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"{where} has no key {name!r}{hint}")


def _build(kind: type[T], given: Mapping[str, Any], where: str) -> T:
    """Make a frozen dataclass of a dict, each value of the declared type."""
    hints = get_type_hints(kind)
    _refuse_unknown(given, set(hints), where)
    values: dict[str, Any] = {}
    for name, value in given.items():
        expected, place = hints[name], f"{where}[{name!r}]"
        if isinstance(expected, type) and is_dataclass(expected):
            if not isinstance(value, Mapping):
                raise ConfigurationError(f"{place} must be a dict, not {value!r}")
            values[name] = _build(expected, value, place)
            continue
        if isinstance(value, PurePath):
            value = str(value)  # noqa: PLW2901 - settings have their folders as paths
        if get_origin(expected) is tuple:
            values[name] = _texts(value, place)
            continue
        allowed = get_args(expected) or (expected,)
        if type(value) is int and float in allowed:
            value = float(value)  # noqa: PLW2901 - 5 seconds are 5.0 seconds
        # True is an int to Python, and a slip to a reader of settings.
        if type(value) not in allowed:
            kinds = " or ".join("None" if kind is NoneType else kind.__name__ for kind in allowed)
            raise ConfigurationError(f"{place} must be of type {kinds}, not {value!r}")
        values[name] = value
    try:
        return kind(**values)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _texts(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise ConfigurationError(f"{place} must be a list or tuple of str, not {value!r}")
    return tuple(value)


class _Holder:
    """Makes the process's edge when it is first asked for, whichever thread asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._edge: Edge | None = None

    def get(self) -> Edge:
        if self._edge is None:
            with self._lock:
                if self._edge is None:
                    self._edge = _make_edge()
        return self._edge

    def drop(self) -> None:
        with self._lock:
            edge, self._edge = self._edge, None
        if edge is not None:
            edge.engine.close()
            edge.storages.close()
            if edge.kept is not None:
                edge.kept.close()


_holder = _Holder()
edge = _holder.get
"""Return this process's `Edge`. Raises ConfigurationError when the setting is wrong."""


@receiver(setting_changed)
def _follow_setting(*, setting: str, **_: object) -> None:
    if setting in {SETTING, "CACHES"}:
        _holder.drop()


def _make_edge() -> Edge:
    import cv2  # noqa: PLC0415 - nothing heavy is loaded before the first picture

    config, web = read_setting()
    storages = Storages(config, LocalCopies(config.copy_folder, config.copy_cache_bytes))
    engine = Engine(config, openers={SCHEME: storages.open})
    # Requests share the cores: a tile cut up among threads costs twice the time of one.
    cv2.setNumThreads(1)
    encoders = loadable_encoders(engine)
    return Edge(
        engine,
        storages,
        suffixes={suffix: encoder.name for encoder in encoders for suffix in encoder.suffixes},
        seen_suffixes={
            suffix: encoder.name
            for encoder in encoders
            for suffix in encoder.suffixes
            if encoder.kind == "picture" or encoder.name == "tiff"
        },
        media_types={
            encoder.media_type: encoder.suffixes[0] for encoder in encoders if _is_offered(encoder)
        },
        tile_sets=TileMatrixSets(config.tile_matrix_set_folder),
        cache_control=web.cache_control,
        document_cache_control=web.document_cache_control,
        region_units=web.region_units,
        trusted_proxy=web.trusted_proxy,
        drawn_signed=web.drawn_signed,
        kept=None if web.cache is None else _kept(web.cache, web),
        webgateway=web.webgateway,
    )


def _kept(alias: str, web: WebConfig) -> KeptReplies:
    return KeptReplies(
        CarefulCache(alias, wait_s=web.cache_wait_s),
        timeout_s=web.cache_timeout_s,
        max_bytes=web.cache_max_bytes,
        min_ms=web.cache_min_ms,
    )


def loadable_encoders(engine: Engine) -> list[Encoder]:
    """Return the encoders whose libraries are there, the formats of the web first."""
    found: list[Encoder] = []
    for name in sorted(engine.encoders.names(), key=_rank):
        try:
            encoder = engine.encoders.get(name)
        except ImportError as error:
            logger.warning("the encoder %s is left out: %s", name, error)
        else:
            if encoder is not None:
                found.append(encoder)
    return sorted(found, key=_is_offered, reverse=True)


def _is_offered(encoder: Encoder) -> bool:
    return encoder.kind == "raster" or encoder.offered


def _rank(name: str) -> tuple[int, str]:
    return (PREFERRED.index(name) if name in PREFERRED else len(PREFERRED), name)
