"""The capabilities of a WMTS 1.0.0: layers, tile matrix sets, and where to ask."""

from collections.abc import Iterable, Sequence

from tilewright.crs import northing_first, urn
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrix, TileMatrixSet
from tilewright.web.maps import xml
from tilewright.web.maps.feature_info import INFO_FORMATS
from tilewright.web.maps.layer import Layer, limits
from tilewright.web.maps.suits import suiting
from tilewright.web.maps.tilejson import unwrapped
from tilewright.web.maps.wmts import OPERATIONS, STYLE, VERSION, Formats
from tilewright.web.maps.xml import element, leaf

DOCUMENT = f"{VERSION}/WMTSCapabilities.xml"
TEMPLATE = VERSION + "/{layer}/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}"
"""Of resources, below the service's address; the layer's name is filled in already."""
_NAMESPACES = {
    "xmlns": "http://www.opengis.net/wmts/1.0",
    "xmlns:ows": "http://www.opengis.net/ows/1.1",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.opengis.net/wmts/1.0 "
    "http://schemas.opengis.net/wmts/1.0/wmtsGetCapabilities_response.xsd",
    "version": VERSION,
}
_WELL_KNOWN = {WEB_MERCATOR_QUAD: "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible"}


def capabilities(
    title: str,
    root: str,
    layers: Sequence[Layer],
    sets: Iterable[TileMatrixSet],
    formats: Formats,
) -> bytes:
    """Return the document of a service at the absolute address ``root``.

    Each layer is offered in the sets whose area it meets. Only those are described, and
    down to the finest matrix that a layer is worth: clients such as GDAL take the last one for
    the resolution of all.
    """
    known = list(sets)
    offered = [(layer, suiting(layer, known)) for layer in layers]
    finest: dict[str, int] = {}
    for layer, suited in offered:
        for one in suited:
            finest[one.name] = max(finest.get(one.name, 0), limits(layer, one)[-1].zoom)
    return xml.document(
        element(
            "Capabilities",
            _NAMESPACES,
            _identification(title),
            _provider(title),
            element("ows:OperationsMetadata", None, (_operation(o, root) for o in OPERATIONS)),
            element(
                "Contents",
                None,
                (_layer(layer, suited, root, formats) for layer, suited in offered if suited),
                (_tile_matrix_set(one, finest[one.name]) for one in known if one.name in finest),
            ),
            element("ServiceMetadataURL", {"xlink:href": f"{root}/{DOCUMENT}"}),
        )
    )


def _identification(title: str) -> str:
    return element(
        "ows:ServiceIdentification",
        None,
        leaf("ows:Title", title),
        leaf("ows:ServiceType", "OGC WMTS"),
        leaf("ows:ServiceTypeVersion", VERSION),
    )


def _provider(title: str) -> str:
    # The schema wants a contact, and is content with an empty one.
    contact = element("ows:ServiceContact")
    return element("ows:ServiceProvider", None, leaf("ows:ProviderName", title), contact)


def _operation(name: str, root: str) -> str:
    gets = [_get(f"{root}?", "KVP")]
    if name == "GetCapabilities":
        gets.append(_get(f"{root}/{DOCUMENT}", "RESTful"))
    elif name == "GetTile":
        gets.append(_get(f"{root}/{VERSION}/", "RESTful"))
    inside = element("ows:DCP", None, element("ows:HTTP", None, gets))
    return element("ows:Operation", {"name": name}, inside)


def _get(address: str, encoding: str) -> str:
    values = element("ows:AllowedValues", None, leaf("ows:Value", encoding))
    constraint = element("ows:Constraint", {"name": "GetEncoding"}, values)
    return element("ows:Get", {"xlink:href": address}, constraint)


def _layer(layer: Layer, sets: Sequence[TileMatrixSet], root: str, formats: Formats) -> str:
    west, south, east, north = unwrapped(layer.bounds)
    template = f"{root}/{TEMPLATE.replace('{layer}', layer.name)}"
    return element(
        "Layer",
        None,
        leaf("ows:Title", layer.title),
        [leaf("ows:Abstract", layer.abstract)] if layer.abstract else [],
        element(
            "ows:WGS84BoundingBox",
            None,
            leaf("ows:LowerCorner", _pair(west, south)),
            leaf("ows:UpperCorner", _pair(east, north)),
        ),
        leaf("ows:Identifier", layer.name),
        element("Style", {"isDefault": "true"}, leaf("ows:Identifier", STYLE)),
        (leaf("Format", media_type) for media_type in formats),
        (leaf("InfoFormat", media_type) for media_type in INFO_FORMATS),
        (_link(layer, one) for one in sets),
        (
            _resource(media_type, "tile", f"{template}.{suffix}")
            for media_type, suffix in formats.items()
        ),
        (
            _resource(media_type, "FeatureInfo", f"{template}/{{J}}/{{I}}.{suffix}")
            for media_type, suffix in INFO_FORMATS.items()
        ),
    )


def _resource(media_type: str, kind: str, template: str) -> str:
    return element(
        "ResourceURL", {"format": media_type, "resourceType": kind, "template": template}
    )


def _link(layer: Layer, tile_set: TileMatrixSet) -> str:
    rows = (
        element(
            "TileMatrixLimits",
            None,
            leaf("TileMatrix", one.id),
            leaf("MinTileRow", one.first_row),
            leaf("MaxTileRow", one.last_row),
            leaf("MinTileCol", one.first_column),
            leaf("MaxTileCol", one.last_column),
        )
        for one in limits(layer, tile_set)
    )
    return element(
        "TileMatrixSetLink",
        None,
        leaf("TileMatrixSet", tile_set.name),
        element("TileMatrixSetLimits", None, rows),
    )


def _tile_matrix_set(tile_set: TileMatrixSet, finest: int) -> str:
    known = _WELL_KNOWN.get(tile_set.name)
    flipped = northing_first(tile_set.crs)
    return element(
        "TileMatrixSet",
        None,
        leaf("ows:Title", tile_set.title),
        leaf("ows:Identifier", tile_set.name),
        leaf("ows:SupportedCRS", urn(tile_set.crs)),
        [leaf("WellKnownScaleSet", known)] if known else [],
        (
            _matrix(tile_set.matrix(zoom), flipped=flipped)
            for zoom in range(tile_set.first_zoom, finest + 1)
        ),
    )


def _matrix(matrix: TileMatrix, *, flipped: bool) -> str:
    corner = (matrix.top, matrix.left) if flipped else (matrix.left, matrix.top)
    return element(
        "TileMatrix",
        None,
        leaf("ows:Identifier", matrix.id),
        leaf("ScaleDenominator", matrix.scale_denominator),
        leaf("TopLeftCorner", _pair(*corner)),
        leaf("TileWidth", matrix.tile_width),
        leaf("TileHeight", matrix.tile_height),
        leaf("MatrixWidth", matrix.columns),
        leaf("MatrixHeight", matrix.rows),
    )


def _pair(first: float, second: float) -> str:
    return f"{xml.text(first)} {xml.text(second)}"
