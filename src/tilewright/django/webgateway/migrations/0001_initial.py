"""The first table."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Rendering settings."""

    initial = True

    dependencies: ClassVar = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations: ClassVar = [
        migrations.CreateModel(
            name="SavedSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "image",
                    models.BigIntegerField(
                        help_text="The id under which the webgateway shows the image."
                    ),
                ),
                ("settings", models.JSONField()),
                ("changed", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose they are; empty: shown to all for whom nothing else is saved.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "rendering settings",
                "verbose_name_plural": "rendering settings",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("image", "user"), name="tilewright_one_of_each_user"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user", None)),
                        fields=("image",),
                        name="tilewright_one_of_nobody",
                    ),
                ],
            },
        ),
    ]
