"""TileJSON 3.0.0: the rules of its text, and the types of its published schema."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.earth import dateline, earth, layer_of, utm
from tilewright.errors import OutsideError
from tilewright.geometry import Affine
from tilewright.tms import TileMatrixSets
from tilewright.web.maps.tilejson import tilejson_document, unwrapped

SETS = TileMatrixSets()
TEMPLATE = "https://example.org/a/{z}/{x}/{y}.png"
ZOOM = {"type": "integer", "minimum": 0, "maximum": 30}
RULES = {
    "type": "object",
    "required": ["tilejson", "tiles", "vector_layers"],
    "properties": {
        "tilejson": {"const": "3.0.0"},
        "tiles": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "pattern": r"^https?://(?=.*\{x\})(?=.*\{y\}).*\{z\}"},
        },
        "vector_layers": {"type": "array", "maxItems": 0},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "scheme": {"enum": ["xyz", "tms"]},
        "minzoom": ZOOM,
        "maxzoom": ZOOM,
        "bounds": {
            "type": "array",
            "prefixItems": [
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
            ],
            "minItems": 4,
            "maxItems": 4,
        },
        "center": {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
        "tileSize": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}


def check(document):
    jsonschema.validate(document, RULES, jsonschema.Draft202012Validator)
    west, south, east, north = document["bounds"]
    longitude, latitude, zoom = document["center"]
    assert west < east
    assert south < north
    assert west <= longitude <= east
    assert south <= latitude <= north
    assert document["minzoom"] <= zoom <= document["maxzoom"]


@pytest.mark.parametrize("name", ["WebMercatorQuad", "WGS1984Quad", "WorldMercatorWGS84Quad"])
@pytest.mark.parametrize("layer", [utm(abstract="Trees."), dateline(), earth()])
def test_a_document_keeps_the_rules(layer, name):
    check(tilejson_document(layer, SETS.get(name), TEMPLATE))


def test_what_a_document_says():
    document = tilejson_document(
        utm(title="Forest", abstract="Trees."), SETS.get("WebMercatorQuad"), TEMPLATE
    )
    assert document["name"] == "Forest"
    assert document["description"] == "Trees."
    assert document["tiles"] == [TEMPLATE]
    assert (document["minzoom"], document["maxzoom"]) == (8, 12)
    assert document["bounds"] == pytest.approx([-77.365, 40.222, -76.646, 40.639], abs=1e-3)
    assert document["tileSize"] == 256


def test_the_size_of_tiles_may_be_said():
    document = tilejson_document(utm(), SETS.get("WebMercatorQuad"), TEMPLATE, tile_size=512)
    assert document["tileSize"] == 512


def test_an_image_across_the_antimeridian_goes_around():
    document = tilejson_document(dateline(), SETS.get("WebMercatorQuad"), TEMPLATE)
    assert (document["bounds"][0], document["bounds"][2]) == (-180, 180)
    assert document["center"][0] == pytest.approx(178.7, abs=0.1)


def test_an_image_outside_a_set_has_no_document():
    with pytest.raises(OutsideError, match="outside NZTM2000Quad"):
        tilejson_document(utm(), SETS.get("NZTM2000Quad"), TEMPLATE)


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(1e-6, 0.5), st.floats(1e-6, 0.5))
def test_any_degrees_keep_the_rules(west, north, across, down):
    affine = Affine(across, 0.0, west, 0.0, -down, north)
    layer = layer_of("any", "EPSG:4326", affine, 300, 200)
    check(tilejson_document(layer, SETS.get("WebMercatorQuad"), TEMPLATE))
    assert unwrapped(layer.bounds)[0] >= -180
