"""The tiles of django-large-image, through two of its sources.

Each viewset names its source, which saves the search for one and so only helps.
"""

from pathlib import Path

import large_image_source_rasterio
import large_image_source_tiff
from django_large_image.rest import LargeImageFileDetailMixin
from large_image.tilesource import FileTileSource
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from bench.servers.catalogue.models import Scan
from bench.servers.catalogue.permissions import HiddenScansStayHidden


class ScanViewSet(LargeImageFileDetailMixin, ReadOnlyModelViewSet):
    """A viewset as its README shows it, with the source that its README installs."""

    queryset = Scan.objects.all()
    permission_classes = (HiddenScansStayHidden,)
    FILE_FIELD_NAME = "file"

    def open_tile_source(self, request: Request, path: str | Path, **kwargs: str) -> FileTileSource:  # noqa: ARG002
        """Open with GDAL."""
        return large_image_source_rasterio.open(str(path), **kwargs)


class TiffViewSet(ScanViewSet):
    """The same with its fastest source for this file, for those who know of it."""

    def open_tile_source(self, request: Request, path: str | Path, **kwargs: str) -> FileTileSource:  # noqa: ARG002
        """Open with libtiff."""
        return large_image_source_tiff.open(str(path), **kwargs)


router = SimpleRouter(trailing_slash=False)
router.register("scans", ScanViewSet, basename="scan")
router.register("tiff", TiffViewSet, basename="tiff")
urlpatterns = router.urls
