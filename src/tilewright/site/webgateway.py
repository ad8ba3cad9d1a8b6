"""The catalogue for OMERO's clients: each listed image, under its id of the API."""

from django.http import HttpRequest

from tilewright.django.webgateway.images import GatewayImage
from tilewright.errors import OutsideError
from tilewright.site.models import Image
from tilewright.web.webgateway.imgdata import About, Rights


def find(request: HttpRequest, image_id: int) -> GatewayImage:
    """Return a listed image. Raises OutsideError, SourceNotFoundError."""
    try:
        image = Image.listed().get(pk=image_id)
    except Image.DoesNotExist:
        raise OutsideError(f"there is no image {image_id}") from None
    about = About(image.pk, image.name, timestamp=image.added.timestamp())
    # Whoever can log in to the admin pages has rendering settings.
    return GatewayImage(image.source, about, Rights(annotate=request.user.is_authenticated))
