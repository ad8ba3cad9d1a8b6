"""What is looked up for each tile."""

from django.db import models


class Scan(models.Model):
    """A file, and who may see it."""

    file = models.FileField(max_length=500)
    hidden = models.BooleanField(default=False)

    def __str__(self) -> str:
        """Return the file's name."""
        return str(self.file.name)
