"""From a request to a picture: read what the style needs, compute, render.

Between the engine, which lends a reader, and the steps, which know none: this module only puts
them in order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from tilewright import algorithms, expression, look
from tilewright.algorithms import Algorithm
from tilewright.algorithms.ground import ground_pixel
from tilewright.blend import Bytes
from tilewright.config import Config
from tilewright.coverage import mask_outside
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.gather import as_raster, gather, gather_layers, read_window
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Array, Band, ImageInfo, Mask, Picture, Plane, Raster
from tilewright.look import Samples, Span
from tilewright.measure import measured
from tilewright.plan import check_output, covering_chunks, plan
from tilewright.polygon import Clip
from tilewright.projection import project, projected_planes
from tilewright.readers import Reader
from tilewright.render import (
    Classifier,
    Tables,
    channel_values,
    is_missing,
    needed_bands,
    operand,
    render,
    straight_layers,
    to_bytes,
)
from tilewright.request import (
    Laid,
    MapRegion,
    MapTile,
    Resampling,
    Target,
    check_plane,
    georeference,
)
from tilewright.style import Channel, Projection, Style
from tilewright.trace import touches

SpanStore = Callable[[str, Callable[[], Span]], Span]
"""Given a key and how to make it, the span of that key."""
SampleStore = Callable[[str, Callable[[], Samples]], Samples]
"""Likewise, what is kept of sampled values."""


def unkept(key: str, make: Callable[[], Samples]) -> Samples:  # noqa: ARG001
    """Make samples afresh: a store that keeps nothing."""
    return make()


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A reader and what drawing from it takes."""

    reader: Reader
    config: Config
    tables: Tables
    classify: Classifier
    spans: SpanStore
    clip: Clip | None = field(default=None, kw_only=True)
    """What is kept of the picture; None: all."""
    samples: SampleStore = field(default=unkept, kw_only=True)
    hidden: Mapping[int, float] = field(default_factory=dict, kw_only=True)
    """Further nodata values, by band, that the channels of a style state."""

    def read(
        self,
        target: Laid,
        bands: Sequence[int] | None,
        plane: Plane,
        resampling: Resampling = "bilinear",
    ) -> Raster:
        """Return measured values: all bands when none are named. Raises a RequestError."""
        grid = target.grid(self.reader.info)
        return self._clipped(self._read_grid(grid, bands, plane, resampling, None))

    def misses(self, target: Target, style: Style, plane: Plane) -> bool:
        """Tell whether a target lies wholly beside the image, on the earth; nothing is read.

        Raises a RequestError for what no picture can be made of, even an empty one.
        """
        info = self.reader.info
        if not isinstance(target, MapTile | MapRegion):
            return False
        grid = target.grid(info)
        if touches(info, georeference(info), grid):
            return False
        self._check_output(grid, resolved(style, info))
        check_plane(info, plane)
        return True

    def _check_output(self, grid: Grid, style: Style) -> None:
        info, channels = self.reader.info, len(style.channels)
        bands = len(needed_bands(style, info))
        check_output(grid.size, bands, info, self.config.limits, channels=channels)

    def picture(
        self, target: Laid, style: Style, plane: Plane, resampling: Resampling = "bilinear"
    ) -> tuple[Picture, Grid]:
        """Return the picture of a target in a style, and the grid that it lies on."""
        info = self.reader.info
        style = resolved(style, info)
        bands = needed_bands(style, info)
        grid = target.grid(info)
        self._check_output(grid, style)
        if style.algorithm is None:
            raster = self._hiding(style)._read_grid(  # noqa: SLF001 - a copy of this very drawing
                grid, bands, plane, resampling, style.projection
            )
            spans = tuple(self._span(channel, style.projection) for channel in style.channels)
            shown = info
        else:
            raster, shown = self._computed(grid, style, plane, bands, resampling)
            bands = tuple(range(len(raster.data)))
            channels = _of_result(style, shown)
            spans = tuple(self._result_span(channel, style, shown) for channel in channels)
            style = replace(style, channels=channels, algorithm=None)
        picture = render(
            self._clipped(raster),
            style,
            shown,
            bands,
            spans,
            tables=self.tables,
            classify=self.classify,
        )
        return picture, raster.grid

    def _hiding(self, style: Style) -> Self:
        """Return this drawing, heeding what a style's channels say was not measured."""
        stated = _stated_nodata(style)
        return replace(self, hidden=stated) if stated else self

    def _clipped(self, raster: Raster) -> Raster:
        clip = self.clip
        if clip is None:
            return raster
        return mask_outside(raster, clip.polygon, self.reader.info.geo, touched=clip.touched)

    def _read_grid(
        self,
        grid: Grid,
        bands: Sequence[int] | None,
        plane: Plane,
        resampling: Resampling,
        projection: Projection | None,
    ) -> Raster:
        info = self.reader.info
        chosen = tuple(range(len(info.bands)) if bands is None else bands)
        _check_bands(info, chosen)
        check_plane(info, plane)
        reading = plan(info, grid, self.config.limits, chosen, resampling)
        most = self.config.read_piece_bytes
        if projection is None:
            return gather(self.reader, reading, plane, most, self.hidden)
        planes = projected_planes(info, plane, projection)
        pixels = len(planes) * (reading.window.pixels if reading.window else 0)
        if pixels > self.config.limits.source_pixels:
            raise LimitError("source_pixels", pixels, self.config.limits.source_pixels)
        stack = (gather_layers(self.reader, reading, one, most, self.hidden) for one in planes)
        return as_raster(info, reading, project(stack, projection), self.hidden)

    def _span(self, channel: Channel, projection: Projection | None) -> Span:
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
                values.append(shown[_is_known(channel, layers, raster.mask, info)])
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

    def _computed(
        self,
        grid: Grid,
        style: Style,
        plane: Plane,
        bands: Sequence[int],
        resampling: Resampling,
    ) -> tuple[Raster, ImageInfo]:
        """Run a style's algorithm on the grid, read with the margin that it looks over.

        Return the result, followed by the image's alpha, and how an image of it is laid out.
        """
        info, algorithm = self.reader.info, _algorithm(style)
        margin = algorithm.margin
        size = Size(grid.size.width + 2 * margin, grid.size.height + 2 * margin)
        wider = Grid(
            size, grid.affine @ Affine.scale(1.0, 1.0, left=-margin, top=-margin), grid.crs
        )
        raster = self._read_grid(wider, bands, plane, resampling, style.projection)
        data, mask = self._run(style, raster, bands)
        opacity = [row for row, band in enumerate(bands) if "alpha" in info.interpretations[band]]
        shown = algorithm.described(info)
        if opacity:
            alpha = _scaled_to(to_bytes(raster.data[opacity[0]]), data.dtype)
            data = np.concatenate([data, alpha[np.newaxis]])
            shown = replace(shown, bands=(*shown.bands, Band(interpretation="alpha")))
        place = (slice(margin, margin + grid.size.height), slice(margin, margin + grid.size.width))
        return Raster(data[:, *place], None if mask is None else mask[place], grid), shown

    def _run(self, style: Style, raster: Raster, bands: Sequence[int]) -> tuple[Array, Mask | None]:
        """Return what a style's algorithm makes of what the style's channels show."""
        info, algorithm = self.reader.info, _algorithm(style)
        layers = straight_layers(dict(zip(bands, raster.data, strict=True)), info)
        plain = [band for band in bands if "alpha" not in info.interpretations[band]]
        channels = (style.channels or tuple(map(Channel, plain or bands)))[: algorithm.bands]
        rows = [channel_values(channel, layers, info) for channel in channels]
        known = [_is_known(channel, layers, raster.mask, info) for channel in channels]
        valid = np.logical_and.reduce(known)
        asked = {} if style.algorithm is None else dict(style.algorithm.parameters)
        mask = None if valid.all() else valid
        return algorithm.run(np.stack(rows), mask, ground_pixel(raster.grid, info.geo), asked)

    def _result_span(self, channel: Channel, style: Style, shown: ImageInfo) -> Span:
        """Return a range over an algorithm's result, the same for all tiles."""
        if not look.needs_samples(channel, shown):
            return look.span(channel, shown, None)
        asked = replace(style, blend="add", saturation=1.0, background=None)
        key = f"{asked.text}|{channel.band}"

        def measured_span() -> Span:
            kept = self.samples(key, lambda: Samples.of(self._sampled_result(channel, style)))
            return look.span(channel, shown, kept)

        return self.spans(f"{_range_text(channel)}|{key}", measured_span)

    def _sampled_result(self, channel: Channel, style: Style) -> Array:
        values: list[Array] = []
        for raster, bands in self._looked_at(style, style.projection):
            data, mask = self._run(style, raster, bands)
            layer = data[channel.band]
            values.append(layer.ravel() if mask is None else layer[mask])
        return np.concatenate(values)


def picture_raster(picture: Picture, grid: Grid) -> Raster:
    """Return a picture as a raster, for formats that hold rasters."""
    return Raster(np.moveaxis(picture.data, -1, 0), None, grid)


def _range_text(channel: Channel) -> str:
    curves = "|".join(curve.text for curve in channel.curves if curve.family == "equalize")
    return f"{channel.stretch.text}|{curves}"


def _is_known(
    channel: Channel, layers: Mapping[int, Array], mask: Mask | None, info: ImageInfo
) -> Mask:
    """Return where a channel shows a value that was measured."""
    values = operand(channel, layers)
    nodata = info.bands[channel.band].nodata if channel.expression is None else None
    known = measured(values, mask, nodata)
    missing = is_missing(channel, layers, info)
    return known if missing is None else known & ~missing


def _algorithm(style: Style) -> Algorithm:
    """Return the algorithm that a style names. Raises ParameterError."""
    asked = style.algorithm
    if asked is None:
        raise ValueError("the style has no algorithm")
    algorithm = algorithms.get(asked.name)
    if algorithm is None:
        allowed = f"one of {', '.join(algorithms.names())}"
        raise ParameterError("algorithm", allowed, asked.name)
    return algorithm


def _scaled_to(alpha: Bytes, dtype: np.dtype[Any]) -> Array:
    """Return an alpha of 0-255 in the range of a dtype."""
    if dtype.kind in "ui":
        return (alpha * (np.iinfo(dtype).max / 255)).astype(dtype)
    return (alpha / 255).astype(dtype)


def _stated_nodata(style: Style) -> dict[int, float]:
    """Return the nodata of each band that all channels of a style agree on."""
    stated: dict[int, set[float | None]] = {}
    for channel in style.channels:
        if channel.expression is None:
            stated.setdefault(channel.band, set()).add(channel.nodata)
        else:
            for band in expression.bands_of(channel.expression):
                stated.setdefault(band, set()).add(None)
    return {
        band: value
        for band, values in stated.items()
        for value in values
        if value is not None and len(values) == 1
    }


def resolved(style: Style, info: ImageInfo) -> Style:
    """Return the style with the channels of the default look where it names none."""
    if not style.channels:
        channels = look.default_style(info).channels
        style = replace(style, channels=channels) if channels else style
    for channel in style.channels:
        if channel.expression is None:
            _check_bands(info, (channel.band,))
    return style


def _of_result(style: Style, shown: ImageInfo) -> tuple[Channel, ...]:
    """Return the channels that show an algorithm's result: the style's own on its one band."""
    plain = [name for name in shown.interpretations if "alpha" not in name]
    if len(plain) == 1 and len(style.channels) == 1:
        # What the channel says of the image's own values was heeded before.
        own = replace(style.channels[0], band=0, expression=None, nodata=None, unscale=False)
        return (own,)
    return look.default_style(shown).channels


def _check_bands(info: ImageInfo, bands: Sequence[int]) -> None:
    for band in bands:
        if not 0 <= band < len(info.bands):
            raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")
