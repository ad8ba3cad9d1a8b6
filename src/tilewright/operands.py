"""The values that the channels of a style show, before anything is made of them."""

from collections.abc import Mapping

import numpy as np

from tilewright import expression
from tilewright.blend import Bytes
from tilewright.image import Array, ImageInfo, Mask
from tilewright.style import Channel


def operand(channel: Channel, layers: Mapping[int, Array]) -> Array:
    """Return the values (y, x) that a channel shows: a band's, or an expression's."""
    if channel.expression is None:
        return layers[channel.band]
    return expression.evaluate(channel.expression, layers)


def channel_values(channel: Channel, layers: Mapping[int, Array], info: ImageInfo) -> Array:
    """Return the values (y, x) of a channel, in the file's units when it asks so."""
    values = operand(channel, layers)
    if not channel.unscale or channel.expression is not None:
        return values
    band = info.bands[channel.band]
    return values * np.float32(band.scale) + np.float32(band.offset)


def is_missing(channel: Channel, layers: Mapping[int, Array], info: ImageInfo) -> Mask | None:
    """Return where a channel's own nodata, or that of an expression's bands, leaves no value.

    None: nowhere. A stated value is one of the file, whatever unit the channel shows.
    """
    found: list[Mask] = []
    # A float32 file may state a nodata of 1e300.
    with np.errstate(over="ignore"):
        if channel.nodata is not None:
            found.append(operand(channel, layers) == channel.nodata)
        if channel.expression is not None:
            for band in expression.bands_of(channel.expression):
                nodata = info.bands[band].nodata
                if nodata is not None:
                    found.append(layers[band] == nodata)
    found = [missing for missing in found if missing.any()]
    return np.logical_or.reduce(found) if found else None


def straight_layers(layers: Mapping[int, Array], info: ImageInfo) -> Mapping[int, Array]:
    """Return layers whose colours are no longer dimmed by a premultiplied alpha among them."""
    names = info.interpretations
    alpha = next((layer for band, layer in layers.items() if "premultiplied" in names[band]), None)
    if alpha is None:
        return layers
    return {
        band: layer if "alpha" in names[band] else _undimmed(layer, alpha)
        for band, layer in layers.items()
    }


def _undimmed(layer: Array, alpha: Array) -> Array:
    if layer.dtype.kind == "b":
        return layer
    if layer.dtype.kind == "f":
        return np.asarray(layer / np.where(alpha > 0, alpha, 1), layer.dtype)
    full = np.iinfo(layer.dtype).max
    bright = layer * (full / np.maximum(alpha, 1)) + 0.5
    # The largest 64-bit integers are no floats: the next float below is the clamp.
    return bright.clip(0, np.nextafter(float(full) + 1, 0)).astype(layer.dtype)


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
