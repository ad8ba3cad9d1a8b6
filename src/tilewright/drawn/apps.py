"""The app, for ``INSTALLED_APPS``: template tags, the command that purges, drawn sources."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DrawnConfig(AppConfig):
    """Serves pictures that the project's own code draws."""

    name = "tilewright.drawn"
    label = "tilewright_drawn"
    verbose_name = "Drawn pictures"

    def ready(self) -> None:
        """Register the images that functions draw: modules ``drawn_sources`` of installed apps."""
        autodiscover_modules("drawn_sources")
