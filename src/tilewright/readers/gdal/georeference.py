"""Where a dataset of GDAL lies on the earth."""

from functools import lru_cache
from typing import Any

import numpy as np

from tilewright.crs import canonical_crs
from tilewright.errors import ParameterError
from tilewright.geo import (
    ControlPoint,
    Geo,
    checked,
    from_points,
    from_rational,
)
from tilewright.geometry import Affine, Size
from tilewright.rational import RationalPolynomials
from tilewright.readers.gdal.access import lying_nowhere


def georeference(dataset: Any, size: Size) -> Geo | None:
    """Return where a dataset lies; None when it does not say, or says nonsense.

    ``size`` is that of the image, of which the dataset may be no more than a sign. An affine
    is taken before control points, these before rational polynomials, as GDAL does.
    """
    try:
        found = _affine(dataset) or _points(dataset) or _rational(dataset, size)
        return None if found is None else checked(found, size.width, size.height)
    except (ValueError, TypeError, ParameterError, np.linalg.LinAlgError):
        # A picture whose place is nonsense is still a picture.
        return None


def _affine(dataset: Any) -> Geo | None:
    with lying_nowhere():
        transform = dataset.transform
    if dataset.crs is None or transform.is_identity:
        return None
    return Geo(_named(dataset.crs), Affine(*map(float, tuple(transform)[:6])))


def _points(dataset: Any) -> Geo | None:
    points, crs = dataset.gcps
    if not points or crs is None:
        return None
    return from_points(
        _named(crs), tuple(ControlPoint(point.col, point.row, point.x, point.y) for point in points)
    )


def _rational(dataset: Any, size: Size) -> Geo | None:
    said = dataset.rpcs
    if said is None:
        return None
    rational = RationalPolynomials(
        offsets=(said.line_off, said.samp_off, said.lat_off, said.long_off, said.height_off),
        scales=(
            said.line_scale,
            said.samp_scale,
            said.lat_scale,
            said.long_scale,
            said.height_scale,
        ),
        row_numerator=tuple(said.line_num_coeff),
        row_denominator=tuple(said.line_den_coeff),
        column_numerator=tuple(said.samp_num_coeff),
        column_denominator=tuple(said.samp_den_coeff),
    )
    return from_rational(rational, size.width, size.height)


@lru_cache(maxsize=128)
def _named(crs: Any) -> str:
    """Return the short name of rasterio's CRS, or its WKT; all files of a place share one."""
    # PROJ compares one that states no code with all that it knows: 18 ms of an opening.
    code = crs.to_epsg(confidence_threshold=100)
    return canonical_crs(crs.to_wkt(version="WKT2_2019") if code is None else f"EPSG:{code}")
