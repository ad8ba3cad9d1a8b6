"""From a request to a picture: read what the style needs, compute, render.

Between the engine, which lends a reader, and the steps, which know none: this module only puts
them in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from tilewright import expression, look
from tilewright.computed import algorithm_of, result, result_channels
from tilewright.config import Config
from tilewright.coverage import mask_outside
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.finish import turned_size
from tilewright.gather import as_raster, gather, gather_layers
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import ImageInfo, Picture, Plane, Raster
from tilewright.plan import check_output, plan
from tilewright.polygon import Clip
from tilewright.projection import project, projected_planes
from tilewright.ranges import Ranges, SampleStore, SpanStore, unkept
from tilewright.readers import Reader
from tilewright.render import (
    Classifier,
    Tables,
    needed_bands,
    render,
)
from tilewright.request import (
    Laid,
    MapRegion,
    MapTile,
    Resampling,
    Target,
    Tile,
    check_plane,
    georeference,
)
from tilewright.style import Projection, Style
from tilewright.trace import touches


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
        self._check_output(target, grid, resolved(style, info))
        check_plane(info, plane)
        return True

    def _check_output(self, target: Laid, grid: Grid, style: Style) -> None:
        info, channels = self.reader.info, len(style.channels)
        bands = len(needed_bands(style, info))
        size = turned_size(grid.size, style.orientation)
        if size != grid.size and isinstance(target, Tile | MapTile):
            raise ParameterError("look", "one that turns tiles by quarters of a turn")
        check_output(size, bands, info, self.config.limits, channels=channels)

    def picture(
        self, target: Laid, style: Style, plane: Plane, resampling: Resampling = "bilinear"
    ) -> tuple[Picture, Grid]:
        """Return the picture of a target in a style, and the grid that it lies on."""
        info = self.reader.info
        style = resolved(style, info)
        bands = needed_bands(style, info)
        grid = target.grid(info)
        self._check_output(target, grid, style)
        ranges = Ranges(self.reader, self.config, self.spans, self.samples)
        if style.algorithm is None:
            raster = self._hiding(style)._read_grid(  # noqa: SLF001 - a copy of this very drawing
                grid, bands, plane, resampling, style.projection
            )
            spans = tuple(ranges.span(channel, style.projection) for channel in style.channels)
            shown = info
        else:
            raster, shown = self._computed(grid, style, plane, bands, resampling)
            bands = tuple(range(len(raster.data)))
            channels = result_channels(style, shown)
            spans = tuple(ranges.result_span(channel, style, shown) for channel in channels)
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
        info, margin = self.reader.info, algorithm_of(style).margin
        size = Size(grid.size.width + 2 * margin, grid.size.height + 2 * margin)
        wider = Grid(
            size, grid.affine @ Affine.scale(1.0, 1.0, left=-margin, top=-margin), grid.crs
        )
        raster = self._read_grid(wider, bands, plane, resampling, style.projection)
        data, mask, shown = result(style, raster, bands, info)
        place = (slice(margin, margin + grid.size.height), slice(margin, margin + grid.size.width))
        return Raster(data[:, *place], None if mask is None else mask[place], grid), shown


def picture_raster(picture: Picture, grid: Grid) -> Raster:
    """Return a picture as a raster, for formats that hold rasters."""
    return Raster(np.moveaxis(picture.data, -1, 0), None, grid)


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


def _check_bands(info: ImageInfo, bands: Sequence[int]) -> None:
    for band in bands:
        if not 0 <= band < len(info.bands):
            raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")
