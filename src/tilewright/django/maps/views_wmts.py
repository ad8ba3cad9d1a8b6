"""WMTS 1.0.0 for Django: by key and value at one address, by resources below it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

from tilewright.django import conf
from tilewright.django.maps.address import root_url
from tilewright.django.maps.documents import send
from tilewright.django.maps.layers import Layers, MapSource
from tilewright.django.maps.opened import every_opened, opened
from tilewright.django.maps.pictures import picture
from tilewright.django.replies import note, to_response, with_problems
from tilewright.errors import OutsideError, ParameterError, TilewrightError
from tilewright.request import MapTile
from tilewright.tms import TileMatrix
from tilewright.web.frames import located
from tilewright.web.maps import feature_info, wmts, xml
from tilewright.web.maps.asked import asked, plane_in, without
from tilewright.web.maps.wmts_capabilities import DOCUMENT, capabilities
from tilewright.web.paths import format_of, index

FORMATS = ("image/png", "image/jpeg", "image/webp")
"""Those that are offered, where their encoders are installed."""
PATH = "wmts"
_PLACE = r"(?P<layer>[^/]+)/(?P<style>[^/]+)/(?P<tile_set>[^/]+)/(?P<matrix>[^/]+)"
_TILE = rf"^{PATH}/{wmts.VERSION}/{_PLACE}/(?P<row>[^/]+)/(?P<column>[^/]+)"

View = Callable[..., HttpResponseBase]


def urls_for(layers: Layers, *, title: str = "Tilewright") -> list[URLPattern]:
    """Return the paths of a WMTS: ``wmts`` for key and value, ``wmts/1.0.0/…`` for resources.

    Put them where you like, with ``include``; documents name the address that they were
    asked at.
    """
    views = _Views(layers, title)
    return [
        re_path(rf"^{PATH}/?$", _with_reports(views.key_value)),
        re_path(rf"^{PATH}/{DOCUMENT}$", with_problems(views.document)),
        re_path(rf"{_TILE}\.(?P<fmt>[^/.]+)$", with_problems(views.tile)),
        re_path(rf"{_TILE}/(?P<j>[^/]+)/(?P<i>[^/]+)\.(?P<fmt>[^/.]+)$", with_problems(views.info)),
    ]


def _with_reports(view: View) -> View:
    """Answer what goes wrong in a view with an ExceptionReport."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except TilewrightError as error:
            note(error)
            report = wmts.exception_report(error)
            if report is None:
                raise
            return to_response(report, request.method)

    # Other methods are refused before.
    return with_problems(guarded)


@dataclass(frozen=True, slots=True)
class _Views:
    layers: Layers
    title: str

    def key_value(self, request: HttpRequest) -> HttpResponse:
        """Answer a question by key and value."""
        query = request.META.get("QUERY_STRING", "")
        offered = formats()
        question = wmts.operation(query, offered)
        if isinstance(question, wmts.Capabilities):
            end = f"{PATH}/" if request.path.endswith("/") else PATH
            return self._capabilities(request, end)
        tile = question.tile if isinstance(question, wmts.FeatureInfo) else question
        try:
            found = self.layers.named(request, tile.layer)
        except OutsideError as error:
            raise ParameterError("LAYER", "the name of a layer", tile.layer) from error
        matrix = _matrix_named(tile)
        own = without(query, wmts.NAMES)
        target = wmts.map_tile(matrix, tile.column, tile.row)
        if isinstance(question, wmts.TileAsked):
            name = conf.edge().suffixes[offered[tile.format]]
            return _picture(request, found, target, name, own)
        return _info(request, found, target, question.pixel, own)

    def document(self, request: HttpRequest) -> HttpResponse:
        """Return the capabilities."""
        return self._capabilities(request, f"{PATH}/{DOCUMENT}")

    def tile(self, request: HttpRequest, **path: str) -> HttpResponse:
        """Return a tile as a resource."""
        found, target = self._resource(request, path)
        edge = conf.edge()
        suffixes = {suffix: edge.suffixes[suffix] for suffix in formats().values()}
        name = format_of(path["fmt"], suffixes)
        query = request.META.get("QUERY_STRING", "")
        return _picture(request, found, target, name, query)

    def info(self, request: HttpRequest, **path: str) -> HttpResponse:
        """Return the values under a pixel of a tile as a resource."""
        found, target = self._resource(request, path)
        media_types = {suffix: kind for kind, suffix in feature_info.INFO_FORMATS.items()}
        media_type = format_of(path["fmt"], media_types)
        pixel = wmts.Pixel(index("i", path["i"]), index("j", path["j"]), media_type)
        return _info(request, found, target, pixel, request.META.get("QUERY_STRING", ""))

    def _resource(self, request: HttpRequest, path: dict[str, str]) -> tuple[MapSource, MapTile]:
        found = self.layers.named(request, path["layer"])
        if path["style"] != wmts.STYLE:
            raise OutsideError(f"there is no style {path['style'][:40]!r}")
        matrix = wmts.matrix_of(conf.edge().tile_sets.get(path["tile_set"]), path["matrix"])
        column, row = index("column", path["column"]), index("row", path["row"])
        return found, wmts.map_tile(matrix, column, row)

    def _capabilities(self, request: HttpRequest, end: str) -> HttpResponse:
        folder = root_url(request, end)
        shown = [layer for _, layer in every_opened(self.layers, request)]
        sets = conf.edge().tile_sets
        body = capabilities(self.title, f"{folder}/{PATH}", shown, sets, formats())
        return send(request, body, xml.MEDIA_TYPE)


def formats() -> wmts.Formats:
    """Return the formats of pictures that are offered: media type to suffix."""
    media_types = conf.edge().media_types
    return {name: media_types[name] for name in FORMATS if name in media_types}


def _matrix_named(tile: wmts.TileAsked) -> TileMatrix:
    try:
        tile_set = conf.edge().tile_sets.get(tile.tile_matrix_set)
    except OutsideError as error:
        allowed = "the name of a tile matrix set"
        raise ParameterError("TILEMATRIXSET", allowed, tile.tile_matrix_set) from error
    try:
        return wmts.matrix_of(tile_set, tile.tile_matrix)
    except OutsideError as error:
        allowed = f"the name of a matrix of {tile_set.name}"
        raise ParameterError("TILEMATRIX", allowed, tile.tile_matrix) from error


def _picture(
    request: HttpRequest, found: MapSource, target: MapTile, format: str, query: str
) -> HttpResponse:
    info = partial(conf.edge().engine.info, found.source)
    return picture(request, found, asked(target, format, query, info))


def _info(
    request: HttpRequest, found: MapSource, target: MapTile, pixel: wmts.Pixel, query: str
) -> HttpResponse:
    wmts.check_pixel(target.matrix, pixel)
    layer, crs = opened(found), target.matrix.crs
    affine = target.matrix.affine(target.column, target.row)
    region = feature_info.own_pixel(layer, affine, crs, pixel.i, pixel.j)
    plane, raster = located(plane_in(query), lambda: layer.info), None
    if region is not None:
        raster = conf.edge().engine.read(found.source, region, plane=plane)
    values = feature_info.values_of(layer.info, raster)
    if pixel.format == "text/plain":
        return send(request, feature_info.text_document(values), "text/plain; charset=utf-8")
    where = feature_info.place(affine, crs, pixel.i, pixel.j)
    return send(request, feature_info.json_document(where, values), pixel.format)
