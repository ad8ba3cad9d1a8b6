"""Maps of one plane of a file, by its number, whatever axes the file has."""

import io
import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.testapp.maps import ListedLayers, file_layer, urlconf
from tilewright.django.maps import ogc, views_tms, views_wmts, wms

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
