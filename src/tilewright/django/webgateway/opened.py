"""An image of a request with its file opened, and how the user wants it shown."""

from dataclasses import dataclass

from django.http import HttpRequest

from tilewright.django import conf
from tilewright.django.webgateway import saved
from tilewright.django.webgateway.images import GatewayImage, image_id, resolver
from tilewright.django.webgateway.models import SavedSettings
from tilewright.image import ImageInfo, Source
from tilewright.look import middle_plane
from tilewright.statistics import Wanted
from tilewright.web.webgateway.looks import Subject
from tilewright.web.webgateway.pictures import needs_ranges
from tilewright.web.webgateway.settings import Ranges, RenderingSettings, defaults, measured_bands

_ENDS = Wanted(percentiles=())


@dataclass(frozen=True, slots=True)
class Opened:
    """What all views of an image begin with."""

    request: HttpRequest
    id: int
    image: GatewayImage
    info: ImageInfo

    @property
    def source(self) -> Source:
        """The file."""
        return self.image.source

    @property
    def query(self) -> str:
        """The query as it was sent."""
        return query_of(self.request)

    def ranges(self) -> Ranges:
        """Return the least and the greatest value of the bands that have to be measured."""
        bands = measured_bands(self.info)
        if not bands:
            return {}
        plane = middle_plane(self.info.axes)
        found = conf.edge().engine.measure(self.source, _ENDS, bands=bands, plane=plane)
        ends = ((row.band, row.statistics.min, row.statistics.max) for row in found.bands)
        return {
            band: (low, high) for band, low, high in ends if low is not None and high is not None
        }

    def defaults(self) -> RenderingSettings:
        """Return the settings of an image for which nothing was saved."""
        return defaults(self.info, self.ranges())

    def rows(self) -> list[SavedSettings]:
        """Return what was saved and the user may see, the user's own first."""
        return saved.visible(self.id, saved.user_id(self.request), self.image.owner_id)

    def settings(self) -> RenderingSettings:
        """Return the settings that the user sees."""
        return saved.first(self.rows(), self.info) or self.defaults()

    def owners_settings(self) -> RenderingSettings:
        """Return the settings that the image's owner sees."""
        rows = saved.visible(self.id, None, self.image.owner_id)
        return saved.first(rows, self.info) or self.defaults()

    def thumbnail_subject(self, number: int | None) -> Subject:
        """Return what a thumbnail is asked of, in the settings of a row when one is numbered.

        Raises OutsideError when the user sees no such row.
        """
        if number is None:
            return self._subject(self.settings())
        return self._subject(saved.numbered(self.rows(), number, self.info))

    def subject(self, query: str) -> Subject:
        """Return what a query's picture is asked of, in the settings that the user sees."""
        found = saved.first(self.rows(), self.info)
        if found is None:
            # To measure an image takes longer than to draw a tile of it.
            found = defaults(self.info, self.ranges() if needs_ranges(query) else {})
        return self._subject(found)

    def _subject(self, settings: RenderingSettings) -> Subject:
        edge = conf.edge()
        lut_exists, limits = edge.engine.colormaps.exists, edge.webgateway.limits
        return Subject(self.info, settings, lut_exists, limits)


def opened(request: HttpRequest, iid: str) -> Opened:
    """Return the image of an id in a URL, as far as this user may see it.

    Raises OutsideError, ParameterError, SourceError, and what the project's resolver raises.
    """
    edge, number = conf.edge(), image_id(iid)
    image = resolver(edge.webgateway.images)(request, number)
    return Opened(request, number, image, edge.engine.info(image.source))


def query_of(request: HttpRequest) -> str:
    """Return a request's query as it was sent."""
    query: str = request.META.get("QUERY_STRING", "")
    return query
