"""The API: each scan's own data, and the routes of its image below."""

from rest_framework import serializers, viewsets

from scans.models import Scan
from tilewright.django.rest import ImageViewSetMixin


class ScanSerializer(serializers.ModelSerializer):
    """What the API tells of a scan besides its image."""

    class Meta:
        """Which fields are shown."""

        model = Scan
        fields = ("id", "name")


class ScanViewSet(ImageViewSetMixin, viewsets.ReadOnlyModelViewSet):
    """Scans, for everybody."""

    queryset = Scan.objects.order_by("id")
    serializer_class = ScanSerializer
    image_field = "file"
