"""The views that change what a user has saved: save, copy and paste, reset."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import QueryDict

from tilewright.django import conf
from tilewright.django.webgateway import saved
from tilewright.django.webgateway.guard import (
    logged_in,
    not_allowed,
    reads,
    reads_and_writes,
    writes,
)
from tilewright.django.webgateway.images import number
from tilewright.django.webgateway.opened import Opened, opened, query_of
from tilewright.django.webgateway.replying import done
from tilewright.errors import OutsideError, ParameterError, TilewrightError
from tilewright.web.webgateway.rdefs import copied_document
from tilewright.web.webgateway.settings import RenderingSettings, merged
from tilewright.web.webgateway.strict import check_savable

COPIED = "tilewright_rdef"
"""What a session remembers: settings, and the image that they are of."""
MOST_TARGETS = 500
"""Images that one request changes."""

Change = Callable[[Opened, Any], bool]
"""Changes what a user has saved of an image; False where the image takes it not."""


@writes
def save(request: HttpRequest, iid: str) -> HttpResponse:
    """Save the settings of the query, or of the form that was posted, for this user."""
    user, seen = logged_in(request), opened(request, iid)
    _check_right(seen)
    saved.store(seen.id, user, _asked(seen, _settings_text(request)))
    return done(request, True)


@reads_and_writes
def copy(request: HttpRequest) -> HttpResponse:
    """Remember an image's settings, or those of the query; by POST, save them for images."""
    user = logged_in(request)
    if request.method == "POST":
        settings = _remembered(request)
        return _change_all(request, user, lambda seen, user: _paste(seen, user, settings))
    asked = request.GET
    if "fromid" in asked:
        seen = opened(request, asked["fromid"])
        settings = seen.settings()
    elif "c" in asked:
        seen = opened(request, _one(asked, "imageId"))
        settings = _asked(seen, query_of(request))
    else:
        return not_allowed(request.method, ("POST",))
    if not hasattr(request, "session"):
        raise PermissionDenied("Nothing can be copied: the server keeps no sessions.")
    request.session[COPIED] = {"image": seen.id, "settings": settings.stored()}
    return done(request, True)


@reads
def copied(request: HttpRequest) -> HttpResponse:
    """Tell what is remembered; null when nothing is."""
    found = _of_session(request)
    if found is None:
        return done(request, {"rdef": None})
    image, settings = found
    try:
        info = opened(request, str(image)).info
    except (TilewrightError, Http404, PermissionDenied):
        return done(request, {"rdef": None})
    return done(request, {"rdef": copied_document(settings, info)})


@writes
def reset(request: HttpRequest) -> HttpResponse:
    """Save the settings that images have where nothing was saved."""
    return _change_all(request, logged_in(request), _reset)


@writes
def apply_owners(request: HttpRequest) -> HttpResponse:
    """Save the settings that the owners of images see."""
    return _change_all(request, logged_in(request), _as_owner)


def _paste(seen: Opened, user: Any, settings: RenderingSettings) -> bool:
    moved = settings.moved_to(seen.info)
    if not moved.fits(seen.info):
        return False
    saved.store(seen.id, user, moved)
    return True


def _reset(seen: Opened, user: Any) -> bool:
    saved.store(seen.id, user, seen.defaults())
    return True


def _as_owner(seen: Opened, user: Any) -> bool:
    saved.store(seen.id, user, seen.owners_settings())
    return True


def _change_all(request: HttpRequest, user: Any, change: Change) -> HttpResponse:
    """Change the settings of all images that were posted; tell which could be."""
    kind = request.POST.get("to_type", "image")
    if kind != "image":
        raise ParameterError("to_type", "image", kind)
    found: dict[str, list[int]] = {"True": [], "False": []}
    for iid in _targets(request.POST):
        found[str(_changed(request, iid, user, change))].append(iid)
    return done(request, found)


def _changed(request: HttpRequest, iid: int, user: Any, change: Change) -> bool:
    try:
        seen = opened(request, str(iid))
        _check_right(seen)
        return change(seen, user)
    except (TilewrightError, Http404, PermissionDenied):
        return False


def _targets(posted: QueryDict) -> list[int]:
    texts = posted.getlist("toids")
    if not texts:
        raise OutsideError("toids names no image")
    if len(texts) > MOST_TARGETS:
        raise ParameterError("toids", f"at most {MOST_TARGETS} images", len(texts))
    # In one order: two requests in transactions would else wait for each other's rows.
    return sorted({number("toids", text) for text in texts})


def _check_right(seen: Opened) -> None:
    if not seen.image.rights.annotate:
        raise PermissionDenied("You may not save rendering settings of this image.")


def _settings_text(request: HttpRequest) -> str:
    query = query_of(request)
    return query if "c" in request.GET else request.POST.urlencode()


def _asked(seen: Opened, text: str) -> RenderingSettings:
    check_savable(text)
    exists = conf.edge().engine.colormaps.exists
    return merged(seen.settings(), text, seen.info, lut_exists=exists)


def _one(asked: QueryDict, name: str) -> str:
    if name not in asked:
        raise ParameterError(name, "given")
    return str(asked[name])


def _remembered(request: HttpRequest) -> RenderingSettings:
    found = _of_session(request)
    if found is None:
        raise ParameterError("fromid", "given by GET before: no settings are remembered")
    return found[1]


def _of_session(request: HttpRequest) -> tuple[int, RenderingSettings] | None:
    session: Any = getattr(request, "session", None)
    held = None if session is None else session.get(COPIED)
    if not isinstance(held, dict):
        return None
    try:
        return int(held["image"]), RenderingSettings.restored(held["settings"])
    except (KeyError, TypeError, ValueError):
        return None
