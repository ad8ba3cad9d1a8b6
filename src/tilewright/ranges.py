"""The ranges of a style's channels that the data decide, measured on a bounded number of pixels.

They are those of the image, or of what an algorithm makes of it: the same for all tiles.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilewright import look
from tilewright.computed import is_known, run
from tilewright.config import Config
from tilewright.errors import LimitError
from tilewright.gather import read_window
from tilewright.geometry import Affine, Grid
from tilewright.image import Array, ImageInfo, Raster
from tilewright.look import Samples, Span
from tilewright.operands import channel_values, straight_layers
from tilewright.plan import covering_chunks
from tilewright.projection import project, projected_planes
from tilewright.readers import Reader
from tilewright.render import needed_bands
from tilewright.style import Channel, Projection, Style

SpanStore = Callable[[str, Callable[[], Span]], Span]
"""Given a key and how to make it, the span of that key."""
SampleStore = Callable[[str, Callable[[], Samples]], Samples]
"""Likewise, what is kept of sampled values."""


def unkept(key: str, make: Callable[[], Samples]) -> Samples:  # noqa: ARG001
    """Make samples afresh: a store that keeps nothing."""
    return make()


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """A reader, and where what is found of its values is kept."""

    reader: Reader
    config: Config
    spans: SpanStore
    samples: SampleStore

    def span(self, channel: Channel, projection: Projection | None) -> Span:
        """Return the range of a channel over the image's own values. Raises LimitError."""
        info = self.reader.info
        if not look.needs_samples(channel, info):
            return look.span(channel, info, None)
        group: tuple[Channel, ...] = (channel,)
        if channel.expression is None:
            bands = look.sampled_bands(channel, info)
            group = tuple(replace(channel, band=band) for band in bands)
        shown = "" if projection is None else projection.text
        operands = ",".join(one.expression or str(one.band) for one in group)
        key = f"{operands}|{channel.unscale}|{channel.nodata}|{shown}"

        def measured_span() -> Span:
            kept = self.samples(key, lambda: Samples.of(self._sampled(group, projection)))
            return look.span(channel, info, kept)

        return self.spans(f"{channel.band}|{_range_text(channel)}|{key}", measured_span)

    def _sampled(self, group: Sequence[Channel], projection: Projection | None) -> Array:
        """Return valid values of what channels show, from a bounded number of pixels."""
        info = self.reader.info
        values: list[Array] = []
        for raster, bands in self._looked_at(Style(tuple(group)), projection):
            layers = straight_layers(dict(zip(bands, raster.data, strict=True)), info)
            for channel in group:
                shown = channel_values(channel, layers, info)
                values.append(shown[is_known(channel, layers, raster.mask, info)])
        return np.concatenate(values)

    def _looked_at(
        self, style: Style, projection: Projection | None
    ) -> Iterator[tuple[Raster, tuple[int, ...]]]:
        """Yield what a style needs of the windows that ranges are measured on; and its bands."""
        info, most = self.reader.info, self.config.limits.source_pixels
        index, windows = look.sampled_windows(info)
        level, bands = info.levels[index], needed_bands(style, info)
        middle = look.middle_plane(info.axes)
        planes = [middle] if projection is None else projected_planes(info, middle, projection)
        pixels = len(planes) * sum(covering_chunks(window, level).pixels for window in windows)
        if pixels > most:
            raise LimitError("source_pixels", pixels, most)
        for window in windows:
            stack = (read_window(self.reader, index, window, bands, one) for one in planes)
            data, valid = next(stack) if projection is None else project(stack, projection)
            if valid is not None and valid.ndim > 2:  # noqa: PLR2004
                valid = np.asarray(valid.any(0))
            corner = Affine.scale(1.0, 1.0, left=window.x, top=window.y)
            yield (
                Raster(data, valid, Grid(window.size, Affine.scale(*level.shrink) @ corner)),
                bands,
            )

    def result_span(self, channel: Channel, style: Style, shown: ImageInfo) -> Span:
        """Return the range of a channel over the result of a style's algorithm. Raises LimitError."""
        if not look.needs_samples(channel, shown):
            return look.span(channel, shown, None)
        asked = replace(style, blend="add", saturation=1.0, bilevel=False, background=None)
        key = f"{asked.text}|{channel.band}"

        def measured_span() -> Span:
            kept = self.samples(key, lambda: Samples.of(self._sampled_result(channel, style)))
            return look.span(channel, shown, kept)

        return self.spans(f"{_range_text(channel)}|{key}", measured_span)

    def _sampled_result(self, channel: Channel, style: Style) -> Array:
        values: list[Array] = []
        for raster, bands in self._looked_at(style, style.projection):
            data, mask = run(style, raster, bands, self.reader.info)
            layer = data[channel.band]
            values.append(layer.ravel() if mask is None else layer[mask])
        return np.concatenate(values)


def _range_text(channel: Channel) -> str:
    curves = "|".join(curve.text for curve in channel.curves if curve.family == "equalize")
    return f"{channel.stretch.text}|{curves}"
