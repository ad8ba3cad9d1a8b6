"""Legends of colormaps: their URLs to a `Scale`, and their drawing as SVG.

The SVG names itself to screen readers, and its text follows the reader's choice of dark or
light, also when it is shown by an ``<img>``.
"""

from collections.abc import Iterator
from hashlib import blake2b
from html import escape

import numpy as np

from tilewright.colormaps import Table
from tilewright.errors import ParameterError
from tilewright.geometry import Size
from tilewright.legend import (
    FONT_PX,
    GAP_PX,
    MOST_SWATCHES,
    OPAQUE,
    SWATCH_PX,
    TICK_PX,
    Scale,
    class_labels,
    swatches_size,
    tick_labels,
)
from tilewright.paint import Classes
from tilewright.web.params import Parameter, ParameterSet, choice, color, integer

SVG = "image/svg+xml"
FORMATS = ("png", "svg")
MOST_SIDE = 4096
LENGTH, BREADTH = 256, 24
"""The default size of a strip; numbers get `FOR_NUMBERS` more."""
FOR_NUMBERS = {"horizontal": 24, "vertical": 56}
DEFAULT_BACKGROUND = "#ffffff"
_FARTHEST = 1e100
_TOLERANCE = 0.75
_THEME = (
    ".{name}{{color:#1f2328;font:{size}px system-ui,sans-serif}}"
    "@media (prefers-color-scheme:dark){{.{name}{{color:#e6edf3}}}}"
)


def _end(name: str, help: str, misspellings: tuple[str, ...]) -> Parameter[float]:
    def parse(text: str) -> float:
        if "_" in text or not text.isascii() or text != text.strip():
            raise ValueError
        value = float(text)
        if not abs(value) <= _FARTHEST:
            raise ValueError
        return value

    return Parameter(
        name, help, "a number", parse, repr, {"type": "number"}, misspellings=misspellings
    )


LEGEND = ParameterSet(
    (
        integer(
            "width",
            "Width of the picture in pixels, numbers included.",
            low=1,
            high=MOST_SIDE,
            misspellings=("w",),
        ),
        integer(
            "height", "Height of the picture in pixels.", low=1, high=MOST_SIDE, misspellings=("h",)
        ),
        choice(
            "orientation",
            "Low values at the left, or at the bottom.",
            ("horizontal", "vertical"),
            default="horizontal",
            misspellings=("orient",),
        ),
        _end("min", "The value of the first colour. It and max make numbers appear.", ("vmin",)),
        _end("max", "The value of the last colour.", ("vmax",)),
        integer("ticks", "About how many numbers.", low=1, high=50, default=5),
        color(
            "background",
            "What lies under the numbers of a PNG.",
            default=DEFAULT_BACKGROUND.removeprefix("#"),
            misspellings=("bg",),
        ),
    )
)


def legend(suffix: str, query: str) -> tuple[Scale, str]:
    """Return how ``{name}.{suffix}?{query}`` is laid out, and its background.

    Raises ParameterError.
    """
    if suffix not in FORMATS:
        raise ParameterError("fmt", f"one of {', '.join(FORMATS)}", suffix)
    values = LEGEND.read(query)
    low, high = values.get("min"), values.get("max")
    if (low is None) != (high is None):
        raise ParameterError("max" if high is None else "min", "given when the other end is")
    span = None if low is None or high is None else (low, high)
    if span is not None and not span[0] < span[1]:
        raise ParameterError("max", f"above min, which is {span[0]:g}", f"{span[1]:g}")
    side = values.get("orientation", "horizontal")
    size = [LENGTH, BREADTH + (FOR_NUMBERS[side] if span else 0)]
    width, height = reversed(size) if side == "vertical" else size
    scale = Scale(
        Size(values.get("width", width), values.get("height", height)),
        side,
        span,
        values.get("ticks", 5),
    )
    return scale, values.get("background", DEFAULT_BACKGROUND)


def scale_svg(table: Table, scale: Scale, title: str) -> str:
    """Draw a strip, and its numbers where it has a span, as SVG.

    ``title`` is what a screen reader says.
    """
    left, top, width, height = scale.strip
    spoken = title
    if scale.span is not None:
        spoken = f"{title}, from {scale.span[0]:g} to {scale.span[1]:g}"
    name = _unique(title, scale, table.tobytes())
    ends = 'x1="0" y1="1" x2="0" y2="0"' if scale.side == "vertical" else ""
    body = [
        f'<defs><linearGradient id="{name}-g" {ends}>{"".join(_stops(table))}</linearGradient></defs>',
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="url(#{name}-g)"/>',
    ]
    for tick, label in zip(scale.ticks, tick_labels(scale.ticks), strict=True):
        place = round(scale.place(tick), 2)
        if scale.side == "vertical":
            edge = left + width
            body.append(_line(edge, place, edge + TICK_PX, place))
            body.append(_text(edge + TICK_PX + GAP_PX, place, label, "start", "central"))
        else:
            edge = top + height
            body.append(_line(place, edge, place, edge + TICK_PX))
            body.append(_text(place, edge + TICK_PX + FONT_PX, label, "middle", "auto"))
    return _document(scale.size, name, spoken, body)


def classes_svg(classes: Classes, title: str) -> str:
    """Draw a swatch and a name for each class as SVG."""
    labels = class_labels(classes)
    name = _unique(title, classes)
    body = []
    for place, label in enumerate(labels):
        top = GAP_PX + place * (SWATCH_PX + GAP_PX)
        if place < MOST_SWATCHES:
            fill = classes.rows[place].color
            body.append(
                f'<rect x="{GAP_PX}" y="{top}" width="{SWATCH_PX}" height="{SWATCH_PX}" '
                f'fill="{fill}" stroke="currentColor" stroke-width="0.5"/>'
            )
        middle = top + SWATCH_PX / 2
        body.append(_text(3 * GAP_PX + SWATCH_PX, middle, label, "start", "central"))
    spoken = f"{title}: {', '.join(labels)}"
    return _document(swatches_size(labels), name, spoken, body)


def _stops(table: Table) -> Iterator[str]:
    """Yield as few stops of a gradient as give every colour within `_TOLERANCE` of 255."""
    last = len(table) - 1
    for row in _corners(table.astype(np.float64)):
        red, green, blue, alpha = (int(part) for part in table[row])
        opacity = "" if alpha == OPAQUE else f' stop-opacity="{alpha / OPAQUE:.3g}"'
        color = f"#{red:02x}{green:02x}{blue:02x}"
        yield f'<stop offset="{row / last:.5g}" stop-color="{color}"{opacity}/>'


def _corners(colors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Iterator[int]:
    """Yield the rows between which the colours run straight."""
    start, last = 0, len(colors) - 1
    yield start
    while start < last:
        end = start + 1
        while end < last:
            share = np.linspace(0, 1, end + 2 - start)[:, np.newaxis]
            straight = colors[start] + share * (colors[end + 1] - colors[start])
            if abs(straight - colors[start : end + 2]).max() > _TOLERANCE:
                break
            end += 1
        yield end
        start = end


def _unique(*parts: object) -> str:
    """Return a name that two legends on one page do not share."""
    return f"tw-{blake2b(repr(parts).encode(), digest_size=6).hexdigest()}"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="currentColor"/>'


def _text(x: float, y: float, label: str, anchor: str, baseline: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" dominant-baseline="{baseline}" '
        f'fill="currentColor">{escape(label)}</text>'
    )


def _document(size: Size, name: str, spoken: str, body: list[str]) -> str:
    printable = "".join(letter for letter in spoken if letter.isprintable())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" width="{size.width}" '
        f'height="{size.height}" viewBox="0 0 {size.width} {size.height}" role="img" '
        f'aria-labelledby="{name}-t"><title id="{name}-t">{escape(printable)}</title>'
        f"<style>{_THEME.format(name=name, size=FONT_PX)}</style>{''.join(body)}</svg>"
    )
