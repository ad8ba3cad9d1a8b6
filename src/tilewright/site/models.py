"""The catalogue."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Lower

from tilewright.blobs.local import local_source
from tilewright.django.sources import file_source
from tilewright.image import Source


class Image(models.Model):
    """An image: a file that lies somewhere on this machine, or one that was uploaded."""

    name: "models.CharField[str, str]" = models.CharField(
        max_length=255, blank=True, help_text="The file's name."
    )
    path: "models.TextField[str | None, str | None]" = models.TextField(  # noqa: DJ001 - many have none, and it is unique
        unique=True,
        null=True,
        editable=False,
        help_text="Where the file lies, when it was not uploaded. It is never copied.",
    )
    upload = models.FileField(max_length=255, blank=True)
    hidden: "models.BooleanField[bool, bool]" = models.BooleanField(
        default=False, help_text="Nobody sees it but you, here."
    )
    served: "models.BooleanField[bool, bool]" = models.BooleanField(
        default=True,
        editable=False,
        help_text="Set at each start: the file is there, and is one of those to be served.",
    )
    added: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(auto_now_add=True)

    class Meta:
        """The order is total, so that no page repeats or drops a row."""

        ordering: ClassVar = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="one_place",
                condition=models.Q(path__isnull=True) ^ models.Q(upload=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def listed(cls) -> "models.QuerySet[Image]":
        """Return what everybody may see."""
        return cls.objects.filter(served=True, hidden=False)

    @property
    def source(self) -> Source:
        """What to open. Raises SourceNotFoundError when the file is gone."""
        return file_source(self.upload) if self.path is None else local_source(self.path)

    @staticmethod
    def drop_upload(instance: "Image", **_: Any) -> None:
        """Delete the uploaded file of a record that is gone; a file elsewhere is not ours."""
        if instance.upload:
            instance.upload.delete(save=False)
