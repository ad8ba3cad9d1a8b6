"""Several sources as one picture: read as `members` joins them, and drawn once.

A range that the data decide is measured on an overview of the whole, made of at most
`SAMPLED` sources evenly picked of the list, so that it is the same for all tiles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tilewright.cache import SingleFlight, Store
from tilewright.config import Config
from tilewright.drawing import Drawing
from tilewright.encode import Encoder
from tilewright.errors import EncodeError, ParameterError
from tilewright.geo import on_earth
from tilewright.geometry import Box, Grid, Window
from tilewright.image import Array, Encoded, ImageInfo, Mask, Plane, Raster
from tilewright.look import Span
from tilewright.members import Budget, Layout, Lease, Members
from tilewright.merge import merged
from tilewright.mosaic import Mosaic
from tilewright.render import Classifier, Tables
from tilewright.request import RenderRequest, Resampling, Target, check_plane
from tilewright.style import Projection

_REMEMBERED_LAYOUTS = 128
_REMEMBERED_SPANS = 1024
_FIRST_PLANE = Plane()


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
        self,
        mosaic: Mosaic,
        target: Target,
        *,
        plane: Plane = _FIRST_PLANE,
        resampling: Resampling = "nearest",
    ) -> list[Raster | None]:
        """Return all bands of each source on one grid; None for those that do not touch it.

        Raises a SourceError or a RequestError.
        """
        layout = self.layout(mosaic)
        members = Members(mosaic, layout, self._config, self._lease)
        check_plane(layout.whole, plane)
        grid = on_earth(target.grid(layout.whole), layout.whole.geo)
        touching = {index for index in range(len(layout.infos)) if members.touches(index, grid)}
        budget = Budget(self._config)
        return [
            members.one(index, grid, range(len(info.bands)), plane, resampling, budget=budget)
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
        members = Members(mosaic, layout, self._config, self._lease)
        return _Composition(
            reader=_Overview(members),
            config=self._config,
            tables=self._tables,
            classify=self._classify,
            spans=lambda key, make: self._spans.get((mosaic, key), make),
            clip=None,
            members=members,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Composition(Drawing):
    """A drawing whose rasters are joined from many sources."""

    members: Members

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
        every = range(len(self.members.layout.infos))
        return self.members.joined(every, grid, bands, plane, resampling)


@dataclass(frozen=True, slots=True)
class _Overview:
    """The mosaic as a reader: what samples for automatic ranges are taken from."""

    members: Members

    @property
    def info(self) -> ImageInfo:
        return self.members.layout.whole

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
        few = self.members.sampled(grid, bands)
        raster = self.members.joined(few, grid, bands, plane, "bilinear")
        return raster.data, raster.mask

    def close(self) -> None:
        """Do nothing: the readers are the engine's."""
