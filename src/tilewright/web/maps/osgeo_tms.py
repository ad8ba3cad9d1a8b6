"""TMS 1.0.0 (OSGeo): tiles whose rows are counted from below, and the files that say so."""

from collections.abc import Iterable, Sequence

from tilewright.errors import OutsideError
from tilewright.geometry import Box
from tilewright.request import MapTile
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrix, TileMatrixSet
from tilewright.web.maps import xml
from tilewright.web.maps.layer import Layer, limits
from tilewright.web.maps.suits import is_plain, suiting
from tilewright.web.maps.xml import element, leaf

VERSION = "1.0.0"
_PROFILES = {WEB_MERCATOR_QUAD: "global-mercator", "WorldCRS84Quad": "global-geodetic"}
_SAME_WITH_X_FIRST = {"WGS1984Quad"}
"""TMS has no order of axes, so that this is WorldCRS84Quad once more."""


def offered(layer: Layer, sets: Iterable[TileMatrixSet]) -> list[TileMatrixSet]:
    """Return the sets in which a layer is served."""
    return [one for one in suiting(layer, sets) if is_served(one)]


def is_served(tile_set: TileMatrixSet) -> bool:
    """Tell whether TMS can describe a set: one lower left corner, one size of tile."""
    if not is_plain(tile_set) or tile_set.name in _SAME_WITH_X_FIRST:
        return False
    first = tile_set.matrices[0]
    left, bottom = first.left, _bottom(first)
    return all(
        abs(matrix.left - left) < matrix.cell_size / 2
        and abs(_bottom(matrix) - bottom) < matrix.cell_size / 2
        and (matrix.tile_width, matrix.tile_height) == (first.tile_width, first.tile_height)
        for matrix in tile_set.matrices
    )


def services(root: str, title: str) -> bytes:
    """Return the root resource: which versions there are at the absolute address ``root``."""
    href = f"{root}/{VERSION}/"
    service = {"title": title, "version": VERSION, "href": href}
    return xml.document(element("Services", None, element("TileMapService", service)))


def tile_map_service(
    root: str, title: str, layers: Sequence[Layer], sets: Iterable[TileMatrixSet], suffix: str
) -> bytes:
    """Return the resource that lists the tile maps: each layer in each set that suits it."""
    known = list(sets)
    maps = (
        element(
            "TileMap",
            {
                "title": layer.title,
                "srs": srs(one),
                "profile": profile(one),
                "href": address(root, layer, one, suffix),
            },
        )
        for layer in layers
        for one in offered(layer, known)
    )
    return xml.document(
        element(
            "TileMapService",
            {"version": VERSION, "services": f"{root}/"},
            leaf("Title", title),
            leaf("Abstract", ""),
            element("TileMaps", None, maps),
        )
    )


def tile_map(
    root: str, layer: Layer, tile_set: TileMatrixSet, media_type: str, suffix: str
) -> bytes:
    """Return the resource of a tile map. Raises OutsideError when the layer is not in the set."""
    reached = limits(layer, tile_set)
    if not reached or not is_served(tile_set):
        raise OutsideError(f"the image is not served in {tile_set.name}")
    first, area = tile_set.matrices[0], _area(tile_set)
    here = address(root, layer, tile_set, suffix)
    # That of the set, not of the layer: GDAL takes its corner for the origin of the tiles.
    corners = {"minx": area.x, "miny": area.y, "maxx": area.right, "maxy": area.bottom}
    tile_format = {
        "width": first.tile_width,
        "height": first.tile_height,
        "mime-type": media_type,
        "extension": suffix,
    }
    shown = range(tile_set.first_zoom, reached[-1].zoom + 1)
    rows = (_tile_set(f"{here}{zoom}", tile_set.matrix(zoom), zoom) for zoom in shown)
    return xml.document(
        element(
            "TileMap",
            {"version": VERSION, "tilemapservice": f"{root}/{VERSION}/"},
            leaf("Title", layer.title),
            leaf("Abstract", layer.abstract),
            leaf("SRS", srs(tile_set)),
            element("BoundingBox", corners),
            element("Origin", {"x": first.left, "y": _bottom(first)}),
            element("TileFormat", tile_format),
            element("TileSets", {"profile": profile(tile_set)}, rows),
        )
    )


def map_tile(tile_set: TileMatrixSet, zoom: int, column: int, row: int) -> MapTile:
    """Return the tile whose row is counted from below. Raises OutsideError."""
    if not is_served(tile_set):
        raise OutsideError(f"{tile_set.name} is not served by TMS")
    matrix = tile_set.matrix(zoom)
    matrix.affine(column, row)
    return MapTile(matrix, column, matrix.rows - 1 - row, matrix.tile_width, matrix.tile_height)


def address(root: str, layer: Layer, tile_set: TileMatrixSet, suffix: str) -> str:
    """Return the address of a tile map, with a slash at its end."""
    return f"{root}/{VERSION}/{layer.name}/{tile_set.name}/{suffix}/"


def srs(tile_set: TileMatrixSet) -> str:
    """Return the CRS in the form that clients of TMS know: x is always the easting."""
    return "EPSG:4326" if tile_set.crs == "OGC:CRS84" else tile_set.crs


def profile(tile_set: TileMatrixSet) -> str:
    """Return the name of a well-known pyramid; ``local`` for all others."""
    return _PROFILES.get(tile_set.name, "local")


def _tile_set(href: str, matrix: TileMatrix, order: int) -> str:
    attributes = {"href": href, "units-per-pixel": matrix.cell_size, "order": order}
    return element("TileSet", attributes)


def _area(tile_set: TileMatrixSet) -> Box:
    first = tile_set.matrices[0]
    wide, high = first.columns * first.tile_width, first.rows * first.tile_height
    return Box(first.left, _bottom(first), wide * first.cell_size, high * first.cell_size)


def _bottom(matrix: TileMatrix) -> float:
    return matrix.top - matrix.rows * matrix.tile_height * matrix.cell_size
