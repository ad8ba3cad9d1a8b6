import json
import re

import jsonschema
import pytest
from drf_spectacular.validation import validate_schema

from tests.web.ogc import AT, DATELINE, DEGREES, EARTH, FORMATS, LAYERS, UTM, by_rel, check, layer
from tilewright.errors import OutsideError, ParameterError
from tilewright.tms import TileMatrixSets
from tilewright.web.maps.layer import limits
from tilewright.web.maps.ogc.collections import collection_document, collections_document
from tilewright.web.maps.ogc.landing import CLASSES, conformance_document, landing_document
from tilewright.web.maps.ogc.matrix_sets import matrix_set_document, matrix_sets_document
from tilewright.web.maps.ogc.openapi import openapi_document
from tilewright.web.maps.ogc.places import corners
from tilewright.web.maps.ogc.tilesets import tile_target, tileset_document, tilesets_document

SETS = TileMatrixSets()
MERCATOR = SETS.get("WebMercatorQuad")
REL = "http://www.opengis.net/def/rel/ogc/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
WKT = (
    'PROJCS["own",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",1],PARAMETER["central_meridian",11],'
    'PARAMETER["scale_factor",0.9],PARAMETER["false_easting",7],PARAMETER["false_northing",9],'
    'UNIT["metre",1]]'
)


def test_the_schemas_refuse_what_is_wrong():
    with pytest.raises(jsonschema.ValidationError):
        check({"dataType": "map", "crs": CRS84}, "tileSet")
    with pytest.raises(jsonschema.ValidationError):
        check({"links": [{"href": "x"}]}, "landingPage")


def test_the_landing_page_leads_everywhere():
    page = check(landing_document(AT, "Maps", "Of the town"), "landingPage")
    assert (page["title"], page["description"]) == ("Maps", "Of the town")
    assert by_rel(page, "self")[0]["href"] == "https://maps.example/ogc/"
    assert by_rel(page, "service-desc")[0]["href"] == "https://maps.example/ogc/api"
    for rel in ("conformance", f"{REL}/conformance"):
        assert by_rel(page, rel)[0]["href"] == "https://maps.example/ogc/conformance"
    for rel in ("data", f"{REL}/data"):
        assert by_rel(page, rel)[0]["href"] == "https://maps.example/ogc/collections"
    sets = by_rel(page, f"{REL}/tiling-schemes")
    assert sets[0]["href"] == "https://maps.example/ogc/tileMatrixSets"
    assert "description" not in landing_document(AT, "Maps", "")


def test_conformance_classes_are_spelled_as_ogc_spells_them():
    classes = check(conformance_document(), "confClasses")["conformsTo"]
    pattern = r"http://www\.opengis\.net/spec/ogcapi-(common|tiles|maps)-[12]/1\.0/conf/[a-z0-9-]+"
    assert all(re.fullmatch(pattern, name) for name in classes)
    assert len(set(classes)) == len(classes)
    assert "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets" in CLASSES
    # Our TIFF is tiled, and keeps measured values.
    assert not any(name.endswith("/tiff") for name in classes)


@pytest.mark.parametrize("name", LAYERS)
def test_a_collection_is_of_its_schema(name):
    one = LAYERS[name]
    document = check(collection_document(one, AT, FORMATS), "collection")
    assert document["storageCrs"] == document["crs"][0]
    assert CRS84 in document["crs"]
    maps = by_rel(document, f"{REL}/map")
    assert [link["type"] for link in maps] == ["image/png", "image/jpeg", "image/webp"]
    assert maps[0]["href"] == "https://maps.example/ogc/collections/scene/map?f=png"
    tiles = by_rel(document, f"{REL}/tilesets-map")
    assert tiles[0]["href"] == "https://maps.example/ogc/collections/scene/map/tiles"


def test_extents_follow_the_axes_of_their_crs():
    spatial = collection_document(DEGREES, AT, FORMATS)["extent"]["spatial"]
    assert spatial["bbox"] == [pytest.approx([5, 42, 15, 50])]
    assert spatial["storageCrsBbox"] == [pytest.approx([42, 5, 50, 15])]
    spatial = collection_document(UTM, AT, FORMATS)["extent"]["spatial"]
    assert spatial["storageCrsBbox"] == [[400_000, 4_476_000, 430_000, 4_500_000]]


def test_across_the_antimeridian_west_is_above_east():
    (west, _, east, _), *_ = collection_document(DATELINE, AT, FORMATS)["extent"]["spatial"]["bbox"]
    assert 177 < west < 180
    assert -180 < east < -177


def test_a_raster_that_begins_at_180_degrees_goes_all_around():
    box = layer("EPSG:4326", (1.0, 0, 179.5, 0, -1.0, 90.0), (360, 180)).bounds
    assert corners("OGC:CRS84", box) == pytest.approx([-180.5, -90, 179.5, 90])


def test_a_crs_without_an_address_gives_way_to_crs84():
    one = layer(WKT, (10.0, 0, 0, 0, -10.0, 0))
    document = check(collection_document(one, AT, FORMATS), "collection")
    assert document["storageCrs"] == CRS84
    assert "storageCrsBbox" not in document["extent"]["spatial"]


def test_the_list_of_collections():
    found = check(collections_document(list(LAYERS.values()), AT, FORMATS), "collections")
    assert found["numberMatched"] == len(found["collections"]) == 4
    assert check(collections_document([], AT, FORMATS), "collections")["collections"] == []


@pytest.mark.parametrize("name", SETS.names())
def test_a_tile_matrix_set_is_what_its_publisher_says(name):
    import morecantile  # noqa: PLC0415

    ours = check(matrix_set_document(SETS.get(name)), "tileMatrixSet")
    theirs = json.loads(morecantile.tms.get(name).model_dump_json(exclude_none=True))
    assert ours["id"] == name
    assert ours.get("uri") == theirs.get("uri")
    for mine, published in zip(ours["tileMatrices"], theirs["tileMatrices"], strict=True):
        assert mine["id"] == published["id"]
        assert mine["pointOfOrigin"] == pytest.approx(published["pointOfOrigin"], rel=1e-9)
        assert mine["cellSize"] == pytest.approx(published["cellSize"], rel=1e-9)
        # The Canadian set states the scales of paper maps, 5 % from those of its own cells.
        if name != "CanadianNAD83_LCC":
            assert mine["scaleDenominator"] == pytest.approx(
                published["scaleDenominator"], rel=2e-3
            )
        for key in ("tileWidth", "tileHeight", "matrixWidth", "matrixHeight"):
            assert mine[key] == published[key]
        assert mine.get("variableMatrixWidths") == published.get("variableMatrixWidths")


def test_the_list_of_tile_matrix_sets():
    found = check(matrix_sets_document(SETS, AT), "tileMatrixSets")
    first = found["tileMatrixSets"][0]
    assert first["id"] == "WebMercatorQuad"
    assert by_rel(first, "self")[0]["href"].endswith("/ogc/tileMatrixSets/WebMercatorQuad")


@pytest.mark.parametrize("name", LAYERS)
def test_tilesets_are_of_their_schema(name):
    one = LAYERS[name]
    found = check(tilesets_document(one, SETS, AT), "tileSets")["tilesets"]
    assert found
    for item in found:
        tms = by_rel(item, "self")[0]["href"].rpartition("/")[2]
        assert by_rel(item, f"{REL}/tiling-scheme")[0]["href"].endswith(f"/tileMatrixSets/{tms}")
        chosen = SETS.get(tms)
        document = check(tileset_document(one, chosen, AT, FORMATS), "tileSet")
        assert document.get("tileMatrixSetURI") == chosen.uri
        for row in document["tileMatrixSetLimits"]:
            matrix = chosen.matrix_of(row["tileMatrix"])
            assert 0 <= row["minTileRow"] <= row["maxTileRow"] < matrix.rows
            assert 0 <= row["minTileCol"] <= row["maxTileCol"] < matrix.columns
        box, middle = document["boundingBox"], document["centerPoint"]["coordinates"]
        for low, place, high in zip(box["lowerLeft"], middle, box["upperRight"], strict=True):
            assert low < place < high


@pytest.mark.parametrize(
    ("name", "near", "far"),
    [
        ("degrees", "EuropeanETRS89_LAEAQuad", "CanadianNAD83_LCC"),
        ("utm", "CanadianNAD83_LCC", "UTM31WGS84Quad"),
        ("dateline", "WorldMercatorWGS84Quad", "UPSArcticWGS84Quad"),
        ("earth", "UTM31WGS84Quad", None),
    ],
)
def test_sets_for_other_places_are_not_listed(name, near, far):
    items = tilesets_document(LAYERS[name], SETS, AT)["tilesets"]
    listed = {by_rel(item, "self")[0]["href"].rpartition("/")[2] for item in items}
    assert near in listed
    assert far not in listed


def test_the_template_of_tiles_is_ready_for_clients():
    items = by_rel(tileset_document(UTM, MERCATOR, AT, FORMATS), "item")
    assert all(link["templated"] is True for link in items)
    assert {link["type"]: link["href"] for link in items}["image/jpeg"] == (
        "https://maps.example/ogc/collections/scene/map/tiles/WebMercatorQuad"
        "/{tileMatrix}/{tileRow}/{tileCol}?f=jpeg"
    )


def test_boxes_follow_the_axes_of_the_set():
    document = tileset_document(DEGREES, SETS.get("WGS1984Quad"), AT, FORMATS)
    assert document["boundingBox"]["orderedAxes"] == ["Lat", "Lon"]
    assert document["boundingBox"]["lowerLeft"] == pytest.approx([42, 5])
    document = tileset_document(DEGREES, SETS.get("WorldCRS84Quad"), AT, FORMATS)
    assert document["boundingBox"]["lowerLeft"] == pytest.approx([5, 42])


def test_a_set_that_the_layer_does_not_touch():
    with pytest.raises(OutsideError):
        tileset_document(DEGREES, SETS.get("UPSAntarcticWGS84Quad"), AT, FORMATS)


def test_tiles_end_at_the_limits():
    last = limits(UTM, MERCATOR)[-1]
    good = tile_target(UTM, MERCATOR, (last.id, str(last.first_row), str(last.last_column)))
    assert (good.row, good.column) == (last.first_row, last.last_column)
    for row, column in (
        (last.first_row - 1, last.first_column),
        (last.last_row + 1, last.first_column),
        (last.first_row, last.first_column - 1),
        (last.first_row, last.last_column + 1),
        (-1, -1),
        (10**17, 0),
    ):
        with pytest.raises(OutsideError):
            tile_target(UTM, MERCATOR, (last.id, str(row), str(column)))


@pytest.mark.parametrize("matrix", ["60", "", "-1", "x", "0x1", "\x00", "9" * 500])
def test_a_tile_matrix_that_is_none(matrix):
    with pytest.raises(OutsideError):
        tile_target(EARTH, MERCATOR, (matrix, "0", "0"))


@pytest.mark.parametrize(("row", "column"), [("a", "0"), ("0", "1.5"), ("", "0"), ("0", "1_0")])
def test_a_row_or_column_that_is_no_number(row, column):
    with pytest.raises(ParameterError, match=r"tileRow|tileCol"):
        tile_target(EARTH, MERCATOR, ("0", row, column))


def test_the_description_names_every_operation_as_ogc_does():
    document = openapi_document(AT, "Maps", "1", FORMATS, SETS.names())
    validate_schema(document)
    ids = [operation["get"]["operationId"] for operation in document["paths"].values()]
    assert len(set(ids)) == len(ids)
    for suffix in ("getTileSetsList", "getTileSet", "getTile", "getMap"):
        assert sum(name.endswith(f".collection.map.{suffix}") for name in ids) == 1
    for path, operations in document["paths"].items():
        parameters = operations["get"]["parameters"]
        named = {one["$ref"].rpartition("/")[2] for one in parameters if "$ref" in one}
        assert named == set(re.findall(r"{(\w+)}", path))
        assert named <= set(document["components"]["parameters"])
    queried = document["paths"]["/collections/{collectionId}/map"]["get"]["parameters"]
    names = {one["name"] for one in queried if "name" in one}
    assert names >= {"bbox", "bbox-crs", "crs", "width", "height", "scale-denominator", "f"}
