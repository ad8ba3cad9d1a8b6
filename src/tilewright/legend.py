"""Colormaps drawn: strips of colour, legends with numbers, swatches with names."""

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tilewright.colormaps import Table
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.paint import Class, Classes

Side = Literal["horizontal", "vertical"]

FONT_PX = 12
LINE_PX = 16
TICK_PX = 4
GAP_PX = 4
SWATCH_PX = 16
LETTER_PX = 7
"""Room for a letter. A digit of the fonts in use is narrower."""
MOST_SWATCHES = 200
"""Rows of a legend of classes that are drawn; how many are left out is told."""
LONGEST_LABEL = 60
_NEAR = 1e-9
_SMALLEST, _LARGEST = 1e-290, 1e290
_STEPS = (1, 2, 5, 10)
_MOST_DECIMALS = 6
_LARGEST_PLAIN = 1e7
_BRIGHT = 128
OPAQUE = 255


def nice_ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return about ``count`` round numbers from low to high: steps of 1, 2 or 5 times a power."""
    span = high - low
    if not max(_SMALLEST, _NEAR * max(abs(low), abs(high))) < span < _LARGEST:
        return (low, high)
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * step for step in _STEPS if power * step >= rough * (1 - _NEAR))
    places = range(math.ceil(low / step - _NEAR), math.floor(high / step + _NEAR) + 1)
    if not places:  # no multiple of so long a step lies inside
        return (low, high)
    if step >= 1:
        return tuple(float(place * step) for place in places)
    # Divided by a whole number the result is the nearest float: 3 / 10, where 3 * 0.1 is not.
    inverse = round(1 / step)
    return tuple(place / inverse for place in places)


def tick_labels(ticks: tuple[float, ...]) -> tuple[str, ...]:
    """Return numbers as text, all with as many decimals as the distance between them asks."""
    if len(ticks) < 2:  # noqa: PLR2004
        return tuple(f"{tick:.6g}" for tick in ticks)
    step = min(abs(after - before) for before, after in pairwise(ticks))
    largest = max(map(abs, ticks))
    if not 0 < step < _LARGEST:
        return tuple(f"{tick:.6g}" for tick in ticks)
    decimals = max(0, -math.floor(math.log10(step) + _NEAR))
    if decimals <= _MOST_DECIMALS and largest < _LARGEST_PLAIN:
        return tuple(f"{tick:.{decimals}f}" for tick in ticks)
    digits = min(17, math.floor(math.log10(largest)) - math.floor(math.log10(step) + _NEAR) + 1)
    return tuple(f"{tick:.{digits}g}" for tick in ticks)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a legend of a range is laid out: whole picture, strip, and numbers beside it."""

    size: Size
    side: Side = "horizontal"
    span: tuple[float, float] | None = None
    """The values at the ends; None: a strip without numbers."""
    count: int = 5
    """About how many numbers."""

    @property
    def ticks(self) -> tuple[float, ...]:
        """The numbers, no more than there is room for."""
        if self.span is None:
            return ()
        low, high = self.span
        count = self.count
        while count > 1:
            labels = tick_labels(nice_ticks(low, high, count))
            widest = max((len(label) for label in labels), default=0)
            room = LINE_PX if self.side == "vertical" else (widest + 1) * LETTER_PX
            if len(labels) * room <= self._length:
                break
            count -= 1
        return nice_ticks(low, high, count)

    @property
    def strip(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the strip, in pixels."""
        width, height = self.size.width, self.size.height
        if self.span is None:
            return 0, 0, width, height
        if self.side == "vertical":
            beside = min(width // 2, TICK_PX + GAP_PX + self._widest * LETTER_PX)
            margin = min(height // 4, LINE_PX // 2)
            return 0, margin, width - beside, height - 2 * margin
        margin = min(width // 4, (self._widest * LETTER_PX + 1) // 2)
        below = min(height // 2, TICK_PX + LINE_PX)
        return margin, 0, width - 2 * margin, height - below

    def place(self, value: float) -> float:
        """Return where a value of the span lies along the strip: x, or y when vertical."""
        left, top, width, height = self.strip
        low, high = self.span or (0.0, 1.0)
        share = (value - low) / (high - low)
        return top + height * (1 - share) if self.side == "vertical" else left + width * share

    @property
    def _length(self) -> int:
        return self.size.height if self.side == "vertical" else self.size.width

    @property
    def _widest(self) -> int:
        """Letters of the longest number that there can be."""
        if self.span is None:
            return 0
        labels = tick_labels(nice_ticks(*self.span, self.count))
        return max((len(label) for label in labels), default=0)


def strip_picture(table: Table, size: Size, side: Side = "horizontal") -> Picture:
    """Draw the colours of a table, low at the left or at the bottom; RGBA if some are not opaque."""
    length = size.height if side == "vertical" else size.width
    line = table[np.arange(length) * len(table) // length]
    if (line[:, 3] == OPAQUE).all():
        line = line[:, :3]
    if side == "vertical":
        line = line[::-1, np.newaxis]
    shape = (size.height, size.width, line.shape[-1])
    return Picture(np.ascontiguousarray(np.broadcast_to(line, shape)))


def legend_picture(table: Table, scale: Scale, background: str = "#ffffff") -> Picture:
    """Draw a strip with its numbers, on a background; without numbers the strip alone."""
    if scale.span is None:
        return strip_picture(table, scale.size, scale.side)
    canvas, pen = _canvas(scale.size, background)
    left, top, width, height = scale.strip
    strip = strip_picture(table, Size(width, height), scale.side)
    _paste(canvas, strip, left, top)
    ink = _ink(background)
    ticks = scale.ticks
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        place = scale.place(tick)
        if scale.side == "vertical":
            right = left + width
            pen.line([(right, place), (right + TICK_PX, place)], fill=ink)
            pen.text((right + TICK_PX + GAP_PX, place), label, fill=ink, font=_font(), anchor="lm")
        else:
            bottom = top + height
            pen.line([(place, bottom), (place, bottom + TICK_PX)], fill=ink)
            pen.text((place, bottom + TICK_PX + 1), label, fill=ink, font=_font(), anchor="mt")
    return _finished(canvas)


def classes_picture(classes: Classes, background: str = "#ffffff") -> Picture:
    """Draw a swatch and a name for each class, one below the other."""
    labels = class_labels(classes)
    canvas, pen = _canvas(swatches_size(labels), background)
    ink = _ink(background)
    for place, label in enumerate(labels):
        top = GAP_PX + place * (SWATCH_PX + GAP_PX)
        if place < MOST_SWATCHES:
            color = np.frombuffer(bytes.fromhex(f"{classes.rows[place].color[1:]:f<8}"), np.uint8)
            swatch = np.broadcast_to(color, (SWATCH_PX, SWATCH_PX, 4))
            _paste(canvas, Picture(np.ascontiguousarray(swatch)), GAP_PX, top)
            pen.rectangle([GAP_PX, top, GAP_PX + SWATCH_PX, top + SWATCH_PX], outline=ink)
        middle = (2 * GAP_PX + SWATCH_PX + GAP_PX, top + SWATCH_PX / 2)
        pen.text(middle, label, fill=ink, font=_font(), anchor="lm")
    return _finished(canvas)


def class_labels(classes: Classes) -> tuple[str, ...]:
    """Return the name of each class, its values where it has none; a last line tells the rest."""
    shown = tuple(_class_label(row) for row in classes.rows[:MOST_SWATCHES])
    left_out = len(classes.rows) - len(shown)
    return (*shown, f"and {left_out} more") if left_out else shown


def swatches_size(labels: tuple[str, ...]) -> Size:
    """Return the size of a legend of classes, in pixels."""
    widest = max(map(len, labels))
    return Size(
        4 * GAP_PX + SWATCH_PX + widest * (LETTER_PX + 1),
        GAP_PX + len(labels) * (SWATCH_PX + GAP_PX),
    )


def _class_label(row: Class) -> str:
    if row.label:
        label = "".join(letter for letter in row.label if letter.isprintable())
        return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 3]}..."
    return f"{row.low:g}" if row.high is None else f"{row.low:g} to {row.high:g}"


def _canvas(size: Size, background: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", (size.width, size.height), background)
    return canvas, ImageDraw.Draw(canvas)


def _paste(canvas: Image.Image, picture: Picture, left: int, top: int) -> None:
    image = Image.fromarray(picture.data)
    canvas.paste(image, (left, top), image if picture.data.shape[2] == 4 else None)  # noqa: PLR2004


def _finished(canvas: Image.Image) -> Picture:
    return Picture(np.ascontiguousarray(np.asarray(canvas, np.uint8)))


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=FONT_PX)


def _ink(background: str) -> str:
    """Return black or white, whichever can be read on a background."""
    red, green, blue = bytes.fromhex(background[1:7])
    return "#000000" if (299 * red + 587 * green + 114 * blue) / 1000 >= _BRIGHT else "#ffffff"
