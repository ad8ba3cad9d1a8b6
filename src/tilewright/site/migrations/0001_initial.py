"""The catalogue's first table."""

from typing import ClassVar

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    """Images."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Image",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, help_text="The file's name.", max_length=255),
                ),
                (
                    "path",
                    models.TextField(
                        editable=False,
                        help_text="Where the file lies, when it was not uploaded. It is never copied.",
                        null=True,
                        unique=True,
                    ),
                ),
                ("upload", models.FileField(blank=True, max_length=255, upload_to="")),
                (
                    "hidden",
                    models.BooleanField(default=False, help_text="Nobody sees it but you, here."),
                ),
                (
                    "served",
                    models.BooleanField(
                        default=True,
                        editable=False,
                        help_text="Set at each start: the file is there, and is one of those to be served.",
                    ),
                ),
                ("added", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": [django.db.models.functions.text.Lower("name"), "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("path__isnull", True), ("upload", ""), _connector="XOR"
                        ),
                        name="one_place",
                    )
                ],
            },
        ),
    ]
