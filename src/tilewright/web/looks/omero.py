"""The rendering language of OMERO's web gateway: ``c``, ``m``, ``maps`` and ``p``.

As tolerant as omero-web: what cannot be read is passed over, and nothing here is an error.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from tilewright.image import Band, ImageInfo
from tilewright.look import PRIMARIES
from tilewright.paint import Named, Paint, Solid
from tilewright.stretch import FULL, Curve, Family, Stretch
from tilewright.style import MOST_CHANNELS, Channel, Projection, Reduction, Style
from tilewright.web.looks.bands import plain_bands, shown_channels
from tilewright.web.looks.colors import color
from tilewright.web.looks.json_text import decode
from tilewright.web.looks.ranges import finite

BLACK = "#000000"
NOTHING = Style((Channel(stretch=FULL, opacity=0.0),), background=BLACK)
"""No channel is on: a black picture."""
ACTIVE = 3
"""Channels that are on where nothing was saved."""
LONGEST = 1 << 14
"""Characters of ``c`` that are read."""

_GREEN_FROM_NM, _RED_FROM_NM = 500, 560
_WHITE = Solid("#ffffff")
_COLORED = range(2, 8)
"""Numbers of channels whose model is colour where nothing was saved."""
_HEX = re.compile(r"[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_FAMILIES = frozenset({"linear", "polynomial", "exponential", "logarithmic"})
REDUCTIONS: Mapping[str, Reduction] = {"intmax": "max", "intmean": "mean", "intsum": "sum"}
_BYTE = 8
_FLOAT_RANGE = (-2147483648.0, 2147483647.0)
"""What OMERO takes for the range of floating numbers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One channel of ``c``."""

    number: int
    """Counts from 1; below 0: listed, but off."""
    window: tuple[float, float] | None
    color: str | None


@dataclass(frozen=True, slots=True)
class Map:
    """What ``maps`` says of one entry."""

    invert: bool
    curve: Curve | None
    """None: as saved."""
    coefficient: float = 1.0
    """As it was given, also to a curve that has none."""


def parse_omero(
    c: str | None,
    m: str | None,
    maps: str | None,
    p: str | None,
    *,
    info: ImageInfo,
    saved: Style,
    lut_exists: Callable[[str], bool],
) -> Style:
    """Return the look of OMERO's parameters, None where one is absent.

    ``saved`` is the stored look, `Style()` when there is none; ``lut_exists`` tells whether
    there is a lookup table ``name.lut``. Channels that ``c`` does not list are off; without
    ``c`` the saved ones are shown. In the greyscale model only the first channel that is on
    is shown, in white. Each entry of ``c`` keeps its own window and colour, in any order; of a
    channel that is listed twice the last entry counts. ``p`` takes its first and last plane
    too: OMERO leaves the last one out of means and sums.
    """
    projection = _projection(p, info)
    if c is None and m != "g":
        return replace(saved, projection=projection)
    bands = plain_bands(info)
    known = _all_channels(info, saved, bands)
    if c is None:
        shown = saved.channels or shown_channels(info)
        channels = [known[channel.band] for channel in shown if channel.band in known]
    else:
        channels = _listed(c, read_maps(maps), bands, known, info=info, lut_exists=lut_exists)
    if m == "g" or (m != "c" and not saved.channels and len(bands) not in _COLORED):
        channels = [replace(channel, paint=_WHITE) for channel in channels[:1]]
    if not channels:
        return replace(NOTHING, orientation=saved.orientation)
    return Style(
        tuple(channels[:MOST_CHANNELS]),
        background=BLACK,
        projection=projection,
        orientation=saved.orientation,
    )


def _all_channels(info: ImageInfo, saved: Style, bands: Sequence[int]) -> dict[int, Channel]:
    """Return every channel as it is without being told: saved, else as OMERO colours it."""
    stored = {channel.band: channel for channel in saved.channels if channel.expression is None}
    colors = [stated_color(info.bands[band]) for band in bands]
    for place, band in enumerate(bands):
        # Where the file knows some of the colours, the others are white.
        color = colors[place] or ("#ffffff" if any(colors) else PRIMARIES[place % 3])
        stored.setdefault(band, Channel(band, paint=Solid(color)))
    return stored


def stated_color(band: Band) -> str | None:
    """Return the colour that the file states, else that of the wavelength as OMERO has it."""
    if band.color is not None or band.emission_nm is None:
        return band.color
    red, green, blue = PRIMARIES
    if band.emission_nm < _GREEN_FROM_NM:
        return blue
    return green if band.emission_nm < _RED_FROM_NM else red


def _listed(
    c: str,
    maps: Sequence[Map],
    bands: Sequence[int],
    known: Mapping[int, Channel],
    *,
    info: ImageInfo,
    lut_exists: Callable[[str], bool],
) -> list[Channel]:
    """Return the channels that ``c`` turns on, in the image's order."""
    on: dict[int, Channel] = {}
    for place, text in enumerate(c[:LONGEST].split(",")):
        entry = read_entry(text)
        if entry is None or not 1 <= abs(entry.number) <= len(bands):
            continue
        band = bands[abs(entry.number) - 1]
        on.pop(band, None)
        if entry.number < 0:
            continue
        channel = known[band]
        window = window_of(entry.window, info)
        on[band] = replace(
            channel,
            stretch=window or channel.stretch,
            paint=lit(paint_of(entry.color, lut_exists) or channel.paint),
        )
        if place < len(maps):
            change = maps[place]
            curves = channel.curves if change.curve is None else (change.curve,)
            on[band] = replace(on[band], invert=change.invert, curves=curves)
    return [on[band] for band in sorted(on)]


def read_entry(text: str) -> Entry | None:
    """Return one ``N|start:end$colour``; None when it has no number."""
    first, _, rest = text.partition("|")
    number, _, color = first.partition("$")
    window, mark, later = rest.partition("$")
    if not _NUMBER.fullmatch(number.strip()):
        return None
    return Entry(int(number), _ends(window), (later if mark else color).strip() or None)


def _ends(text: str) -> tuple[float, float] | None:
    ends = text.split(":")
    if len(ends) != 2:  # noqa: PLR2004
        return None
    try:
        return finite(ends[0].strip()), finite(ends[1].strip())
    except ValueError:
        return None


def type_range(info: ImageInfo) -> tuple[float, float]:
    """Return the least and the greatest value that a pixel can have, as OMERO has them.

    They are those of its type, and of whole numbers those of the bits that count.
    """
    kind = np.dtype(info.dtype)
    if kind.kind == "f":
        return _FLOAT_RANGE
    if kind.kind == "b":
        return 0.0, 1.0
    bits = min(info.significant_bits or _BYTE * kind.itemsize, _BYTE * kind.itemsize)
    if kind.kind == "i":
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1


def window_of(ends: tuple[float, float] | None, info: ImageInfo) -> Stretch | None:
    """Return the range that OMERO makes of a window: inside the image's, and rising."""
    if ends is None:
        return None
    lowest, highest = type_range(info)
    start, end = ends
    if start > end or end - start > highest - lowest:
        return Stretch.of(lowest, highest)
    start, end = (min(max(value, lowest), highest) for value in ends)
    # Of an empty window all from its value up is bright.
    return Stretch.of(min(start, math.nextafter(end, -math.inf)), end)


def paint_of(text: str | None, lut_exists: Callable[[str], bool]) -> Paint | None:
    """Return a colour or a lookup table; None for what is neither."""
    if text is None:
        return None
    if text.endswith(".lut"):
        try:
            paint = Named(text)
        except ValueError:
            return None
        return paint if lut_exists(text) else None
    if not _HEX.fullmatch(text):
        return None
    return Solid(color(f"#{text}"))


def lit(paint: Paint) -> Paint:
    """Return a paint whose colour is as bright as its alpha lets it be, and opaque.

    To OMERO alpha is how much light a channel adds, never how much of others it hides.
    """
    if not isinstance(paint, Solid) or len(paint.color) == len(BLACK):
        return paint
    *parts, alpha = bytes.fromhex(paint.color[1:])
    return Solid("#" + bytes(round(part * alpha / 255) for part in parts).hex())


def read_maps(text: str | None) -> tuple[Map, ...]:
    """Return what ``maps`` says of each entry; nothing when it is not a JSON list."""
    try:
        values = decode(text or "[]")
    except ValueError:
        return ()
    if not isinstance(values, list):
        return ()
    maps: list[Map] = []
    quantized = True
    for value in values[:LONGEST]:
        own = value if isinstance(value, dict) else {}
        curve, coefficient = None, 1.0
        if quantized and isinstance(own.get("quantization"), dict):
            curve, coefficient = _curve(own["quantization"])
            # One that is wrong ends them all, as in omero-web.
            quantized = curve is not None
        turned = own.get("inverted", own.get("reverse"))
        enabled = turned.get("enabled") if isinstance(turned, dict) else None
        maps.append(Map(enabled is True or enabled == "true", curve, coefficient))
    return tuple(maps)


def _curve(quantization: Mapping[str, Any]) -> tuple[Curve | None, float]:
    """Return the curve of a family and a coefficient, None when one is wrong; and the latter."""
    family, coefficient = quantization.get("family"), quantization.get("coefficient", 1.0)
    if not (isinstance(family, str) and family in _FAMILIES) or isinstance(coefficient, bool):
        return None, 1.0
    try:
        return Curve(cast("Family", family), float(coefficient)), float(coefficient)
    except (TypeError, ValueError, OverflowError):
        return None, 1.0


def _projection(p: str | None, info: ImageInfo) -> Projection | None:
    """Return the projection over z; None for ``normal``, and without an axis z."""
    word, _, ends = (p or "").partition("|")
    reduction = REDUCTIONS.get(word)
    size = next((axis.size for axis in info.axes if axis.name == "z"), 1)
    if reduction is None or size == 1:
        return None
    start, _, end = ends.partition(":")
    if not (_NUMBER.fullmatch(start) and _NUMBER.fullmatch(end)):
        return Projection("z", reduction)
    first, last = max(int(start), 0), min(int(end), size - 1)
    if first > last:
        return Projection("z", reduction)
    return Projection("z", reduction, first or None, last if last < size - 1 else None)
