"""``render_split_channel``: a panel for each channel, and one of them together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tilewright.errors import LimitError
from tilewright.geometry import Size
from tilewright.image import Picture, Source
from tilewright.paint import WHITE
from tilewright.request import Encoding, RenderRequest
from tilewright.style import Style
from tilewright.web.looks.bands import plain_bands
from tilewright.web.webgateway.areas import whole_plane
from tilewright.web.webgateway.looks import Subject, is_grey, stated_style
from tilewright.web.webgateway.pictures import check_projection, plane_at
from tilewright.web.webgateway.query import PANELS
from tilewright.web.webgateway.settings import label_of

BORDER = 2
DEFAULT_QUALITY = 90
MERGED = "merged"
MOST_PIXELS = 64 << 20
"""Of the whole grid."""
_INSET = 2
_FONTS = ((50, 8), (200, 10), (1000, 14), (2000, 24))
"""Up to this width of a panel the labels have this size, in pixels."""
_LARGEST_FONT = 40


@dataclass(frozen=True, slots=True)
class PanelGrid:
    """Panels of one size in rows and columns, as square as can be."""

    panel: Size
    count: int
    border: int = BORDER

    @property
    def down(self) -> int:
        """How many rows."""
        return max(1, round(math.sqrt(self.count)))

    @property
    def across(self) -> int:
        """How many columns."""
        return self.down + (math.sqrt(self.count) > self.down)

    @property
    def size(self) -> Size:
        """Of the whole, with a border around each panel."""
        return Size(
            self.panel.width * self.across + self.border * (self.across + 1),
            self.panel.height * self.down + self.border * (self.down + 1),
        )

    def corner(self, place: int) -> tuple[int, int]:
        """Return the left and top edge of a panel, counted from 0, row by row."""
        row, column = divmod(place, self.across)
        return (
            self.border + column * (self.panel.width + self.border),
            self.border + row * (self.panel.height + self.border),
        )


@dataclass(frozen=True, slots=True)
class SplitAsked:
    """What one picture of panels is made of."""

    grid: PanelGrid
    panels: tuple[RenderRequest | None, ...]
    """One for each channel, None for those that are off; the last one shows all together."""
    labels: tuple[str, ...]
    encoding: Encoding

    def key(self, source: Source) -> str:
        """Return the cache key and ETag seed of the picture of this source."""
        keys = [None if panel is None else panel.key(source) for panel in self.panels]
        text = f"split|{self.grid}|{keys}|{self.labels}|{self.encoding.text}"
        return blake2b(text.encode(), digest_size=16).hexdigest()


def split_request(query: str, subject: Subject, z: int, t: int) -> SplitAsked:
    """Return what ``render_split_channel/{id}/{z}/{t}/?{query}`` asks for.

    In grey there is no panel of all channels. Raises ParameterError, OutsideError or LimitError.
    """
    values = PANELS.read(query)
    info, target, plane = subject.info, whole_plane(subject.info), plane_at(subject.info, z, t)
    colored = stated_style({**values, "m": "c"}, subject)
    grey = is_grey(values, subject.settings)
    check_projection(colored, target, info, subject.limits.max_projection_bytes)
    shown = {one.band: one for one in colored.channels if one.opacity}
    bands = plain_bands(info)
    grid = PanelGrid(info.size, len(bands) + (not grey))
    if grid.size.pixels > MOST_PIXELS:
        raise LimitError("output_pixels", grid.size.pixels, MOST_PIXELS)

    def drawn(style: Style) -> RenderRequest:
        return RenderRequest(target, style=style, plane=plane)

    panels: list[RenderRequest | None] = []
    for band in bands:
        channel = shown.get(band)
        if channel is not None and grey:
            channel = replace(channel, paint=WHITE)
        style = None if channel is None else replace(colored, channels=(channel,))
        panels.append(None if style is None else drawn(style))
    labels = [label_of(info.bands[band], place) for place, band in enumerate(bands)]
    if not grey:
        panels.append(drawn(colored))
        labels.append(MERGED)
    quality = values.get("q", DEFAULT_QUALITY)
    return SplitAsked(grid, tuple(panels), tuple(labels), Encoding("jpeg", quality=quality))


def split_picture(asked: SplitAsked, pictures: Sequence[Picture | None]) -> Picture:
    """Return the panels on white, each with its label; None leaves a place white."""
    grid = asked.grid
    canvas = Image.new("RGB", (grid.size.width, grid.size.height), "#ffffff")
    draw, font = ImageDraw.Draw(canvas), _font(grid.panel.width)
    for place, picture in enumerate(pictures):
        if picture is None:
            continue
        left, top = grid.corner(place)
        canvas.paste(_image(picture), (left, top))
        draw.text((left + _INSET, top + _INSET), asked.labels[place], fill="#ffffff", font=font)
    return Picture(np.array(canvas))


def _image(picture: Picture) -> Image.Image:
    """Return a picture for Pillow, without its alpha: a look of OMERO's lies on black."""
    data = picture.data
    return Image.fromarray(data[..., 0] if data.shape[2] == 1 else data[..., :3]).convert("RGB")


@cache
def _font(width: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    size = next((size for widest, size in _FONTS if width <= widest), _LARGEST_FONT)
    return ImageFont.load_default(size)
