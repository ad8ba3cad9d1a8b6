"""Rendering settings in the database: which are shown, and how they change."""

import logging
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from tilewright.django.webgateway.models import SavedSettings
from tilewright.errors import OutsideError
from tilewright.image import ImageInfo
from tilewright.web.webgateway.settings import RenderingSettings

logger = logging.getLogger(__name__)


def user_id(request: HttpRequest) -> Any:
    """Return the primary key of who is logged in; None: nobody is."""
    user: Any = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None


def visible(image: int, user: Any, owner: Any) -> list[SavedSettings]:
    """Return the rows that a user may see, those that count most first.

    They are the user's own, the owner's, and those that are nobody's; never another user's.
    """
    whose = Q(user=None)
    if user is not None:
        whose |= Q(user_id=user)
    if owner is not None:
        whose |= Q(user_id=owner)
    # The project may write the owner's key as a text: what is neither nobody's nor the user's is.
    rank = {None: 2, user: 0} if user is not None else {None: 2}
    rows = SavedSettings.objects.filter(whose, image=image)
    return sorted(rows, key=lambda row: rank.get(row.user_id, 1))


def restored(row: SavedSettings, info: ImageInfo) -> RenderingSettings | None:
    """Return what a row holds; None where the image has become another since."""
    try:
        settings = RenderingSettings.restored(row.settings)
    except ValueError:
        logger.warning("%s: not rendering settings", row)
        return None
    return settings if settings.fits(info) else None


def first(rows: list[SavedSettings], info: ImageInfo) -> RenderingSettings | None:
    """Return the first settings of some rows that fit the image; None without any."""
    for row in rows:
        found = restored(row, info)
        if found is not None:
            return found
    return None


def numbered(rows: list[SavedSettings], number: int, info: ImageInfo) -> RenderingSettings:
    """Return the settings of one of some rows. Raises OutsideError."""
    found = first([row for row in rows if row.pk == number], info)
    if found is None:
        raise OutsideError(f"the image has no rendering settings {number}")
    return found


def store(image: int, user: Any, settings: RenderingSettings) -> None:
    """Keep a user's settings in place of those before; a user None keeps them for all."""
    SavedSettings.objects.update_or_create(
        image=image, user_id=user, defaults={"settings": settings.stored()}
    )
