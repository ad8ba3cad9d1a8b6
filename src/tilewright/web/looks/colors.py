"""Colours and palettes as people write them, to the canonical ones of a style."""

import colorsys
import math
import re
from collections.abc import Iterable, Sequence

from tilewright import colormaps
from tilewright.paint import MOST_COLORS, Named, Paint, Ramp, Solid
from tilewright.web.looks.names import COLORS

BLACK = "#000000"
LUT = ".lut"
"""How the name of a lookup table in a file ends."""
LONGEST = 200
"""Characters of a colour or of a colormap's name."""

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{8})|#([0-9a-f]{3,4})")
_CALL = re.compile(r"(rgb|hsl|hsv|hsb)a?\(([0-9.,%\- ]{1,80})\)")
_AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?%?")
_COMMA = re.compile(r",(?![^()]*\))")
_FULL_CIRCLE = 360.0
_BYTE = 255


def color(text: str) -> str:
    """Return a colour as ``#rrggbb``, or ``#rrggbbaa`` unless opaque. Raises ValueError.

    Taken are hexadecimal digits (3, 4, 6 or 8; six and eight also without #), CSS names,
    matplotlib's letters and ``tab:`` names, ``rgb()``, ``hsl()`` and ``hsv()``.
    """
    text = text.strip().lower()
    if len(text) > LONGEST:
        raise ValueError("too long for a colour")
    if text in COLORS:
        return COLORS[text]
    digits = _HEX.fullmatch(text)
    if digits is not None:
        long, short = digits.groups()
        return opaque(f"#{long or ''.join(digit * 2 for digit in short)}")
    call = _CALL.fullmatch(text)
    if call is None:
        raise ValueError(f"{text[:40]!r} is not a colour")
    kind, inner = call.groups()
    return _function(kind, [amount.strip() for amount in inner.split(",")])


def _function(kind: str, amounts: Sequence[str]) -> str:
    if len(amounts) not in {3, 4} or not all(map(_AMOUNT.fullmatch, amounts)):
        raise ValueError("a colour has three or four amounts")
    first, second, third = amounts[:3]
    if kind == "rgb":
        parts = [_share(amount, _BYTE) for amount in amounts[:3]]
    elif kind == "hsl":
        turn = _share(first, _FULL_CIRCLE, around=True)
        parts = list(colorsys.hls_to_rgb(turn, _share(third, 100), _share(second, 100)))
    else:
        turn = _share(first, _FULL_CIRCLE, around=True)
        parts = list(colorsys.hsv_to_rgb(turn, _share(second, 100), _share(third, 100)))
    return shares([*parts, *(_share(amount, 1) for amount in amounts[3:])])


def _share(amount: str, whole: float, *, around: bool = False) -> float:
    value = float(amount.rstrip("%")) / (100 if amount.endswith("%") else whole)
    return value % 1 if around else min(max(value, 0.0), 1.0)


def shares(parts: Iterable[float]) -> str:
    """Return the colour of three or four numbers from 0 to 1. Raises ValueError."""
    return levels([round(part * _BYTE) if 0 <= part <= 1 else math.nan for part in parts])


def levels(parts: Sequence[float]) -> str:
    """Return the colour of three or four whole numbers from 0 to 255. Raises ValueError."""
    whole = [type(part) is int and 0 <= part <= _BYTE for part in parts]
    if len(parts) not in {3, 4} or not all(whole):
        raise ValueError("a colour has three or four numbers from 0 to 255")
    return opaque("#" + "".join(f"{int(part):02x}" for part in parts))


def opaque(text: str) -> str:
    """Leave the alpha of ``#rrggbbff`` out."""
    return text[:7] if text[7:] == "ff" else text


def colormap(name: str) -> Named:
    """Return a named colormap. Raises ValueError when there is none of this name.

    A lookup table, ``name.lut``, is looked for when the picture is drawn.
    """
    paint = Named(name)
    if paint.name.endswith(LUT):
        return paint
    known = colormaps.canonical(name)
    if known is None:
        raise ValueError(f"there is no colormap {name[:40]!r}")
    return known


def palette(text: str) -> Paint:
    """Return the paint of a colour, of colours between commas, or of a colormap's name.

    A name that is both (``gray``, ``pink``) is the colour. Raises ValueError.
    """
    several = _COMMA.split(text)
    if len(several) > 1:
        return ramp([color(part) for part in several])
    try:
        return Solid(color(text))
    except ValueError:
        return colormap(text)


def named_first(text: str) -> Paint:
    """Return what `palette` does, but a name that is both is the colormap."""
    try:
        return colormap(text)
    except ValueError:
        return palette(text)


def ramp(colors: Sequence[str]) -> Solid | Ramp:
    """Return the paint of a list of colours; black to a colour is just that colour."""
    if not 2 <= len(colors) <= MOST_COLORS:  # noqa: PLR2004
        raise ValueError(f"a palette has 2 to {MOST_COLORS} colours")
    if len(colors) == 2 and colors[0] == BLACK:  # noqa: PLR2004
        return Solid(colors[1])
    return Ramp(tuple(colors))


def in_scheme(paint: Paint, *, discrete: bool) -> Paint:
    """Return a palette as large_image shows it: blended, or in equal steps of one colour each.

    Colormaps that are a list of a few colours are blended too, unless they are discrete.
    """
    match paint:
        case Solid(color) if discrete:
            return Ramp((BLACK, color), discrete=True)
        case Ramp(palette) if discrete:
            return Ramp(palette, discrete=True)
        case Named(name) if not discrete and not name.endswith(LUT):
            colors = colormaps.Colormaps().colors(paint)
            return paint if colors is None else ramp([levels(row) for row in colors.tolist()])
        case _:
            return paint
