"""System checks of the webgateway."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks

from tilewright.django import conf
from tilewright.django.checks import TAG
from tilewright.django.webgateway.images import resolver
from tilewright.errors import ConfigurationError


@checks.register(TAG)
def check_images(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """E003: the project's images can be found."""
    try:
        config = conf.read_setting()[1].webgateway
    except ConfigurationError:
        # E001 tells of it.
        return []
    try:
        resolver(config.images)
    except ConfigurationError as error:
        return [
            checks.Error(
                str(error),
                hint='Write TILEWRIGHT = {"webgateway": {"images": "project.images.find"}}.',
                id="tilewright.E003",
            )
        ]
    return []
