"""The app, for ``INSTALLED_APPS``."""

from django.apps import AppConfig, apps


class TilewrightConfig(AppConfig):
    """Serves tiles and regions of the images that a project's models hold."""

    name = "tilewright.django"
    label = "tilewright"
    verbose_name = "Tilewright"

    def ready(self) -> None:
        """Register the system checks, and the OpenAPI of image routes where that is used."""
        from tilewright.django import checks  # noqa: F401, PLC0415 - apps are ready only now

        if apps.is_installed("drf_spectacular"):
            import tilewright.django.openapi  # noqa: F401, PLC0415 - likewise
