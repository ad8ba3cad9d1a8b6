"""The scans for OMERO's clients: the secret ones for nobody, the author's for the author."""

from django.core.exceptions import PermissionDenied

from tests.testapp.models import Scan
from tilewright.django.sources import file_source
from tilewright.django.webgateway.images import GatewayImage
from tilewright.errors import OutsideError
from tilewright.web.webgateway.imgdata import About, Rights

MAY_ALL = Rights(annotate=True, edit=True, delete=True, link=True)
READ_ONLY = "read only"


def find(request, image_id):
    try:
        scan = Scan.objects.get(pk=image_id)
    except Scan.DoesNotExist:
        raise OutsideError(f"there is no image {image_id}") from None
    if scan.secret:
        raise PermissionDenied
    # The look of a scan is its owner's name here.
    rights = Rights() if scan.look == READ_ONLY else MAY_ALL
    owner = int(scan.look) if scan.look.isdigit() else None
    return GatewayImage(file_source(scan.file), About(scan.pk, scan.name), rights, owner)
