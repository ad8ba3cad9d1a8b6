"""The reader of all pictures: levels, frames, orientation and palettes on top of a `Layout`."""

from collections.abc import Sequence

import numpy as np

from tilewright.errors import CorruptSourceError, LimitError
from tilewright.geometry import Size, Window
from tilewright.image import Array, Axis, ImageInfo, Level, Mask, Plane
from tilewright.readers import Opening
from tilewright.readers.picture.exif import swaps_sides, turned
from tilewright.readers.picture.layout import Layout, band_count, check_decoded, codec_errors

_HELD_BYTES = 64 << 20
"""A decoded level up to this size fits into a chunk store of the default size."""
_STRIP_BYTES = 4 << 20


class PictureReader:
    """A picture whose levels are decoded whole, kept in the chunk store, and cut into windows.

    It holds the blob and no codec state, so any number of threads may read.
    """

    thread_safe = True

    def __init__(self, opening: Opening, layout: Layout) -> None:
        """Take over the opening's blob."""
        self._opening = opening
        self._layout = layout
        self._key = (opening.source.uri, opening.source.version, opening.source.options, "picture")
        levels = tuple(self._level(shrink) for shrink in layout.shrinks)
        self._info = ImageInfo(
            size=levels[0].size,
            levels=levels,
            bands=layout.bands,
            dtype=layout.dtype,
            format=layout.format,
            axes=(Axis("frame", layout.frames),) if layout.frames > 1 else (),
            metadata=layout.metadata,
        )

    @property
    def info(self) -> ImageInfo:
        """The layout, turned as the picture is to be seen."""
        return self._info

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's pixels, (band, y, x); no mask, for transparency is a band.

        Raises CorruptSourceError, UnsupportedSourceError, SourceUnavailableError, or
        LimitError when the level cannot be decoded within the limits.
        """
        shrink = self._layout.shrinks[level]
        frame = plane.index("frame")
        chunk = self._opening.chunks.get(
            (*self._key, shrink, frame), lambda: self._decode(shrink, frame)
        )
        seen = turned(chunk, self._layout.orientation)
        part = seen[window.y : window.bottom, window.x : window.right]
        wanted = list(bands)
        if self._layout.palette is not None:
            return np.moveaxis(self._layout.palette[:, wanted][part], 2, 0), None
        planes = np.moveaxis(part.reshape(*part.shape[:2], -1), 2, 0)
        if wanted == list(range(len(planes))):
            return planes, None
        return planes[wanted], None

    def close(self) -> None:
        """Close the blob."""
        self._opening.blob.close()

    def _level(self, shrink: int) -> Level:
        layout = self._layout
        size = layout.level_size(shrink)
        if swaps_sides(layout.orientation):
            size = Size(size.height, size.width)
        itemsize = np.dtype(layout.dtype).itemsize
        held = size.pixels * itemsize * (1 if layout.palette is not None else len(layout.bands))
        chunk = size
        if held <= _HELD_BYTES:
            # The store keeps the level once it is decoded: it may well be read strip by strip,
            # so that whoever shrinks it holds no more of it (a palette grows fourfold).
            row = size.width * itemsize * len(layout.bands)
            chunk = Size(size.width, min(size.height, max(1, _STRIP_BYTES // row)))
        return Level(size, (float(shrink), float(shrink)), chunk)

    def _decode(self, shrink: int, frame: int) -> Array:
        layout, limits = self._layout, self._opening.limits
        size = layout.level_size(shrink)
        check_decoded(max(layout.fixed_bytes, size.pixels * layout.bytes_per_pixel), limits)
        # Whatever comes out, the decoder walks the whole picture, and all frames before this.
        walked = layout.size.pixels * (frame + 1)
        if walked > limits.source_pixels:
            raise LimitError("source_pixels", walked, limits.source_pixels)
        with codec_errors(layout.format, self._opening.source.uri):
            pixels = layout.decode(shrink, frame)
        bands = 1 if layout.palette is not None else len(layout.bands)
        promised = (size.height, size.width, bands, np.dtype(layout.dtype))
        if (*pixels.shape[:2], band_count(pixels), pixels.dtype) != promised:
            raise CorruptSourceError(
                f"the {layout.format} does not hold what its header says",
                uri=self._opening.source.uri,
            )
        pixels.flags.writeable = False
        return pixels
