"""A Raster and a Style become a Picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from tilewright import expression
from tilewright.blend import Bytes, Painted, blend
from tilewright.finish import finished
from tilewright.geometry import Size
from tilewright.image import Array, ColorInterpretation, ImageInfo, Mask, Picture, Raster
from tilewright.look import INKS, LIGHTS, PRIMARIES, Span
from tilewright.lookup import intensity
from tilewright.operands import channel_values, is_missing, straight_layers, to_bytes
from tilewright.paint import WHITE, Classes, Paint, Solid
from tilewright.style import Channel, Style

Tables = Callable[[Paint], Bytes]
"""From a paint to its 256 colours, shape (256, 4)."""
Names = tuple[ColorInterpretation, ...]
Classifier = Callable[[Array, Classes], Bytes]

_PICTURES = {("gray",), ("red", "green", "blue"), ("red", "green", "blue", "alpha")}
_SUMS = {"add", "lighten", "screen"}
"""Blends that leave three primaries as they are."""
_PRIMARY_PAINTS = tuple(Solid(color) for color in PRIMARIES)


def needed_bands(style: Style, info: ImageInfo) -> tuple[int, ...]:
    """Return the bands that a style needs read, alpha included."""
    return _needed_bands(style.channels, info.interpretations)


@lru_cache(maxsize=256)
def _needed_bands(channels: tuple[Channel, ...], names: Names) -> tuple[int, ...]:
    shown: list[int] = []
    for channel in channels:
        used = expression.bands_of(channel.expression) if channel.expression else (channel.band,)
        shown += used
    opacity = [index for index, name in enumerate(names) if "alpha" in name]
    return tuple(dict.fromkeys([*(shown or _shown_as_is(names)), *opacity]))


def render(
    raster: Raster,
    style: Style,
    info: ImageInfo,
    bands: Sequence[int],
    spans: Sequence[Span],
    *,
    tables: Tables,
    classify: Classifier,
) -> Picture:
    """Return what a person sees.

    ``bands`` tells which band of the image each layer of the raster is, ``spans`` what each
    channel's range comes to. A style without channels shows 8-bit, bilevel, palette and CMYK
    data as they are.
    """
    if not style.channels and _is_picture(raster, info, bands):
        picture = Picture(np.ascontiguousarray(raster.data.transpose(1, 2, 0)))
    else:
        layers = straight_layers({band: raster.data[row] for row, band in enumerate(bands)}, info)
        if style.channels:
            colors, cover = _Paints(layers, info, tables, classify).channels(style, spans)
        else:
            colors, cover = _as_is(layers, info), None
        opacity = _opacity(layers, raster, info, cover)
        picture = _with_alpha(colors, opacity)
    return finished(picture, style)


def blank(size: Size, style: Style) -> Picture:
    """Return the picture of nothing: transparent, or the style's background."""
    return finished(Picture(np.zeros((size.height, size.width, 4), np.uint8)), style)


def _is_picture(raster: Raster, info: ImageInfo, bands: Sequence[int]) -> bool:
    """Return True when the raster's memory, bands last, is the picture already."""
    return (
        raster.data.dtype == np.uint8
        and raster.mask is None
        and tuple(info.bands[band].interpretation for band in bands) in _PICTURES
    )


def _shown_as_is(names: Names) -> list[int]:
    """Return the colour bands of a picture: one (grey, palette), three (RGB) or four (CMYK)."""
    for colors in (INKS, LIGHTS):
        if {*colors} <= {*names}:
            return [names.index(color) for color in colors]
    plain = [index for index, name in enumerate(names) if "alpha" not in name] or [0]
    return plain[:3] if len(plain) > 2 and "palette" not in names else plain[:1]  # noqa: PLR2004


def _as_is(layers: Mapping[int, Array], info: ImageInfo) -> Bytes:
    shown = _shown_as_is(info.interpretations)
    interpretation = info.bands[shown[0]].interpretation
    if interpretation == "palette" and info.palette is not None:
        table = np.array(info.palette, np.uint8)
        table = table if (table[:, 3] < 255).any() else table[:, :3]  # noqa: PLR2004
        return table[np.minimum(layers[shown[0]], len(table) - 1).astype(np.intp)]
    merged = cv2.merge([np.ascontiguousarray(to_bytes(layers[band])) for band in shown])
    stacked = np.asarray(merged, np.uint8).reshape(*merged.shape[:2], len(shown))
    if len(shown) == len(INKS):
        inks = 255 - stacked.astype(np.uint16)
        return ((inks[..., :3] * inks[..., 3:] + 127) // 255).astype(np.uint8)
    return 255 - stacked if interpretation == "white-is-zero" else stacked


@dataclass(frozen=True, slots=True, eq=False)
class _Paints:
    """The layers of a raster and what painting them takes."""

    layers: Mapping[int, Array]
    info: ImageInfo
    tables: Tables
    classify: Classifier

    def channels(self, style: Style, spans: Sequence[Span]) -> tuple[Bytes, Bytes | None]:
        """Return colours and opacity of all channels, blended."""
        paints = tuple(channel.paint for channel in style.channels)
        simple = paints == (WHITE,) or (paints == _PRIMARY_PAINTS and style.blend in _SUMS)
        pairs = list(zip(style.channels, spans, strict=True))
        if simple and all(_covers_all(channel) for channel in style.channels):
            bright = [
                intensity(channel_values(channel, self.layers, self.info), channel, span)
                for channel, span in pairs
            ]
            if len(bright) == 1:
                return bright[0].reshape(*bright[0].shape, 1), None
            return np.asarray(cv2.merge(bright), np.uint8), None
        return blend((self.painted(channel, span) for channel, span in pairs), style.blend)

    def painted(self, channel: Channel, span: Span) -> Painted:
        """Return one channel in colour."""
        values = channel_values(channel, self.layers, self.info)
        missing = is_missing(channel, self.layers, self.info)
        if isinstance(channel.paint, Classes):
            classes = self.classify(values, channel.paint)
            colors, opacity = np.ascontiguousarray(classes[..., :3]), classes[..., 3]
            return Painted(colors, _veiled(opacity, channel, values, span, missing))
        bright = intensity(values, channel, span)
        table = self.tables(channel.paint)
        mapped = cv2.applyColorMap(bright, np.ascontiguousarray(table[:, np.newaxis, :3]))
        clear = int(table[:, 3].min()) < 255  # noqa: PLR2004
        veil = None
        if clear:
            # OpenCV takes no column out of the midst of a table.
            veil = np.asarray(cv2.LUT(bright, np.ascontiguousarray(table[:, 3])), np.uint8)
        return Painted(np.asarray(mapped, np.uint8), _veiled(veil, channel, values, span, missing))


def _covers_all(channel: Channel) -> bool:
    """Tell whether a channel is opaque wherever the raster is valid."""
    whole = channel.opacity == 1 and not channel.discard and channel.nodata is None
    return whole and channel.expression is None


def _veiled(
    opacity: Bytes | None, channel: Channel, values: Array, span: Span, hidden: Mask | None
) -> Bytes | None:
    """Return a channel's opacity after what is missing, discarding and its own opacity."""
    if channel.discard:
        outside = ~((values >= span.low) & (values <= span.high))
        hidden = outside if hidden is None else hidden | outside
    if channel.expression is not None and values.dtype.kind == "f":
        empty = ~np.isfinite(values)
        if empty.any():
            hidden = empty if hidden is None else hidden | empty
    if hidden is None and channel.opacity == 1:
        return opacity
    full = np.full(values.shape, 255, np.uint8) if opacity is None else opacity
    if channel.opacity < 1:
        full = np.rint(full * channel.opacity).astype(np.uint8)
    return full if hidden is None else _kept(full, ~hidden)


def _kept(opacity: Bytes, where: Mask) -> Bytes:
    """Return the opacity, 0 outside of ``where``."""
    return opacity & -where.view(np.uint8)


def _opacity(
    layers: Mapping[int, Array], raster: Raster, info: ImageInfo, cover: Bytes | None
) -> Bytes | None:
    """Return the alpha of the picture; None when it is opaque throughout."""
    opacity = cover
    for band, layer in layers.items():
        if "alpha" in info.bands[band].interpretation:
            alpha = to_bytes(layer)
            opacity = alpha if opacity is None else np.minimum(alpha, opacity)
    if raster.mask is None:
        return opacity
    if opacity is None:
        return None if raster.mask.all() else raster.mask.astype(np.uint8) * 255
    return _kept(opacity, raster.mask)


def _with_alpha(colors: Bytes, opacity: Bytes | None) -> Picture:
    if opacity is None:
        return Picture(np.ascontiguousarray(colors))
    if colors.shape[2] == 4:  # noqa: PLR2004 - a palette brought its own alpha
        opacity = np.minimum(opacity, colors[..., 3])
    out = _four_channels(colors)
    cv2.insertChannel(np.ascontiguousarray(opacity), out, 3)
    return Picture(out)


def _four_channels(colors: Bytes) -> Bytes:
    """Return a copy with room for alpha: numpy moves three bytes of four slowly."""
    if colors.shape[2] == 4:  # noqa: PLR2004
        return colors.copy()
    widen = cv2.COLOR_GRAY2RGBA if colors.shape[2] == 1 else cv2.COLOR_RGB2RGBA
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(colors), widen), np.uint8)
