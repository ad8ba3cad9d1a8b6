"""Tiles and regions of the earth: the parameters that lead there, and what they come to."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tilewright.crs import canonical_crs, convert, period
from tilewright.errors import OutsideError, ParameterError
from tilewright.extent import bounds
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Size
from tilewright.image import ImageInfo
from tilewright.request import RESAMPLINGS, MapRegion, MapTile, georeference, ordered
from tilewright.tms import TileMatrix, TileMatrixSet, TileMatrixSets
from tilewright.web.numbers import decimal
from tilewright.web.params import UNSET, Parameter, choice, flag, integer

PIXELS = "pixels"
OF_THE_ANSWER = "projection"
"""Units that are those of the answer's own CRS."""
_OTHER_NAMES = {"pixel": PIXELS, "base_pixels": PIXELS, "wgs84": "EPSG:4326"}
"""As large_image has them."""
LARGEST_SIDE = 4096
_HALVES = 2
_WIDEST_BUFFER = 256
_EDGE_PLACES = 21
_SAMPLES = Size(32, 32)
_LARGEST_SCALE = 4


def _crs_parameter(name: str, help: str, misspellings: tuple[str, ...] = ()) -> Parameter[str]:
    def parse(text: str) -> str:
        return canonical_crs(text, name)

    return Parameter(
        name,
        help,
        "a coordinate reference system such as EPSG:3857",
        parse,
        str,
        {"type": "string", "example": "EPSG:3857"},
        misspellings=misspellings,
        unset=UNSET,
    )


def units_of(text: str, allowed: str) -> str:
    """Return the one name of what edges count. Raises ParameterError, which says what may be."""
    name = _OTHER_NAMES.get(text.lower(), text)
    plain = name.lower()
    return plain if plain in {PIXELS, OF_THE_ANSWER} else canonical_crs(name, "units", allowed)


def _units_parameter() -> Parameter[str]:
    allowed = f"{PIXELS}, {OF_THE_ANSWER}, or a coordinate reference system such as EPSG:4326"
    return Parameter(
        "units",
        "What the edges count: pixels of full resolution, or the units of a coordinate "
        f"reference system ({OF_THE_ANSWER}: of the answer's), x to the east and y to the "
        "north. A left edge beyond the right one then leads across the antimeridian.",
        allowed,
        lambda text: units_of(text, allowed),
        str,
        {"type": "string", "default": PIXELS, "example": "EPSG:4326"},
        misspellings=("unit", "units_crs", "bbox_crs", "bbox-crs"),
        unset=UNSET,
    )


def _buffer_parameter() -> Parameter[float]:
    def parse(text: str) -> float:
        value = decimal(text)
        if not 0 <= value <= _WIDEST_BUFFER or value * _HALVES != int(value * _HALVES):
            raise ValueError
        return value

    return Parameter(
        "buffer",
        "Output pixels added on each side of a tile of the earth.",
        f"a multiple of 0.5 from 0 to {_WIDEST_BUFFER}",
        parse,
        lambda value: f"{value:g}",
        {"type": "number", "minimum": 0, "maximum": _WIDEST_BUFFER, "default": 0},
    )


UNITS = _units_parameter()
PROJECTION = _crs_parameter(
    "projection",
    "The coordinate reference system of the answer. Without it a picture stays in the image's "
    "own pixels.",
    ("proj", "crs", "srs", "dst_crs"),
)
RESAMPLING = choice(
    "resampling",
    "How pixels are made from those of the image, where they are not the same.",
    RESAMPLINGS,
    default="bilinear",
    misspellings=("resample", "resampling_method"),
)
TILE: tuple[Parameter[Any], ...] = (
    PROJECTION,
    integer(
        "tile_size",
        "Side of a tile of the earth in pixels: 256, 512 and so on.",
        low=1,
        high=LARGEST_SIDE,
        aliases=("tilesize",),
        misspellings=("tileSize",),
    ),
    _buffer_parameter(),
    integer(
        "padding",
        "Taken from clients of other servers, and without effect: tiles of the earth are "
        "always read with the margin that they need.",
        low=0,
        high=_WIDEST_BUFFER,
    ),
    choice(
        "row_order",
        "How rows are counted: from the top (xyz), or from the bottom (tms).",
        ("xyz", "tms"),
        default="xyz",
    ),
    RESAMPLING,
)
COG = flag("cog", "Write a TIFF as a Cloud Optimized GeoTIFF.")
REGION: tuple[Parameter[Any], ...] = (UNITS, PROJECTION, RESAMPLING, COG)

_NEED_A_SET = ("tile_size", "buffer", "row_order")


def tile_set(
    sets: TileMatrixSets, name: str | None, values: Mapping[str, Any]
) -> TileMatrixSet | None:
    """Return the set that a path's name or ``projection`` asks for; None for neither.

    Raises OutsideError for a name that is none, ParameterError for parameters that need one.
    """
    if name is not None:
        return sets.get(name)
    if "projection" in values:
        return sets.of_crs(values["projection"])
    for needing in _NEED_A_SET:
        if needing in values:
            raise ParameterError(needing, "given together with projection")
    return None


def map_tile(
    chosen: TileMatrixSet, place: tuple[int, int, int], scale: int, values: Mapping[str, Any]
) -> MapTile:
    """Return the tile z, x, y of a set. Raises OutsideError, ParameterError."""
    z, x, y = place
    matrix = chosen.matrix(z)
    _check_inside(matrix, x, y)
    if not 1 <= scale <= _LARGEST_SCALE:
        raise ParameterError("scale", f"from @1x to @{_LARGEST_SCALE}x", f"@{scale}x")
    side = values.get("tile_size")
    width, height = (matrix.tile_width, matrix.tile_height) if side is None else (side, side)
    row = matrix.rows - 1 - y if values.get("row_order") == "tms" else y
    return MapTile(matrix, x, row, width * scale, height * scale, values.get("buffer", 0.0))


def _check_inside(matrix: TileMatrix, x: int, y: int) -> None:
    if not (0 <= x < matrix.columns and 0 <= y < matrix.rows):
        raise OutsideError(
            f"tile {x},{y} is outside {matrix.columns}×{matrix.rows} tiles "
            f"of {matrix.set_name} at zoom {matrix.id}"
        )


def map_region(
    edges: tuple[float, float, float, float] | None,
    values: Mapping[str, Any],
    info: Callable[[], ImageInfo],
) -> MapRegion:
    """Return the region that ``units`` and ``projection`` make of edges.

    ``edges`` are left, top, right, bottom as given. Without ``projection`` the answer is in
    the image's own CRS; ``info`` is called only when that is needed. Raises ParameterError, and
    OutsideError for pixels that the image does not have.
    """
    units, crs = values.get("units", PIXELS), values.get("projection")
    width, height = values.get("width"), values.get("height")
    if crs is None:
        crs = georeference(info()).crs
    if edges is None:
        return MapRegion(crs, None, width, height)
    if units == PIXELS:
        found = info()
        geo = georeference(found)
        left, right = sorted((edges[0], edges[2]))
        top, bottom = sorted((edges[1], edges[3]))
        if not (left < found.size.width and top < found.size.height and right > 0 and bottom > 0):
            raise OutsideError("the region lies outside the image")
        places = geo.to_crs(*_outline(left, top, right - left, bottom - top))
        return MapRegion(crs, _around(*convert(geo.crs, crs, *places), crs), width, height)
    if units == OF_THE_ANSWER:
        units = crs
    box = ordered(edges, units)
    if units != crs:
        box = _brought(box, units, crs)
    return MapRegion(crs, box, width, height)


def _brought(box: Box, units: str, crs: str) -> Box:
    """Return the box of a CRS around one of another; a pole within counts."""
    side = _SAMPLES.width
    affine = Affine(box.width / side, 0.0, box.x, 0.0, -box.height / side, box.bottom)
    found = bounds(Geo(units, affine), _SAMPLES, crs)
    if found is None:
        raise ParameterError("units", "a system whose edges lie in the domain of projection")
    return found


def _outline(x: float, y: float, width: float, height: float) -> tuple[Any, Any]:
    """Return places along the four edges of a rectangle, one after the other all around it."""
    along = np.linspace(0, 1, _EDGE_PLACES)
    zero, one = np.zeros_like(along), np.ones_like(along)
    across = np.concatenate([along, one, 1 - along, zero]) * width + x
    down = np.concatenate([zero, along, one, 1 - along]) * height + y
    return across, down


def _around(x: Any, y: Any, crs: str) -> Box:
    kept = np.isfinite(x) & np.isfinite(y)
    if not kept.any():
        raise ParameterError("units", "a system whose edges lie in the domain of projection")
    x, y = x[kept], y[kept]
    around = period(crs)
    if around is not None:
        # Edges across the antimeridian jump there.
        x = np.unwrap(x, period=around)
        x = x - around * np.floor((x.min() + around / 2) / around + 1e-9)
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    if not (wide > 0 and high > 0):
        raise ParameterError("right", "so far from left that a pixel lies between")
    return Box(float(x.min()), float(y.min()), wide, high)
