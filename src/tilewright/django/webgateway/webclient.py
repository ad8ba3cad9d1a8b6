"""The addresses below ``/webclient/``: the same answers, under OMERO's other names."""

from tilewright.django.webgateway import pictures
from tilewright.django.webgateway.urls import address, shared

_IID = "(?P<iid>[^/]+)"

urlpatterns = [
    # Before the thumbnail of an image that would be called "size".
    address(
        f"render_thumbnail/size/(?P<width>[^/]+)/{_IID}",
        pictures.thumbnail,
        "webclient-thumbnail-sized",
    ),
    *shared("webclient"),
    address(
        f"render_image_download/{_IID}(?:/(?P<z>[^/]+))?(?:/(?P<t>[^/]+))?",
        pictures.download,
        "webclient-download",
    ),
]
