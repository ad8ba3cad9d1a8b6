"""Where the arrows meet: the one owner of open readers and caches."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import BinaryIO

from tilewright import look, strips
from tilewright.blobs import Blob
from tilewright.blobs.archive import open_member
from tilewright.blobs.places import Stores
from tilewright.cog import Verdict
from tilewright.cog.validate import validate
from tilewright.colormaps import Colormaps, classify
from tilewright.composing import Composer
from tilewright.config import Config
from tilewright.drawing import Drawing, picture_raster
from tilewright.encode import Encoder
from tilewright.errors import ParameterError, SourceError, UnsupportedSourceError
from tilewright.geo import Geo, on_earth
from tilewright.geometry import Affine, Box, Grid
from tilewright.image import Encoded, ImageInfo, Picture, Plane, Raster, Source
from tilewright.measure import Measurement, measure
from tilewright.opening import open_reader
from tilewright.polygon import Polygon
from tilewright.pool import ReaderPool
from tilewright.probe import Profile, Stack, profile, values_at
from tilewright.readers import Driver, OpenImage, Reader
from tilewright.registry import Registry
from tilewright.render import blank
from tilewright.request import RenderRequest, Resampling, Target
from tilewright.state import State
from tilewright.statistics import Wanted
from tilewright.stored import stored_tile
from tilewright.style import Orientation, Style
from tilewright.zonal import PlaceValues, ZonalMeasurement, place_values, zonal

_FIRST_PLANE = Plane()


class Engine:
    """Opens sources and answers requests. Safe to share between threads, and over a fork.

    Nothing else in the house holds state: an engine that is dropped leaves nothing behind.
    """

    def __init__(
        self,
        config: Config | None = None,
        stores: Stores | None = None,
        openers: Mapping[str, Callable[[Source], Blob]] | None = None,
    ) -> None:
        """Open nothing yet, load no codec.

        ``stores`` gives options, credentials among them, to remote places by prefix of their
        uris; ``openers`` opens uris of schemes that this library does not know. Raises
        ConfigurationError.
        """
        self.config = config or Config()
        self.stores: Stores = MappingProxyType(dict(stores or {}))
        self._openers = dict(openers or {})
        self.readers: Registry[Driver] = Registry("tilewright.readers")
        self.makers: Registry[OpenImage] = Registry("tilewright.makers")
        self.colormaps = Colormaps(self.config.lut_folder)
        self.encoders: Registry[Encoder] = Registry("tilewright.encoders")
        self._state = self._fresh()

    def source(self, uri: str, *, address: str | None = None) -> Source:
        """Return the source of a local path or a remote uri, as `Places.source` does."""
        return self._live().places.source(uri, address=address)

    def info(self, source: Source) -> ImageInfo:
        """Return the layout of an image. Raises a SourceError."""
        return self._live().infos.get(source, lambda: self._told(source))

    def _told(self, source: Source) -> ImageInfo:
        with self.lease(source) as reader:
            return reader.info

    def key(self, source: Source, request: RenderRequest) -> str:
        """Return the cache key and ETag seed of what `render` returns; no image is opened."""
        return self.colormaps.seal(request.key(source), request.style)

    def render(self, source: Source, request: RenderRequest) -> Encoded:
        """Return the finished file that a request describes.

        Raises a SourceError, a RequestError or an EncodeError.
        """
        encoder = self.encoder(request.encoding.format)
        with self.lease(source) as reader:
            stored = stored_tile(reader, request)
            if stored is not None:
                return stored
            return self._live().renders.do(
                (source, request), lambda: self._draw(source, reader, request, encoder)
            )

    def is_large(self, source: Source, request: RenderRequest) -> bool:
        """Tell whether `write` is for what a request describes, rather than `render`.

        Raises a SourceError, a RequestError.
        """
        encoder = self.encoder(request.encoding.format)
        if encoder.kind != "raster" or encoder.write is None:
            return False
        return strips.is_large(self.info(source), request)

    def write(self, source: Source, request: RenderRequest, file: BinaryIO) -> None:
        """Write what `render` returns into a file that can be sought in, strip by strip.

        Raises a SourceError, a RequestError or an EncodeError.
        """
        encoder = self.encoder(request.encoding.format)
        if encoder.kind != "raster" or encoder.write is None:
            raise ParameterError("format", "one that is written in strips", encoder.name)
        with self.lease(source) as reader:
            drawing = replace(self._drawing(source, reader), clip=request.clip)
            strips.write(drawing, request, encoder.write, file)

    def picture(self, source: Source, request: RenderRequest) -> Picture:
        """Return what `render` would encode, for faces that lay pictures on each other.

        Raises a SourceError or a RequestError.
        """
        with self.lease(source) as reader:
            return self._drawing(source, reader).picture(
                request.target, request.style, request.plane, request.resampling
            )[0]

    def read(
        self,
        source: Source,
        target: Target,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
        resampling: Resampling = "bilinear",
    ) -> Raster:
        """Return measured values: all bands when none are named.

        Raises a SourceError or a RequestError.
        """
        with self.lease(source) as reader:
            return self._drawing(source, reader).read(target, bands, plane, resampling)

    def measure(
        self,
        source: Source,
        wanted: Wanted,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
        box: Box | None = None,
        exact: bool = False,
    ) -> Measurement:
        """Return statistics and histograms, as `measure.measure` does; what was made is kept.

        Raises a SourceError or a RequestError.
        """
        named = None if bands is None else tuple(bands)
        limits = self.config.limits

        def measured() -> Measurement:
            with self.lease(source) as reader:
                return measure(reader, named, plane, wanted, limits, box=box, exact=exact)

        key = (source, wanted, named, plane, box, exact)
        return self._live().measurements.get(key, measured)

    def profile(
        self,
        source: Source,
        points: Sequence[tuple[float, float]],
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
        samples: int | None = None,
    ) -> Profile:
        """Return the values under a line through points (x, y), as `probe.profile` does.

        Raises a SourceError or a RequestError.
        """
        with self.lease(source) as reader:
            return profile(reader, points, bands, plane, self.config.limits, samples=samples)

    def stack(
        self,
        source: Source,
        place: tuple[float, float],
        axis: str,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
    ) -> Stack:
        """Return the values of one pixel (x, y) in all planes of an axis.

        Raises a SourceError or a RequestError.
        """
        with self.lease(source) as reader:
            return values_at(reader, place, axis, bands, plane, limits=self.config.limits)

    def zonal(
        self,
        source: Source,
        polygon: Polygon,
        wanted: Wanted,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
    ) -> ZonalMeasurement:
        """Return statistics in a polygon, as `zonal.zonal` does.

        Raises a SourceError or a RequestError.
        """
        with self.lease(source) as reader:
            return zonal(reader, polygon, bands, plane, wanted, limits=self.config.limits)

    def place(
        self,
        source: Source,
        place: tuple[float, float],
        crs: str,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
    ) -> PlaceValues:
        """Return the values at a place (x, y) of a CRS, as `zonal.place_values` does.

        Raises a SourceError or a RequestError.
        """
        with self.lease(source) as reader:
            return place_values(reader, place, crs, bands, plane, limits=self.config.limits)

    def validate(self, source: Source) -> Verdict:
        """Return whether the file is a Cloud Optimized GeoTIFF. Raises a SourceError."""
        blob = self.open_blob(source)
        try:
            return validate(blob, self.config.limits)
        finally:
            blob.close()

    def open_blob(self, source: Source) -> Blob:
        """Return the bytes of a source. The caller closes them. Raises a SourceError, LimitError."""
        scheme = source.uri.partition("://")[0]
        if self.makers.get(scheme) is not None:
            raise UnsupportedSourceError("the image is made by code: it has no file")
        blob = self._openers.get(scheme, self._live().places.open)(source)
        member = source.option("member")
        return blob if member is None else open_member(blob, member, self.config)

    def style(self, source: Source) -> Style:
        """Return the default look of an image."""
        return look.default_style(self.info(source))

    def encoder(self, name: str) -> Encoder:
        """Return the encoder of a format. Raises ParameterError when there is none."""
        encoder = self.encoders.get(name)
        if encoder is None:
            raise ParameterError("format", f"one of {', '.join(self.encoders.names())}", name)
        return encoder

    @property
    def mosaics(self) -> Composer:
        """What draws several sources as one picture."""
        return self._live().composer

    def close(self) -> None:
        """Close all files and forget all chunks. The engine may be used again."""
        # After a fork the parent's locks may be held for ever: its state is left alone.
        self._live().close()

    @contextmanager
    def lease(self, source: Source) -> Iterator[Reader]:
        """Lend the source's reader; whatever goes wrong meanwhile learns whose fault it is."""
        try:
            with self._live().pool.lease(source) as reader:
                yield reader
        except SourceError as error:
            error.uri = error.uri or source.uri
            raise

    def _live(self) -> State:
        """Return this process's state: a forked worker starts with its own locks and files."""
        if self._state.process != os.getpid():
            self._state = self._fresh()
        return self._state

    def _fresh(self) -> State:
        composer = Composer(
            self.config,
            lease=self.lease,
            encoder=self.encoder,
            tables=self.colormaps.table,
            classify=classify,
        )
        pool = ReaderPool(self.open_reader, self.config.open_readers)
        return State.fresh(self.config, self.stores, pool, composer)

    def open_reader(self, source: Source) -> Reader:
        """Open a source with the first driver that understands it, outside the pool.

        One whose scheme names a maker has no bytes, and is opened by that. The caller closes the
        reader. Raises a SourceError, or a RequestError for what a maker is not to make.
        """
        state = self._live()
        make = self.makers.get(source.uri.partition("://")[0])
        if make is not None:
            return make(source, state.chunks)
        return open_reader(source, self.open_blob, self.readers, self.config, state.chunks)

    def _draw(
        self, source: Source, reader: Reader, request: RenderRequest, encoder: Encoder
    ) -> Encoded:
        drawing = replace(self._drawing(source, reader), clip=request.clip)
        target, style, plane = request.target, request.style, request.plane
        geo = reader.info.geo
        if encoder.kind == "picture" and drawing.misses(target, style, plane):
            size = target.grid(reader.info).size
            return self._live().blanks.get(
                (request.encoding, size, style),
                lambda: encoder.encode(blank(size, style), request.encoding),
            )
        if encoder.kind == "raster" and not style.text:
            raster = drawing.read(target, None, plane, request.resampling)
            placed = replace(raster, grid=on_earth(raster.grid, geo))
            return encoder.encode(placed, request.encoding)
        picture, grid = drawing.picture(target, style, plane, request.resampling)
        if encoder.kind == "raster":
            placed = picture_raster(picture, _place_of(picture, grid, style, geo))
            return encoder.encode(placed, request.encoding)
        return encoder.encode(picture, request.encoding)

    def _drawing(self, source: Source, reader: Reader) -> Drawing:
        state = self._live()
        return Drawing(
            reader,
            self.config,
            tables=self.colormaps.table,
            classify=classify,
            spans=lambda key, make: state.spans.get((source, key), make),
            samples=lambda key, make: state.samples.get((source, key), make),
            clip=None,
        )


def _place_of(picture: Picture, grid: Grid, style: Style, geo: Geo | None) -> Grid:
    """Return where the pixels of a picture lie; what is turned or mirrored lies nowhere."""
    if style.orientation == Orientation():
        return on_earth(grid, geo)
    return Grid(picture.size, Affine.scale(1.0, 1.0))
