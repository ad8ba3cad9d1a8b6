"""Where a GeoTIFF lies: GDAL tells, from a copy of the file's geographic tags alone.

GDAL never opens the file itself. It is given a picture of one pixel with the same tags, in
memory: so nothing that lies beside the file is read, no pixel is decoded, and a file that is
far away need not be fetched again.
"""

import io
import logging
import warnings
from typing import Any

import numpy as np
from tifffile import TiffPage, TiffWriter

from tilewright.crs import canonical_crs
from tilewright.errors import ParameterError
from tilewright.geo import ControlPoint, Geo, RationalPolynomials, from_points, from_rational
from tilewright.geometry import Affine, Size

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
        import rasterio  # noqa: PLC0415 - needed for GeoTIFFs only, and slow to load
        from rasterio.errors import NotGeoreferencedWarning, RasterioError  # noqa: PLC0415
        from rasterio.io import MemoryFile  # noqa: PLC0415
    except ImportError:
        logger.warning("a GeoTIFF is shown as a plain picture: install tilewright[geo]")
        return None
    try:
        with (
            warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
            rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
            MemoryFile(_one_pixel(page)) as held,
            held.open(driver="GTiff") as told,
        ):
            return _found(told, size)
    except (RasterioError, ValueError, TypeError, ParameterError, np.linalg.LinAlgError):
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
        content = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
        extra.append((_TEXTS, "s", 0, content.rstrip(b"\0") + b"\0", True))
    out = io.BytesIO()
    with TiffWriter(out) as writer:
        writer.write(np.zeros((1, 1), np.uint8), extratags=extra, metadata=None)
    return out.getvalue()


def _found(told: Any, size: Size) -> Geo | None:
    rational = told.rpcs
    points, points_crs = told.gcps
    if told.crs is not None and not told.transform.is_identity:
        affine = Affine(*tuple(told.transform)[:6])
        affine.inverse()
        return Geo(_named(told.crs), affine)
    if points and points_crs is not None:
        return from_points(
            _named(points_crs),
            tuple(ControlPoint(point.col, point.row, point.x, point.y) for point in points),
        )
    if rational is not None:
        return from_rational(_polynomials(rational), size.width, size.height)
    return None


def _named(crs: Any) -> str:
    code = crs.to_epsg(confidence_threshold=100)
    return canonical_crs(crs.to_wkt(version="WKT2_2019") if code is None else f"EPSG:{code}")


def _polynomials(rational: Any) -> RationalPolynomials:
    return RationalPolynomials(
        offsets=(
            rational.line_off,
            rational.samp_off,
            rational.lat_off,
            rational.long_off,
            rational.height_off,
        ),
        scales=(
            rational.line_scale,
            rational.samp_scale,
            rational.lat_scale,
            rational.long_scale,
            rational.height_scale,
        ),
        row_numerator=tuple(rational.line_num_coeff),
        row_denominator=tuple(rational.line_den_coeff),
        column_numerator=tuple(rational.samp_num_coeff),
        column_denominator=tuple(rational.samp_den_coeff),
    )
