"""Where on the earth: places, corners, bounds and footprints, as parameters and documents."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tilewright.crs import WGS84, canonical_crs, uri
from tilewright.errors import ParameterError
from tilewright.extent import bounds, outline
from tilewright.geometry import Box, Grid
from tilewright.image import Array, ImageInfo, Mask
from tilewright.request import georeference
from tilewright.web.numbers import BANDS, decimal
from tilewright.web.params import Parameter, ParameterSet, choice
from tilewright.web.places import PLANE

CRS84 = "OGC:CRS84"
FARTHEST = 1e9
_TURN = 360.0
_HALF_TURN = 180.0
_POLE = 90.0


def _coordinates_parameter() -> Parameter[str]:
    def parse(text: str) -> str:
        return canonical_crs(text, "coord_crs")

    return Parameter(
        "coord_crs",
        "The coordinate reference system of the coordinates that are given, x to the east before "
        "y to the north; longitude and latitude when left out.",
        "a coordinate reference system such as EPSG:4326",
        parse,
        str,
        {"type": "string", "default": CRS84, "example": "EPSG:4326"},
        aliases=("coord-crs",),
        misspellings=("coordCrs", "coordinate_crs", "coords_crs"),
    )


def _point_parameter() -> Parameter[str]:
    return Parameter(
        "point",
        "The place: x and y with a comma between; longitude and latitude without coord_crs.",
        "two numbers with a comma between",
        str,
        str,
        {"type": "string", "example": "-74.01,40.71"},
        required=True,
        misspellings=("lonlat", "lon", "lat", "coordinates"),
    )


COORD_CRS = _coordinates_parameter()
POINT = ParameterSet((_point_parameter(), COORD_CRS, BANDS, *PLANE))
BOUNDS = ParameterSet((COORD_CRS,))
TILEJSON = ParameterSet(
    (
        Parameter(
            "tile_matrix_set",
            "The tile matrix set that the tiles are of.",
            "the name of a tile matrix set",
            str,
            str,
            {"type": "string", "default": "WebMercatorQuad"},
        ),
        choice("tile_format", "The format of the tiles.", ("png", "jpg", "webp"), default="png"),
    )
)

POINT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "coordinates": {"type": "array", "items": {"type": "number"}},
        "values": {"type": "array", "items": {"type": "number", "nullable": True}},
        "band_names": {"type": "array", "items": {"type": "string"}},
        "band_descriptions": {"type": "array", "items": {"type": "string"}},
        "column": {"type": "integer"},
        "row": {"type": "integer"},
    },
}
CORNERS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {name: {"type": "number"} for name in ("xmin", "xmax", "ymin", "ymax")},
}
BOUNDS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "bounds": {"type": "array", "items": {"type": "number"}},
        "crs": {"type": "string"},
    },
}
TILEJSON_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "TileJSON 3.0.0.",
    "required": ["tilejson", "tiles"],
    "properties": {
        "tilejson": {"type": "string"},
        "tiles": {"type": "array", "items": {"type": "string"}},
        "minzoom": {"type": "integer"},
        "maxzoom": {"type": "integer"},
        "bounds": {"type": "array", "items": {"type": "number"}},
        "center": {"type": "array", "items": {"type": "number"}},
    },
}
FOOTPRINT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "A GeoJSON Feature (RFC 7946).",
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "bbox": {"type": "array", "items": {"type": "number"}},
        "geometry": {"type": "object"},
        "properties": {"type": "object"},
    },
}


def tilejson_of(query: str) -> tuple[str | None, str, str]:
    """Return the set's name, the tiles' suffix, and what is left of the query for the tiles."""
    values = TILEJSON.read(query)
    own = {"tile_matrix_set", "tile_format"}
    rest = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in own]
    return values.get("tile_matrix_set"), values.get("tile_format", "png"), urlencode(rest)


def place_of(text: str, crs: str = CRS84) -> tuple[float, float]:
    """Return the place that ``x,y`` names in a CRS. Raises ParameterError."""
    allowed = "longitude and latitude" if crs in {CRS84, WGS84} else "x and y"
    try:
        x, y = (decimal(part) for part in text.split(","))
    except ValueError:
        raise ParameterError("point", f"{allowed} with a comma between", text) from None
    if crs in {CRS84, WGS84} and not (abs(x) <= _TURN and abs(y) <= _POLE):
        raise ParameterError("point", f"{allowed}, from -360 to 360 and from -90 to 90", text)
    if max(abs(x), abs(y)) > FARTHEST:
        raise ParameterError("point", f"{allowed} of at most {FARTHEST:,.0f}", text)
    return x, y


def point_document(
    place: tuple[float, float],
    pixel: tuple[int, int],
    info: ImageInfo,
    *,
    bands: Sequence[int],
    values: Array,
    valid: Mask,
) -> dict[str, Any]:
    """Return the document of a place under titiler's names; null where nothing was measured.

    ``pixel`` is column and row; ``bands`` count from 0; both arrays have shape (band,).
    """
    return {
        "coordinates": list(place),
        "values": [
            value if known and math.isfinite(value) else None
            for value, known in zip(values.tolist(), valid.tolist(), strict=True)
        ],
        "band_names": [f"b{band + 1}" for band in bands],
        "band_descriptions": [info.bands[band].name or f"b{band + 1}" for band in bands],
        "column": pixel[0],
        "row": pixel[1],
    }


def corners_document(grid: Grid) -> dict[str, float]:
    """Return the document of ``tiles/{z}/{x}/{y}/corners``, under large_image's names.

    On the earth in the units of the grid's CRS; else in pixels of full resolution, y downwards.
    """
    box = grid.box
    return {"xmin": box.x, "xmax": box.right, "ymin": box.y, "ymax": box.bottom}


def bounds_document(info: ImageInfo, crs: str = CRS84) -> dict[str, Any]:
    """Return the smallest box of a CRS around an image: left, bottom, right, top.

    Across the antimeridian in degrees the left edge is beyond the right one. Raises
    ParameterError for an image that lies nowhere, or has no bounds in the CRS.
    """
    box = bounds(georeference(info), info.size, crs)
    if box is None:
        raise ParameterError("coord_crs", "a CRS in which the image has bounds", crs)
    edges = _degrees(box) if crs in {CRS84, WGS84} else [box.x, box.y, box.right, box.bottom]
    return {"bounds": edges, "crs": uri(crs)}


def footprint_document(info: ImageInfo, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the image's edge as a GeoJSON Feature in longitude and latitude.

    It is cut in two at the antimeridian (RFC 7946, 3.1.9). An image that does not lie on the
    earth with all of its edge has its bounds. Raises ParameterError for one that lies nowhere.
    """
    geo = georeference(info)
    box = bounds(geo, info.size, CRS84) or Box(-_HALF_TURN, -_POLE, _TURN, 2 * _POLE)
    try:
        rings = outline(geo, info.size)
    except ValueError:
        rings = []
    rings = rings or [_ring(box)]
    geometry: dict[str, Any] = (
        {"type": "Polygon", "coordinates": rings}
        if len(rings) == 1
        else {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    )
    return {
        "type": "Feature",
        "bbox": _degrees(box),
        "geometry": geometry,
        "properties": dict(properties),
    }


def place_headers(grid: Grid) -> dict[str, str]:
    """Return the headers that tell where an answer lies, for formats that cannot: titiler's.

    ``Content-Bbox`` is left, bottom, right, top; ``Content-Crs`` is OGC's URI, and left out
    for a CRS that has none. A grid of pixels has no headers.
    """
    if grid.crs is None:
        return {}
    box = grid.box
    edges = map(float, (box.x, box.y, box.right, box.bottom))
    headers = {"Content-Bbox": ",".join(map(repr, edges))}
    name = uri(grid.crs)
    return headers | ({"Content-Crs": f"<{name}>"} if name.startswith("http") else {})


def _degrees(box: Box) -> list[float]:
    """Return west, south, east, north; the west beyond the east across the antimeridian."""
    if box.width >= _TURN:
        return [-_HALF_TURN, box.y, _HALF_TURN, box.bottom]
    return [_longitude(box.x), box.y, _longitude(box.right), box.bottom]


def _longitude(degrees: float) -> float:
    if -_HALF_TURN <= degrees <= _HALF_TURN:
        return degrees
    return (degrees + _HALF_TURN) % _TURN - _HALF_TURN


def _ring(box: Box) -> list[tuple[float, float]]:
    """Return a box of degrees as a ring, against the clock; one that is too wide goes around."""
    west, east = (-_HALF_TURN, _HALF_TURN) if box.right > _HALF_TURN else (box.x, box.right)
    south, north = max(box.y, -_POLE), min(box.bottom, _POLE)
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]
