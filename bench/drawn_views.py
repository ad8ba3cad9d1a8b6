"""The picture that drawn views are measured with; the server's project serves the same."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import View
from PIL import Image, ImageDraw

from tilewright.drawn.parameters import Color, Integer
from tilewright.drawn.views import DrawnImageView


class Ellipse(DrawnImageView):
    """An ellipse of any size and colour."""

    parameters = (
        Integer("width", default=1024, low=1, high=8192),
        Integer("height", default=768, low=1, high=8192),
        Color("fill", default="#ff000080"),
    )

    def draw(self, width: int, height: int, fill: str) -> Image.Image:
        """Draw it with Pillow."""
        image = Image.new("RGBA", (width, height))
        ImageDraw.Draw(image).ellipse((0, 0, width - 1, height - 1), fill)
        return image


class Constant(View):
    """What the framework takes to say that nothing has changed."""

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:  # noqa: ARG002
        """Return a 304."""
        return HttpResponse(status=304)
