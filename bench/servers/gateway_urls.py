"""The webgateway on the scans, and the straightforward way to the same tiles."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path

from bench.gateway_data import CHANNELS, Straightforward
from bench.servers.catalogue.models import Scan
from tilewright.django.sources import file_source
from tilewright.django.webgateway.images import GatewayImage
from tilewright.web.webgateway.imgdata import About


def find(request: HttpRequest, image_id: int) -> GatewayImage:  # noqa: ARG001
    """Return a scan that is not hidden."""
    scan = get_object_or_404(Scan, pk=image_id, hidden=False)
    return GatewayImage(file_source(scan.file), About(scan.pk, scan.file.name))


@cache
def opened(path: str) -> Straightforward:
    """Return a file's tiles; a worker opens it once."""
    return Straightforward(Path(path))


def plain(request: HttpRequest, image_id: int) -> HttpResponse:
    """Draw a tile with tifffile, numpy and Pillow; of the query it reads the place alone."""
    scan = get_object_or_404(Scan, pk=image_id, hidden=False)
    _, column, row, *_ = request.GET["tile"].split(",")
    body = opened(scan.file.path).jpeg((int(column), int(row)), CHANNELS)
    return HttpResponse(body, content_type="image/jpeg")


urlpatterns = [
    path("webgateway/", include("tilewright.django.webgateway")),
    path("plain/render_image_region/<int:image_id>/0/0/", plain),
]
