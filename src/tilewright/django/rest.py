"""Django REST framework: one mixin gives a viewset the routes of an image."""

from typing import Any

from rest_framework.viewsets import GenericViewSet

from tilewright.django import iiif
from tilewright.django.answers import refusal
from tilewright.django.records import ImageOfRecord
from tilewright.django.routing import PathDecides, as_problem, on_list, route
from tilewright.errors import TilewrightError


class ImageViewSetMixin(GenericViewSet[Any], ImageOfRecord):
    """Adds the routes of an image below each object of a viewset.

    ::

        class ScanViewSet(ImageViewSetMixin, viewsets.ReadOnlyModelViewSet):
            queryset = Scan.objects.all()
            serializer_class = ScanSerializer
            image_field = "file"

    Every route looks the object up first, with the viewset's own permissions.
    """

    _record: Any = None

    @classmethod
    def get_extra_actions(cls) -> list[Any]:
        """Return the routes, that of tiles first: it is asked most, and paths are tried in turn."""
        return sorted(super().get_extra_actions(), key=lambda each: each.__name__ != "tile")

    def get_object(self) -> Any:
        """Return the object of this request, looked up once."""
        if self._record is None:
            self._record = super().get_object()
        return self._record

    tile = route("tile")
    map_tile = route("map_tile")
    tile_corners = route("tile_corners")
    tilejson = route("tilejson")
    thumbnail = route("thumbnail")
    negotiated_thumbnail = route("negotiated_thumbnail")
    region = route("region")
    negotiated_region = route("negotiated_region")
    feature = route("feature")

    deepzoom_tile = route("deepzoom_tile")
    deepzoom = route("deepzoom")
    iiif_image = route("iiif_image")
    iiif_info = route("iiif_info")
    iiif_base = route("iiif_base")

    images = route("images")
    associated_image = route("associated_image")
    tile_frames = route("tile_frames")
    tile_frames_layout = route("tile_frames_layout")

    image_metadata = route("image_metadata")
    tiles_metadata = route("tiles_metadata")
    metadata_internal = route("metadata_internal")
    tiffdump = route("tiffdump")
    frames = route("frames")
    footprint = route("footprint")
    bounds = route("bounds")
    validate = route("validate")

    bands = route("bands")
    band = route("band")
    histogram = route("histogram")
    statistics = route("statistics")
    pixel = route("pixel")
    profile = route("profile")
    point = route("point")
    zones = route("zones")

    def handle_exception(self, exc: Exception) -> Any:
        """Answer image routes with problem documents, the framework's own errors too."""
        if self.content_negotiation_class is not PathDecides:
            return super().handle_exception(exc)
        if isinstance(exc, TilewrightError):
            return refusal(exc, self.request.method)
        return as_problem(super().handle_exception(exc), self.request.method)


class ImageByUrlMixin(ImageViewSetMixin):
    """Adds the routes of the image whose URL stands in the query, to a viewset as a whole.

    ::

        class LinkViewSet(ImageByUrlMixin, viewsets.GenericViewSet):
            permission_classes = [IsAuthenticated]

        router.register("links", LinkViewSet, basename="link")  # links/data/thumbnail.png?url=…

    The viewset's permissions decide alone; hosts are those that ``remote_hosts`` names.
    """

    url_parameter = "url"

    @classmethod
    def get_extra_actions(cls) -> list[Any]:
        """Return the routes, which no object's key stands before.

        Those of IIIF are left out: what names an image there is its path.
        """
        every = super().get_extra_actions()
        return [on_list(each) for each in every if each.__name__ not in iiif.ENDINGS]
