"""Whatever else GDAL opens: NetCDF, GRIB, HDF5, NITF, Erdas Imagine, ENVI, ASCII grids, ….

Only the drivers that `Config.gdal_drivers` names are asked, GDAL asks no network itself, and it
writes nothing beside a file.
"""

from tilewright.errors import UnsupportedSourceError
from tilewright.readers import Driver, Opening, Reader

_JP2_MAGIC = b"\0\0\0\x0cjP  \r\n\x87\n"
_GEOJP2 = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
"""The UUID of the box that holds a GeoTIFF without pixels."""


def _open(opening: Opening) -> Reader:
    return _open_as(opening, opening.config.gdal_drivers)


def _open_jp2(opening: Opening) -> Reader:
    allowed = opening.config.gdal_drivers
    return _open_as(opening, tuple(name for name in allowed if name.startswith("JP2")))


def _open_as(opening: Opening, drivers: tuple[str, ...]) -> Reader:
    if not drivers:
        raise UnsupportedSourceError("no driver of GDAL may open it", uri=opening.source.uri)
    try:
        # rasterio takes 200 ms to import: not before a file needs it.
        from tilewright.readers.gdal.reader import GdalReader  # noqa: PLC0415
    except ImportError as error:
        raise UnsupportedSourceError(
            "no reader here knows this kind of file; GDAL may: install tilewright[geo]",
            uri=opening.source.uri,
        ) from error
    return GdalReader(opening, drivers)


def _is_geo_jp2(head: bytes) -> bool:
    return head.startswith(_JP2_MAGIC) and _GEOJP2 in head


DRIVER = Driver("gdal", sniff=bool, open=_open, priority=90, by_magic=False)
"""Asked after all others, about any file: raw rasters with a header beside them have no magic."""
JP2_DRIVER = Driver("gdal-jp2", sniff=_is_geo_jp2, open=_open_jp2, priority=40)
"""JPEG 2000 that says where it lies; any other is a picture, and left to the picture reader."""
