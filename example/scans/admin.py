"""The admin: upload scans, and look at them."""

from django.contrib import admin

from scans.models import Scan
from tilewright.django.admin import ImageAdminMixin


@admin.register(Scan)
class ScanAdmin(ImageAdminMixin, admin.ModelAdmin):
    """One row a scan, with its picture."""

    list_display = ("name",)
