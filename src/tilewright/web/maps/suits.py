"""Which tile matrix sets are worth offering for an image."""

from collections.abc import Iterable

from tilewright.crs import area_of_use, urn
from tilewright.geometry import Box
from tilewright.tms import TileMatrixSet
from tilewright.web.maps.layer import Layer, limits

_TURNS = (-360.0, 0.0, 360.0)


def suiting(layer: Layer, sets: Iterable[TileMatrixSet]) -> list[TileMatrixSet]:
    """Return the sets whose area meets the image, in their order.

    Left out are sets that older standards cannot describe: rows of joined tiles, rows counted
    from below, a CRS without a code.
    """
    bounds = layer.bounds
    return [one for one in sets if is_plain(one) and _meets(bounds, one) and limits(layer, one)]


def is_plain(tile_set: TileMatrixSet) -> bool:
    """Tell whether WMTS and TMS can describe a set: see `suiting`."""
    odd = any(matrix.coalesced or matrix.bottom_up for matrix in tile_set.matrices)
    return not odd and urn(tile_set.crs).startswith("urn:")


def _meets(bounds: Box, tile_set: TileMatrixSet) -> bool:
    area = area_of_use(tile_set.crs)
    if area is None:
        return True
    west, south, east, north = area
    east = east + 360.0 if east < west else east
    if bounds.bottom <= south or bounds.y >= north:
        return False
    return any(bounds.x + turn < east and bounds.right + turn > west for turn in _TURNS)
