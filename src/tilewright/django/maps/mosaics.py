"""Several layers as one picture, for Django: tiles, regions, values, and lists of assets."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import PurePosixPath
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from tilewright.assets import MOST_BYTES, parse_assets
from tilewright.django import conf
from tilewright.django.caching import mosaic_kind
from tilewright.django.maps.address import root_url
from tilewright.django.maps.documents import send
from tilewright.django.maps.layers import Layers, MapSource
from tilewright.django.replies import kept_answer, to_response, with_problems
from tilewright.errors import ParameterError, TilewrightError
from tilewright.image import ImageInfo
from tilewright.mosaic import METHODS, MOST_SOURCES, Mosaic
from tilewright.request import MapRegion, MapTile, RenderRequest, georeference
from tilewright.style import Style
from tilewright.tms import WEB_MERCATOR_QUAD
from tilewright.web import frames, http
from tilewright.web.maps import mosaic_documents, mosaics
from tilewright.web.maps.asked import without
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.mosaics import Members
from tilewright.web.maps.tilejson import tilejson_document

TILEJSON = "tilejson.json"
_TILE = r"(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)\.(?P<fmt>[^/.]+)"
_TILE_FORMAT = "png"
"""Of the tiles that documents lead to: it shows where nothing is."""
_DATA_KEPT = frozenset({"stack", "count"})
"""Methods whose result looks like none of the images."""


def urls_for(layers: Layers) -> list[URLPattern]:
    """Return the paths of mosaics; a project puts them where it likes, with ``include``.

    ``tiles/SET/Z/X/Y.FMT``, ``tiles/Z/X/Y.FMT``, ``region.FMT``, ``tilejson.json``, ``point``
    and ``info``, each with ``?images=3,1,2&method=first``; and a POST of a MosaicJSON or a
    STAC Item to the root.
    """
    views = _Views(layers)
    return [
        re_path(r"^$", csrf_exempt(_posted(views.listing))),
        re_path(rf"^tiles/(?P<tms>[^/]+)/{_TILE}$", with_problems(views.tile)),
        re_path(rf"^tiles/{_TILE}$", with_problems(views.tile)),
        re_path(r"^region\.(?P<fmt>[^/.]+)$", with_problems(views.region)),
        re_path(rf"^{TILEJSON}$", with_problems(views.tilejson)),
        re_path(r"^point$", with_problems(views.point)),
        re_path(r"^info$", with_problems(views.info)),
    ]


def _posted(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take POST alone, and answer what goes wrong with problem documents."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            reply = http.problem_document(405, "the method is POST", {}, {"Allow": "POST"})
            return to_response(reply, request.method)
        try:
            return view(request)
        except TilewrightError as error:
            problem = http.problem(error)
            if problem is None:
                raise
            return to_response(problem, request.method)

    return guarded


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The layers that a query names, before their files are opened."""

    asked_for: Members
    sources: tuple[MapSource, ...]

    @property
    def mosaic(self) -> Mosaic:
        return Mosaic(tuple(one.source for one in self.sources), self.asked_for.method)

    @property
    def style(self) -> Style:
        """The look that is shown when none is asked: the layers' own when they have but one."""
        first = self.sources[0].style
        same = all(one.style == first for one in self.sources)
        return first if same and self.asked_for.method not in _DATA_KEPT else Style()

    def whole(self) -> ImageInfo:
        """Open the files. Raises SourceError, ParameterError."""
        return conf.edge().engine.mosaics.layout(self.mosaic).whole


@dataclass(frozen=True, slots=True)
class _Views:
    layers: Layers

    def tile(self, request: HttpRequest, **path: str) -> HttpResponse:
        """Return one tile: of a tile matrix set, or of the images' own pixels."""
        chosen = self._chosen(request)
        edge = conf.edge()
        place = path["z"], path["x"], path["y"]
        tile_set = edge.tile_sets.get(path["tms"]) if "tms" in path else None
        query = _query(request)
        asked = mosaics.tile(
            place, path["fmt"], query, edge.suffixes, chosen.whole, chosen=tile_set
        )
        return _picture(request, chosen, asked)

    def region(self, request: HttpRequest, **path: str) -> HttpResponse:
        """Return a rectangle, at any size."""
        chosen = self._chosen(request)
        suffixes = conf.edge().suffixes
        asked = mosaics.region(path["fmt"], _query(request), suffixes, chosen.whole)
        return _picture(request, chosen, asked)

    def tilejson(self, request: HttpRequest) -> HttpResponse:
        """Return the TileJSON of the tiles of Web Mercator; the query is handed on to them."""
        query = _query(request)
        mosaics.TILE.read(query)
        chosen = self._chosen(request)
        whole = chosen.whole()
        georeference(whole)
        title = f"{len(chosen.sources)} images, {chosen.asked_for.method}"
        address = (
            f"{root_url(request, f'/{TILEJSON}')}/tiles/{WEB_MERCATOR_QUAD}"
            f"/{{z}}/{{x}}/{{y}}.{_TILE_FORMAT}?{without(query, ())}"
        )
        tile_set = conf.edge().tile_sets.get(WEB_MERCATOR_QUAD)
        document = tilejson_document(Layer("mosaic", title, whole), tile_set, address)
        return _document(request, document)

    def point(self, request: HttpRequest) -> HttpResponse:
        """Return the values at a place: of the whole, and of each image."""
        longitude, latitude, asked = mosaics.point(_query(request))
        chosen = self._chosen(request)
        composer = conf.edge().engine.mosaics
        georeference(chosen.whole())
        plane = frames.located(asked, chosen.whole)
        target = mosaics.point_target(longitude, latitude)
        joined = composer.read(chosen.mosaic, target, plane=plane, resampling="nearest")
        each = composer.read_each(chosen.mosaic, target, plane=plane)
        names = chosen.asked_for.names
        found = mosaic_documents.point_document((longitude, latitude), joined, names, each)
        return _document(request, found)

    def info(self, request: HttpRequest) -> HttpResponse:
        """Return what the images are together."""
        chosen = self._chosen(request)
        layout = conf.edge().engine.mosaics.layout(chosen.mosaic)
        titles = [one.title for one in chosen.sources]
        found = mosaic_documents.info_document(chosen.asked_for, titles, layout.infos, layout.whole)
        return _document(request, found)

    def listing(self, request: HttpRequest) -> HttpResponse:
        """Return which layers a MosaicJSON or a STAC Item names, and where they are shown.

        The query may name a method; without one, the assets of a STAC Item are a stack.
        """
        given = mosaics.POSTED.read(_query(request))
        listed = parse_assets(request.read(MOST_BYTES + 1))
        names, missing = mosaic_documents.matched(listed, self._names(request))
        if len(names) > MOST_SOURCES:
            raise ParameterError("document", f"of at most {MOST_SOURCES} images", len(names))
        otherwise = "stack" if listed.kind == "stac-item" else METHODS[0]
        found = Members(tuple(names), given.get("method", otherwise)) if names else None
        root = root_url(request, "/")
        document = mosaic_documents.listing_document(found, missing, root)
        reply = http.Reply(
            200,
            {"Content-Type": http.JSON, "Cache-Control": "no-store"},
            json.dumps(document).encode(),
        )
        return to_response(reply, request.method)

    def _names(self, request: HttpRequest) -> dict[str, str]:
        """Return what an asset may be called, and the layer that it then is.

        A title, which is the file's name as a rule, comes before a layer's own name, and both
        before the name without its suffix.
        """
        every = list(self.layers.every(request))
        found: dict[str, str] = {}
        for called in (
            lambda one: one.title,
            lambda one: one.name,
            lambda one: PurePosixPath(one.title).stem,
        ):
            for one in every:
                found.setdefault(called(one), one.name)
        return found

    def _chosen(self, request: HttpRequest) -> _Chosen:
        asked_for = mosaics.members(mosaics.INFO.read(_query(request)))
        known = {name: self.layers.named(request, name) for name in dict.fromkeys(asked_for.names)}
        return _Chosen(asked_for, tuple(known[name] for name in asked_for.names))


def _picture(request: HttpRequest, chosen: _Chosen, asked: RenderRequest) -> HttpResponse:
    edge = conf.edge()
    asked = frames.framed(asked, chosen.whole)
    if not asked.style.text:
        asked = replace(asked, style=chosen.style)
    if isinstance(asked.target, MapTile | MapRegion):
        # A map has its north where its CRS has it.
        asked = replace(asked, style=asked.style.upright)
    mosaic = chosen.mosaic
    key = edge.engine.colormaps.seal(mosaic.key(asked), asked.style)
    validator = http.Validator(f'"{key}"', edge.cache_control)
    render = partial(edge.engine.mosaics.render, mosaic, asked)
    return kept_answer(
        request,
        mosaic_kind(mosaic, asked),
        validator,
        lambda: http.picture(render(), validator),
    )


def _document(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    return send(request, json.dumps(document, allow_nan=False).encode(), http.JSON)


def _query(request: HttpRequest) -> str:
    query: str = request.META.get("QUERY_STRING", "")
    return query
