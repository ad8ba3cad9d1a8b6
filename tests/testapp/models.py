from django.db import models


class Scan(models.Model):
    name = models.CharField(max_length=100)
    file = models.FileField(upload_to="scans", max_length=500)
    look = models.TextField(blank=True, default="")
    secret = models.BooleanField(default=False)

    def __str__(self):
        return self.name
