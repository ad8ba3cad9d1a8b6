"""What a GeoTIFF is, beside its layout: bands, compression, where it lies; ready for JSON."""

import logging
import math
from typing import IO, Any, cast
from xml.etree import ElementTree as ET

from tifffile import TiffFile, TiffPage

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.cog.directories import Directory
from tilewright.errors import CorruptSourceError, TilewrightError
from tilewright.geo import Geo
from tilewright.geometry import Size
from tilewright.image import Band
from tilewright.readers.tiff import metadata
from tilewright.readers.tiff.gdal import with_gdal_metadata
from tilewright.readers.tiff.georeference import georeference

# A damaged file makes tifffile log each finding; the error that follows says it once.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_UNCOMPRESSED = 1
_GDAL_METADATA = 42112
_ALPHAS = {"alpha", "premultiplied-alpha"}


def details(blob: Blob, main: Directory, *, masked: bool) -> dict[str, Any]:
    """Return what rio-cogeo's info model tells of a file, under our own names.

    ``masked`` says that the file holds a mask. Raises CorruptSourceError when the main page
    cannot be parsed.
    """
    size, samples = main.size, main.samples  # looked at before any list is made of them
    try:
        with TiffFile(cast("IO[bytes]", BlobFile(blob)), _multifile=False) as tiff:
            page = cast("TiffPage", tiff.pages[0])
            bands = with_gdal_metadata(metadata.sample_bands(page), page)
            return {
                "format": "BigTIFF" if tiff.is_bigtiff else "TIFF",
                "compression": _compression(page),
                "color_space": metadata.photometric(page).lower() or None,
                "tiled": main.tiled,
                "profile": {
                    "bands": samples,
                    "width": size.width,
                    "height": size.height,
                    "dtype": None if page.dtype is None else page.dtype.name,
                    # GDAL calls a single band so, too.
                    "interleave": "band" if main.separate or samples == 1 else "pixel",
                    "alpha_band": any(band.interpretation in _ALPHAS for band in bands),
                    "internal_mask": masked,
                    "nodata": _plain(bands[0].nodata),
                    "color_interpretation": [band.interpretation for band in bands],
                    "colormap": metadata.palette(page) is not None,
                    "scales": [_plain(band.scale) for band in bands],
                    "offsets": [_plain(band.offset) for band in bands],
                },
                "geo": _geo(georeference(page, size), size),
                "tags": _tags(page),
                "band_metadata": {str(number): _band(band) for number, band in enumerate(bands, 1)},
            }
    except (TilewrightError, MemoryError):
        raise
    except Exception as error:
        # tifffile meets damage with whatever error the damaged value leads to.
        raise CorruptSourceError("the TIFF cannot be parsed") from error


def _compression(page: TiffPage) -> str | None:
    code = int(page.compression)
    if code == _UNCOMPRESSED:
        return None
    return str(getattr(page.compression, "name", code)).lower().removeprefix("adobe_")


def _band(band: Band) -> dict[str, Any]:
    return {
        "description": band.name or None,
        "color_interpretation": band.interpretation,
        "scale": _plain(band.scale),
        "offset": _plain(band.offset),
    }


def _geo(geo: Geo | None, size: Size) -> dict[str, Any] | None:
    if geo is None:
        return None
    affine = geo.affine
    corners = [
        (
            affine.a * column + affine.b * row + affine.c,
            affine.d * column + affine.e * row + affine.f,
        )
        for column in (0, size.width)
        for row in (0, size.height)
    ]
    across, down = zip(*corners, strict=True)
    return {
        "crs": geo.crs,
        "bounding_box": [min(across), min(down), max(across), max(down)],
        "origin": [affine.c, affine.f],
        "resolution": [affine.a, affine.e],
    }


def _tags(page: TiffPage) -> dict[str, str]:
    """Return GDAL's metadata of the whole file (tag 42112), without that of single bands."""
    text = page.tags.valueof(_GDAL_METADATA)
    try:
        root = None if text is None else ET.fromstring(str(text).rstrip("\0"))  # noqa: S314 - expat refuses entity bombs
    except (ET.ParseError, ValueError):
        return {}
    items = () if root is None else root.iter("Item")
    return {
        item.get("name", ""): item.text or ""
        for item in items
        if item.get("sample") is None and item.get("domain") is None
    }


def _plain(value: float | None) -> float | str | None:
    """Return a number, or the name of one that JSON has no sign for."""
    return value if value is None or math.isfinite(value) else str(value)
