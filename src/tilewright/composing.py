"""Several sources as one picture: each is read on the same grid, joined, and drawn once.

A range that the data decide is measured on an overview of the whole, made of at most
`SAMPLED` sources evenly picked of the list, so that it is the same for all tiles.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import numpy as np

from tilewright import mosaic as joining
from tilewright.cache import SingleFlight, Store
from tilewright.config import Config
from tilewright.drawing import Drawing
from tilewright.encode import Encoder
from tilewright.errors import EncodeError, LimitError, OutsideError, ParameterError
from tilewright.extent import extent
from tilewright.gather import gather
from tilewright.geometry import Box, Grid, Window
from tilewright.image import Array, Encoded, ImageInfo, Mask, Plane, Raster, Source
from tilewright.look import Span
from tilewright.merge import merged
from tilewright.mosaic import Method, Mosaic
from tilewright.plan import covering_chunks, plan
from tilewright.readers import Reader
from tilewright.render import Classifier, Tables, to_bytes
from tilewright.request import RenderRequest, Resampling, Target, check_plane
from tilewright.style import Projection

SAMPLED = 16
"""Sources that an automatic range is measured on; all of them in a stack."""
Lease = Callable[[Source], AbstractContextManager[Reader]]
_REMEMBERED_LAYOUTS = 128
_REMEMBERED_SPANS = 1024
_FIRST_PLANE = Plane()
_WORKING_BYTES: Mapping[Method, int] = {"mean": 10, "median": 32}
"""Of each value of the answer, besides the rasters: sums and counts; what is sorted out."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of a mosaic once all its sources were opened."""

    infos: tuple[ImageInfo, ...]
    """Of each source."""
    whole: ImageInfo
    """Of all together."""


class Composer:
    """Answers requests for mosaics. It keeps layouts and ranges; pixels are the engine's."""

    def __init__(
        self,
        config: Config,
        *,
        lease: Lease,
        encoder: Callable[[str], Encoder],
        tables: Tables,
        classify: Classifier,
    ) -> None:
        """Open nothing yet. ``lease`` lends the reader of a source."""
        self._config = config
        self._lease = lease
        self._encoder = encoder
        self._tables = tables
        self._classify = classify
        self._layouts: Store[Layout] = Store(_REMEMBERED_LAYOUTS)
        self._spans: Store[Span] = Store(_REMEMBERED_SPANS)
        self._renders: SingleFlight[Encoded] = SingleFlight()

    def layout(self, mosaic: Mosaic) -> Layout:
        """Return the layouts of the sources and of the whole.

        Raises a SourceError, ParameterError for images that do not fit together.
        """
        return self._layouts.get(mosaic, lambda: self._measured(mosaic))

    def render(self, mosaic: Mosaic, request: RenderRequest) -> Encoded:
        """Return the finished file that a request describes.

        Raises a SourceError, a RequestError or an EncodeError.
        """
        encoder = self._encoder(request.encoding.format)
        return self._renders.do((mosaic, request), lambda: self._draw(mosaic, request, encoder))

    def read(
        self,
        mosaic: Mosaic,
        target: Target,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
        resampling: Resampling = "bilinear",
    ) -> Raster:
        """Return the joined values: all bands when none are named.

        Raises a SourceError or a RequestError.
        """
        return self._drawing(mosaic).read(target, bands, plane, resampling)

    def read_each(
        self, mosaic: Mosaic, target: Target, *, resampling: Resampling = "nearest"
    ) -> list[Raster | None]:
        """Return all bands of each source on one grid; None for those that do not touch it.

        Raises a SourceError or a RequestError.
        """
        layout = self.layout(mosaic)
        reading = _Reading(mosaic, layout, self._config, self._lease)
        grid = on_earth(target.grid(layout.whole), layout.whole)
        touching = {index for index in range(len(layout.infos)) if reading.touches(index, grid)}
        budget = _Budget(self._config)
        return [
            reading.one(index, grid, range(len(info.bands)), resampling, budget)
            if index in touching
            else None
            for index, info in enumerate(layout.infos)
        ]

    def clear(self) -> None:
        """Forget all layouts and ranges."""
        self._layouts.clear()
        self._spans.clear()

    def _measured(self, mosaic: Mosaic) -> Layout:
        infos = []
        for source in mosaic.sources:
            with self._lease(source) as reader:
                infos.append(reader.info)
        return Layout(tuple(infos), merged(infos, mosaic.method))

    def _draw(self, mosaic: Mosaic, request: RenderRequest, encoder: Encoder) -> Encoded:
        drawing = self._drawing(mosaic)
        style, plane = request.style, request.plane
        if encoder.kind == "picture":
            picture, _ = drawing.picture(request.target, style, plane, request.resampling)
            return encoder.encode(picture, request.encoding)
        if style.text:
            raise EncodeError(f"{encoder.name} keeps the values of a mosaic: leave the look out")
        raster = drawing.read(request.target, None, plane, request.resampling)
        return encoder.encode(raster, request.encoding)

    def _drawing(self, mosaic: Mosaic) -> "_Composition":
        layout = self.layout(mosaic)
        reading = _Reading(mosaic, layout, self._config, self._lease)
        return _Composition(
            reader=_Overview(reading),
            config=self._config,
            tables=self._tables,
            classify=self._classify,
            spans=lambda key, make: self._spans.get((mosaic, key), make),
            clip=None,
            reading=reading,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Composition(Drawing):
    """A drawing whose rasters are joined from many sources."""

    reading: "_Reading"

    def _read_grid(
        self,
        grid: Grid,
        bands: Sequence[int] | None,
        plane: Plane,
        resampling: Resampling,
        projection: Projection | None,
    ) -> Raster:
        if projection is not None:
            raise ParameterError("projection", "left out for several images")
        every = range(len(self.reading.layout.infos))
        return self.reading.joined(every, grid, bands, plane, resampling)


@dataclass(frozen=True, slots=True)
class _Overview:
    """The mosaic as a reader: what samples for automatic ranges are taken from."""

    reading: "_Reading"

    @property
    def info(self) -> ImageInfo:
        return self.reading.layout.whole

    @property
    def thread_safe(self) -> bool:
        return True

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's values, of some of the sources."""
        across, down = self.info.levels[level].shrink
        box = Box(window.x * across, window.y * down, window.width * across, window.height * down)
        grid = Grid.over(box, window.size)
        members = self.reading.sampled(grid, bands)
        raster = self.reading.joined(members, grid, bands, plane, "bilinear")
        return raster.data, raster.mask

    def close(self) -> None:
        """Do nothing: the readers are the engine's."""


@dataclass(slots=True, eq=False)
class _Budget:
    """What one request may still decode, over all its sources."""

    config: Config
    pixels: int = 0
    held: int = 0

    def spend(self, pixels: int, held: int) -> None:
        """Count what will be read. Raises LimitError."""
        limits = self.config.limits
        self.pixels += pixels
        self.held += held
        if self.pixels > limits.source_pixels:
            raise LimitError("source_pixels", self.pixels, limits.source_pixels)
        if self.held > limits.decoded_bytes:
            raise LimitError("decoded_bytes", self.held, limits.decoded_bytes)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """The sources of a mosaic, and how one grid is read from them."""

    mosaic: Mosaic
    layout: Layout
    config: Config
    lease: Lease

    def joined(
        self,
        members: Sequence[int],
        grid: Grid,
        bands: Sequence[int] | None,
        plane: Plane,
        resampling: Resampling,
    ) -> Raster:
        """Return the raster of a grid, joined from these members; masked where none has it."""
        whole, method = self.layout.whole, self.mosaic.method
        chosen = tuple(range(len(whole.bands)) if bands is None else bands)
        _check_bands(whole, chosen)
        check_plane(whole, plane)
        laid = on_earth(grid, whole)
        if method == "stack":
            members = chosen
        touching = [index for index in members if self.touches(index, laid)]
        if not touching or (method == "stack" and len(touching) < len(members)):
            # An empty answer may be too large, too.
            plan(whole, laid, self.config.limits, chosen)
            return _nothing(whole, laid, len(chosen))
        budget = _Budget(self.config)
        budget.spend(0, laid.size.pixels * len(chosen) * _WORKING_BYTES.get(method, 0))
        own = (0,) if method in {"stack", "count"} else chosen
        makers = [partial(self.one, index, laid, own, resampling, budget) for index in touching]
        raster = joining.combine(makers, method)
        dtype = np.dtype(whole.dtype)
        return Raster(raster.data.astype(dtype, copy=False), raster.mask, laid)

    def sampled(self, grid: Grid, bands: Sequence[int]) -> Sequence[int]:
        """Return the members that ranges are measured on: few, and not too dear to read."""
        members = range(len(self.layout.infos))
        if self.mosaic.method == "stack":
            return members
        laid = on_earth(grid, self.layout.whole)
        picked: list[int] = []
        spent = 0
        for index in members[:: -(-len(members) // SAMPLED)]:
            info = self.layout.infos[index]
            own = (0,) if self.mosaic.method == "count" else bands
            reading = plan(info, laid, self.config.limits, own)
            if reading.window is not None:
                spent += covering_chunks(reading.window, info.levels[reading.level]).pixels
            if picked and spent > self.config.limits.source_pixels // 2:
                break
            picked.append(index)
        return picked

    def touches(self, index: int, grid: Grid) -> bool:
        """Tell whether a member may have a pixel of the grid; it is not opened for that."""
        info = self.layout.infos[index]
        if info.geo is None or grid.crs is None:
            return True
        boxes = extent(info.geo, info.size, grid.crs)
        around = grid.box
        return boxes is None or any(
            around.x < box.right
            and box.x < around.right
            and around.y < box.bottom
            and box.y < around.bottom
            for box in boxes
        )

    def one(
        self,
        index: int,
        grid: Grid,
        bands: Sequence[int],
        resampling: Resampling,
        budget: _Budget,
    ) -> Raster:
        """Read a member. What its alpha hides is masked, whether or not alpha is asked for."""
        info = self.layout.infos[index]
        opacity = [row for row, name in enumerate(info.interpretations) if "alpha" in name]
        wanted = (*bands, *(band for band in opacity if band not in bands))
        reading = plan(info, grid, self.config.limits, wanted, resampling)
        if reading.window is not None:
            level = info.levels[reading.level]
            held = grid.size.pixels * len(wanted) * np.dtype(info.dtype).itemsize
            keeps = self.mosaic.method in {"median", "stack"}
            budget.spend(covering_chunks(reading.window, level).pixels, held if keeps else 0)
        with self.lease(self.mosaic.sources[index]) as reader:
            raster = gather(reader, reading, _FIRST_PLANE, self.config.read_piece_bytes)
        mask = raster.mask
        for row, band in enumerate(wanted):
            if band in opacity:
                seen = to_bytes(raster.data[row]) > 0
                mask = seen if mask is None else mask & seen
        return Raster(raster.data[: len(bands)], mask, raster.grid)


def on_earth(grid: Grid, info: ImageInfo) -> Grid:
    """Return a grid of a layout's own pixels as one on the earth, where the layout lies there."""
    if grid.crs is not None or info.geo is None:
        return grid
    return Grid(grid.size, info.geo.affine @ grid.affine, info.geo.crs)


def _check_bands(info: ImageInfo, bands: Sequence[int]) -> None:
    for band in bands:
        if not 0 <= band < len(info.bands):
            raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")


def _nothing(info: ImageInfo, grid: Grid, bands: int) -> Raster:
    shape = (grid.size.height, grid.size.width)
    data = np.zeros((bands, *shape), np.dtype(info.dtype))
    return Raster(data, np.zeros(shape, np.bool_), grid)
