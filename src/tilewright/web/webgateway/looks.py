"""The look that a request asks for, over the settings of the image."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from tilewright.image import ImageInfo
from tilewright.look import INKS, LIGHTS, PRIMARIES
from tilewright.paint import WHITE, Solid
from tilewright.stretch import Stretch
from tilewright.style import MOST_CHANNELS, Channel, Style
from tilewright.web.looks import omero
from tilewright.web.looks.bands import plain_bands
from tilewright.web.looks.colors import LUT
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.settings import Luts, RenderingSettings

AS_IT_IS = Style()
_WHOLE_BYTE = Stretch.of(0, 255)
_LONGEST_KEPT = 1 << 12
"""Characters of a query whose look is remembered."""
_PLAIN_LAYOUTS = (("gray",), LIGHTS)


@dataclass(frozen=True, slots=True)
class Subject:
    """An image, and what a request on it may leave out."""

    info: ImageInfo
    settings: RenderingSettings
    lut_exists: Luts
    limits: GatewayLimits


def style_of(values: Mapping[str, Any], subject: Subject) -> Style:
    """Return the look of ``c``, ``m``, ``maps`` and ``p``.

    `AS_IT_IS` when it changes no value of an 8-bit picture, so that stored tiles can be handed
    on.
    """
    style = stated_style(values, subject)
    return AS_IT_IS if _changes_nothing(style, subject.info) else style


def stated_style(values: Mapping[str, Any], subject: Subject) -> Style:
    """Return the same with all its channels; what the query leaves out is as in the settings."""
    info, settings = subject.info, subject.settings
    asked = _Asked(
        values.get("c"),
        "g" if is_grey(values, settings) else "c",
        values.get("maps"),
        values.get("p"),
        settings,
        subject.lut_exists,
        (info.bands, info.dtype, info.significant_bits, info.axes),
        info,
    )
    return _parsed(asked) if _is_kept(asked) else _parsed.__wrapped__(asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that a look is made of."""

    c: str | None
    m: str
    maps: str | None
    p: str | None
    settings: RenderingSettings
    lut_exists: Luts
    layout: tuple[object, ...]
    """What of the image matters."""
    info: ImageInfo = field(compare=False)


def _is_kept(asked: _Asked) -> bool:
    """Tell whether a look is short, and depends on nothing but what it is made of."""
    if len(asked.c or "") + len(asked.maps or "") > _LONGEST_KEPT:
        return False
    # A table may be put beside the others, or taken away, at any time.
    return LUT not in (asked.c or "") and not any(one.lut for one in asked.settings.channels)


@lru_cache(maxsize=512)
def _parsed(asked: _Asked) -> Style:
    """Parse once: a viewer repeats the same look for thousands of tiles."""
    needed = _active(asked.settings) if asked.c is None else _listed(asked.c)
    saved = _saved(asked, needed)
    if asked.c is None and not saved.channels:
        return omero.NOTHING
    return omero.parse_omero(
        *(asked.c, asked.m, asked.maps, asked.p),
        info=asked.info,
        saved=saved,
        lut_exists=asked.lut_exists,
    )


def is_grey(values: Mapping[str, Any], settings: RenderingSettings) -> bool:
    """Tell whether ``m``, else the settings, want the model of one grey channel."""
    m = values.get("m")
    return m == "g" if m in {"c", "g"} else settings.model == "greyscale"


def needs_settings(values: Mapping[str, Any]) -> bool:
    """Tell whether a window is left to the settings."""
    if "c" not in values:
        return True
    entries = [omero.read_entry(text) for text in values["c"].split(",")]
    return any(entry and entry.number > 0 and entry.window is None for entry in entries)


def _active(settings: RenderingSettings) -> list[int]:
    return [number for number, one in enumerate(settings.channels, 1) if one.active]


def _listed(c: str) -> list[int]:
    entries = [omero.read_entry(text) for text in c.split(",")]
    return sorted({entry.number for entry in entries if entry})


def _saved(asked: _Asked, numbers: Iterable[int]) -> Style:
    """Return the saved look of channels, counted from 1."""
    bands, settings = plain_bands(asked.info), asked.settings
    channels: list[Channel] = []
    for number in numbers:
        if 1 <= number <= min(len(bands), len(settings.channels)):
            own = settings.channels[number - 1]
            if own.lut is not None and not asked.lut_exists(own.lut):
                own = replace(own, lut=None)
            channels.append(own.channel(bands[number - 1], asked.info))
    return Style(tuple(channels[:MOST_CHANNELS]), background=omero.BLACK)


def _changes_nothing(style: Style, info: ImageInfo) -> bool:
    """Tell whether a look shows a picture as its values are."""
    names = info.interpretations
    if style.projection is not None or style.channels == omero.NOTHING.channels:
        return False
    if "palette" in names or {*INKS} <= {*names}:
        # What its values mean is told by the file alone.
        return True
    if info.dtype != "uint8" or names not in _PLAIN_LAYOUTS or info.masked:
        return False
    if any(band.nodata is not None for band in info.bands):
        return False
    paints = [WHITE] if len(names) == 1 else [Solid(color) for color in PRIMARIES]
    plain = (Channel(band, stretch=_WHOLE_BYTE, paint=it) for band, it in enumerate(paints))
    return style.channels == tuple(plain)
