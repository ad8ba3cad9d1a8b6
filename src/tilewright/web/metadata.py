"""What is told about an image, under the names that large_image's clients know, and ours."""

import math
from collections.abc import Mapping
from typing import Any

from tilewright.crs import WGS84
from tilewright.extent import bounds, corners
from tilewright.geo import Geo
from tilewright.geometry import Box
from tilewright.image import Band, ImageInfo, Raster
from tilewright.pyramid import max_zoom

DOCUMENT_VERSION = 4
"""Raised whenever a document changes its shape, so that cached ones die."""

_MICROMETRES = 1000.0
_TURN, _POLE = 360.0, 90.0
_ALL_ROUND = _TURN - 1e-6
"""Degrees from which on an image goes round the earth."""

_NULLABLE_NUMBER = {"type": "number", "nullable": True}
_WHOLE = {"type": "integer"}

INFO_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "levels": _WHOLE | {"description": "Zooms of the served pyramid."},
        "sizeX": _WHOLE,
        "sizeY": _WHOLE,
        "tileWidth": _WHOLE,
        "tileHeight": _WHOLE,
        "magnification": _NULLABLE_NUMBER,
        "mm_x": _NULLABLE_NUMBER | {"description": "Millimetres per pixel."},
        "mm_y": _NULLABLE_NUMBER,
        "dtype": {"type": "string"},
        "bandCount": _WHOLE,
        "geospatial": {"type": "boolean"},
        "frames": {"description": "One object for each frame; false when there is only one."},
        "channels": {"type": "array", "items": {"type": "string"}},
        "channelmap": {"type": "object", "additionalProperties": _WHOLE},
        "format": {"type": "string"},
        "bands": {"type": "object", "additionalProperties": {"type": "object"}},
        "projection": {"type": "string", "description": "The CRS asked for, else the image's own."},
        "sourceLevels": _WHOLE | {"description": "Of the image itself, in any projection."},
        "sourceSizeX": _WHOLE,
        "sourceSizeY": _WHOLE,
        "bounds": {"type": "object", "nullable": True, "description": "In EPSG:4326."},
        "sourceBounds": {"type": "object", "nullable": True, "description": "In its own CRS."},
        "masked": {"type": "boolean", "description": "The file has a mask of its own."},
        "axes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "size": _WHOLE},
            },
        },
        "associated": {"type": "array", "items": {"type": "string"}},
    },
}
TILES_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "levels": _WHOLE,
        "size_x": _WHOLE,
        "size_y": _WHOLE,
        "tile_size": _WHOLE,
        "geospatial": {"type": "boolean"},
        "additional_metadata": INFO_SCHEMA,
    },
}


def info_document(info: ImageInfo) -> dict[str, Any]:
    """Return the document of ``info/metadata``. Bands are keyed by number, ``"1"`` first."""
    mm_x, mm_y = (
        (None, None)
        if info.micrometres_per_pixel is None
        else (side / _MICROMETRES for side in info.micrometres_per_pixel)
    )
    document: dict[str, Any] = {
        "levels": max_zoom(info) + 1,
        "sizeX": info.size.width,
        "sizeY": info.size.height,
        "tileWidth": info.tile_size,
        "tileHeight": info.tile_size,
        "magnification": info.magnification,
        "mm_x": mm_x,
        "mm_y": mm_y,
        "dtype": info.dtype,
        "bandCount": len(info.bands),
        "geospatial": info.geo is not None,
        "frames": _frames(info),
        "format": info.format,
        "bands": {str(index): _band(band) for index, band in enumerate(info.bands, 1)},
        "masked": info.masked,
        "axes": [{"name": axis.name, "size": axis.size} for axis in info.axes],
        "associated": list(info.associated),
    }
    if info.geo is not None:
        document |= _earth(info, info.geo)
    if any(band.name for band in info.bands):
        names = [band.name or f"Band {index}" for index, band in enumerate(info.bands, 1)]
        document["channels"] = names
        document["channelmap"] = {name: index for index, name in enumerate(names)}
    return document


def pixel_document(raster: Raster) -> dict[str, Any]:
    """Return the document of ``data/pixel``: the first pixel's value in each band.

    What was not measured, and what is no number, is null.
    """
    measured = raster.mask is None or bool(raster.mask[0, 0])
    values = [_finite(value) if measured else None for value in raster.data[:, 0, 0].tolist()]
    return {
        "value": values,
        "bands": {str(index): value for index, value in enumerate(values, 1)},
    }


def _earth(info: ImageInfo, geo: Geo) -> dict[str, Any]:
    """Return where the image lies, under large_image's names."""
    return {
        "projection": geo.crs,
        "sourceLevels": max_zoom(info) + 1,
        "sourceSizeX": info.size.width,
        "sourceSizeY": info.size.height,
        "sourceBounds": _bounds(info, geo, geo.crs),
        "bounds": _bounds(info, geo, WGS84),
    }


def _bounds(info: ImageInfo, geo: Geo, crs: str) -> dict[str, Any] | None:
    """Return the box around the image, and where its own corners lie in it.

    The corners are the box's where the image goes round the earth, or has some that are off it.
    """
    box = bounds(geo, info.size, crs)
    if box is None:
        return None
    own = corners(geo, info.size, crs)
    if crs == WGS84:
        box = _on_the_earth(box)
    all_round = crs == WGS84 and box.width >= _ALL_ROUND
    if all_round or not all(math.isfinite(number) for place in own for number in place):
        left, right, low, high = box.x, box.right, box.y, box.bottom
        own = ((left, high), (right, high), (right, low), (left, low))
    return {
        "xmin": box.x,
        "xmax": box.right,
        "ymin": box.y,
        "ymax": box.bottom,
        "srs": crs,
        **{
            name: {"x": x, "y": y}
            for name, (x, y) in zip(("ul", "ur", "lr", "ll"), own, strict=True)
        },
    }


def _on_the_earth(box: Box) -> Box:
    """Return degrees from pole to pole, and of an image all round the usual turn.

    Some files begin half a pixel beyond the antimeridian or the pole, and viewers show nothing
    past either.
    """
    west, wide = (-_TURN / 2, _TURN) if box.width >= _ALL_ROUND else (box.x, box.width)
    south, north = max(-_POLE, box.y), min(_POLE, box.bottom)
    return Box(west, south, wide, north - south)


def _frames(info: ImageInfo) -> list[dict[str, int]] | bool:
    frames = next((axis.size for axis in info.axes if axis.name == "frame"), 1)
    return [{"Frame": frame} for frame in range(frames)] if frames > 1 else False


def _band(band: Band) -> dict[str, Any]:
    return {
        "name": band.name,
        "interpretation": band.interpretation,
        "color": band.color,
        "nodata": None if band.nodata is None else _finite(band.nodata),
        "scale": _finite(band.scale),
        "offset": _finite(band.offset),
        "display": None if band.display is None else [_finite(end) for end in band.display],
    }


def _finite(value: float) -> float | None:
    """Return the number, or None for one that JSON cannot say."""
    return value if math.isfinite(value) else None
