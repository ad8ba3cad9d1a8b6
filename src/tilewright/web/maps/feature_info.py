"""GetFeatureInfo: the measured values under a pixel of a map, as JSON and as text."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tilewright.crs import WGS84, convert
from tilewright.extent import pixel_at
from tilewright.geometry import Affine, Box
from tilewright.image import ImageInfo, Raster
from tilewright.request import Region
from tilewright.web.maps.layer import Layer
from tilewright.web.metadata import pixel_document

INFO_FORMATS = {"application/json": "json", "text/plain": "txt"}
"""From media type to file suffix."""


def place(affine: Affine, crs: str, i: int, j: int) -> tuple[float, float]:
    """Return longitude and latitude of a pixel's centre; ``affine`` leads to ``crs``.

    Both are inf for a place that is not on the earth.
    """
    x, y = affine(i + 0.5, j + 0.5)
    longitude, latitude = convert(crs, WGS84, np.array([x]), np.array([y]))
    return float(longitude[0]), float(latitude[0])


def own_pixel(layer: Layer, affine: Affine, crs: str, i: int, j: int) -> Region | None:
    """Return the image's own pixel under a map's; None where the image is not."""
    found = pixel_at(layer.geo, layer.info.size, affine(i + 0.5, j + 0.5), crs)
    return None if found is None else Region(Box(*found, 1, 1), 1, 1)


def values_of(info: ImageInfo, raster: Raster | None) -> dict[str, float | None]:
    """Return each band's value by its name, null where nothing was measured.

    Without a raster, as outside the image, there are no values.
    """
    if raster is None:
        return {}
    values = pixel_document(raster)["value"]
    return dict(zip(_names(info), values, strict=True))


def _names(info: ImageInfo) -> Sequence[str]:
    plain = [f"Band {number}" for number in range(1, len(info.bands) + 1)]
    named = [band.name or other for band, other in zip(info.bands, plain, strict=True)]
    return named if len(set(named)) == len(named) else plain


def json_document(where: tuple[float, float], values: dict[str, float | None]) -> bytes:
    """Return a GeoJSON collection of one point, or of none without values."""
    features: list[dict[str, Any]] = []
    if values:
        point = {"type": "Point", "coordinates": list(where)}
        features.append({"type": "Feature", "geometry": point, "properties": values})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def text_document(values: dict[str, float | None]) -> bytes:
    """Return a line for each band."""
    if not values:
        return b"no value\n"
    lines = (f"{name}: {'no value' if value is None else value}" for name, value in values.items())
    return ("\n".join(lines) + "\n").encode()
