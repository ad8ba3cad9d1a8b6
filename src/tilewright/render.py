"""A Raster and a Style become a Picture."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.image import Array, ColorInterpretation, ImageInfo, Picture, Raster
from tilewright.style import Channel, Stretch, Style

Bytes = npt.NDArray[np.uint8]

_INKS: tuple[ColorInterpretation, ...] = ("cyan", "magenta", "yellow", "black")
_LIGHTS: tuple[ColorInterpretation, ...] = ("red", "green", "blue")
_PRIMARIES = ("#ff0000", "#00ff00", "#0000ff")
_PICTURES = {("gray",), ("red", "green", "blue"), ("red", "green", "blue", "alpha")}


def render(raster: Raster, style: Style, info: ImageInfo, bands: Sequence[int]) -> Picture:
    """Return what a person sees.

    ``bands`` tells which band of the image each layer of the raster is. A style without
    channels shows 8-bit, bilevel, palette and CMYK data as they are.
    """
    if not style.channels and _is_picture(raster, info, bands):
        return Picture(np.ascontiguousarray(raster.data.transpose(1, 2, 0)))
    layers = {band: raster.data[row] for row, band in enumerate(bands)}
    colors = _channels(layers, style.channels) if style.channels else _as_is(layers, info)
    return _with_alpha(colors, _opacity(layers, raster, info), _premultiplied(info))


def _is_picture(raster: Raster, info: ImageInfo, bands: Sequence[int]) -> bool:
    """Return True when the raster's memory, bands last, is the picture already."""
    return (
        raster.data.dtype == np.uint8
        and raster.mask is None
        and tuple(info.bands[band].interpretation for band in bands) in _PICTURES
    )


def look_bands(style: Style, info: ImageInfo) -> tuple[int, ...]:
    """Return the bands that a style needs read, alpha included."""
    opacity = [index for index, name in enumerate(info.interpretations) if "alpha" in name]
    shown = [channel.band for channel in style.channels] or _shown_as_is(info)
    return tuple(dict.fromkeys([*shown, *opacity]))


def shown_as_is(info: ImageInfo) -> bool:
    """Return True when the data are a picture already: nothing is to be stretched."""
    names = {*info.interpretations}
    if "palette" in names or names >= {*_INKS}:
        return True
    stated = any(band.display for band in info.bands)
    return info.dtype == "bool" or (info.dtype == "uint8" and not stated)


def _shown_as_is(info: ImageInfo) -> list[int]:
    """Return the colour bands of a picture: one (grey, palette), three (RGB) or four (CMYK)."""
    names = info.interpretations
    for colors in (_INKS, _LIGHTS):
        if {*colors} <= {*names}:
            return [names.index(color) for color in colors]
    plain = [index for index, name in enumerate(names) if "alpha" not in name]
    return plain[:3] if len(plain) > 2 and "palette" not in names else plain[:1]  # noqa: PLR2004


def _as_is(layers: dict[int, Array], info: ImageInfo) -> Bytes:
    shown = _shown_as_is(info)
    interpretation = info.bands[shown[0]].interpretation
    if interpretation == "palette" and info.palette is not None:
        table = np.array(info.palette, np.uint8)
        table = table if (table[:, 3] < 255).any() else table[:, :3]  # noqa: PLR2004
        return table[np.minimum(layers[shown[0]], len(table) - 1).astype(np.intp)]
    merged = cv2.merge([np.ascontiguousarray(to_bytes(layers[band])) for band in shown])
    stacked = np.asarray(merged, np.uint8).reshape(*merged.shape[:2], len(shown))
    if len(shown) == len(_INKS):
        inks = 255 - stacked.astype(np.uint16)
        return ((inks[..., :3] * inks[..., 3:] + 127) // 255).astype(np.uint8)
    return 255 - stacked if interpretation == "white-is-zero" else stacked


def to_bytes(layer: Array) -> Bytes:
    """Map the whole range of a dtype to 0-255; floats are taken to run from 0 to 1."""
    if layer.dtype == np.uint8:
        return layer
    if layer.dtype == np.bool_:
        return layer.astype(np.uint8) * 255
    if layer.dtype.kind == "f":
        return (np.nan_to_num(layer).clip(0, 1) * 255 + 0.5).astype(np.uint8)
    limits = np.iinfo(layer.dtype)
    span = float(limits.max) - float(limits.min)
    return ((layer - float(limits.min)) * (255 / span) + 0.5).astype(np.uint8)


def _channels(layers: dict[int, Array], channels: Sequence[Channel]) -> Bytes:
    """Add the channels up, clamped at 255."""
    stretched = [stretch(layers[channel.band], channel.stretch) for channel in channels]
    colors = tuple(channel.color for channel in channels)
    if colors == ("#ffffff",):
        return stretched[0][..., np.newaxis]
    if colors == _PRIMARIES:
        return np.asarray(cv2.merge(stretched), np.uint8)
    total = np.zeros((*stretched[0].shape, 3), np.uint8)
    for layer, color in zip(stretched, colors, strict=True):
        ramp = np.arange(256)[:, np.newaxis] * [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        table = np.rint(ramp / 255).astype(np.uint8)[:, np.newaxis]
        cv2.add(total, cv2.LUT(cv2.merge([layer] * 3), table), dst=total)
    return total


def stretch(layer: Array, limits: Stretch) -> Bytes:
    """Map ``low`` to 0 and ``high`` to 255, linearly, and clamp; NaN becomes 0."""
    low, gain = limits.low, 255 / (limits.high - limits.low)
    if layer.dtype.kind in "ui" and layer.dtype.itemsize <= 2:  # noqa: PLR2004
        info = np.iinfo(layer.dtype)
        ramp = (np.arange(info.min, info.max + 1) - low) * gain
        table = np.rint(ramp.clip(0, 255)).astype(np.uint8)
        return np.asarray(table[layer.astype(np.intp) - int(info.min)], np.uint8)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN like any other
        values = np.nan_to_num((layer.astype(np.float64) - low) * gain, nan=0.0)
    clamped: Bytes = np.rint(values.clip(0, 255)).astype(np.uint8)
    return clamped


def _opacity(layers: dict[int, Array], raster: Raster, info: ImageInfo) -> Bytes | None:
    """Return the alpha of the picture; None when it is opaque throughout."""
    opacity = None
    for band, layer in layers.items():
        if "alpha" in info.bands[band].interpretation:
            opacity = to_bytes(layer)
    if raster.mask is None:
        return opacity
    if opacity is None:
        return None if raster.mask.all() else raster.mask.astype(np.uint8) * 255
    return np.where(raster.mask, opacity, 0).astype(np.uint8)


def _premultiplied(info: ImageInfo) -> bool:
    return "premultiplied-alpha" in info.interpretations


def _with_alpha(colors: Bytes, opacity: Bytes | None, premultiplied: bool) -> Picture:  # noqa: FBT001
    if opacity is None:
        return Picture(np.ascontiguousarray(colors))
    height, width, channels = colors.shape
    out = np.empty((height, width, 4), np.uint8)
    out[..., :3] = colors[..., :3]
    if channels == 4:  # noqa: PLR2004 - a palette brought its own alpha
        opacity = np.minimum(opacity, colors[..., 3])
    if premultiplied:
        full = np.maximum(opacity, 1).astype(np.uint16)[..., np.newaxis]
        out[..., :3] = np.minimum((out[..., :3].astype(np.uint16) * 255 + full // 2) // full, 255)
    out[..., 3] = opacity
    return Picture(out)
