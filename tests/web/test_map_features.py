import json

import numpy as np
import pytest

from tests.web.test_map_places import info
from tilewright.errors import LimitError, ParameterError
from tilewright.image import Plane
from tilewright.statistics import Wanted
from tilewright.statistics.weighted import WeightedStatistics, weighted_statistics
from tilewright.web.maps import features
from tilewright.web.params import ParameterSet

RING = [[-75, 40], [-74.9, 40], [-74.9, 40.1], [-75, 40.1], [-75, 40]]
SQUARE = {"type": "Polygon", "coordinates": [RING]}
FEATURE = {"type": "Feature", "id": "a", "geometry": SQUARE, "properties": {"name": "x"}}
CROP = ParameterSet(features.CROP)


def body(value):
    return json.dumps(value).encode()


def test_what_is_asked_of_polygons():
    asked = features.zoning("", body(FEATURE))
    assert asked.wanted == Wanted(bins=10)
    assert (asked.bands, asked.plane) == (None, Plane())
    query = "percentiles=5,95&categorical=true&bins=4&min=0&max=9&band=2,1&z=3&coord_crs=4326"
    asked = features.zoning(query, body(SQUARE))
    assert asked.wanted == Wanted(percentiles=(5, 95), categorical=True, bins=4, range=(0, 9))
    assert (asked.bands, asked.plane) == ((2, 1), Plane.of({"z": 3}))
    assert asked.shapes.features[0].polygon.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("min=1", "max"),
        ("max=1", "min"),
        ("min=2&max=1", "max"),
        ("coord_crs=x", "coord_crs"),
        ("bins=0", "bins"),
        ("percentiles=101", "percentiles"),
        ("band=0", "band"),
    ],
)
def test_bad_values_are_named(query, parameter):
    with pytest.raises(ParameterError) as caught:
        features.zoning(query, body(SQUARE))
    assert caught.value.parameter == parameter


def test_answers_that_are_too_long_are_refused():
    many = body({"type": "FeatureCollection", "features": [FEATURE] * 100})
    asked = features.zoning("bins=65536", many)
    with pytest.raises(ParameterError):
        features.check_rows(asked, 3)
    features.check_rows(features.zoning("", many), 3)
    with pytest.raises(LimitError):
        features.zoning("", body({"type": "FeatureCollection", "features": [FEATURE] * 101}))


def test_a_polygon_cuts_out_its_box():
    image = info()
    cut = features.crop(CROP.read(""), body(SQUARE), image)
    assert (cut.region.crs, cut.touched) == ("EPSG:32618", False)
    assert cut.region.box.x == pytest.approx(500_000, abs=1)
    cut = features.crop(CROP.read("projection=4326&width=64&all_touched=1"), body(FEATURE), image)
    assert (cut.region.crs, cut.region.width, cut.touched) == ("EPSG:4326", 64, True)
    box = cut.region.box
    assert (box.x, box.y, box.right, box.bottom) == pytest.approx((-75, 40, -74.9, 40.1))


@pytest.mark.parametrize(
    "document",
    [
        {"type": "FeatureCollection", "features": [FEATURE, FEATURE]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [2, 0], [0, 0]]]},
    ],
)
def test_what_cuts_out_nothing_is_refused(document):
    with pytest.raises(ParameterError, match="geometry"):
        features.crop({"projection": "EPSG:4326"}, body(document), info())


def test_an_image_that_lies_nowhere_is_not_cut():
    with pytest.raises(ParameterError, match="projection"):
        features.crop({}, body(SQUARE), info(None))


def test_what_was_sent_comes_back_with_numbers():
    values = np.arange(12).reshape(3, 4)
    told = weighted_statistics(
        values, np.ones((3, 4), np.float32), values > 2, Wanted(percentiles=(2, 99.9), bins=3)
    )
    nothing = WeightedStatistics(0.0, 0, 0)
    sent = features.zoning("", body(FEATURE)).shapes
    found = features.statistics_document(sent, [features.ZoneFound((0, 2), (told, nothing), True)])
    found = json.loads(json.dumps(found, allow_nan=False))
    assert {name: found[name] for name in ("type", "id", "geometry")} == {
        "type": "Feature",
        "id": "a",
        "geometry": SQUARE,
    }
    assert found["properties"]["name"] == "x"
    statistics = found["properties"]["statistics"]
    assert statistics["b1"] == {
        "min": 3,
        "max": 11,
        "mean": 7,
        "count": 9,
        "sum": 63,
        "median": 7,
        "unique": 9,
        "majority": 3,
        "minority": 3,
        "percentile_2": 3,
        "percentile_99.9": 11,
        "std": pytest.approx(np.std(np.arange(3, 12))),
        "histogram": [[3, 3, 3], pytest.approx([3, 3 + 8 / 3, 11 - 8 / 3, 11])],
        "valid_percent": 75,
        "valid_pixels": 9,
        "masked_pixels": 3,
        "exact": True,
    }
    assert statistics["b3"]["mean"] is None


def test_a_collection_is_answered_by_one():
    sent = features.zoning("", body({"type": "FeatureCollection", "features": [FEATURE, SQUARE]}))
    one = features.ZoneFound((0,), (WeightedStatistics(0.0, 0, 0),), exact=False)
    found = features.statistics_document(sent.shapes, [one, one])
    assert found["type"] == "FeatureCollection"
    assert ["id" in feature for feature in found["features"]] == [True, False]
