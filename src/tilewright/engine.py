"""Where the arrows meet: the one owner of open readers and caches."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np

from tilewright import look
from tilewright.blobs.local import LocalBlob
from tilewright.cache import ChunkCache, SingleFlight, Store
from tilewright.config import Config
from tilewright.encode import Encoder
from tilewright.errors import (
    CorruptSourceError,
    OutsideError,
    ParameterError,
    SourceError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.gather import gather, read_window
from tilewright.geometry import Size
from tilewright.image import Array, Encoded, ImageInfo, Picture, Plane, Raster, Source
from tilewright.plan import plan
from tilewright.pool import ReaderPool
from tilewright.readers import SNIFF_BYTES, Driver, Opening, Reader, ReadsEncoded
from tilewright.registry import Registry
from tilewright.render import look_bands, render, shown_as_is
from tilewright.request import RenderRequest, Target, Tile, check_plane, max_zoom, zoom_shrink
from tilewright.style import Style

_REMEMBERED_STYLES = 4096
_FIRST_PLANE = Plane()


class Engine:
    """Opens sources and answers requests. Safe to share between threads, and over a fork.

    Nothing else in the house holds state: an engine that is dropped leaves nothing behind.
    """

    def __init__(self, config: Config | None = None) -> None:
        """Open nothing yet, load no codec."""
        self.config = config or Config()
        self.readers: Registry[Driver] = Registry("tilewright.readers")
        self.encoders: Registry[Encoder] = Registry("tilewright.encoders")
        self._state = _State.fresh(self)

    def info(self, source: Source) -> ImageInfo:
        """Return the layout of an image. Raises a SourceError."""
        with self._lease(source) as reader:
            return reader.info

    def render(self, source: Source, request: RenderRequest) -> Encoded:
        """Return the finished file that a request describes.

        Raises a SourceError, a RequestError or an EncodeError.
        """
        encoder = self.encoder(request.encoding.format)
        with self._lease(source) as reader:
            stored = _stored_tile(reader, request)
            if stored is not None:
                return stored
            return self._live().renders.do(
                (source, request), lambda: self._draw(source, reader, request, encoder)
            )

    def read(
        self,
        source: Source,
        target: Target,
        *,
        bands: Sequence[int] | None = None,
        plane: Plane = _FIRST_PLANE,
    ) -> Raster:
        """Return measured values: all bands when none are named.

        Raises a SourceError or a RequestError.
        """
        with self._lease(source) as reader:
            return self._read(reader, target, bands, plane)

    def style(self, source: Source) -> Style:
        """Return the default look of an image."""
        with self._lease(source) as reader:
            return self._default_style(source, reader)

    def encoder(self, name: str) -> Encoder:
        """Return the encoder of a format. Raises ParameterError when there is none."""
        encoder = self.encoders.get(name)
        if encoder is None:
            raise ParameterError("format", f"one of {', '.join(self.encoders.names())}", name)
        return encoder

    def close(self) -> None:
        """Close all files and forget all chunks. The engine may be used again."""
        self._state.pool.close()
        self._state.chunks.clear()

    @contextmanager
    def _lease(self, source: Source) -> Iterator[Reader]:
        """Lend the source's reader; whatever goes wrong meanwhile learns whose fault it is."""
        try:
            with self._live().pool.lease(source) as reader:
                yield reader
        except SourceError as error:
            error.uri = error.uri or source.uri
            raise

    def _live(self) -> "_State":
        """Return this process's state: a forked worker starts with its own locks and files."""
        if self._state.process != os.getpid():
            self._state = _State.fresh(self)
        return self._state

    def open_reader(self, source: Source) -> Reader:
        """Open a source with the first driver that understands it, outside the pool.

        The caller closes the reader. Raises a SourceError.
        """
        blob = LocalBlob(source.uri)
        try:
            return self._first_reader(Opening(source, blob, self.config.limits, self._state.chunks))
        except BaseException:
            blob.close()
            raise

    def _first_reader(self, opening: Opening) -> Reader:
        source, blob = opening.source, opening.blob
        if blob.version != source.version:
            raise SourceUnavailableError("the file has just changed", uri=source.uri)
        head = blob.read(0, SNIFF_BYTES)
        willing = sorted(
            (driver for _, driver in self.readers if driver.sniff(head)),
            key=lambda driver: driver.priority,
        )
        refusals: list[SourceError] = []
        for driver in willing:
            try:
                return driver.open(opening)
            except (UnsupportedSourceError, CorruptSourceError) as error:
                refusals.append(error)
        if refusals:
            raise refusals[0]
        raise UnsupportedSourceError(
            "no reader knows this kind of file",
            uri=source.uri,
            tried=self.readers.names(),
        )

    def _draw(
        self, source: Source, reader: Reader, request: RenderRequest, encoder: Encoder
    ) -> Encoded:
        if encoder.kind == "raster" and not request.style.channels:
            raster = self._read(reader, request.target, None, request.plane)
            return encoder.encode(raster, request.encoding)
        style = request.style if request.style.channels else self._default_style(source, reader)
        bands = look_bands(style, reader.info)
        raster = self._read(reader, request.target, bands, request.plane)
        picture = render(raster, style, reader.info, bands)
        if encoder.kind == "raster":
            return encoder.encode(_as_raster(picture, raster), request.encoding)
        return encoder.encode(picture, request.encoding)

    def _default_style(self, source: Source, reader: Reader) -> Style:
        info = reader.info
        if shown_as_is(info):
            return Style()
        return self._live().styles.get(source, lambda: look.default_style(info, _samples(reader)))

    def _read(
        self, reader: Reader, target: Target, bands: Sequence[int] | None, plane: Plane
    ) -> Raster:
        info = reader.info
        chosen = tuple(range(len(info.bands)) if bands is None else bands)
        for band in chosen:
            if not 0 <= band < len(info.bands):
                raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")
        check_plane(info, plane)
        reading = plan(info, target.grid(info), self.config.limits, chosen)
        return gather(reader, reading, plane, self.config.read_piece_bytes)


@dataclass(slots=True, eq=False)
class _State:
    """What an engine holds in one process."""

    process: int
    pool: ReaderPool
    chunks: ChunkCache
    renders: SingleFlight[Encoded]
    styles: Store[Style]

    @classmethod
    def fresh(cls, engine: Engine) -> "_State":
        return cls(
            process=os.getpid(),
            pool=ReaderPool(engine.open_reader, engine.config.open_readers),
            chunks=ChunkCache(engine.config.chunk_cache_bytes),
            renders=SingleFlight(),
            styles=Store(_REMEMBERED_STYLES),
        )


def _samples(reader: Reader) -> dict[int, Array]:
    """Return the valid values that the default look is made from."""
    info = reader.info
    bands = tuple(look.look_colors(info))
    level, windows = look.sampled_windows(info)
    values: dict[int, list[Array]] = {band: [] for band in bands}
    for window in windows:
        data, mask = read_window(reader, level, window, bands, look.middle_plane(info.axes))
        for row, band in enumerate(bands):
            values[band].append(data[row].ravel() if mask is None else data[row][mask])
    return {band: np.concatenate(values[band]) for band in bands}


def _stored_tile(reader: Reader, request: RenderRequest) -> Encoded | None:
    """Return the file's own tile when it is just what is asked, untouched."""
    target, encoding = request.target, request.encoding
    as_stored = (encoding.quality, encoding.subsampling, encoding.lossless) == (None, None, False)
    if not (isinstance(target, Tile) and as_stored and not request.style.channels):
        return None
    if not _reads_encoded(type(reader)):
        return None
    level = _stored_level(reader.info, target)
    if level is None:
        return None
    check_plane(reader.info, request.plane)
    return cast("ReadsEncoded", reader).encoded_tile(
        level, target.x, target.y, format=encoding.format, plane=request.plane
    )


@lru_cache(maxsize=64)
def _reads_encoded(kind: type[Reader]) -> bool:
    """Tell whether readers of a class hand out stored tiles: looked up once, as it is slow."""
    return issubclass(kind, ReadsEncoded)


def _stored_level(info: ImageInfo, tile: Tile) -> int | None:
    """Return the level whose chunk at x, y is the whole tile; None when there is none."""
    if not 0 <= tile.z <= max_zoom(info):
        return None
    side, shrink = info.tile_size, zoom_shrink(info, tile.z)
    for index, level in enumerate(info.levels):
        if level.shrink == shrink and level.chunk == Size(side, side):
            across, down = level.size.width // side, level.size.height // side
            return index if 0 <= tile.x < across and 0 <= tile.y < down else None
    return None


def _as_raster(picture: Picture, raster: Raster) -> Raster:
    """Return a picture as a raster, for formats that hold rasters."""
    return Raster(np.moveaxis(picture.data, -1, 0), None, raster.grid)
