"""From a request to a picture: read what the style needs, compute, render.

Between the engine, which lends a reader, and the steps, which know none: this module only puts
them in order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilewright import algorithms, look
from tilewright.config import Config
from tilewright.coverage import mask_outside
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.gather import gather, read_window
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Array, ImageInfo, Picture, Plane, Raster
from tilewright.look import Span
from tilewright.plan import check_output, plan
from tilewright.polygon import Clip
from tilewright.projection import project, projected_planes
from tilewright.readers import Reader
from tilewright.render import Classifier, Tables, needed_bands, operand, render
from tilewright.request import (
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


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A reader and what drawing from it takes."""

    reader: Reader
    config: Config
    tables: Tables
    classify: Classifier
    spans: SpanStore
    clip: Clip | None
    """What is kept of the picture; None: all."""

    def read(
        self,
        target: Target,
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
        check_output(
            grid.size, len(needed_bands(resolved(style, info), info)), info, self.config.limits
        )
        check_plane(info, plane)
        return True

    def picture(
        self, target: Target, style: Style, plane: Plane, resampling: Resampling = "bilinear"
    ) -> tuple[Picture, Grid]:
        """Return the picture of a target in a style, and the grid that it lies on."""
        info = self.reader.info
        style = resolved(style, info)
        bands = needed_bands(style, info)
        grid = target.grid(info)
        if style.algorithm is None:
            raster = self._read_grid(grid, bands, plane, resampling, style.projection)
            spans = tuple(self._span(channel, style.projection) for channel in style.channels)
            shown = info
        else:
            raster, shown = self._computed(grid, style, plane, bands, resampling)
            bands = tuple(range(len(raster.data)))
            style = replace(style, channels=_of_result(style, shown), algorithm=None)
            spans = tuple(look.span(channel, shown, raster.data) for channel in style.channels)
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
        if projection is None:
            return gather(self.reader, reading, plane, self.config.read_piece_bytes)
        planes = projected_planes(info, plane, projection)
        pixels = len(planes) * (reading.window.pixels if reading.window else 0)
        if pixels > self.config.limits.source_pixels:
            raise LimitError("source_pixels", pixels, self.config.limits.source_pixels)
        rasters = (
            gather(self.reader, reading, one, self.config.read_piece_bytes) for one in planes
        )
        return project(rasters, projection)

    def _span(self, channel: Channel, projection: Projection | None) -> Span:
        info = self.reader.info
        if not look.needs_samples(channel, info):
            return look.span(channel, info, None)
        shown = "" if projection is None else projection.text
        operand_text = channel.expression or str(channel.band)
        curves = "|".join(curve.text for curve in channel.curves if curve.family == "equalize")
        key = f"{operand_text}|{channel.stretch.text}|{curves}|{channel.nodata}|{shown}"
        return self.spans(key, lambda: look.span(channel, info, self._samples(channel, projection)))

    def _samples(self, channel: Channel, projection: Projection | None) -> Array:
        """Return valid values of what a channel shows, from a bounded number of pixels."""
        info = self.reader.info
        level, windows = look.sampled_windows(info)
        middle = look.middle_plane(info.axes)
        planes = [middle] if projection is None else projected_planes(info, middle, projection)
        if channel.expression is None:
            groups = [replace(channel, band=band) for band in look.sampled_bands(channel, info)]
        else:
            groups = [channel]
        bands = needed_bands(Style(tuple(groups)), info)
        values: list[Array] = []
        for window in windows:
            grid = Grid(window.size, Affine.scale(1.0, 1.0, left=window.x, top=window.y))
            rasters = (
                Raster(*read_window(self.reader, level, window, bands, one), grid) for one in planes
            )
            raster = next(rasters) if projection is None else project(rasters, projection)
            layers = {band: raster.data[row] for row, band in enumerate(bands)}
            for one in groups:
                shown = operand(one, layers)
                kept = shown.ravel() if raster.mask is None else shown[raster.mask]
                values.append(kept if channel.nodata is None else kept[kept != channel.nodata])
        return np.concatenate(values)

    def _computed(
        self,
        grid: Grid,
        style: Style,
        plane: Plane,
        bands: Sequence[int],
        resampling: Resampling,
    ) -> tuple[Raster, ImageInfo]:
        """Run a style's algorithm on the grid, read with the margin that it looks over."""
        asked = style.algorithm
        if asked is None:
            raise ValueError("the style has no algorithm")
        algorithm = algorithms.get(asked.name)
        if algorithm is None:
            allowed = f"one of {', '.join(algorithms.names())}"
            raise ParameterError("algorithm", allowed, asked.name)
        margin = algorithm.margin
        size = Size(grid.size.width + 2 * margin, grid.size.height + 2 * margin)
        wider = Grid(
            size, grid.affine @ Affine.scale(1.0, 1.0, left=-margin, top=-margin), grid.crs
        )
        raster = self._read_grid(wider, bands, plane, resampling, style.projection)
        pixel_size = grid.affine.a, grid.affine.e
        data, mask = algorithm.run(raster.data, raster.mask, pixel_size, dict(asked.parameters))
        place = (slice(margin, margin + grid.size.height), slice(margin, margin + grid.size.width))
        cropped = Raster(data[:, *place], None if mask is None else mask[place], grid)
        return cropped, algorithm.described(self.reader.info)


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
    if len(shown.bands) == 1 and len(style.channels) == 1:
        return (replace(style.channels[0], band=0, expression=None),)
    return look.default_style(shown).channels


def _check_bands(info: ImageInfo, bands: Sequence[int]) -> None:
    for band in bands:
        if not 0 <= band < len(info.bands):
            raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")
