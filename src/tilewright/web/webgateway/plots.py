"""``render_row_plot`` and ``render_col_plot``: the values along a line, drawn over the image."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.geometry import Size, Window
from tilewright.image import Array, Encoded, Plane, Raster, Source
from tilewright.paint import Solid
from tilewright.request import LevelRegion
from tilewright.style import Style
from tilewright.web.webgateway.areas import whole_plane
from tilewright.web.webgateway.looks import Subject, stated_style
from tilewright.web.webgateway.pictures import plane_at
from tilewright.web.webgateway.query import CHANNELS

GIF = "image/gif"
LARGEST_WIDTH = 100
"""Of a line, in pixels."""
MOST_PIXELS = 64 << 20
_CLEAR, _WHITE = 0, 1
_MOST_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class PlotAsked:
    """One line through an image."""

    size: Size
    """Of the image and of the picture."""
    target: LevelRegion
    """The row or the column."""
    bands: tuple[int, ...]
    """Of the channels that are on; one that is not drawn when none is."""
    plane: Plane
    windows: tuple[tuple[float, float], ...]
    """Of each channel that is on: the values at the base line and at the far side."""
    colors: tuple[str, ...]
    """Of the same, ``#rrggbb``."""
    upright: bool = False
    """True: a column, plotted to the right; False: a row, plotted upwards."""
    width: int = 1
    """Of the lines, in pixels."""

    def key(self, source: Source) -> str:
        """Return the cache key and ETag seed of the picture of this source."""
        text = f"plot|{source.uri}|{source.version}|{source.options}|{self}"
        return blake2b(text.encode(), digest_size=16).hexdigest()


def row_plot(query: str, subject: Subject, z: int, t: int, y: int, *, width: int = 1) -> PlotAsked:
    """Return what ``render_row_plot/{id}/{z}/{t}/{y}/[{width}/]?{query}`` asks for.

    Raises ParameterError, OutsideError or LimitError.
    """
    size = subject.info.size
    if not 0 <= y < size.height:
        raise OutsideError(f"row {y} is outside 0 to {size.height - 1}")
    asked = _asked(query, subject, plane_at(subject.info, z, t), Window(0, y, size.width, 1))
    return replace(asked, width=_width(width))


def column_plot(
    query: str, subject: Subject, z: int, t: int, x: int, *, width: int = 1
) -> PlotAsked:
    """Return what ``render_col_plot/{id}/{z}/{t}/{x}/[{width}/]?{query}`` asks for.

    Raises ParameterError, OutsideError or LimitError.
    """
    size = subject.info.size
    if not 0 <= x < size.width:
        raise OutsideError(f"column {x} is outside 0 to {size.width - 1}")
    asked = _asked(query, subject, plane_at(subject.info, z, t), Window(x, 0, 1, size.height))
    return replace(asked, width=_width(width), upright=True)


def _asked(query: str, subject: Subject, plane: Plane, line: Window) -> PlotAsked:
    info = subject.info
    if info.size.pixels > MOST_PIXELS:
        raise LimitError("output_pixels", info.size.pixels, MOST_PIXELS)
    style = stated_style(CHANNELS.read(query), subject)
    channels = [channel for channel in style.channels if channel.opacity]
    return PlotAsked(
        info.size,
        LevelRegion(whole_plane(info).shrink, line),
        tuple(channel.band for channel in channels) or (0,),
        plane,
        tuple((one.stretch.low.amount, one.stretch.high.amount) for one in channels),
        _colors(style),
    )


def _width(width: int) -> int:
    if not 1 <= width <= LARGEST_WIDTH:
        raise ParameterError("width", f"a whole number from 1 to {LARGEST_WIDTH}", width)
    return width


def _colors(style: Style) -> tuple[str, ...]:
    shown = [channel.paint for channel in style.channels if channel.opacity]
    # A lookup table has no one colour.
    return tuple(paint.color[:7] if isinstance(paint, Solid) else "#ffffff" for paint in shown)


def plotted(asked: PlotAsked, raster: Raster) -> Encoded:
    """Return a GIF of the image's size: a white base line and a line for each band.

    A value at the window's start lies on the base line, one at its end on the far side.
    """
    width, height = asked.size.width, asked.size.height
    picture = Image.new("P", (width, height), _CLEAR)
    picture.putpalette(_palette(asked.colors))
    draw = ImageDraw.Draw(picture)
    base = (
        [(0, 0), (0, height - 1)] if asked.upright else [(0, height - 1), (width - 1, height - 1)]
    )
    draw.line(base, fill=_WHITE, width=asked.width)
    for row, window in enumerate(asked.windows):
        places = _places(raster.data[row].reshape(-1), window, width if asked.upright else height)
        along = enumerate(places)
        points = [(far, at) if asked.upright else (at, height - 1 - far) for at, far in along]
        draw.line(points, fill=_WHITE + 1 + row, width=asked.width)
    out = BytesIO()
    picture.save(out, "GIF", transparency=_CLEAR)
    return Encoded(out.getvalue(), GIF, asked.size)


def _places(values: Array, window: tuple[float, float], length: int) -> list[float]:
    """Return how far from the base line each value lies, in pixels; at most all the way."""
    start, end = window
    shares = np.nan_to_num((values.astype(np.float64) - start) / (end - start)).clip(0.0, 1.0)
    found: list[float] = (shares * (length - 1)).tolist()
    return found


def _palette(colors: tuple[str, ...]) -> list[int]:
    texts = ["#000000", "#ffffff", *colors[:_MOST_CHANNELS]]
    return [int(text[place : place + 2], 16) for text in texts for place in (1, 3, 5)]
