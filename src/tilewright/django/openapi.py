"""OpenAPI of the image routes, by drf-spectacular, from the declarations of `tilewright.web`.

It is made when a schema is asked for, so that it lists the formats that are installed then.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework.views import APIView

from tilewright.django import conf
from tilewright.django.image_routes import ROUTES
from tilewright.django.sources import MOST_URL
from tilewright.web import (
    borders,
    deepzoom,
    downloads,
    findings,
    frames,
    http,
    insides,
    metadata,
    numbers,
    scales,
    world,
    xyz,
)
from tilewright.web.iiif import info
from tilewright.web.maps import asked, features, places, validation
from tilewright.web.params import ParameterSet
from tilewright.web.paths import Suffixes

PROBLEMS = {
    400: "A parameter has a value that is not allowed.",
    401: "Who asks is not known. As 403 and 429, only where the project asks for it.",
    403: "Who asks may not see the image.",
    404: "There is no such image, tile or plane.",
    413: "More is asked than the limits allow.",
    415: "No reader understands the file.",
    422: "The file is damaged.",
    429: "Too much was asked in a short time.",
    503: "The storage does not answer now.",
}

_PLACES = {
    "z": "Zoom: 0 holds the whole image in one tile, each further one doubles both sides.",
    "x": "Column of the tile, from 0 at the left.",
    "y": "Row of the tile, from 0 at the top.",
}

_SET = OpenApiParameter(
    "tms",
    {"type": "string", "example": "WebMercatorQuad"},
    OpenApiParameter.PATH,
    description="The name of a tile matrix set.",
)

_KEY = OpenApiParameter(
    "key",
    {"type": "string", "example": "label"},
    OpenApiParameter.PATH,
    description="The name of an associated image.",
)


_IIIF_VERSION = OpenApiParameter(
    "iiif",
    {"type": "integer", "enum": [2, 3], "default": 3},
    OpenApiParameter.PATH,
    description="Of the IIIF Image API: 2 for 2.1.1, 3 for 3.0.",
)
_IIIF_SEGMENTS = [
    OpenApiParameter(
        name, {"type": "string", "example": example}, OpenApiParameter.PATH, description=text
    )
    for name, example, text in (
        ("region", "full", "full, square, x,y,w,h or pct:x,y,w,h."),
        ("size", "!200,200", "max, w, or ,h, pct:n, w,h or !w,h; 3.0 enlarges after a ^ only."),
        ("rotation", "0", "Degrees clockwise, a ! before them for a mirrored picture."),
        ("quality", "default", "default, color, gray or bitonal."),
    )
]
_GEOJSON = {"type": "object", "description": "GeoJSON (RFC 7946)."}
_EARTH = {
    "type": "Polygon",
    "coordinates": [[[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]]],
}
"""An example for any image, but not of a picture: at full resolution none is as large."""


class ImageViews(OpenApiViewExtension):  # type: ignore[no-untyped-call]  # its base has no types
    """Adds parameters and media types to every viewset that has the mixin."""

    target_class = "tilewright.django.rest.ImageViewSetMixin"
    match_subclasses = True

    def view_replacement(self) -> type[APIView]:
        """Return the viewset with its image routes described."""
        described: type[APIView] = type(self.target.__name__, (self.target,), {})
        edge = conf.edge()
        zoomed = deepzoom.offered(edge.suffixes)
        pictures, zoomed_pictures = _media_types(edge.suffixes), _media_types(zoomed)
        offered = tuple(edge.media_types)
        suffix, zoomed_suffix = _suffix(edge.suffixes), _suffix(zoomed)
        places_in_path = [
            OpenApiParameter(
                name,
                {"type": "integer", "minimum": 0, "example": 0},
                OpenApiParameter.PATH,
                description=text,
            )
            for name, text in _PLACES.items()
        ]
        views: type[APIView] = extend_schema_view(
            metadata_internal=_document(insides.INTERNAL_SCHEMA, []),
            tiffdump=_document(insides.TIFFDUMP_SCHEMA, []),
            images=_document({"type": "array", "items": {"type": "string"}}, []),
            associated_image=_pictures(pictures, [_KEY, suffix, *_parameters(scales.REGION)]),
            tile_frames=_pictures(pictures, [suffix, *_parameters(frames.SHEET)]),
            tile_frames_layout=_document(frames.SHEET_SCHEMA, _parameters(frames.LAYOUT)),
            deepzoom_tile=_pictures(
                zoomed_pictures, [*places_in_path, zoomed_suffix, *_parameters(asked.PARAMETERS)]
            ),
            deepzoom=_xml(_parameters(deepzoom.DESCRIPTOR)),
            iiif_image=_pictures(
                pictures, [_IIIF_VERSION, *_IIIF_SEGMENTS, suffix, *_parameters(asked.PARAMETERS)]
            ),
            iiif_info=_described([_IIIF_VERSION]),
            iiif_base=_redirected([_IIIF_VERSION]),
            image_metadata=_document(metadata.INFO_SCHEMA, _parameters(world.METADATA)),
            tiles_metadata=_document(metadata.TILES_SCHEMA, _parameters(world.METADATA)),
            bands=_document(findings.BANDS_SCHEMA, _parameters(numbers.OVERVIEW)),
            band=_document(findings.BAND_SCHEMA, _parameters(numbers.BAND)),
            frames=_document(findings.FRAMES_SCHEMA, []),
            histogram=_document(findings.HISTOGRAM_SCHEMA, _parameters(numbers.HISTOGRAM)),
            statistics=_document(findings.STATISTICS_SCHEMA, _parameters(numbers.STATISTICS)),
            pixel=_document(findings.PIXEL_SCHEMA, _parameters(numbers.PIXEL)),
            profile=_document(findings.PROFILE_SCHEMA, _parameters(numbers.PROFILE)),
            tile=_pictures(pictures, [*places_in_path, suffix, *_parameters(borders.TILE)]),
            map_tile=_pictures(pictures, [_SET, *places_in_path, suffix, *_parameters(xyz.TILE)]),
            thumbnail=_pictures(pictures, [suffix, *_parameters(downloads.THUMBNAIL)]),
            negotiated_thumbnail=_pictures(offered, _parameters(downloads.THUMBNAIL)),
            region=_pictures(pictures, [suffix, *_parameters(scales.REGION)]),
            point=_document(places.POINT_SCHEMA, _parameters(places.POINT)),
            footprint=_document(places.FOOTPRINT_SCHEMA, []),
            bounds=_document(places.BOUNDS_SCHEMA, _parameters(places.BOUNDS)),
            validate=_document(validation.VALIDATION_SCHEMA, _parameters(validation.PARAMETERS)),
            tilejson=_document(places.TILEJSON_SCHEMA, _parameters(places.TILEJSON)),
            tile_corners=_document(
                places.CORNERS_SCHEMA, [*places_in_path, *_parameters(xyz.TILE)]
            ),
            zones=_posted(
                {(200, http.JSON): OpenApiResponse(dict(features.STATISTICS_SCHEMA))},
                _parameters(features.STATISTICS),
                {**_GEOJSON, "example": _EARTH},
            ),
            feature=_posted(
                {(200, media): OpenApiResponse(OpenApiTypes.BINARY) for media in pictures},
                [suffix, *_parameters(downloads.FEATURE)],
                _GEOJSON,
            ),
            negotiated_region=_pictures(offered, _parameters(scales.REGION)),
        )(described)
        _tell_apart(views.map_tile, "of_set")  # type: ignore[attr-defined]  # the mixin has it
        _tell_apart(views.iiif_base, "base")  # type: ignore[attr-defined]  # likewise
        return _with_url(views, self.target.url_parameter) if self.target.url_parameter else views


def _suffix(suffixes: Suffixes) -> OpenApiParameter:
    return OpenApiParameter(
        "fmt",
        {"type": "string", "enum": list(suffixes)},
        OpenApiParameter.PATH,
        description="The file format.",
    )


def _media_types(suffixes: Suffixes) -> tuple[str, ...]:
    encoders = (conf.edge().engine.encoder(name) for name in suffixes.values())
    return tuple(dict.fromkeys(encoder.media_type for encoder in encoders))


def _tell_apart(method: Any, ending: str) -> None:
    """Give a method an operation of its own: its path is another's but for a parameter.

    The name is made of the path, as all are: a viewset may be registered at many.
    """

    class OfItsOwn(method.kwargs["schema"]):  # type: ignore[misc,name-defined]  # made at run time
        def get_operation_id(self) -> str:
            return f"{super().get_operation_id()}_{ending}"

    method.kwargs["schema"] = OfItsOwn


def _with_url(views: type[APIView], name: str) -> type[APIView]:
    """Add the parameter that names the image to all its routes."""
    url = OpenApiParameter(
        name,
        {"type": "string", "format": "uri", "maxLength": MOST_URL},
        OpenApiParameter.QUERY,
        required=True,
        description="The address of the image, on a host that this server may read.",
    )
    add: Any = extend_schema_view(**{route: extend_schema(parameters=[url]) for route in ROUTES})
    found: type[APIView] = add(views)
    return found


def _parameters(parameters: ParameterSet) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            parameter.name,
            dict(parameter.schema),
            OpenApiParameter.QUERY,
            required=parameter.required,
            description=parameter.help,
        )
        for parameter in parameters.parameters
    ]


def _document(schema: Mapping[str, Any], parameters: list[OpenApiParameter]) -> Any:
    responses = {(200, http.JSON): OpenApiResponse(dict(schema)), **_problems()}
    return extend_schema(parameters=parameters, filters=False, responses=responses)


def _pictures(media_types: tuple[str, ...], parameters: list[OpenApiParameter]) -> Any:
    binary = OpenApiResponse(OpenApiTypes.BINARY)
    responses = {**{(200, media): binary for media in media_types}, **_problems()}
    return extend_schema(parameters=parameters, filters=False, responses=responses)


def _described(parameters: list[OpenApiParameter]) -> Any:
    """Describe ``info.json``, which Accept chooses the media type of."""
    found = OpenApiResponse(dict(info.INFO_SCHEMA))
    responses = {**{(200, media): found for media in (info.JSON_LD, http.JSON)}, **_problems()}
    return extend_schema(parameters=parameters, filters=False, responses=responses)


def _xml(parameters: list[OpenApiParameter]) -> Any:
    found = OpenApiResponse(OpenApiTypes.STR)
    responses = {(200, deepzoom.MEDIA_TYPE): found, **_problems()}
    return extend_schema(parameters=parameters, filters=False, responses=responses)


def _redirected(parameters: list[OpenApiParameter]) -> Any:
    onwards = OpenApiResponse(description="The description is at the address in Location.")
    responses = {303: onwards, **_problems()}
    return extend_schema(parameters=parameters, filters=False, responses=responses)


def _posted(
    responses: Mapping[tuple[int, str], OpenApiResponse],
    parameters: list[OpenApiParameter],
    body: Mapping[str, Any],
) -> Any:
    """Describe a route that takes GeoJSON."""
    return extend_schema(
        parameters=parameters,
        filters=False,
        request={features.MEDIA_TYPE: dict(body)},
        responses={**responses, **_problems()},
    )


def _problems() -> dict[Any, OpenApiResponse]:
    problem = dict(http.PROBLEM_SCHEMA)
    return {
        304: OpenApiResponse(description="The client's copy is still right."),
        **{
            (status, http.PROBLEM_JSON): OpenApiResponse(problem, description=text)
            for status, text in PROBLEMS.items()
        },
    }
