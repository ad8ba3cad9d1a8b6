"""One stored page: where its chunks lie, and their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import imagecodecs
import numpy as np
from tifffile import TiffFrame, TiffPage

from tilewright.blobs import Blob, ReadsAhead
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, LimitError, UnsupportedSourceError
from tilewright.geometry import Size
from tilewright.image import Array
from tilewright.readers.tiff.ahead import Panning
from tilewright.readers.tiff.coded import BYTE_STREAMS, LERC, STATED, Stated, plain_lerc

_SLICE_BYTES = 1 << 20
_HEADERS_BYTES = 1 << 16
_UNCOMPRESSED, _JPEG = 1, 7
_RGB = 2


@dataclass(frozen=True)
class Layout:
    """What all pages of a level share."""

    key: TiffPage

    @cached_property
    def size(self) -> Size:
        """Of the stored page, before its orientation is applied."""
        return Size(int(self.key.imagewidth), int(self.key.imagelength))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Of decoded chunks, in native byte order."""
        if self.key.dtype is None:
            raise UnsupportedSourceError("the TIFF holds samples of an unknown type")
        return np.dtype(self.key.dtype).newbyteorder("=")

    @cached_property
    def planar(self) -> int:
        """How many separate planes the samples are stored in; 1 when they are interleaved."""
        return int(self.key.samplesperpixel) if self.key.planarconfig == 2 else 1  # noqa: PLR2004

    @cached_property
    def samples(self) -> int:
        """Interleaved samples of a chunk."""
        return int(self.key.samplesperpixel) // self.planar

    @cached_property
    def stored_chunk(self) -> Size:
        """A tile or a strip."""
        if self.key.is_tiled:
            return Size(int(self.key.tilewidth), int(self.key.tilelength))
        return Size(self.size.width, min(int(self.key.rowsperstrip), self.size.height))

    @cached_property
    def chunk(self) -> Size:
        """What is decoded at once: a tile, a strip, or rows where nothing is compressed."""
        if not self.sliceable:
            return self.stored_chunk
        rows = max(1, _SLICE_BYTES // self.row_bytes)
        return Size(self.size.width, min(rows, self.size.height))

    @cached_property
    def sliceable(self) -> bool:
        """True when any row can be read alone: some write one vast strip, some one a row."""
        page = self.key
        plain = page.compression == _UNCOMPRESSED and page.predictor == 1 and page.fillorder == 1
        whole_bytes = page.bitspersample == self.dtype.itemsize * 8
        return bool(plain and whole_bytes and not page.is_tiled)

    @cached_property
    def row_bytes(self) -> int:
        """Of one row of a strip."""
        return self.size.width * self.samples * self.dtype.itemsize

    @cached_property
    def across(self) -> int:
        """How many stored chunks lie side by side."""
        return -(-self.size.width // self.stored_chunk.width)

    @cached_property
    def down(self) -> int:
        """How many stored chunks lie below each other."""
        return -(-self.size.height // self.stored_chunk.height)

    def check(self) -> None:
        """Raise UnsupportedSourceError for what cannot be decoded with bounded memory."""
        page = self.key
        compression = int(page.compression)
        if compression not in BYTE_STREAMS and compression not in STATED:
            raise UnsupportedSourceError(f"TIFF compression {compression} is not supported")
        if page.imagedepth != 1 or getattr(page, "tiledepth", 1) != 1:
            raise UnsupportedSourceError("TIFF tiles with a depth are not supported")
        if page.bitspersample == 24 and page.parent.byteorder == ">":  # noqa: PLR2004
            # tifffile gives them 256-fold; who writes them is not known.
            raise UnsupportedSourceError("24-bit samples with the high byte first")
        if self.dtype.kind not in "buif":
            raise UnsupportedSourceError(f"samples of type {self.dtype} are not supported")


class StoredPage:
    """The chunks of one page. Thread-safe: it only reads ranges of the blob."""

    def __init__(
        self, layout: Layout, page: TiffPage | TiffFrame, blob: Blob, limits: Limits
    ) -> None:
        """Take offsets and counts from the parsed page."""
        self.layout = layout
        self._blob = blob
        self._ahead = blob if isinstance(blob, ReadsAhead) else None
        self._panning = Panning(layout.down)
        self._limits = limits
        self._offsets = page.dataoffsets
        self._counts = page.databytecounts
        if layout.key.photometric != _RGB:
            # tifffile reads a part of the first tile for this, to tell how RGB is coded.
            layout.key.is_jfif = False
        self._decode = layout.key.decode
        # Each page has tables of its own, even where all else is shared.
        self.tables = page.jpegtables
        self._lerc_wrapping = layout.key.tags.valueof(50674)
        self._header = layout.key.jpegheader

    def stored(self, column: int, row: int, plane: int = 0) -> bytes | None:
        """Return the bytes of a stored chunk; None when the file leaves it out."""
        layout = self.layout
        index = (plane * layout.down + row) * layout.across + column
        offset, count = self._place(index)
        return self._bytes(offset, count) if offset and count else None

    def chunk(self, column: int, row: int, plane: int = 0) -> Array:
        """Return decoded pixels (y, x, sample), cut to what lies inside the page at most.

        ``column`` and ``row`` count chunks of `Layout.chunk`.
        """
        layout = self.layout
        decoded = layout.chunk.pixels * layout.samples * layout.dtype.itemsize
        if decoded > self._limits.decoded_bytes:
            raise LimitError("decoded_bytes", decoded, self._limits.decoded_bytes)
        if layout.sliceable:
            return self._rows(row * layout.chunk.height, plane)
        index = (plane * layout.down + row) * layout.across + column
        data = self.stored(column, row, plane)
        if data is None:
            return self._blank(row)
        return self._decoded(data, index)

    def prefetch(self, places: Sequence[tuple[int, int]], plane: int = 0) -> None:
        """Have a far-away blob fetch chunks (column, row) together; others are read one by one."""
        layout = self.layout
        if self._ahead is None or layout.sliceable or not places:
            return
        first = plane * layout.down
        ranges = [self._place((first + row) * layout.across + column) for column, row in places]
        size, most = self._blob.size, self._limits.decoded_bytes
        self._ahead.prefetch(
            [(offset, count) for offset, count in ranges if 0 < offset < size and 0 < count <= most]
        )

    def foresee(self, column: int, row: int, plane: int = 0) -> None:
        """Have a far-away blob fetch what a viewer that asks for this chunk may ask for next."""
        if self._ahead is not None:
            self.prefetch(self._panning.next(column, row, plane), plane)

    def _decoded(self, data: bytes, index: int) -> Array:
        layout = self.layout
        compression = int(layout.key.compression)
        if compression == LERC:
            most_bytes = 2 * layout.stored_chunk.pixels * layout.samples * layout.dtype.itemsize
            data = plain_lerc(data, self._lerc_wrapping, most_bytes + _HEADERS_BYTES)
        read_header = STATED.get(compression)
        if read_header is not None and self._header is None:
            self._check_stated(read_header(data))
        try:
            image = self._pixels(data, index)
        except MemoryError:
            raise
        except Exception as error:
            # Each codec raises a class of its own, none with a common base but this.
            raise CorruptSourceError("a tile cannot be decoded") from error
        if image.shape[2:] != (layout.samples,):
            raise CorruptSourceError("a tile holds another number of samples than its page")
        if image.dtype == layout.dtype:
            return image
        if layout.dtype != np.bool_:
            raise CorruptSourceError("a tile holds samples of another type than its page")
        # The decoder of fax gives bytes of 0 and 1.
        return image.astype(np.bool_)

    def _pixels(self, data: bytes, index: int) -> Array:
        layout = self.layout
        image: Array
        if layout.key.compression == _JPEG and layout.planar > 1:
            # tifffile takes the one component of a plane for three.
            image = imagecodecs.jpeg_decode(
                data, bitspersample=layout.key.bitspersample, tables=self.tables
            )
            return image[..., np.newaxis]
        pixels, _, _ = self._decode(data, index, jpegtables=self.tables, jpegheader=self._header)
        if pixels is None:
            raise CorruptSourceError("a tile is empty")
        image = pixels[0]
        return image

    def _check_stated(self, stated: Stated) -> None:
        """Raise CorruptSourceError when a decoder would allocate more than a chunk has."""
        layout, size = self.layout, stated.size
        # Where a header does not tell grey from colours, colours are assumed.
        most_samples = layout.samples + 3
        if (
            size.width > layout.stored_chunk.width
            or size.height > max(layout.stored_chunk.height, layout.size.height)
            or stated.samples > most_samples
        ):
            raise CorruptSourceError("a tile states another size than its page")

    def _rows(self, top: int, plane: int) -> Array:
        """Return rows of uncompressed strips, as many as a chunk has or the page has left."""
        layout = self.layout
        bottom = min(top + layout.chunk.height, layout.size.height)
        strip_rows = layout.stored_chunk.height
        pieces: list[bytes] = []
        for strip in range(top // strip_rows, -(-bottom // strip_rows)):
            first = max(top, strip * strip_rows)
            last = min(bottom, (strip + 1) * strip_rows)
            offset, count = self._place(plane * layout.down + strip)
            wanted = (last - first) * layout.row_bytes
            if not offset or not count:
                blank = np.full(wanted // layout.dtype.itemsize, self._fill, self._stored_dtype)
                pieces.append(blank.tobytes())
                continue
            pieces.append(self._bytes(offset + (first % strip_rows) * layout.row_bytes, wanted))
        values = np.frombuffer(b"".join(pieces), self._stored_dtype)
        shape = (bottom - top, layout.size.width, layout.samples)
        return values.reshape(shape).astype(layout.dtype, copy=False)

    def _blank(self, row: int) -> Array:
        layout = self.layout
        height = layout.stored_chunk.height
        if not layout.key.is_tiled:
            height = min(height, layout.size.height - row * height)
        return np.full(
            (height, layout.stored_chunk.width, layout.samples), self._fill, layout.dtype
        )

    @property
    def _fill(self) -> float:
        return self.layout.key.nodata

    @property
    def _stored_dtype(self) -> np.dtype[Any]:
        return self.layout.dtype.newbyteorder(self.layout.key.parent.byteorder)

    def _place(self, index: int) -> tuple[int, int]:
        try:
            return int(self._offsets[index]), int(self._counts[index])
        except IndexError as error:
            raise CorruptSourceError("the TIFF lists fewer tiles than it has") from error

    def _bytes(self, offset: int, count: int) -> bytes:
        if count > self._limits.decoded_bytes:
            raise LimitError("decoded_bytes", count, self._limits.decoded_bytes)
        if offset < 0 or offset + count > self._blob.size:
            raise CorruptSourceError("a tile lies past the end of the file")
        return self._blob.read(offset, count)
