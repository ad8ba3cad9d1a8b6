"""The GDAL reader: windows put together from decoded chunks, each read by a handle of its own."""

from collections.abc import Sequence

import numpy as np
from rasterio.windows import Window as GdalWindow

from tilewright.geometry import Window
from tilewright.image import Array, ImageInfo, Mask, Plane
from tilewright.readers import Opening
from tilewright.readers.gdal.access import Dataset, Handles, gdal_errors
from tilewright.readers.gdal.layout import FRAME, survey
from tilewright.readers.gdal.reach import reach

_ALL, _MASK = -1, -2
"""What a chunk holds, when it is not one band."""


class GdalReader:
    """An open raster. Thread-safe: each read has a dataset to itself."""

    thread_safe = True

    def __init__(self, opening: Opening, drivers: tuple[str, ...]) -> None:
        """Read the header; no pixel is read. Raises a SourceError or a LimitError."""
        way = reach(opening, drivers)
        self._opening = opening
        self._handles = Handles(way.open)
        associated = opening.source.option("associated")
        try:
            with gdal_errors("parse"):
                self._layout = survey(self._handles, way.path, opening.limits, associated)
        except BaseException:
            self._handles.close()
            raise

    @property
    def info(self) -> ImageInfo:
        """The layout."""
        return self._layout.info

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's values; see `Reader.read`."""
        frame = plane.index(FRAME)
        if self._layout.together:
            data = self._assemble(level, window, frame, _ALL)
            wanted = list(bands)
            data = data if wanted == list(range(len(data))) else data[wanted]
        else:
            found = [self._assemble(level, window, frame, band) for band in bands]
            data = found[0] if len(found) == 1 else np.concatenate(found)
        if not self.info.masked:
            return data, None
        mask: Mask = self._assemble(level, window, frame, _MASK)[0]
        return data, mask

    def _assemble(self, level: int, window: Window, frame: int, part: int) -> Array:
        """Return a window, (band, y, x), put together from cached chunks."""
        chunk = self.info.levels[level].chunk
        columns = range(window.x // chunk.width, -(-window.right // chunk.width))
        rows = range(window.y // chunk.height, -(-window.bottom // chunk.height))
        lines = []
        for row in rows:
            y = row * chunk.height
            top, bottom = max(window.y, y) - y, min(window.bottom, y + chunk.height) - y
            line = []
            for column in columns:
                x = column * chunk.width
                left, right = max(window.x, x) - x, min(window.right, x + chunk.width) - x
                pixels = self._chunk(level, column, row, frame, part)
                line.append(pixels[:, top:bottom, left:right])
            lines.append(line[0] if len(line) == 1 else np.concatenate(line, axis=2))
        return lines[0] if len(lines) == 1 else np.concatenate(lines, axis=1)

    def _chunk(self, level: int, column: int, row: int, frame: int, part: int) -> Array:
        source = self._opening.source
        key = (source.uri, source.version, source.options, "gdal", frame, level, part, column, row)
        return self._opening.chunks.get(key, lambda: self._decode(level, column, row, frame, part))

    def _decode(self, level: int, column: int, row: int, frame: int, part: int) -> Array:
        layout = self.info.levels[level]
        x, y = column * layout.chunk.width, row * layout.chunk.height
        where = GdalWindow(
            x,
            y,
            min(layout.chunk.width, layout.size.width - x),
            min(layout.chunk.height, layout.size.height - y),
        )
        place = (self._layout.frames[frame].place, self._layout.overviews[level])

        def read(dataset: Dataset) -> Array:
            if part == _MASK:
                valid: Array = (dataset.read_masks(window=where) != 0).all(axis=0)
                return valid[np.newaxis]
            indexes = dataset.indexes if part == _ALL else [part + 1]
            values: Array = dataset.read(indexes, window=where, out_dtype=self.info.dtype)
            return values

        with gdal_errors("decode"):
            decoded = self._handles.use(place, read)
        decoded.flags.writeable = False
        return decoded

    def close(self) -> None:
        """Close all datasets, and the blob."""
        self._handles.close()
        self._opening.blob.close()
