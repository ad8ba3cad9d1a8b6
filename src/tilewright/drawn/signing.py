"""Signed addresses: only who has the project's secret key can make one.

What is signed is the path and the canonical query of what is drawn, with its expiry: an HMAC
(SHA-256) by `django.core.signing`, with a salt for each view. Keys in ``SECRET_KEY_FALLBACKS``
are still believed.
"""

import math
import time

from django.core.signing import BadSignature, Signer

from tilewright.errors import ParameterError, SignatureError

LONGEST_S = 10 * 365 * 24 * 3600
"""How long an address may be valid that is not so for ever."""

_SALT = "tilewright.drawn"
_STEPS = 8


def sign(salt: str, path: str, query: str, expires: int | None = None) -> str:
    """Return the signature of a path below the project's root, unescaped, and canonical query.

    ``expires`` is the Unix time at which it ends; None: never.
    """
    return _signer(salt).signature(_text(path, query, expires))


def check(salt: str, path: str, query: str, expires: int | None, signature: str | None) -> None:
    """Raise SignatureError unless the signature is that of this path, query and expiry.

    The comparison takes constant time.
    """
    if signature is None:
        raise SignatureError("the address must be signed")
    try:
        _signer(salt).unsign(f"{_text(path, query, expires)}:{signature}")
    except BadSignature:
        raise SignatureError("the signature is not that of this address") from None
    # Only now: what is not signed says nothing about time.
    if expires is not None and expires <= time.time():
        raise SignatureError("the address has expired")


def expiry(valid_s: float) -> int:
    """Return the Unix time so many seconds from now, or up to an eighth of them before.

    The same one is told for a while, so that the same address is made again, and browsers can
    keep what it shows. Raises ParameterError.
    """
    if not 1 <= valid_s <= LONGEST_S:
        raise ParameterError("valid_s", f"1 to {LONGEST_S:,} seconds", valid_s)
    step = max(1, int(valid_s) // _STEPS)
    return math.ceil(time.time() + valid_s) // step * step


def _signer(salt: str) -> Signer:
    return Signer(salt=f"{_SALT}:{salt}", sep=":")


def _text(path: str, query: str, expires: int | None) -> str:
    return f"{expires}|{path}?{query}"
