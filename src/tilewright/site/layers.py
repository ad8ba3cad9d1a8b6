"""The catalogue as layers of maps: each listed image that lies on the earth."""

from collections.abc import Iterator

from django.http import HttpRequest

from tilewright.django.maps.layers import MapSource
from tilewright.errors import OutsideError, SourceError
from tilewright.site.models import Image
from tilewright.web.params import whole


class Catalogue:
    """What the list of images shows, under the ids of the API."""

    def every(self, request: HttpRequest) -> Iterator[MapSource]:  # noqa: ARG002 - all see the same
        """Yield the listed images; one whose file is gone is left out."""
        for image in Image.listed().iterator():
            try:
                yield _layer(image)
            except SourceError:
                continue

    def named(self, request: HttpRequest, name: str) -> MapSource:  # noqa: ARG002
        """Return the image of an id. Raises OutsideError, SourceNotFoundError."""
        try:
            image = Image.listed().get(pk=whole(name))
        except (ValueError, Image.DoesNotExist):
            raise OutsideError(f"there is no image {name[:40]!r}") from None
        return _layer(image)


def _layer(image: Image) -> MapSource:
    return MapSource(str(image.pk), image.name, image.source)
