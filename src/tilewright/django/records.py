"""What a face needs to know to find the image of a record, whether DRF took the request or not."""

import logging
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured, TooManyFieldsSent
from django.http import HttpRequest

from tilewright.django.answers import NO_LOOK, Asked
from tilewright.django.sources import url_source, value_source
from tilewright.errors import ParameterError
from tilewright.image import Source
from tilewright.style import Style
from tilewright.style_text import parse_style

logger = logging.getLogger(__name__)


class ImageOfRecord:
    """Finds the image, and its look, of the object that a request is for."""

    image_field: ClassVar[str] = "file"
    """The name of the model's `FileField`, URL field or PostGIS `RasterField`."""

    url_parameter: ClassVar[str] = ""
    """The name of a query parameter that holds a URL to read instead of an object's field, on a
    host that ``remote_hosts`` names. Empty: there is none."""

    style_field: ClassVar[str] = ""
    """The name of a text field of the model that holds a look of its own, as `Style.text`
    writes it; shown when none is asked. Empty: the image's default look."""

    request: Any

    @abstractmethod
    def get_object(self) -> Any:
        """Return the object of this request, looked up once. Permissions are checked here."""

    def get_style(self) -> Style:
        """Return the look that is shown when none is asked; ``Style()`` is the default look.

        A stored text that says no look is logged, and the default is shown.
        """
        text = getattr(self.get_object(), self.style_field) if self.style_field else ""
        try:
            return parse_style(text) if text else NO_LOOK
        except ParameterError as error:
            logger.warning("%r has no look in %s: %s", self.get_object(), self.style_field, error)
            return NO_LOOK

    def get_source(self) -> Source:
        """Return what to open for the object of this request.

        An override calls ``self.get_object()`` too: that is where permissions are checked.
        """
        if self.url_parameter:
            return self._url_source()
        record = self.get_object()
        if not hasattr(record, self.image_field):
            raise ImproperlyConfigured(
                f"{type(self).__name__}.image_field: {type(record).__name__} has no field "
                f"{self.image_field!r}"
            )
        return value_source(getattr(record, self.image_field))

    def _url_source(self) -> Source:
        try:
            texts = self.request.GET.getlist(self.url_parameter)
        except TooManyFieldsSent:
            raise ParameterError(self.url_parameter, "among fewer parameters") from None
        if len(texts) != 1:
            raise ParameterError(self.url_parameter, "given once")
        return url_source(texts[0], self.url_parameter)

    def asked(self, request: HttpRequest, path: Mapping[str, str]) -> Asked:
        """Return the request with its image; the look waits until it is needed."""
        return Asked(request, path, self.get_source(), self.get_style, self.url_parameter)
