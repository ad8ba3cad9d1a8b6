"""TileJSON 3.0.0: what a web map needs to show an image."""

from typing import Any

from tilewright.errors import OutsideError
from tilewright.geometry import Box
from tilewright.tms import TileMatrixSet
from tilewright.web.maps.layer import Layer, limits, zooms

VERSION = "3.0.0"
_DEEPEST = 30
_HALF_TURN = 180.0
_POLE = 90.0


def tilejson_document(
    layer: Layer, tile_set: TileMatrixSet, template: str, *, tile_size: int | None = None
) -> dict[str, Any]:
    """Return the document of an image, for an absolute address with {z}, {x} and {y}.

    ``tile_size`` is that of the template's tiles in pixels; None: the set's own. Raises
    OutsideError when no tile of the set touches the image.
    """
    if not limits(layer, tile_set):
        raise OutsideError(f"the image lies outside {tile_set.name}")
    first, last = zooms(layer, tile_set)
    first, last = min(first, _DEEPEST), min(last, _DEEPEST)
    bounds = layer.bounds
    document: dict[str, Any] = {
        "tilejson": VERSION,
        "name": layer.title,
        "tiles": [template],
        # The published schema wants it of all; a picture has none.
        "vector_layers": [],
        "scheme": "xyz",
        "minzoom": first,
        "maxzoom": last,
        "bounds": list(unwrapped(bounds)),
        "center": [*_middle(bounds), first],
        # No key of the standard's, but the one that clients read.
        "tileSize": tile_size or tile_set.matrix(first).tile_width,
    }
    if layer.abstract:
        document["description"] = layer.abstract
    return document


def unwrapped(bounds: Box) -> tuple[float, float, float, float]:
    """Return west, south, east, north within the earth; all around across the antimeridian.

    A box that wraps is forbidden in TileJSON (3.4), and most clients of other standards take
    it for the rest of the world.
    """
    west, east = bounds.x, bounds.right
    if west < -_HALF_TURN or east > _HALF_TURN:
        west, east = -_HALF_TURN, _HALF_TURN
    return west, max(-_POLE, bounds.y), east, min(_POLE, bounds.bottom)


def _middle(bounds: Box) -> tuple[float, float]:
    longitude = bounds.x + bounds.width / 2
    around = (longitude + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN
    latitude = bounds.y + bounds.height / 2
    return around, max(-_POLE, min(_POLE, latitude))
