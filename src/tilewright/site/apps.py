"""The site's app."""

from django.apps import AppConfig
from django.db.models.signals import post_delete


class SiteConfig(AppConfig):
    """The catalogue of images."""

    name = "tilewright.site"
    label = "tilewright_site"
    verbose_name = "Images"

    def ready(self) -> None:
        """Let an upload's file go with its record."""
        from tilewright.site.models import Image  # noqa: PLC0415 - models are ready only now

        post_delete.connect(Image.drop_upload, sender=Image)
