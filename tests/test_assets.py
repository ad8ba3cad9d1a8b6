import contextlib
import json
import math

import morecantile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.assets import MOST_ASSETS, MOST_BYTES, parse_assets, quadkey_bounds
from tilewright.errors import LimitError, ParameterError, RequestError
from tilewright.geometry import Box

MOSAIC = {
    "mosaicjson": "0.0.3",
    "minzoom": 7,
    "maxzoom": 9,
    "tiles": {
        "0302321": ["s3://bucket/deep/one.tif", "https://host/two.tif?token=a/b#c"],
        "0302320": ["file:///etc/../one.tif", "s3://bucket/deep/one.tif", "C:\\data\\three.tif"],
    },
}
ITEM = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "scene",
    "bbox": [10.0, 50.0, 0.0, 11.0, 51.0, 900.0],
    "geometry": None,
    "properties": {"datetime": None},
    "assets": {
        "B04": {"href": "./B04.tif", "type": "image/tiff", "roles": ["data"]},
        "B03": {"href": "https://host/x/B03%20a.tif"},
        "thumb": {"href": "./t.png", "type": "image/png", "roles": ["thumbnail"]},
        "visual": {"href": "v.tif", "roles": ["data", "overview"]},
        "meta": {"href": "m.xml", "type": "application/xml"},
        "notes": {"href": "m.html", "type": "text/html", "roles": []},
    },
}


def parsed(document):
    return parse_assets(json.dumps(document).encode())


def test_a_mosaicjson_names_each_asset_once_in_its_order():
    listed = parsed(MOSAIC)
    assert listed.kind == "mosaicjson"
    assert [asset.name for asset in listed.assets] == [
        "one.tif",
        "two.tif",
        "one.tif",
        "three.tif",
    ]
    one = listed.assets[0].bounds
    left, right = quadkey_bounds("0302320"), quadkey_bounds("0302321")
    assert one == Box(left.x, left.y, right.right - left.x, left.height)


def test_a_prefix_is_part_of_the_address():
    document = {"mosaicjson": "0.0.3", "asset_prefix": "s3://b/", "tiles": {"0": ["a.tif"]}}
    assert parsed(document).assets[0].name == "a.tif"


def test_a_stac_item_lists_its_data():
    listed = parsed(ITEM)
    assert listed.kind == "stac-item"
    assert [(asset.key, asset.name) for asset in listed.assets] == [
        ("B04", "B04.tif"),
        ("B03", "B03 a.tif"),
        ("visual", "v.tif"),
    ]
    assert {asset.bounds for asset in listed.assets} == {Box(10.0, 50.0, 1.0, 1.0)}


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ([170, -5, -170, 5], Box(170, -5, 20, 10)),
        ([1, 1, 1, 1], None),
        (None, None),
    ],
)
def test_the_box_of_an_item(bbox, expected):
    assert parsed({**ITEM, "bbox": bbox}).assets[0].bounds == expected


@pytest.mark.parametrize("quadkey", ["", "3", "0302321", "0" * 20, "123012301230"])
def test_quadkeys_are_those_of_morecantile(quadkey):
    known = morecantile.tms.get("WebMercatorQuad")
    bounds = known.bounds(known.quadkey_to_tile(quadkey) if quadkey else morecantile.Tile(0, 0, 0))
    box = quadkey_bounds(quadkey)
    found = (box.x, box.y, box.right, box.bottom)
    assert all(math.isclose(*pair, abs_tol=1e-6) for pair in zip(found, bounds, strict=True))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"mosaicjson": ' + b"9" * 5000 + b"}",
        b'{"mosaicjson": "0.0.3"}',
        b'{"mosaicjson": "0.0.3", "tiles": []}',
        b'{"mosaicjson": "0.0.3", "tiles": {"4": []}}',
        b'{"mosaicjson": "0.0.3", "tiles": {"1": "a.tif"}}',
        b'{"mosaicjson": "0.0.3", "tiles": {"1": [null]}}',
        b'{"mosaicjson": "0.0.3", "tiles": {"1": [{"href": "a"}]}}',
        b'{"mosaicjson": "0.0.3", "asset_prefix": 4, "tiles": {"1": ["a"]}}',
        b'{"mosaicjson": "0.0.3", "tiles": {"' + b"1" * 31 + b'": ["a.tif"]}}',
        b'{"mosaicjson": "0.0.3", "tiles": {"1": ["' + b"a" * 5000 + b'"]}}',
        b'{"type": "Feature"}',
        b'{"type": "Feature", "assets": []}',
        b'{"type": "Feature", "assets": {"a": "b.tif"}}',
        b'{"type": "Feature", "assets": {"a": {"href": 5}}}',
        b'{"type": "Feature", "bbox": [1, 2], "assets": {}}',
        b'{"type": "Feature", "bbox": [1, 2, NaN, 4], "assets": {}}',
        b'{"type": "Feature", "bbox": [1, 2, 1e999, 4], "assets": {}}',
        b'{"type": "Feature", "bbox": [1, 2, true, 4], "assets": {}}',
    ],
)
def test_what_is_neither_is_refused(body):
    with pytest.raises(ParameterError, match="document must be"):
        parse_assets(body)


def test_there_is_an_end_to_it():
    with pytest.raises(LimitError):
        parse_assets(b" " * (MOST_BYTES + 1))
    many = [f"{number}.tif" for number in range(MOST_ASSETS + 1)]
    with pytest.raises(LimitError):
        parsed({"mosaicjson": "0.0.3", "tiles": {"0": many}})
    with pytest.raises(LimitError):
        parsed({"type": "Feature", "assets": {name: {"href": name} for name in many}})


@pytest.mark.parametrize("href", ["", "/", "..", "a/..", "http://[", "%00", "%2e%2e%2fx", "\x00"])
def test_an_odd_address_is_only_a_name(href):
    name = parsed({"mosaicjson": "0.0.3", "tiles": {"0": [href]}}).assets[0].name
    assert "/" not in name


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["mosaicjson", "tiles", "type", "assets", "bbox", "href", "roles", "0", "12"]
            ),
            inner | st.just("Feature"),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_read_or_refused(document):
    with contextlib.suppress(RequestError):
        parse_assets(json.dumps(document).encode())
