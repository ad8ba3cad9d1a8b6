"""``/api/images/``: the list of images, and everything about each."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.pagination import PageNumberPagination
from rest_framework.routers import DynamicRoute, Route, SimpleRouter
from rest_framework.serializers import ModelSerializer, SerializerMethodField
from rest_framework.viewsets import ReadOnlyModelViewSet

from tilewright.django.rest import ImageViewSetMixin
from tilewright.image import Source
from tilewright.site.models import Image


class Pages(PageNumberPagination):
    """``?page=`` and ``?page_size=``."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 1000


class ImageSerializer(ModelSerializer[Image]):
    """What the list tells of an image: nothing that would open its file."""

    links = SerializerMethodField()

    class Meta:
        """What it takes from the model."""

        model = Image
        fields = ("id", "name", "added", "links")

    def get_links(self, image: Image) -> dict[str, str]:
        """Return where to go on from here."""
        here = f"/api/images/{image.pk}/"
        return {
            "self": here,
            "view": f"/view/{image.pk}/",
            "metadata": f"{here}info/metadata",
            "tiles": f"{here}tiles/metadata",
            "thumbnail": f"{here}data/thumbnail.jpg",
            "iiif": f"/iiif/3/{image.pk}/info.json",
            "deepzoom": f"/deepzoom/{image.pk}.dzi",
        }


_REFUSAL = {"type": "object", "properties": {"detail": {"type": "string"}}}


@extend_schema_view(
    retrieve=extend_schema(
        responses={200: ImageSerializer, 404: OpenApiResponse(_REFUSAL, "There is no such image.")}
    )
)
class ImageViewSet(ImageViewSetMixin, ReadOnlyModelViewSet[Image]):
    """The listed images."""

    queryset = Image.listed()
    serializer_class = ImageSerializer
    pagination_class = Pages

    def get_source(self) -> Source:
        """Return the file of the record."""
        image: Image = self.get_object()
        return image.source


class Router(SimpleRouter):
    """Folders end in a slash, leaves do not: ``images/``, ``images/1/``, ``images/1/data/…``."""

    routes: list[Any] = [  # noqa: RUF012 - so declared by its parent
        Route(
            url=r"^{prefix}/$",
            mapping={"get": "list"},
            name="{basename}-list",
            detail=False,
            initkwargs={"suffix": "List"},
        ),
        Route(
            url=r"^{prefix}/{lookup}/$",
            mapping={"get": "retrieve"},
            name="{basename}-detail",
            detail=True,
            initkwargs={"suffix": "Instance"},
        ),
        DynamicRoute(
            url=r"^{prefix}/{lookup}/{url_path}$",
            name="{basename}-{url_name}",
            detail=True,
            initkwargs={},
        ),
    ]
