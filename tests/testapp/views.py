from pathlib import Path

from rest_framework import permissions, serializers, viewsets

from tests.testapp.models import Scan
from tilewright.blobs.local import local_source
from tilewright.django.rest import ImageViewSetMixin


class ScanSerializer(serializers.ModelSerializer):
    class Meta:
        """What the serializer takes of the model."""

        model = Scan
        fields = ("id", "name")


class SecretsAreKept(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return not obj.secret


class ScanViewSet(ImageViewSetMixin, viewsets.ReadOnlyModelViewSet):
    queryset = Scan.objects.order_by("id")
    serializer_class = ScanSerializer
    permission_classes = (SecretsAreKept,)


class MisnamedViewSet(ScanViewSet):
    image_field = "picture"


class StyledViewSet(ScanViewSet):
    style_field = "look"


class TwinViewSet(ScanViewSet):
    def get_source(self):
        return local_source(Path(self.get_object().file.path).with_suffix(".twin"))
