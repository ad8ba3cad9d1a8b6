"""The addresses below ``/webgateway/``. A slash at their ends may be left out."""

from django.urls import URLPattern, re_path

from tilewright.django.webgateway import changes, documents, pictures
from tilewright.django.webgateway.guard import View

_IID = "(?P<iid>[^/]+)"
_PLANE = "(?P<z>[^/]+)/(?P<t>[^/]+)"
_MAYBE_PLANE = "(?:/(?P<z>[^/]+))?(?:/(?P<t>[^/]+))?"
_WIDTH = "(?:/(?P<width>[^/]+))?"
_SIDES = f"{_WIDTH}(?:/(?P<height>[^/]+))?"


def address(path: str, view: View, name: str) -> URLPattern:
    """Return a path under a name."""
    return re_path(rf"^{path}/?\Z", view, name=name)


def shared(face: str) -> list[URLPattern]:
    """Return the paths that OMERO has below ``/webgateway/`` and ``/webclient/``."""
    return [
        address(f"render_image_region/{_IID}/{_PLANE}", pictures.region, f"{face}-region"),
        address(f"render_image/{_IID}{_MAYBE_PLANE}", pictures.image, f"{face}-image"),
        address(f"render_thumbnail/{_IID}{_SIDES}", pictures.thumbnail, f"{face}-thumbnail"),
        address(
            f"render_birds_eye_view/{_IID}{_WIDTH}", pictures.thumbnail, f"{face}-birds-eye-view"
        ),
        address(f"get_thumbnails{_WIDTH}", pictures.thumbnails, f"{face}-thumbnails"),
        address(f"get_thumbnail/{_IID}{_SIDES}", pictures.thumbnail_text, f"{face}-thumbnail-text"),
        address(
            f"render_split_channel/{_IID}/{_PLANE}", pictures.split_channel, f"{face}-split-channel"
        ),
        address(
            f"render_row_plot/{_IID}/{_PLANE}/(?P<y>[^/]+){_WIDTH}",
            pictures.row_plot,
            f"{face}-row-plot",
        ),
        address(
            f"render_col_plot/{_IID}/{_PLANE}/(?P<x>[^/]+){_WIDTH}",
            pictures.column_plot,
            f"{face}-column-plot",
        ),
        address(f"imgData/{_IID}(?:/(?P<key>[^/]+))?", documents.image, f"{face}-image-data"),
        address(f"saveImgRDef/{_IID}", changes.save, f"{face}-save"),
    ]


urlpatterns = [
    address(
        f"render_image_region_quality/{_IID}/{_PLANE}/(?P<q>[^/]+)",
        pictures.region_quality,
        "webgateway-region-quality",
    ),
    *shared("webgateway"),
    address(
        f"render_image_region_rdef/{_IID}/{_PLANE}", pictures.region_rdef, "webgateway-region-rdef"
    ),
    address(
        f"render_image_rdef/{_IID}{_MAYBE_PLANE}", pictures.image_rdef, "webgateway-image-rdef"
    ),
    address(
        f"histogram_json/{_IID}/channel/(?P<channel>[^/]+)",
        documents.histogram,
        "webgateway-histogram",
    ),
    address("luts", documents.luts, "webgateway-luts"),
    address("luts_png", documents.luts_png, "webgateway-luts-png"),
    address(f"get_image_rdefs_json/{_IID}", documents.rdefs, "webgateway-rdefs"),
    address("copyImgRDef", changes.copy, "webgateway-copy"),
    address("getImgRDef", changes.copied, "webgateway-copied"),
    address("resetRDef", changes.reset, "webgateway-reset"),
    address("applyOwnersRDef", changes.apply_owners, "webgateway-apply-owners"),
    address("open_with", documents.open_with, "webgateway-open-with"),
    re_path(r"^\Z", documents.nothing, name="webgateway-root"),
]
