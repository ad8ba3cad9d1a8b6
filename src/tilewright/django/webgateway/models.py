"""How users want images shown."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class SavedSettings(models.Model):
    """The rendering settings of one image, as one user saved them."""

    image: "models.BigIntegerField[int, int]" = models.BigIntegerField(
        help_text="The id under which the webgateway shows the image."
    )
    user: "models.ForeignKey[Any, Any]" = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose they are; empty: shown to all for whom nothing else is saved.",
    )
    user_id: Any
    settings: "models.JSONField[Any, Any]" = models.JSONField()
    changed: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(auto_now=True)

    class Meta:
        """One row for each user and image."""

        verbose_name = verbose_name_plural = "rendering settings"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("image", "user"), name="tilewright_one_of_each_user"),
            models.UniqueConstraint(
                fields=("image",), condition=Q(user=None), name="tilewright_one_of_nobody"
            ),
        ]

    def __str__(self) -> str:
        whose = "everybody" if self.user_id is None else f"user {self.user_id}"
        return f"image {self.image} for {whose}"
