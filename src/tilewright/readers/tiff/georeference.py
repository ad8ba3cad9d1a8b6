"""Where a GeoTIFF lies: GDAL tells, from a copy of the file's geographic tags alone.

GDAL never opens the file itself. It is given a picture of one pixel with the same tags, in
memory: so nothing that lies beside the file is read, no pixel is decoded, and a file that is
far away need not be fetched again.
"""

import io
import logging
from typing import Any

import numpy as np
from tifffile import TiffPage, TiffWriter

from tilewright.errors import SourceError
from tilewright.geo import Geo
from tilewright.geometry import Size

logger = logging.getLogger(__name__)

_SCALE, _TIE_POINTS, _MATRIX, _KEYS, _NUMBERS, _TEXTS = 33550, 33922, 34264, 34735, 34736, 34737
_RATIONAL = 50844
_PLACED = (_SCALE, _TIE_POINTS, _MATRIX, _RATIONAL)
_TAGS = {_SCALE: "d", _TIE_POINTS: "d", _MATRIX: "d", _KEYS: "H", _NUMBERS: "d", _RATIONAL: "d"}
_MOST_VALUES = 65_536


def georeference(page: TiffPage, size: Size) -> Geo | None:
    """Return where a page lies on the earth; None when it does not say, or says nonsense."""
    if not any(code in page.tags for code in _PLACED):
        return None
    try:
        # rasterio is needed for GeoTIFFs only, and slow to load.
        from rasterio.io import MemoryFile  # noqa: PLC0415

        from tilewright.readers.gdal import georeference as told  # noqa: PLC0415
        from tilewright.readers.gdal.access import gdal_errors, open_dataset  # noqa: PLC0415
    except ImportError:
        logger.warning("a GeoTIFF is shown as a plain picture: install tilewright[geo]")
        return None
    try:
        with gdal_errors("parse the geographic tags of"), MemoryFile(_one_pixel(page)) as held:
            dataset = open_dataset((held.name, -1), ("GTiff",))
            try:
                return told.georeference(dataset, size)
            finally:
                dataset.close()
    except (SourceError, ValueError, TypeError):
        # A picture whose place is nonsense is still a picture.
        return None


def _one_pixel(page: TiffPage) -> bytes:
    """Return a TIFF of one pixel with the geographic tags of a page."""
    extra: list[tuple[int, str, int, Any, bool]] = []
    for code, kind in _TAGS.items():
        value = page.tags.valueof(code)
        if value is None:
            continue
        values = tuple(np.ravel(value).tolist())[:_MOST_VALUES]
        extra.append((code, kind, len(values), values, True))
    text = page.tags.valueof(_TEXTS)
    if text is not None:
        # Names and WKT are a few thousand characters long.
        content = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
        extra.append((_TEXTS, "s", 0, content[:_MOST_VALUES].rstrip(b"\0") + b"\0", True))
    out = io.BytesIO()
    with TiffWriter(out) as writer:
        writer.write(np.zeros((1, 1), np.uint8), extratags=extra, metadata=None)
    return out.getvalue()
