"""The catalogue as IIIF and DeepZoom have images: each listed one, under its id of the API."""

from tilewright.django.views import ImageViews
from tilewright.image import Source
from tilewright.site.models import Image


class CatalogueImages(ImageViews):
    """``/iiif/3/{id}/info.json``, ``/deepzoom/{id}.dzi``, and what these describe."""

    queryset = Image.listed()

    def get_source(self) -> Source:
        """Return the file of the record."""
        image: Image = self.get_object()
        return image.source
