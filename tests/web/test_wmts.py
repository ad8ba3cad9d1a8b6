"""WMTS 1.0.0: the document of a service, and questions by key and value."""

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.web.earth import dateline, earth, utm
from tilewright.errors import OutsideError, ParameterError, SourceNotFoundError, TilewrightError
from tilewright.tms import TileMatrixSets
from tilewright.web.maps import wmts
from tilewright.web.maps.suits import suiting
from tilewright.web.maps.wmts_capabilities import capabilities

SETS = TileMatrixSets()
FORMATS = {"image/png": "png", "image/jpeg": "jpg"}
ROOT = "https://example.org/maps/wmts"
NS = {"w": "http://www.opengis.net/wmts/1.0", "ows": "http://www.opengis.net/ows/1.1"}
HREF = "{http://www.w3.org/1999/xlink}href"
TILE = {
    "Service": "WMTS",
    "Request": "GetTile",
    "Version": "1.0.0",
    "Layer": "utm",
    "Style": "default",
    "Format": "image/png",
    "TileMatrixSet": "WebMercatorQuad",
    "TileMatrix": "3",
    "TileRow": "4",
    "TileCol": "5",
}
LAYER_ORDER = [
    *("Title", "Abstract", "WGS84BoundingBox", "Identifier", "Style", "Format", "InfoFormat"),
    *("TileMatrixSetLink", "ResourceURL"),
]
SET_ORDER = ["Title", "Identifier", "SupportedCRS", "WellKnownScaleSet", "TileMatrix"]


def document_of(*layers, sets=SETS, title="Maps"):
    body = capabilities(title, ROOT, layers, sets, FORMATS)
    return body, etree.fromstring(body)


def in_order(node, names):
    """Tell whether a node's children come as the schema's sequence has them."""
    found = [names.index(child.tag.rpartition("}")[2]) for child in node]
    return all(first <= second for first, second in pairwise(found))


@pytest.fixture(scope="module")
def root():
    return document_of(utm(abstract="Trees."), dateline(), earth())[1]


def schema_of(name):
    """Return a schema of OGC's, all its parts from files: nothing is fetched."""
    found = find_spec("mapproxy")
    if found is None:
        pytest.skip("the package mapproxy, which ships OGC's schemas, is absent")
    folder = Path(found.submodule_search_locations[0]) / "test" / "schemas"
    tree = etree.parse(folder / name, etree.XMLParser(no_network=True))
    for limit in ("MinTileRow", "MaxTileRow", "MinTileCol", "MaxTileCol"):
        # This version of the schema allows no 0, though tiles are counted from 0.
        for element in tree.iterfind(f".//{{*}}element[@name='{limit}']"):
            element.set("type", "nonNegativeInteger")
    return etree.XMLSchema(tree)


@pytest.mark.parametrize("layers", [(utm(abstract="Trees."), dateline(), earth()), ()])
def test_capabilities_are_valid_by_the_schema_of_ogc(layers):
    body, _ = document_of(*layers)
    schema = schema_of("wmts/1.0/wmtsGetCapabilities_response.xsd")
    schema.assertValid(etree.fromstring(body))


def test_reports_are_valid_by_the_schema_of_ogc():
    report = wmts.exception_report(wmts.MissingError("LAYER", "given"))
    schema_of("ows/1.1.0/owsExceptionReport.xsd").assertValid(etree.fromstring(report.body))


def test_the_parts_come_in_the_order_of_the_schema(root):
    assert [child.tag.rpartition("}")[2] for child in root] == [
        "ServiceIdentification",
        "ServiceProvider",
        "OperationsMetadata",
        "Contents",
        "ServiceMetadataURL",
    ]
    assert root.findtext("ows:ServiceIdentification/ows:ServiceType", None, NS) == "OGC WMTS"
    layers = root.findall("w:Contents/w:Layer", NS)
    assert len(layers) == 3
    assert all(in_order(layer, LAYER_ORDER) for layer in layers)
    sets = root.findall("w:Contents/w:TileMatrixSet", NS)
    assert len(sets) > 3
    assert all(in_order(one, SET_ORDER) for one in sets)


def test_every_link_leads_to_a_set_that_is_described(root):
    described = {
        one.findtext("ows:Identifier", None, NS): {
            matrix.findtext("ows:Identifier", None, NS)
            for matrix in one.findall("w:TileMatrix", NS)
        }
        for one in root.findall("w:Contents/w:TileMatrixSet", NS)
    }
    links = root.findall("w:Contents/w:Layer/w:TileMatrixSetLink", NS)
    assert {link.findtext("w:TileMatrixSet", None, NS) for link in links} == set(described)
    for link in links:
        matrices = described[link.findtext("w:TileMatrixSet", None, NS)]
        for row in link.findall("w:TileMatrixSetLimits/w:TileMatrixLimits", NS):
            assert row.findtext("w:TileMatrix", None, NS) in matrices


@pytest.mark.parametrize(
    ("name", "crs", "corner"),
    [
        ("WebMercatorQuad", "urn:ogc:def:crs:EPSG::3857", (-20037508.342789, 20037508.342789)),
        ("WGS1984Quad", "urn:ogc:def:crs:EPSG::4326", (90, -180)),
        ("WorldCRS84Quad", "urn:ogc:def:crs:OGC:1.3:CRS84", (-180, 90)),
    ],
)
def test_corners_follow_the_axes_of_the_crs(root, name, crs, corner):
    (one,) = (
        node
        for node in root.findall("w:Contents/w:TileMatrixSet", NS)
        if node.findtext("ows:Identifier", None, NS) == name
    )
    assert one.findtext("ows:SupportedCRS", None, NS) == crs
    text = one.findtext("w:TileMatrix/w:TopLeftCorner", None, NS)
    assert [float(part) for part in text.split()] == pytest.approx(corner, abs=1e-3)


def test_scales_are_those_of_the_registry(root):
    one = next(
        node
        for node in root.findall("w:Contents/w:TileMatrixSet", NS)
        if node.findtext("ows:Identifier", None, NS) == "WebMercatorQuad"
    )
    scale = float(one.findtext("w:TileMatrix/w:ScaleDenominator", None, NS))
    assert scale == pytest.approx(559082264.0287178, rel=1e-9)
    assert one.findtext("w:WellKnownScaleSet", None, NS).endswith("GoogleMapsCompatible")


def test_limits_are_the_tiles_that_touch_the_layer():
    _, root = document_of(utm())
    row = root.find(".//w:TileMatrixLimits", NS)
    assert [child.text for child in row] == ["8", "96", "96", "72", "73"]
    matrices = root.findall("w:Contents/w:TileMatrixSet", NS)[0].findall("w:TileMatrix", NS)
    # GDAL takes the last for the resolution.
    assert len(matrices) == 13


def test_resources_are_absolute_and_complete(root):
    resources = root.findall("w:Contents/w:Layer/w:ResourceURL", NS)
    assert len(resources) == 3 * 4
    tiles = [one for one in resources if one.get("resourceType") == "tile"]
    assert tiles[0].get("template") == (
        f"{ROOT}/1.0.0/utm/{{Style}}/{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}.png"
    )
    infos = [one for one in resources if one.get("resourceType") == "FeatureInfo"]
    assert all("{J}/{I}." in one.get("template") for one in infos)
    gets = root.findall(".//ows:Get", NS)
    assert all(one.get(HREF).startswith(ROOT) for one in gets)
    assert [one.get(HREF) for one in gets].count(f"{ROOT}?") == 3


def test_a_box_across_the_antimeridian_goes_around(root):
    layer = root.findall("w:Contents/w:Layer", NS)[1]
    box = layer.find("ows:WGS84BoundingBox", NS)
    assert box.findtext("ows:LowerCorner", None, NS).split()[0] == "-180"
    assert box.findtext("ows:UpperCorner", None, NS).split()[0] == "180"


def test_text_is_escaped_and_quotes_are_double():
    body, root = document_of(utm(title="a<b>&\"'\x00\ud800"), title="</ows:Title>")
    assert b"'1.0'" not in body
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    layer = root.find("w:Contents/w:Layer", NS)
    assert layer.findtext("ows:Title", None, NS) == "a<b>&\"'\ufffd\ufffd"


def test_a_service_without_layers_is_a_service():
    _, root = document_of()
    assert list(root.find("w:Contents", NS)) == []


def test_only_sets_that_suit_are_offered():
    names = {one.name for one in suiting(utm(), SETS)}
    assert {"WebMercatorQuad", "WGS1984Quad", "WorldCRS84Quad", "CanadianNAD83_LCC"} <= names
    # Elsewhere on the earth, or with rows of joined tiles.
    assert not names & {"NZTM2000Quad", "EuropeanETRS89_LAEAQuad", "GNOSISGlobalGrid"}


def test_a_question_is_read_in_any_case():
    wanted = wmts.TileAsked("utm", "image/png", "WebMercatorQuad", "3", 4, 5)
    for change in (str.upper, str.lower, str.title):
        query = urlencode({change(name): text for name, text in TILE.items()})
        assert wmts.operation(query, FORMATS) == wanted
    empty = urlencode(TILE | {"Style": ""})
    assert wmts.operation(empty, FORMATS) == wanted
    info = TILE | {"Request": "GetFeatureInfo", "I": "1", "J": "2", "InfoFormat": "text/plain"}
    pixel = wmts.Pixel(1, 2, "text/plain")
    assert wmts.operation(urlencode(info), FORMATS) == wmts.FeatureInfo(wanted, pixel)
    asked = "service=WMTS&request=GetCapabilities&acceptversions=2.0.0,1.0.0"
    assert wmts.operation(asked, FORMATS) == wmts.Capabilities()


@pytest.mark.parametrize("name", sorted(TILE))
def test_each_parameter_of_a_tile_must_be_given(name):
    query = urlencode({key: text for key, text in TILE.items() if key != name})
    with pytest.raises(wmts.MissingError) as caught:
        wmts.operation(query, FORMATS)
    assert caught.value.parameter == name.upper()


@given(
    st.dictionaries(st.sampled_from([*TILE, "I", "J", "InfoFormat", "x"]), st.text(max_size=12)),
    st.text(max_size=30),
)
def test_no_query_breaks_the_parser(changes, tail):
    for query in (urlencode(TILE | changes), tail, f"service=WMTS&request=GetTile&{tail}"):
        try:
            wmts.operation(query, FORMATS)
        except TilewrightError as error:
            assert wmts.exception_report(error).status in {400, 501}  # noqa: PT017


def test_a_tile_beyond_its_matrix_does_not_exist():
    matrix = SETS.get("WebMercatorQuad").matrix(2)
    assert wmts.map_tile(matrix, 3, 3).row == 3
    for column, row in ((4, 0), (0, 4), (-1, 0), (2**31, 0)):
        with pytest.raises(OutsideError):
            wmts.map_tile(matrix, column, row)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ParameterError("x", "<1>", "&"), 400, "InvalidParameterValue"),
        (wmts.TileError("far"), 400, "TileOutOfRange"),
        (OutsideError("no such band"), 404, "InvalidParameterValue"),
        (SourceNotFoundError("gone", uri="/secret"), 404, "NoApplicableCode"),
        (wmts.OperationError("REQUEST", "one"), 501, "OperationNotSupported"),
    ],
)
def test_a_report_says_what_went_wrong(error, status, code):
    report = wmts.exception_report(error)
    assert report.status == status
    assert report.headers["Content-Length"] == str(len(report.body))
    (exception,) = etree.fromstring(report.body)
    assert exception.get("exceptionCode") == code
    assert exception.findtext("ows:ExceptionText", None, NS) == str(error)
    assert b"secret" not in report.body


def test_the_servers_own_fault_has_no_report():
    assert wmts.exception_report(TilewrightError("bug")) is None
