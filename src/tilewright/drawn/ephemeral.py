"""Pictures put aside for a short time, each under an address that nobody can guess.

    kept = ephemeral.put(figure, ttl=600, user=request.user)
    kept.url   # "/drawn/ephemeral/NRVJ…"

Whoever knows the address sees the picture until it expires; with a user or a session, they
alone do. Include `tilewright.drawn.urls`, and let ``manage.py tilewright_purge`` run now and then.
"""

import hashlib
import hmac
import json
import re
import secrets
import struct
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse

from tilewright.django import conf
from tilewright.drawn import outputs
from tilewright.drawn.aside import CacheStore, FolderStore, Store
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Size
from tilewright.image import Encoded
from tilewright.web import http

LONGEST_S = 30 * 24 * 3600
URL_NAME = "tilewright_drawn:ephemeral"

_MAX_PIXELS = 1 << 24
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SESSION_KEY = "tilewright_ephemeral"
_MAGIC = b"TWE1"
_LENGTHS = struct.Struct(">4sII")


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A picture that was put aside."""

    token: str
    """43 characters of chance. It is a key: do not log it."""
    url: str
    """Its path on this site."""
    expires: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A picture that is still there, for one who may see it."""

    encoded: Encoded
    etag: str
    expires: float
    tied: bool
    """Whether it is for a user or a session alone."""


@dataclass(frozen=True, slots=True)
class _Label:
    """What is kept beside the bytes."""

    media_type: str
    width: int
    height: int
    expires: float
    etag: str
    user: str | None
    session: str | None


def put(
    picture: object,
    *,
    ttl: float | timedelta,
    format: str = "png",
    quality: int | None = None,
    user: Any = None,
    session: SessionBase | None = None,
) -> Ephemeral:
    """Put a picture aside for so many seconds, 30 days at most, and tell where it is.

    ``picture`` is what ``draw`` may return, written as ``format``, or an `Encoded`. Given a
    ``user``, or a ``session``, nobody else gets it; a session loses it when it is flushed, as
    by a logout. Raises ParameterError, LimitError, EncodeError, DrawError,
    SourceUnavailableError when the store is full or away, ValueError for a user not logged in.
    """
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if not 1 <= seconds <= LONGEST_S:
        raise ParameterError("ttl", f"1 to {LONGEST_S:,} seconds", ttl)
    if user is not None and not user.is_authenticated:
        raise ValueError("nobody is logged in: tie the picture to the session")
    encoded = (
        picture
        if isinstance(picture, Encoded)
        else outputs.encoded(
            picture,
            format,
            quality=quality,
            dpr=1,
            max_pixels=_MAX_PIXELS,
            encoder=conf.edge().engine.encoder,
        )
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    url = reverse(URL_NAME, kwargs={"token": token})
    expires = time.time() + seconds
    label = _Label(
        media_type=encoded.media_type,
        width=encoded.size.width,
        height=encoded.size.height,
        expires=expires,
        etag=http.etag(hashlib.sha256(encoded.data).digest()),
        user=None if user is None else _owner(token, str(user.pk)),
        session=None if session is None else _owner(token, _secret_of(session)),
    )
    _store().put(_key(token), _packed(label, encoded.data), expires)
    return Ephemeral(token, url, datetime.fromtimestamp(expires, UTC))


def find(token: str, request: HttpRequest) -> Held:
    """Return a picture for one who asks.

    Raises OutsideError, always in the same words, when there is none, its time is over, or it
    is somebody else's.
    """
    raw = _store().get(_key(token)) if _TOKEN.fullmatch(token) else None
    found = None if raw is None else _unpacked(raw)
    if found is None or found[0].expires <= time.time() or not _may_see(token, found[0], request):
        raise OutsideError("there is no such picture, or its time is over")
    label, data = found
    encoded = Encoded(data, label.media_type, Size(label.width, label.height))
    tied = label.user is not None or label.session is not None
    return Held(encoded, label.etag, label.expires, tied)


def remove(token: str) -> None:
    """Remove a picture before its time."""
    _store().remove(_key(token))


def purge() -> tuple[int, int]:
    """Remove the pictures whose time is over; return how many, and how many bytes."""
    return _store().purge()


@lru_cache(maxsize=1)
def _store() -> Store:
    web = conf.read_setting()[1]
    if web.ephemeral_cache is not None:
        return CacheStore(web.ephemeral_cache, web.cache_max_bytes, wait_s=web.cache_wait_s)
    return FolderStore(web.ephemeral_folder, web.ephemeral_bytes)


@receiver(setting_changed)
def _follow_setting(*, setting: str, **_: object) -> None:
    if setting in {conf.SETTING, "CACHES"}:
        _store.cache_clear()


def _key(token: str) -> str:
    """Return the name in the store: whoever can list it learns no address."""
    return hashlib.sha256(token.encode()).hexdigest()


def _owner(token: str, who: str) -> str:
    """Return what tells whether it is the same one, and not who that is."""
    return hmac.new(token.encode(), who.encode(), "sha256").hexdigest()


def _secret_of(session: SessionBase) -> str:
    """Return chance that the session keeps: its own key changes, and is nothing to hand on."""
    known = session.get(_SESSION_KEY)
    if not isinstance(known, str):
        known = session[_SESSION_KEY] = secrets.token_urlsafe(_TOKEN_BYTES)
    return known


def _may_see(token: str, label: _Label, request: HttpRequest) -> bool:
    if label.user is not None:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return False
        if not hmac.compare_digest(label.user, _owner(token, str(user.pk))):
            return False
    if label.session is not None:
        session = getattr(request, "session", None)
        known = None if session is None else session.get(_SESSION_KEY)
        if not isinstance(known, str):
            return False
        return hmac.compare_digest(label.session, _owner(token, known))
    return True


def _packed(label: _Label, data: bytes) -> bytes:
    head = json.dumps(asdict(label)).encode()
    return _LENGTHS.pack(_MAGIC, len(head), len(data)) + head + data


def _unpacked(raw: bytes) -> tuple[_Label, bytes] | None:
    """Return what was packed; None for what is damaged, or of another version."""
    try:
        magic, head, length = _LENGTHS.unpack_from(raw)
        start = _LENGTHS.size + head
        if magic != _MAGIC or len(raw) != start + length:
            return None
        return _Label(**json.loads(raw[_LENGTHS.size : start])), raw[start:]
    except (struct.error, ValueError, TypeError):
        return None
