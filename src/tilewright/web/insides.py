"""The documents of what a file says of itself: ``info/metadata_internal`` and ``info/tiffdump``."""

import math
from collections.abc import Mapping
from typing import Any

from tilewright.geo import Geo
from tilewright.image import ImageInfo
from tilewright.web.frames import info_with_frames

_DEEPEST = 8
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}

INTERNAL_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "driverShortName": _TEXT,
        "driverLongName": _TEXT,
        "RasterXSize": _WHOLE,
        "RasterYSize": _WHOLE,
        "Affine": _NUMBERS | {"description": "Nine numbers, row by row; pixels to its CRS."},
        "Projection": _TEXT | {"description": "Its CRS."},
        "GCPProjection": _TEXT,
        "GCPs": {"type": "array", "items": {"type": "object"}},
        "Metadata": {"type": "object", "description": "Free form."},
        "geospatial": {"type": "boolean"},
    },
}
TIFFDUMP_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["firstifd", "size", "bigEndian", "bigtiff", "ifds", "truncated"],
    "properties": {
        "firstifd": _WHOLE | {"description": "Where the first directory lies, in bytes."},
        "size": _WHOLE | {"description": "Of the file, in bytes."},
        "bigEndian": {"type": "boolean"},
        "bigtiff": {"type": "boolean"},
        "truncated": {"type": "boolean", "description": "There are more directories."},
        "ifds": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "offset": _WHOLE,
                    "tagcount": _WHOLE,
                    "tags": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "properties": {
                                "name": _TEXT,
                                "datatype": _WHOLE,
                                "count": _WHOLE,
                                "data": {"description": "A text, or the first numbers."},
                            },
                        },
                    },
                },
            },
        },
    },
}


def internal_document(info: ImageInfo) -> dict[str, Any]:
    """Return the document of ``info/metadata_internal``: what the file says, and where it lies."""
    metadata = _plain(info.metadata, _DEEPEST)
    shown = info_with_frames(info)
    document: dict[str, Any] = {
        "driverShortName": str(info.metadata.get("driver", info.format)),
        "driverLongName": info.format,
        "RasterXSize": info.size.width,
        "RasterYSize": info.size.height,
        "Metadata": metadata,
        "geospatial": info.geo is not None,
        "frames": shown["frames"],
    }
    if info.geo is not None:
        document |= _earth(info.geo) | {"bounds": shown["bounds"]}
    return document


def _earth(geo: Geo) -> dict[str, Any]:
    a = geo.affine
    document: dict[str, Any] = {
        "Affine": [a.a, a.b, a.c, a.d, a.e, a.f, 0.0, 0.0, 1.0],
        "Projection": geo.crs,
    }
    if geo.points:
        document["GCPProjection"] = geo.crs
        document["GCPs"] = [
            {"col": point.column, "row": point.row, "x": point.x, "y": point.y}
            for point in geo.points
        ]
    return document


def _plain(value: Any, deepest: int) -> Any:
    """Return what JSON can hold of a value."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping) and deepest:
        return {str(name): _plain(each, deepest - 1) for name, each in value.items()}
    if isinstance(value, list | tuple) and deepest:
        return [_plain(each, deepest - 1) for each in value]
    return str(value)
