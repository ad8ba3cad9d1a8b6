"""OGC API – Tiles and – Maps over a project's layers: plain Django views.

::

    urlpatterns = [path("ogc/", include(ogc.urls_for(MyLayers(), title="Our maps")))]
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

import tilewright
from tilewright.django import conf
from tilewright.django.maps.address import root_url
from tilewright.django.maps.documents import send
from tilewright.django.maps.layers import Layers
from tilewright.django.maps.opened import every_opened, opened
from tilewright.django.maps.pictures import picture
from tilewright.django.replies import View, with_problems
from tilewright.web import http
from tilewright.web.maps.ogc.collections import collection_document, collections_document
from tilewright.web.maps.ogc.formats import Formats, check_document_format
from tilewright.web.maps.ogc.landing import conformance_document, landing_document
from tilewright.web.maps.ogc.links import OPENAPI, Addresses
from tilewright.web.maps.ogc.maps import map_asked, tile_asked
from tilewright.web.maps.ogc.matrix_sets import matrix_set_document, matrix_sets_document
from tilewright.web.maps.ogc.openapi import openapi_document
from tilewright.web.maps.ogc.tilesets import tileset_document, tilesets_document

_NAME = r"(?P<{}>[^/]+)"
_MAP = f"collections/{_NAME.format('name')}/map"
_TILESET = f"{_MAP}/tiles/{_NAME.format('tms')}"
_TILE = "/".join([_TILESET, *(_NAME.format(part) for part in ("matrix", "row", "column"))])


def urls_for(layers: Layers, *, title: str = "Maps", description: str = "") -> list[URLPattern]:
    """Return the routes of a service over these layers; they are below wherever it is mounted.

    ``title`` and ``description`` stand on the landing page.
    """
    service = _Service(layers, title, description)
    routes: dict[str, View] = {
        "": service.landing,
        "conformance": service.conformance,
        "api": service.api,
        "collections": service.collections,
        f"collections/{_NAME.format('name')}": service.collection,
        _MAP: service.map,
        f"{_MAP}/tiles": service.tilesets,
        _TILESET: service.tileset,
        _TILE: service.tile,
        "tileMatrixSets": service.matrix_sets,
        f"tileMatrixSets/{_NAME.format('tms')}": service.matrix_set,
    }
    return [
        re_path(rf"^(?P<below>{path})\Z", with_problems(_own(view, path)))
        for path, view in routes.items()
    ]


def _own(view: View, path: str) -> View:
    """Return the view without what the routes above it capture: that is for the layers."""
    names = {"below", *re.compile(path).groupindex}

    def narrowed(request: HttpRequest, **captured: str) -> HttpResponseBase:
        return view(request, **{name: captured[name] for name in names})

    return narrowed


@dataclass(frozen=True)
class _Service:
    layers: Layers
    title: str
    description: str

    def landing(self, request: HttpRequest, below: str) -> HttpResponse:
        at = _addresses(request, below)
        return _document(request, landing_document(at, self.title, self.description))

    def conformance(self, request: HttpRequest, below: str) -> HttpResponse:  # noqa: ARG002
        return _document(request, conformance_document())

    def api(self, request: HttpRequest, below: str) -> HttpResponse:
        described = openapi_document(
            _addresses(request, below),
            self.title,
            tilewright.__version__,
            _formats(),
            conf.edge().tile_sets.names(),
        )
        return _document(request, described, media_type=OPENAPI)

    def collections(self, request: HttpRequest, below: str) -> HttpResponse:
        found = [layer for _, layer in every_opened(self.layers, request)]
        at = _addresses(request, below)
        return _document(request, collections_document(found, at, _formats()))

    def collection(self, request: HttpRequest, below: str, name: str) -> HttpResponse:
        layer = opened(self.layers.named(request, name))
        at = _addresses(request, below)
        return _document(request, collection_document(layer, at, _formats()))

    def tilesets(self, request: HttpRequest, below: str, name: str) -> HttpResponse:
        layer = opened(self.layers.named(request, name))
        at = _addresses(request, below)
        return _document(request, tilesets_document(layer, conf.edge().tile_sets, at))

    def tileset(self, request: HttpRequest, below: str, name: str, tms: str) -> HttpResponse:
        layer = opened(self.layers.named(request, name))
        at = _addresses(request, below)
        return _document(
            request, tileset_document(layer, conf.edge().tile_sets.get(tms), at, _formats())
        )

    def matrix_sets(self, request: HttpRequest, below: str) -> HttpResponse:
        at = _addresses(request, below)
        return _document(request, matrix_sets_document(conf.edge().tile_sets, at))

    def matrix_set(self, request: HttpRequest, below: str, tms: str) -> HttpResponse:  # noqa: ARG002
        return _document(request, matrix_set_document(conf.edge().tile_sets.get(tms)))

    def map(self, request: HttpRequest, below: str, name: str) -> HttpResponse:  # noqa: ARG002
        shown = self.layers.named(request, name)
        asked = map_asked(
            opened(shown),
            query=_query(request),
            accept=_accept(request),
            formats=_formats(),
            style=shown.style,
        )
        return _with_headers(picture(request, shown, asked.request), asked.headers)

    def tile(
        self,
        request: HttpRequest,
        *,
        name: str,
        tms: str,
        matrix: str,
        row: str,
        column: str,
        **_: str,
    ) -> HttpResponse:
        shown = self.layers.named(request, name)
        asked = tile_asked(
            opened(shown),
            conf.edge().tile_sets.get(tms),
            (matrix, row, column),
            query=_query(request),
            accept=_accept(request),
            formats=_formats(),
            style=shown.style,
        )
        return _with_headers(picture(request, shown, asked.request), asked.headers)


def _addresses(request: HttpRequest, below: str) -> Addresses:
    """Return the addresses of the service that a request came in by, wherever it is mounted."""
    return Addresses(f"{root_url(request, below)}/")


def _formats() -> Formats:
    edge = conf.edge()
    return Formats.of(edge.media_types, edge.suffixes)


def _query(request: HttpRequest) -> str:
    query: str = request.META.get("QUERY_STRING", "")
    return query


def _accept(request: HttpRequest) -> str:
    accept: str = request.META.get("HTTP_ACCEPT", "")
    return accept


def _document(
    request: HttpRequest, document: dict[str, Any], *, media_type: str = http.JSON
) -> HttpResponse:
    check_document_format(_query(request))
    body = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    return send(request, body, media_type)


def _with_headers(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response
