"""What a project gives to the webgateway: its images, and who may see them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils.module_loading import import_string

from tilewright.errors import ConfigurationError, OutsideError, ParameterError
from tilewright.image import Source
from tilewright.web.webgateway.imgdata import About, Rights

_LONGEST_ID = 18
"""Digits that every database holds in 64 bits."""


@dataclass(frozen=True, slots=True)
class GatewayImage:
    """An image that the request's user may see, before its file is opened."""

    source: Source
    about: About
    """Its id, name and the like, as ``imgData`` tells them."""
    rights: Rights = field(default_factory=Rights)
    """What the user may do; who may ``annotate`` may save rendering settings of their own."""
    owner_id: Any = None
    """The primary key of the user whose settings are shown to those who have none."""


Find = Callable[[HttpRequest, int], GatewayImage]
"""Returns the image of an id, or raises OutsideError or Http404 where the request's user may
see none; PermissionDenied says that there is one."""


@cache
def resolver(path: str | None) -> Find:
    """Return the function of a dotted path. Raises ConfigurationError."""
    where = "TILEWRIGHT['webgateway']['images']"
    if path is None:
        raise ConfigurationError(f"{where} must name the function that finds images")
    try:
        found = import_string(path)
    except ImportError as error:
        raise ConfigurationError(f"{where}: {path!r} cannot be imported: {error}") from error
    if not callable(found):
        raise ConfigurationError(f"{where}: {path!r} is no function")
    find: Find = found
    return find


def image_id(text: str) -> int:
    """Return the id of an image that stands in a URL. Raises ParameterError, OutsideError."""
    return number("image", text)


def number(name: str, text: str) -> int:
    """Return a number from 0 up that stands in a URL.

    Raises ParameterError for what is none, and OutsideError for one beyond all images.
    """
    if not (text.isascii() and text.isdigit()):
        raise ParameterError(name, "a whole number from 0", text)
    digits = text.lstrip("0") or "0"
    if len(digits) > _LONGEST_ID:
        raise OutsideError(f"there is no {name} {digits[:40]}")
    return int(digits)
