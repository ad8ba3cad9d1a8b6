"""Who asks, as far as a picture depends on it."""

import sys
from collections.abc import Hashable
from typing import Any

from django.http import HttpRequest
from django.utils.functional import LazyObject, empty


def behind_login(view: object) -> bool:
    """Tell whether a view has a login or permission mixin of Django's."""
    # A project without users cannot import it; one that uses it has.
    mixin = getattr(sys.modules.get("django.contrib.auth.mixins"), "AccessMixin", None)
    return mixin is not None and isinstance(view, mixin)


def looked_at(request: HttpRequest) -> bool:
    """Tell whether anything has asked yet who is logged in, or for the session."""
    session = getattr(request, "session", None)
    if getattr(session, "accessed", False):
        return True
    user: Any = getattr(request, "user", None)
    if isinstance(user, LazyObject):
        return user._wrapped is not empty  # noqa: SLF001 - to ask the user itself would look
    return user is not None


def asks(request: HttpRequest) -> Hashable:
    """Return what tells one user from all others, and one nobody's session from another's."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return ("user", str(user.pk))
    session = getattr(request, "session", None)
    # Where no middleware has told who that is, the view may know it from what the client sent.
    cookies = request.META.get("HTTP_COOKIE") if session is None else session.session_key
    return ("nobody", cookies, request.META.get("HTTP_AUTHORIZATION"))
