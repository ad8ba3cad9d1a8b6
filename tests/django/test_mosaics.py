import io
import json

import morecantile
import numpy as np
import pytest
from django.urls import include, path
from PIL import Image

from tests.test_composing import SIDE, write
from tilewright.django.maps import mosaics
from tilewright.django.maps.layers import MapSource
from tilewright.errors import OutsideError

LAYERS = {}
"""What this module's service serves; each test fills it anew."""


class _Layers:
    def every(self, request):
        return list(LAYERS.values())

    def named(self, request, name):
        if name not in LAYERS:
            raise OutsideError(f"there is no layer {name[:80]!r}")
        return LAYERS[name]


urlpatterns = [path("deep/mosaics/", include(mosaics.urls_for(_Layers())))]
pytestmark = pytest.mark.urls(__name__)
ROOT = "/deep/mosaics/"
BOX = "bbox=500000,4499360,501280,4500000&bbox-crs=EPSG:32618&width=128&height=64"


@pytest.fixture(autouse=True)
def layers(tmp_path):
    """Serve 1, 2 and 3: constants, each half a file further to the east."""
    LAYERS.clear()
    for index, value in enumerate((1, 2, 3)):
        source = write(
            tmp_path / f"scene {value}.tif",
            np.full((SIDE, SIDE), value, "uint8"),
            left=500_000 + index * SIDE * 5,
            nodata=0,
        )
        LAYERS[str(value)] = MapSource(str(value), f"scene {value}.tif", source)
    yield LAYERS
    LAYERS.clear()


def pixels(response):
    assert response.status_code == 200, response.content
    return np.asarray(Image.open(io.BytesIO(response.content)))


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("images=1,2,3", (1, 1, 2, 3)),
        ("images=3,2,1", (1, 2, 3, 3)),
        ("images=1,2,3&method=highest", (1, 2, 3, 3)),
        ("images=1,2,3&method=lowest", (1, 1, 2, 3)),
        ("images=1,2,3&method=mean", (1, 2, 2, 3)),
    ],
)
def test_a_region_of_constants(client, query, expected):
    shown = pixels(client.get(f"{ROOT}region.png?{query}&{BOX}"))
    shown = shown if shown.ndim == 2 else shown[..., 0]
    assert tuple(shown[32, 16::32]) == expected


def test_tilejson_leads_to_tiles(client):
    response = client.get(f"{ROOT}tilejson.json?images=1,2,3&method=last&min=0&max=4")
    document = response.json()
    assert response.status_code == 200
    west, south, east, north = document["bounds"]
    assert west == pytest.approx(-75.0, abs=1e-3)
    assert 0.014 < east - west < 0.016
    assert south < document["center"][1] < north
    template = document["tiles"][0]
    assert template.startswith(f"http://testserver{ROOT}tiles/WebMercatorQuad/")
    longitude, latitude, _ = document["center"]
    tile = morecantile.tms.get("WebMercatorQuad").tile(longitude, latitude, 14)
    address = template.format(z=tile.z, x=tile.x, y=tile.y).removeprefix("http://testserver")
    shown = pixels(client.get(address))
    assert {255, 0} == {*shown[..., -1].ravel().tolist()}
    # In the middle, 2 of 0 to 4 lies under 3, which is last.
    assert {*shown[..., 0][shown[..., -1] > 0].tolist()} <= {64, 128, 191, 127, 63}


def test_tiles_are_validated_by_their_tag(client):
    address = f"{ROOT}tiles/WebMercatorQuad/0/0/0.png?images=1,2"
    response = client.get(address)
    assert response.status_code == 200
    again = client.get(address, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(address)
    assert (head.content, head["Content-Length"]) == (b"", str(len(response.content)))
    others = {
        client.get(f"{ROOT}tiles/WebMercatorQuad/0/0/0.png?{query}")["ETag"]
        for query in ("images=2,1", "images=1,2&method=last", "images=1", "images=1,2&min=0&max=9")
    }
    assert len({response["ETag"], *others}) == 5


def test_an_empty_tile_is_transparent(client):
    shown = pixels(client.get(f"{ROOT}tiles/WebMercatorQuad/5/30/3.png?images=1,2"))
    assert not shown[..., -1].any()


def test_tiles_of_the_mosaics_own_pixels(client):
    shown = pixels(client.get(f"{ROOT}tiles/0/0/0.png?images=1,2,3&method=last"))
    assert shown[5, 100, 0] == 3


def test_a_point(client):
    found = client.get(f"{ROOT}point?images=1,2,3&method=mean&lon=-74.9955&lat=40.648").json()
    assert found == {
        "coordinates": [-74.9955, 40.648],
        "values": [2],
        "images": [
            {"name": "1", "values": [1]},
            {"name": "2", "values": [2]},
            {"name": "3", "values": None},
        ],
    }
    away = client.get(f"{ROOT}point?images=1,2,3&lon=5&lat=5").json()
    assert away["values"] is None
    assert {one["values"] for one in away["images"]} == {None}


def test_info(client):
    found = client.get(f"{ROOT}info?images=3,1&method=stack").json()
    assert (found["count"], found["method"], found["bandCount"]) == (2, "stack", 2)
    assert found["crs"] == "EPSG:32618"
    assert [one["title"] for one in found["images"]] == ["scene 3.tif", "scene 1.tif"]
    assert found["bounds"][0] == pytest.approx(found["images"][1]["bounds"][0])


def post(client, document, query=""):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client.post(f"{ROOT}{query}", body, content_type="application/json")


def test_a_mosaicjson_is_matched_by_name(client):
    tiles = {"0302": ["s3://b/scene%202.tif", "file:///etc/passwd"], "0303": ["x/scene 1.tif"]}
    found = post(client, {"mosaicjson": "0.0.3", "tiles": tiles}).json()
    assert found["images"] == ["2", "1"]
    assert found["missing"] == ["passwd"]
    assert found["method"] == "first"
    assert client.get(found["tilejson"].removeprefix("http://testserver")).status_code == 200
    assert client.get(found["info"].removeprefix("http://testserver")).json()["count"] == 2


def test_a_stac_item_is_a_stack(client):
    item = {"type": "Feature", "assets": {key: {"href": f"./scene {key}.tif"} for key in "312"}}
    found = post(client, item).json()
    assert (found["images"], found["method"], found["missing"]) == (["3", "1", "2"], "stack", [])
    assert post(client, item, "?method=mean").json()["method"] == "mean"


def test_a_document_of_strangers_leads_nowhere(client):
    found = post(client, {"mosaicjson": "0.0.3", "tiles": {"0": ["http://127.0.0.1/x.tif"]}})
    assert found.json() == {"images": [], "missing": ["x.tif"]}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b"[" * 50_000, b'{"mosaicjson":1,"tiles":3}']
)
def test_a_bad_document_is_a_400(client, body):
    assert problem(post(client, body), 400)["parameter"] == "document"


def test_a_huge_document_is_a_413(client):
    problem(post(client, b" " * (8 * 2**20 + 1)), 413)


def test_the_root_takes_nothing_but_post(client):
    response = client.get(ROOT)
    problem(response, 405)
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    ("address", "status", "parameter"),
    [
        ("tiles/WebMercatorQuad/0/0/0.png", 400, "images"),
        ("tiles/WebMercatorQuad/0/0/0.png?images=1,9", 404, None),
        ("tiles/WebMercatorQuad/0/0/0.png?images=1,%00", 400, "images"),
        ("tiles/WebMercatorQuad/60/0/0.png?images=1", 404, None),
        ("tiles/Mercator/0/0/0.png?images=1", 404, None),
        ("tiles/WebMercatorQuad/0/0/0.heic?images=1", 400, "fmt"),
        ("tiles/WebMercatorQuad/0/0/0.png?images=1&method=most", 400, "method"),
        ("tiles/WebMercatorQuad/0/0/0.tif?images=1&min=0&max=5", 400, None),
        ("region.png?images=1&bbox=nan,1,2,3", 400, "bbox"),
        ("region.png?images=1&width=99999", 413, None),
        ("point?images=1", 400, "lon"),
        ("point?images=1&lon=1&lat=inf", 400, "lat"),
        ("info?images=odd,1", 400, "images"),
        ("tilejson.json?images=odd,1", 400, "images"),
        ("tilejson.json?images=1&method=most", 400, "method"),
    ],
)
def test_bad_asks(client, layers, tmp_path, address, status, parameter):
    source = write(tmp_path / "odd.tif", np.full((SIDE, SIDE), 1, "uint16"))
    layers["odd"] = MapSource("odd", "odd.tif", source)
    found = problem(client.get(ROOT + address), status)
    assert found.get("parameter") == parameter
    assert str(tmp_path) not in json.dumps(found)
