"""TileJSON for Django: a document for each layer, whose tiles are those of the WMTS."""

import json
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from tilewright.django import conf
from tilewright.django.maps import views_wmts
from tilewright.django.maps.address import root_url
from tilewright.django.maps.documents import send
from tilewright.django.maps.layers import Layers
from tilewright.django.maps.opened import opened
from tilewright.django.replies import with_problems
from tilewright.errors import OutsideError, ParameterError
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrixSet
from tilewright.web import http
from tilewright.web.maps import wmts
from tilewright.web.maps.asked import asked, fields, without
from tilewright.web.maps.suits import is_plain
from tilewright.web.maps.tilejson import tilejson_document

PATH = "tilejson"
FORMAT = "tile_format"


def urls_for(layers: Layers) -> list[URLPattern]:
    """Return the paths ``tilejson/NAME.json`` and ``tilejson/SET/NAME.json``.

    They stand beside those of `views_wmts.urls_for`, which serve the tiles. The query's
    ``tile_format``, a suffix, chooses the format; the rest of the query is handed on to the
    tiles.
    """
    view = with_problems(_Views(layers).document)
    return [
        re_path(rf"^{PATH}/(?P<layer>[^/]+)\.json$", view),
        re_path(rf"^{PATH}/(?P<tile_set>[^/]+)/(?P<layer>[^/]+)\.json$", view),
    ]


@dataclass(frozen=True, slots=True)
class _Views:
    layers: Layers

    def document(
        self, request: HttpRequest, layer: str, tile_set: str | None = None
    ) -> HttpResponse:
        """Return the TileJSON of a layer."""
        found = self.layers.named(request, layer)
        edge = conf.edge()
        chosen = _numbered(edge.tile_sets.get(tile_set or WEB_MERCATOR_QUAD))
        query = request.META.get("QUERY_STRING", "")
        suffix = _suffix(query)
        own = without(query, {FORMAT})
        shown = opened(found)
        zoom = chosen.zooms.start
        # What the tiles would refuse is refused here already.
        asked(
            wmts.map_tile(chosen.matrix(zoom), 0, 0),
            edge.suffixes[suffix],
            own,
            partial(edge.engine.info, found.source),
        )
        path = f"{PATH}/{layer}.json" if tile_set is None else f"{PATH}/{tile_set}/{layer}.json"
        address = (
            f"{root_url(request, path)}/{views_wmts.PATH}/{wmts.VERSION}/{layer}/{wmts.STYLE}"
            f"/{chosen.name}/{{z}}/{{y}}/{{x}}.{suffix}"
        )
        document = tilejson_document(shown, chosen, f"{address}?{own}" if own else address)
        return send(request, json.dumps(document).encode(), http.JSON)


def _suffix(query: str) -> str:
    suffixes = list(views_wmts.formats().values())
    given = dict(fields(query)).get(FORMAT, suffixes[0])
    if given not in suffixes:
        raise ParameterError(FORMAT, f"one of {', '.join(suffixes)}", given)
    return given


def _numbered(tile_set: TileMatrixSet) -> TileMatrixSet:
    """Return the set itself when a client can put the zoom where a matrix's name stands."""
    named = all(tile_set.matrix(zoom).id == str(zoom) for zoom in tile_set.zooms)
    if not (named and is_plain(tile_set)):
        raise OutsideError(f"{tile_set.name} has no TileJSON")
    return tile_set
