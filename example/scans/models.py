"""What the project stores."""

from django.db import models


class Scan(models.Model):
    """An image with a name."""

    name = models.CharField(max_length=100)
    file = models.FileField(upload_to="scans")

    def __str__(self) -> str:
        return self.name
