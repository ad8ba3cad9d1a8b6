"""The TIFF reader: levels, planes and bands put together from the chunks of stored pages."""

import logging
import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, cast

import numpy as np
from tifffile import TiffFile, TiffFrame, TiffPage

from tilewright.blobs.file import BlobFile
from tilewright.errors import CorruptSourceError, LimitError, TilewrightError
from tilewright.geometry import Window
from tilewright.image import Array, Axis, Band, Encoded, ImageInfo, Level, Mask, Plane
from tilewright.readers import Opening
from tilewright.readers.tiff import metadata, ome, orientation, pyramid
from tilewright.readers.tiff.ahead import fetch_directories
from tilewright.readers.tiff.chunks import Layout, StoredPage
from tilewright.readers.tiff.directory import check_directories
from tilewright.readers.tiff.gdal import with_gdal_metadata
from tilewright.readers.tiff.georeference import georeference
from tilewright.readers.tiff.planes import CHANNELS, outer_axes, series_page
from tilewright.readers.tiff.scale import Scale, find_scale
from tilewright.readers.tiff.stored import as_file, can_store

# A damaged file makes tifffile log each finding; the error that follows says it once.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_DESCRIPTION_CHARACTERS = 4096
_TOGETHER = 64
"""Chunks of a window that are fetched at once, when they lie far away."""


class TiffReader:
    """An open TIFF. Thread-safe: pixels come by ranges of the blob, with no shared position."""

    thread_safe = True

    def __init__(self, opening: Opening) -> None:
        """Parse the directories; no pixel is read. Raises a SourceError or a LimitError."""
        fetch_directories(opening.blob)
        form = check_directories(opening.blob, opening.limits)
        self._opening = opening
        self._lock = threading.Lock()
        self._pages: dict[tuple[int, int], StoredPage] = {}
        self._masks: dict[int, StoredPage] = {}
        try:
            self._tiff = TiffFile(
                cast("IO[bytes]", BlobFile(opening.blob)),
                _multifile=False,
                is_ndpi=form.ndpi or None,
            )
            self._lay_out()
        except (TilewrightError, MemoryError):
            raise
        except Exception as error:
            # tifffile meets damage with whatever error the damaged value leads to.
            raise CorruptSourceError("the TIFF cannot be parsed") from error

    @property
    def info(self) -> ImageInfo:
        """The layout."""
        return self._info

    def _lay_out(self) -> None:
        tiff = self._tiff
        images = ome.ome_images(tiff.ome_metadata or "") if tiff.is_ome else []
        self._check_planes(sum(image.planes for image in images))
        found = pyramid.find_pyramid(self._tiff, self._opening.source.option("associated"))
        self._levels = found.levels
        self._mask_pages = found.masks
        self._layouts = tuple(Layout(series.keyframe) for series in found.levels)
        first = self._layouts[0]
        for layout in self._layouts:
            layout.check()
            if (layout.dtype, layout.samples, layout.planar) != (
                first.dtype,
                first.samples,
                first.planar,
            ):
                raise CorruptSourceError("the levels of the TIFF differ in kind")
        main = self._opening.source.option("associated") is None
        self._geo = georeference(first.key, first.size) if main else None
        # What lies on the earth is told of stored rows and columns: GDAL never turns them.
        turn = 1 if self._geo else first.key.tags.valueof(274, 1)
        self._orientation = int(turn or 1)
        self._outer = outer_axes(self._levels[0])
        self._check_planes(math.prod(size for _, size in self._outer))
        for series in self._levels:
            if outer_axes(series) != self._outer:
                raise CorruptSourceError("the levels of the TIFF differ in their planes")
        if max(first.size.width, first.size.height) > self._opening.limits.file_side:
            longest = max(first.size.width, first.size.height)
            raise LimitError("file_side", longest, self._opening.limits.file_side)
        self._info = self._describe(images)

    def _describe(self, images: Sequence[ome.OmeImage]) -> ImageInfo:
        first, turn = self._layouts[0], self._orientation
        main = self._opening.source.option("associated") is None
        told = self._told(images) if main else None
        scale = self._scale(told) if main else Scale()
        shown = orientation.shown_size
        return ImageInfo(
            size=shown(turn, first.size),
            levels=tuple(
                Level(
                    shown(turn, layout.size),
                    _turned(turn, pyramid.stated_shrink(first.key, layout.size)),
                    shown(turn, layout.chunk),
                )
                for layout in self._layouts
            ),
            bands=self._bands(told.channels if told else ()),
            dtype=first.dtype.name,
            format=metadata.format_name(self._tiff),
            axes=tuple(
                Axis(name, size, scale.micrometres_per_plane if name == "z" else None)
                for name, size in self._outer
                if name != CHANNELS
            ),
            palette=metadata.palette(first.key),
            masked=any(page is not None for page in self._mask_pages),
            geo=self._geo,
            micrometres_per_pixel=scale.micrometres_per_pixel
            and _turned(turn, scale.micrometres_per_pixel),
            magnification=scale.magnification,
            significant_bits=metadata.significant_bits(
                first.key, first.dtype, told.significant_bits if told else None
            ),
            associated=tuple(pyramid.associated_series(self._tiff)) if main else (),
            metadata={
                "compression": str(getattr(first.key.compression, "name", first.key.compression)),
                "description": str(first.key.description)[:_DESCRIPTION_CHARACTERS],
            },
        )

    def _told(self, images: Sequence[ome.OmeImage]) -> ome.OmeImage | None:
        # A part of a set of files says more in its XML than it holds: its pages are read as such.
        return images[0] if images and self._levels[0].kind == "ome" else None

    def _scale(self, told: ome.OmeImage | None) -> Scale:
        return told.scale if told else find_scale(self._tiff, self._layouts[0].key)

    def _check_planes(self, planes: int) -> None:
        """Raise LimitError: planes may be claimed without a page, and a parser lists them all."""
        if planes > self._opening.limits.pages:
            raise LimitError("pages", planes, self._opening.limits.pages)

    def _bands(self, channels: Sequence[ome.OmeChannel]) -> tuple[Band, ...]:
        samples = metadata.sample_bands(self._layouts[0].key)
        count = dict(self._outer).get(CHANNELS, 1)
        if count == 1 and (len(samples) > 1 or not channels):
            return with_gdal_metadata(samples, self._layouts[0].key)
        bands = []
        for index in range(count):
            channel = channels[index] if index < len(channels) else None
            for band in samples:
                named = channel.told_of(band) if channel else band
                bands.append(replace(named, interpretation="undefined") if count > 1 else named)
        return tuple(bands)

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's values; see `Reader.read`."""
        layout = self._layouts[level]
        inside = orientation.stored_window(self._orientation, window, layout.size)
        per_page = layout.samples * layout.planar
        wanted: dict[int, list[tuple[int, int]]] = {}
        for row, band in enumerate(bands):
            channel, sample = divmod(band, per_page)
            wanted.setdefault(channel, []).append((row, sample))
        parts = [
            (rows, self._read_page(level, self._page_index(channel, plane), inside, rows))
            for channel, rows in wanted.items()
        ]
        if len(parts) == 1:
            data = parts[0][1]
        else:
            data = np.empty((len(bands), inside.height, inside.width), layout.dtype)
            for rows, part in parts:
                data[[row for row, _ in rows]] = part
        mask = self._read_mask(level, inside)
        if self._orientation > 1:
            data = orientation.show(self._orientation, data)
            mask = None if mask is None else orientation.show(self._orientation, mask)
        return data, mask

    def _read_page(
        self, level: int, index: int, window: Window, rows: Sequence[tuple[int, int]]
    ) -> Array:
        """Return samples of one page, (band, y, x), in the order of ``rows``."""
        page = self._page(level, index)
        samples = [sample for _, sample in rows]
        if page.layout.planar == 1:
            pixels = self._assemble(page, (level, index), window, 0).transpose(2, 0, 1)
            return pixels if samples == list(range(len(pixels))) else pixels[samples]
        planes = [self._assemble(page, (level, index), window, sample) for sample in samples]
        return np.concatenate([np.moveaxis(plane, -1, 0) for plane in planes])

    def _assemble(
        self, page: StoredPage, key: tuple[int | str, int], window: Window, plane: int
    ) -> Array:
        """Return a window of a page, (y, x, sample), put together from cached chunks."""
        wide, high = page.layout.chunk.width, page.layout.chunk.height
        columns = range(window.x // wide, -(-window.right // wide))
        rows = range(window.y // high, -(-window.bottom // high))
        places = [(column, row) for row in rows for column in columns]
        out: Array | None = None
        for number, (column, row) in enumerate(places):
            chunk = self._chunk(page, key, places, number, plane)
            x, y = column * wide, row * high
            left, top = max(window.x, x), max(window.y, y)
            right, bottom = min(window.right, x + wide), min(window.bottom, y + high)
            part = chunk[top - y : bottom - y, left - x : right - x]
            if part.shape[:2] != (bottom - top, right - left):
                raise CorruptSourceError("a tile is smaller than its page says")
            if len(places) == 1:
                return part
            if out is None:
                out = np.empty((window.height, window.width, part.shape[2]), part.dtype)
            out[top - window.y : bottom - window.y, left - window.x : right - window.x] = part
        if out is None:
            raise CorruptSourceError("the window has no tile")
        return out

    def _chunk(
        self,
        page: StoredPage,
        key: tuple[int | str, int],
        places: Sequence[tuple[int, int]],
        number: int,
        plane: int,
    ) -> Array:
        """Return one of the chunks (column, row) that a window needs."""
        source = self._opening.source
        column, row = places[number]

        def make() -> Array:
            if len(places) == 1:
                page.foresee(column, row, plane)
            else:
                batch_end = (number // _TOGETHER + 1) * _TOGETHER
                page.prefetch(places[number:batch_end], plane)
            return page.chunk(column, row, plane)

        name = (source.uri, source.version, source.options, *key, column, row, plane)
        return self._opening.chunks.get(name, make)

    def _read_mask(self, level: int, window: Window) -> Mask | None:
        page = self._mask_pages[level]
        if page is None:
            return None
        stored = self._masks.get(level)
        if stored is None:
            with self._lock:
                stored = self._masks[level] = self._stored_page(Layout(page), page)
        mask: Mask = self._assemble(stored, ("mask", level), window, 0)[..., 0] != 0
        return mask

    def _page_index(self, channel: int, plane: Plane) -> int:
        index = 0
        for name, size in self._outer:
            index = index * size + (channel if name == CHANNELS else plane.index(name))
        return index

    def _page(self, level: int, index: int) -> StoredPage:
        page = self._pages.get((level, index))
        if page is None:
            # Parsing a further page moves the file position that all pages share.
            with self._lock:
                page = self._pages[level, index] = self._open_page(level, index)
        return page

    def _open_page(self, level: int, index: int) -> StoredPage:
        try:
            page = series_page(self._levels[level], index)
        except (TilewrightError, MemoryError):
            raise
        except Exception as error:
            # As in __init__: a page may be parsed only now.
            raise CorruptSourceError("a page of the TIFF cannot be parsed") from error
        return self._stored_page(self._layouts[level], page)

    def _stored_page(self, layout: Layout, page: TiffPage | TiffFrame) -> StoredPage:
        try:
            layout.check()
            return StoredPage(layout, page, self._opening.blob, self._opening.limits)
        except (TilewrightError, MemoryError):
            raise
        except Exception as error:
            # tifffile makes its decoder from tags that no-one has looked at before.
            raise CorruptSourceError("a page of the TIFF cannot be decoded") from error

    def encoded_tile(
        self, level: int, column: int, row: int, *, format: str, plane: Plane
    ) -> Encoded | None:
        """Return a stored JPEG or WebP tile as a file; None when pixels would differ."""
        layout = self._layouts[level]
        wide, high = layout.chunk.width, layout.chunk.height
        inside = (column + 1) * wide <= layout.size.width and (row + 1) * high <= layout.size.height
        whole = len(self._info.bands) == layout.samples and layout.planar == 1
        if not (inside and whole and can_store(layout, format)):
            return None
        if self._orientation > 1 or self._mask_pages[level]:
            return None
        if any(band.nodata is not None for band in self._info.bands):
            return None
        page = self._page(level, self._page_index(0, plane))
        page.foresee(column, row)
        data = page.stored(column, row)
        return None if data is None else as_file(page, data)

    def close(self) -> None:
        """Close the blob."""
        self._tiff.close()
        self._opening.blob.close()


def _turned(turn: int, pair: tuple[float, float]) -> tuple[float, float]:
    return (pair[1], pair[0]) if turn in orientation.SWAPPED else pair
