"""A query of a map or of a tile to a `RenderRequest`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from tilewright.crs import uri
from tilewright.request import MapRegion, RenderRequest, Target
from tilewright.style import Style
from tilewright.tms import TileMatrixSet
from tilewright.web.maps.asked import asked, fields, without
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.ogc.formats import Formats
from tilewright.web.maps.ogc.frame import frame
from tilewright.web.maps.ogc.map_params import SUBSET, map_parameters, tile_parameters
from tilewright.web.maps.ogc.places import CRS84, corners, has_uri
from tilewright.web.maps.ogc.tilesets import tile_target
from tilewright.web.params import ParameterSet

_WHITE = "#ffffff"
_Read = tuple[dict[str, Any], str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is drawn, and what its headers tell."""

    request: RenderRequest
    headers: Mapping[str, str]


def map_asked(layer: Layer, *, query: str, accept: str, formats: Formats, style: Style) -> Asked:
    """Return what ``map?{query}`` asks for.

    ``style`` is the layer's own look. Raises ParameterError.
    """
    parameters = map_parameters(formats.parameter)
    values, rest, headers = _read(parameters, _joined(query), accept, formats)
    place = frame(layer, values)
    target = MapRegion(place.crs, place.box, place.width, place.height)
    box = ",".join(repr(number) for number in corners(place.crs, place.box))
    headers["Content-Bbox"] = box
    if place.crs != CRS84 and has_uri(place.crs):
        headers["Content-Crs"] = f"<{uri(place.crs)}>"
    return Asked(_request(target, values, rest, layer, style), headers)


def tile_asked(
    layer: Layer,
    tile_set: TileMatrixSet,
    place: tuple[str, str, str],
    *,
    query: str,
    accept: str,
    formats: Formats,
    style: Style,
) -> Asked:
    """Return what a tile's address asks for; ``place`` is tile matrix, row and column.

    Raises ParameterError, OutsideError.
    """
    values, rest, headers = _read(tile_parameters(formats.parameter), query, accept, formats)
    target = tile_target(layer, tile_set, place)
    return Asked(_request(target, values, rest, layer, style), headers)


def _request(
    target: Target, values: Mapping[str, Any], rest: str, layer: Layer, style: Style
) -> RenderRequest:
    """Return the request; without transparency its look has a ground."""
    request = asked(target, values["f"], rest, lambda: layer.info)
    ground = values.get("bgcolor")
    if ground is not None:
        request = replace(request, encoding=replace(request.encoding, background=ground))
    look = request.style if request.style.text else style
    if not values.get("transparent", ground is None):
        look = replace(look, background=ground or _WHITE)
    return replace(request, style=look)


def _read(parameters: ParameterSet, query: str, accept: str, formats: Formats) -> _Read:
    """Return the values of a standard's parameters, what else is asked, and what was chosen.

    Raises ParameterError.
    """
    values = parameters.read(query)
    headers = {} if "f" in values else {"Vary": "Accept"}
    values["f"] = formats.chosen(values.get("f"), accept)
    names = {parameter.name for parameter in parameters.parameters}
    return values, without(query, names), headers


def _joined(query: str) -> str:
    """Return the query with its several subsets as one (20-058, subset-definition H)."""
    if query.count("subset=") <= 1:
        return query
    pairs = fields(query)
    subsets = [text for name, text in pairs if name == SUBSET.name]
    rest = [(name, text) for name, text in pairs if name != SUBSET.name]
    return urlencode([*rest, (SUBSET.name, ",".join(subsets))])
