"""Our tiles, and what the framework alone costs."""

import os
from pathlib import Path
from typing import ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import include, path
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from bench.drawn_views import Constant, Ellipse
from bench.servers.catalogue.models import Scan
from bench.servers.catalogue.permissions import HiddenScansStayHidden
from tilewright.blobs.local import local_source
from tilewright.django.rest import ImageViewSetMixin, PathDecides
from tilewright.django.views import ImageViews
from tilewright.image import Source

FILE = str(Path(os.environ["BENCH_MEDIA"]) / os.environ["BENCH_FILE"])


class ScanViewSet(ImageViewSetMixin, ReadOnlyModelViewSet):
    """A viewset as the README shows it."""

    queryset = Scan.objects.all()
    permission_classes = (HiddenScansStayHidden,)
    image_field = "file"


class PlainScans(ImageViews):
    """The same without the REST framework."""

    model = Scan
    image_field = "file"

    def get_object(self) -> Scan:
        """Return the scan, if it is not hidden."""
        scan: Scan = super().get_object()
        if scan.hidden:
            raise PermissionDenied
        return scan


class OneFile(ImageViews):
    """An image that is no record's: nothing is looked up."""

    def get_source(self) -> Source:
        """Return the file."""
        return local_source(FILE)


class ConstantViewSet(ScanViewSet):
    """The same route, look-up and check, then always the same bytes."""

    body: ClassVar[bytes] = Path(os.environ["BENCH_BODY"]).read_bytes()

    @action(
        detail=True,
        url_path=r"tiles/(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)\.(?P<fmt>[^/.]+)",
        content_negotiation_class=PathDecides,
        renderer_classes=[JSONRenderer],
    )
    def tile(self, request: Request, **_: str) -> HttpResponse:  # noqa: ARG002
        """Return the constant."""
        self.get_object()
        return HttpResponse(self.body, content_type="image/jpeg")


router = SimpleRouter(trailing_slash=False)
router.register("scans", ScanViewSet, basename="scan")
router.register("constant", ConstantViewSet, basename="constant")
urlpatterns = [
    path("plain/<int:pk>/", include(PlainScans.get_urls())),
    path("file/<int:pk>/", include(OneFile.get_urls())),
    *router.urls,
    path("drawn/ellipse", Ellipse.as_view()),
    path("drawn/bare", Constant.as_view()),
]
