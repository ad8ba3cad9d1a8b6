"""A style's algorithm, run on what its channels show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tilewright import algorithms, look
from tilewright.algorithms import Algorithm
from tilewright.algorithms.ground import ground_pixel
from tilewright.blend import Bytes
from tilewright.errors import ParameterError
from tilewright.image import Array, Band, ImageInfo, Mask, Raster
from tilewright.measure import measured
from tilewright.operands import channel_values, is_missing, operand, straight_layers, to_bytes
from tilewright.style import Channel, Style


def algorithm_of(style: Style) -> Algorithm:
    """Return the algorithm that a style names. Raises ParameterError."""
    asked = style.algorithm
    if asked is None:
        raise ValueError("the style has no algorithm")
    algorithm = algorithms.get(asked.name)
    if algorithm is None:
        allowed = f"one of {', '.join(algorithms.names())}"
        raise ParameterError("algorithm", allowed, asked.name)
    return algorithm


def run(
    style: Style, raster: Raster, bands: Sequence[int], info: ImageInfo
) -> tuple[Array, Mask | None]:
    """Return what a style's algorithm makes of what the style's channels show."""
    algorithm = algorithm_of(style)
    layers = straight_layers(dict(zip(bands, raster.data, strict=True)), info)
    plain = [band for band in bands if "alpha" not in info.interpretations[band]]
    channels = (style.channels or tuple(map(Channel, plain or bands)))[: algorithm.bands]
    rows = [channel_values(channel, layers, info) for channel in channels]
    known = [is_known(channel, layers, raster.mask, info) for channel in channels]
    valid = np.logical_and.reduce(known)
    asked = {} if style.algorithm is None else dict(style.algorithm.parameters)
    mask = None if valid.all() else valid
    return algorithm.run(np.stack(rows), mask, ground_pixel(raster.grid, info.geo), asked)


def result(
    style: Style, raster: Raster, bands: Sequence[int], info: ImageInfo
) -> tuple[Array, Mask | None, ImageInfo]:
    """Return what `run` does, followed by the image's alpha, and how an image of it is laid out."""
    data, mask = run(style, raster, bands, info)
    shown = algorithm_of(style).described(info)
    opacity = [row for row, band in enumerate(bands) if "alpha" in info.interpretations[band]]
    if not opacity:
        return data, mask, shown
    alpha = _scaled_to(to_bytes(raster.data[opacity[0]]), data.dtype)
    layers = np.concatenate([data, alpha[np.newaxis]])
    return layers, mask, replace(shown, bands=(*shown.bands, Band(interpretation="alpha")))


def is_known(
    channel: Channel, layers: Mapping[int, Array], mask: Mask | None, info: ImageInfo
) -> Mask:
    """Return where a channel shows a value that was measured."""
    values = operand(channel, layers)
    nodata = info.bands[channel.band].nodata if channel.expression is None else None
    known = measured(values, mask, nodata)
    missing = is_missing(channel, layers, info)
    return known if missing is None else known & ~missing


def result_channels(style: Style, shown: ImageInfo) -> tuple[Channel, ...]:
    """Return the channels that show an algorithm's result: the style's own on its one band."""
    plain = [name for name in shown.interpretations if "alpha" not in name]
    if len(plain) == 1 and len(style.channels) == 1:
        # What the channel says of the image's own values was heeded before.
        own = replace(style.channels[0], band=0, expression=None, nodata=None, unscale=False)
        return (own,)
    return look.default_style(shown).channels


def _scaled_to(alpha: Bytes, dtype: np.dtype[Any]) -> Array:
    """Return an alpha of 0-255 in the range of a dtype."""
    if dtype.kind in "ui":
        return (alpha * (np.iinfo(dtype).max / 255)).astype(dtype)
    return (alpha / 255).astype(dtype)
