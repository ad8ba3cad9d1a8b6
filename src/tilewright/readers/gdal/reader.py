"""The GDAL reader: windows put together from decoded chunks, each read by a handle of its own."""

import os
from collections.abc import Sequence

import numpy as np
from rasterio.windows import Window as GdalWindow

from tilewright.blobs.local import local_source
from tilewright.errors import SourceUnavailableError, UnsupportedSourceError
from tilewright.geometry import Window
from tilewright.image import Array, ImageInfo, Mask, Plane
from tilewright.readers import Opening
from tilewright.readers.gdal import hdf5
from tilewright.readers.gdal.access import Handles, gdal_errors
from tilewright.readers.gdal.layout import FRAME, survey

_BY_HDF5 = {"HDF5", "HDF5Image", "netCDF", "BAG", "S102", "S104", "S111"}
"""Drivers that give the file to the HDF5 library."""
_NETCDF_CLASSIC = b"CDF"
_ALL, _MASK = -1, -2
"""What a chunk holds, when it is not one band."""


class GdalReader:
    """An open raster. Thread-safe: each read has a dataset to itself."""

    thread_safe = True

    def __init__(self, opening: Opening, drivers: tuple[str, ...]) -> None:
        """Read the header; no pixel is read. Raises a SourceError or a LimitError."""
        path = _plain_path(opening)
        self._opening = opening
        self._handles = Handles(_suitable(opening, drivers))
        associated = opening.source.option("associated")
        try:
            with gdal_errors("parse"):
                self._layout = survey(self._handles, path, opening.limits, associated)
        except BaseException:
            self._handles.close()
            raise
        self._check_version()

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
        with gdal_errors("decode"), self._handles.borrow(place) as dataset:
            if part == _MASK:
                decoded: Array = (dataset.read_masks(window=where) != 0).all(axis=0)[np.newaxis]
            else:
                indexes = dataset.indexes if part == _ALL else [part + 1]
                decoded = dataset.read(indexes, window=where, out_dtype=self.info.dtype)
        # A dataset opened only now may be that of another file put in this one's place.
        self._check_version()
        decoded.flags.writeable = False
        return decoded

    def _check_version(self) -> None:
        source = self._opening.source
        if local_source(source.uri).version != source.version:
            raise SourceUnavailableError("the file has just changed", uri=source.uri)

    def close(self) -> None:
        """Close all datasets, and the blob."""
        self._handles.close()
        self._opening.blob.close()


def _plain_path(opening: Opening) -> str:
    """Return the absolute path of a local file; nothing that GDAL takes for more than that."""
    path = opening.blob.path
    if path is None:
        raise UnsupportedSourceError("GDAL reads local files only")
    path = os.path.abspath(path)  # noqa: PTH100 - links stay as they are: companions lie beside
    if path.startswith("/vsi") or "\0" in path or not path.isprintable():
        raise UnsupportedSourceError("GDAL would not take this for a plain file")
    return path


def _suitable(opening: Opening, drivers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the drivers that may see this file: HDF5 is looked into first."""
    head = opening.blob.read(0, len(hdf5.MAGIC))
    if head == hdf5.MAGIC:
        hdf5.refuse_links(opening.blob, opening.limits.pages)
        return drivers
    if head.startswith(_NETCDF_CLASSIC):
        return tuple(name for name in drivers if name not in _BY_HDF5 - {"netCDF"})
    # HDF5 may begin further inside a file, where nobody has looked.
    rest = tuple(name for name in drivers if name not in _BY_HDF5)
    if not rest:
        raise UnsupportedSourceError("no reader knows this kind of file")
    return rest
