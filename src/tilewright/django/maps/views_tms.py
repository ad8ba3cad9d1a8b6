"""TMS 1.0.0 for Django: a tree of addresses from the service down to its tiles."""

from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from tilewright.django import conf
from tilewright.django.maps.address import root_url
from tilewright.django.maps.documents import send
from tilewright.django.maps.layers import Layers
from tilewright.django.maps.opened import every_opened, opened
from tilewright.django.maps.pictures import picture
from tilewright.django.replies import with_problems
from tilewright.errors import ParameterError
from tilewright.web.maps import osgeo_tms, xml
from tilewright.web.maps.asked import asked
from tilewright.web.paths import format_of, index

PATH = "tms"
LISTED = "image/png"
"""The format of the tile maps that the service lists; others are had by their suffix."""
_SERVICE = f"{PATH}/{osgeo_tms.VERSION}"
_MAP = rf"^{_SERVICE}/(?P<layer>[^/]+)/(?P<tile_set>[^/]+)/(?P<fmt>[^/]+)"
_TILE = r"(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)\.(?P<suffix>[^/.]+)"


def urls_for(layers: Layers, *, title: str = "Tilewright") -> list[URLPattern]:
    """Return the paths of a TMS: ``tms/``, ``tms/1.0.0/`` and what lies below.

    Put them where you like, with ``include``; documents name the address that they were
    asked at.
    """
    views = _Views(layers, title)
    return [
        re_path(rf"^{PATH}/?$", with_problems(views.services)),
        re_path(rf"^{_SERVICE}/?$", with_problems(views.service)),
        re_path(rf"{_MAP}/?$", with_problems(views.tile_map)),
        re_path(rf"{_MAP}/{_TILE}$", with_problems(views.tile)),
    ]


@dataclass(frozen=True, slots=True)
class _Views:
    layers: Layers
    title: str

    def services(self, request: HttpRequest) -> HttpResponse:
        """Return the versions of the service."""
        return send(request, osgeo_tms.services(_root(request, PATH), self.title), xml.MEDIA_TYPE)

    def service(self, request: HttpRequest) -> HttpResponse:
        """Return the list of tile maps."""
        shown = [layer for _, layer in every_opened(self.layers, request)]
        edge = conf.edge()
        body = osgeo_tms.tile_map_service(
            _root(request, _SERVICE),
            self.title,
            shown,
            edge.tile_sets,
            edge.media_types[LISTED],
        )
        return send(request, body, xml.MEDIA_TYPE)

    def tile_map(self, request: HttpRequest, **path: str) -> HttpResponse:
        """Return the description of a tile map."""
        end = f"{_SERVICE}/{path['layer']}/{path['tile_set']}/{path['fmt']}"
        layer = opened(self.layers.named(request, path["layer"]))
        edge = conf.edge()
        name = format_of(path["fmt"], edge.suffixes)
        media_type = edge.engine.encoder(name).media_type
        tile_set = edge.tile_sets.get(path["tile_set"])
        root = _root(request, end)
        body = osgeo_tms.tile_map(root, layer, tile_set, media_type, path["fmt"])
        return send(request, body, xml.MEDIA_TYPE)

    def tile(self, request: HttpRequest, **path: str) -> HttpResponse:
        """Return a tile; its row is counted from below."""
        found = self.layers.named(request, path["layer"])
        edge = conf.edge()
        if path["suffix"] != path["fmt"]:
            raise ParameterError("fmt", f"{path['fmt'][:20]}, as in the path", path["suffix"])
        name = format_of(path["fmt"], edge.suffixes)
        zoom, column, row = (index(part, path[part]) for part in ("z", "x", "y"))
        tile_set = edge.tile_sets.get(path["tile_set"])
        target = osgeo_tms.map_tile(tile_set, zoom, column, row)
        info = partial(edge.engine.info, found.source)
        query = request.META.get("QUERY_STRING", "")
        return picture(request, found, asked(target, name, query, info))


def _root(request: HttpRequest, end: str) -> str:
    """Return the service's own address; a path may end in a slash or not."""
    slash = "/" if request.path.endswith("/") else ""
    return f"{root_url(request, end + slash)}/{PATH}"
