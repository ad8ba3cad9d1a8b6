"""The app, for ``INSTALLED_APPS``."""

from django.apps import AppConfig


class TilewrightWebgatewayConfig(AppConfig):
    """Answers OMERO's clients, and keeps how their users want images shown."""

    name = "tilewright.django.webgateway"
    label = "tilewright_webgateway"
    verbose_name = "Rendering settings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system check."""
        from tilewright.django.webgateway import checks  # noqa: F401, PLC0415 - apps are ready now
