"""GeoDjango's rasters as files: each becomes a GeoTIFF in memory, named by what it holds."""

import hashlib
import sys
import threading
from contextlib import suppress
from ctypes import c_char_p, c_int, c_void_p
from typing import Any
from uuid import uuid4

from cachetools import LRUCache

from tilewright.blobs.memory import MemoryBlob
from tilewright.errors import CorruptSourceError, LimitError, SourceUnavailableError
from tilewright.image import Source


def is_raster(value: object) -> bool:
    """Tell whether a value is a `GDALRaster`, as a PostGIS `RasterField` gives it."""
    kind = getattr(sys.modules.get("django.contrib.gis.gdal.raster.source"), "GDALRaster", None)
    return kind is not None and isinstance(value, kind)


class RasterDoor:
    """Rasters that are in memory. Safe between threads."""

    id = "raster"

    def __init__(self, max_bytes: int) -> None:
        """Keep at most this many bytes of rasters, which is also the most that one may have."""
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._files: LRUCache[str, bytes] = LRUCache(max_bytes, getsizeof=len)

    def source(self, raster: Any) -> Source:
        """Return the source of a `GDALRaster`; equal rasters have equal sources.

        Raises LimitError when it is too large, CorruptSourceError when GDAL cannot read it.
        """
        from django.contrib.gis.gdal import GDALException  # noqa: PLC0415 - it loads libgdal

        asked = sum(
            raster.width * raster.height * (_BITS.get(band.datatype(), 128) // 8)
            for band in raster.bands
        )
        if asked > self._max_bytes:
            raise LimitError("decoded_bytes", asked, self._max_bytes)
        try:
            digest = _digest(raster)
            with self._lock:
                held = digest in self._files
            if not held:
                content = _geotiff(raster)
                with self._lock, suppress(ValueError):  # it may be larger than its pixels
                    self._files[digest] = content
        except GDALException as error:
            raise CorruptSourceError("the raster cannot be read") from error
        return Source(f"storage://{self.id}/{digest}", digest)

    def open(self, name: str, version: str) -> MemoryBlob:
        """Return the file of a raster. Raises SourceUnavailableError when it is forgotten."""
        with self._lock:
            content = self._files.get(name)
        if content is None:
            raise SourceUnavailableError("the raster is no longer in memory")
        return MemoryBlob(content, version)


_BITS = {1: 8, 2: 16, 3: 16, 4: 32, 5: 32, 6: 32, 7: 64, 8: 32, 9: 64, 10: 64, 11: 128, 14: 8}
"""Of GDAL's data types."""


def _digest(raster: Any) -> str:
    """Return a digest of the pixels and of all that says what they mean."""
    srs = raster.srs
    told = [
        (raster.width, raster.height, tuple(raster.geotransform), srs.wkt if srs else ""),
        *((band.datatype(), band.nodata_value, band.color_interp()) for band in raster.bands),
    ]
    digest = hashlib.blake2b(repr(told).encode(), digest_size=16)
    for band in raster.bands:
        digest.update(band.data().tobytes())
    return digest.hexdigest()


def _geotiff(raster: Any) -> bytes:
    """Return the raster as a GeoTIFF: `GDALRaster.clone` with another driver."""
    from django.contrib.gis.gdal import Driver, GDALRaster  # noqa: PLC0415 - it loads libgdal
    from django.contrib.gis.gdal.prototypes import raster as capi  # noqa: PLC0415 - likewise

    name = f"/vsimem/tilewright-{uuid4().hex}.tif".encode()
    driver: Any = Driver("GTiff")
    copy: Any = GDALRaster(
        capi.copy_ds(
            driver._ptr,  # noqa: SLF001 - as Django's own clone does
            name,
            raster._ptr,  # noqa: SLF001 - likewise
            c_int(),
            c_char_p(),
            c_void_p(),
            c_void_p(),
        )
    )
    # The file in GDAL's memory goes with ``copy``.
    capi.flush_ds(copy._ptr)  # noqa: SLF001 - Django flushes only what may be written
    return bytes(copy.vsi_buffer)
