"""Maps of one plane of a file, by its number, whatever axes the file has."""

import io
import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.testapp.maps import ListedLayers, file_layer, urlconf
from tilewright.django.maps import mosaics, ogc, views_tms, views_wmts, wms

VALUES = [40, 120, 200]
OF_THE_WORLD = "service=WMS&version=1.1.1&layers=q&styles=&srs=EPSG:4326&bbox=-100,-50,100,50"
GET_MAP = f"{OF_THE_WORLD}&request=GetMap&width=64&height=32&format=image/png"
POINT = "query_layers=q&width=64&height=32&x=30&y=15&info_format=application/json"
GET_INFO = f"{OF_THE_WORLD}&request=GetFeatureInfo&{POINT}"


@pytest.fixture(autouse=True)
def planes(tmp_path, settings):
    """Serve three planes, each of one value, on an axis that no parameter names."""
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    data = np.broadcast_to(np.uint8(VALUES).reshape(3, 1, 1), (3, 100, 200))
    tifffile.imwrite(
        tmp_path / "q.tif",
        data,
        photometric="minisblack",
        metadata={"axes": "QYX"},
        extratags=[
            (33550, "d", 3, (1.0, 1.0, 0.0), True),
            (33922, "d", 6, (0.0, 0.0, 0.0, -100.0, 50.0, 0.0), True),
            (34735, "H", len(keys), keys, True),
        ],
    )
    layers = ListedLayers(file_layer(tmp_path / "q.tif", "q"))
    settings.ROOT_URLCONF = urlconf(
        *views_tms.urls_for(layers),
        *views_wmts.urls_for(layers),
        *wms.urls_for(layers),
        *ogc.urls_for(layers),
    )


PICTURES = [
    "tms/1.0.0/q/WebMercatorQuad/png/0/0/0.png?",
    "wmts/1.0.0/q/default/WebMercatorQuad/0/0/0.png?",
    f"wms?{GET_MAP}&",
    f"wms?{GET_MAP.replace('layers=q', 'layers=q,q')}&",
    "collections/q/map?f=png&width=64&",
]


@pytest.mark.parametrize("path", PICTURES)
def test_a_map_shows_the_frame(client, path):
    for frame, value in enumerate(VALUES):
        answer = client.get(f"/maps/{path}frame={frame}")
        assert answer.status_code == 200, answer.content
        shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
        middle = shown[shown.shape[0] // 2, shown.shape[1] // 2]
        assert middle.tolist() == [value, value, value, 255]


@pytest.mark.parametrize("path", PICTURES)
def test_a_frame_that_is_not_there_is_refused(client, path):
    answer = client.get(f"/maps/{path}frame=3")
    assert 400 <= answer.status_code < 500
    assert b"frame 3 is outside 0 to 2" in answer.content


@pytest.mark.parametrize(
    ("path", "find"),
    [
        (
            f"wms?{GET_INFO}&frame=1",
            lambda told: [*told["features"][0]["properties"].values()][-1],
        ),
        (
            "wmts/1.0.0/q/default/WebMercatorQuad/0/0/0/120/120.json?frame=1",
            lambda told: [*told["features"][0]["properties"].values()][-1],
        ),
    ],
)
def test_the_value_at_a_place_is_that_of_the_frame(client, path, find):
    answer = client.get(f"/maps/{path}")
    assert answer.status_code == 200, answer.content
    assert find(json.loads(answer.content)) == VALUES[1]


def written(folder, name, values, west):
    """Write a degree a pixel, 100 high and wide, with planes of one value each."""
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    tifffile.imwrite(
        folder / f"{name}.tif",
        np.broadcast_to(np.uint8(values).reshape(-1, 1, 1), (len(values), 100, 100)),
        photometric="minisblack",
        metadata={"axes": "QYX"},
        extratags=[
            (33550, "d", 3, (1.0, 1.0, 0.0), True),
            (33922, "d", 6, (0.0, 0.0, 0.0, west, 50.0, 0.0), True),
            (34735, "H", len(keys), keys, True),
        ],
    )
    return file_layer(folder / f"{name}.tif", name)


@pytest.fixture
def several(tmp_path, settings):
    """Serve a mosaic's members: two of three planes side by side, one of two, one over another."""
    members = [
        written(tmp_path, "west", [10, 20, 30], -100.0),
        written(tmp_path, "east", [40, 50, 60], 0.0),
        written(tmp_path, "fewer", [70, 80], 0.0),
        written(tmp_path, "over", [90, 16, 120], -100.0),
    ]
    settings.ROOT_URLCONF = urlconf(*mosaics.urls_for(ListedLayers(*members)))


@pytest.mark.parametrize(
    ("method", "expected"),
    [("first", [(10, 40), (20, 50), (30, 60)]), ("highest", [(10, 40), (20, 50), (30, 60)])],
)
def test_a_mosaic_shows_the_frame_of_all(client, several, method, expected):
    for frame, values in enumerate(expected):
        query = f"images=west,east&method={method}&frame={frame}"
        answer = client.get(f"/maps/region.png?{query}&bbox=-100,-50,100,50&width=40&height=20")
        assert answer.status_code == 200, answer.content
        shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
        assert (shown[10, 5], shown[10, 35]) == values
        tile = client.get(f"/maps/tiles/WebMercatorQuad/0/0/0.png?{query}")
        shown = np.asarray(Image.open(io.BytesIO(tile.content)).convert("L"))
        assert (shown[128, 90], shown[128, 170]) == values
        found = client.get(f"/maps/point?{query}&lon=50&lat=0").json()
        assert found["values"] == [values[1]]
        assert [one["values"] for one in found["images"]] == [None, [values[1]]]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first", [[10], [20], [30]]),
        ("last", [[90], [16], [120]]),
        ("highest", [[90], [20], [120]]),
        ("lowest", [[10], [16], [30]]),
        ("mean", [[50], [18], [75]]),
        ("median", [[50], [18], [75]]),
        ("count", [[2], [2], [2]]),
        ("stack", [[10, 90], [20, 16], [30, 120]]),
    ],
)
def test_every_method_joins_the_planes_of_one_frame(client, several, method, expected):
    query = f"images=west,over&method={method}&lon=-50&lat=0"
    told = [client.get(f"/maps/point?{query}&frame={frame}").json() for frame in range(3)]
    assert [one["values"] for one in told] == expected


def test_frames_that_not_all_have_are_not_there(client, several):
    below = "region.png?bbox=-100,-50,100,50&width=40"
    assert client.get(f"/maps/{below}&images=west,fewer&frame=0").status_code == 200
    for query in (f"{below}&images=west,fewer&frame=1", f"{below}&images=west,east&frame=3"):
        refused = client.get(f"/maps/{query}")
        assert refused.status_code == 404
        assert "frame" in refused.json()["detail"]
    refused = client.get("/maps/point?images=west,fewer&lon=50&lat=0&frame=1")
    assert refused.status_code == 404
