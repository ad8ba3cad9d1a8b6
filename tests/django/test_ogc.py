import io
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.test import Client
from django.urls import include, path
from PIL import Image

from tests.corpus import IMAGES
from tests.web.ogc import by_rel, check
from tilewright.blobs.local import local_source
from tilewright.django.maps import ogc
from tilewright.django.maps.layers import MapSource
from tilewright.errors import OutsideError
from tilewright.style import Style

REL = "http://www.opengis.net/def/rel/ogc/1.0"
_FILES = {}
"""The layers of the test that runs."""


class FolderLayers:
    """The files that a test has laid down; those named secret are for nobody."""

    def every(self, request):
        return [self.named(request, name) for name in _FILES if name not in {"secret", "gone"}]

    def named(self, request, name):
        if name not in _FILES or name == "secret":
            raise OutsideError(f"there is no layer {name!r}")
        style = Style(saturation=0.0) if name == "grey" else Style()
        return MapSource(name, f"The layer {name}", local_source(_FILES[name]), style)


urlpatterns = [
    path("ogc/", include(ogc.urls_for(FolderLayers(), title="Town", description="Its maps"))),
    path("other/<slug:study>/", include(ogc.urls_for(FolderLayers()))),
]
pytestmark = pytest.mark.urls(__name__)


def geotiff(file, pixels, *, left, top, pitch, epsg=4326):
    """Write a GeoTIFF of degrees, or of metres."""
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, epsg)
    if epsg != 4326:
        keys = (*keys[:4], 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, epsg)
    tags = [
        (33550, "d", 3, (pitch, pitch, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, left, top, 0.0), True),
        (34735, "H", len(keys), keys, True),
    ]
    tifffile.imwrite(file, pixels, photometric="rgb", tile=(256, 256), extratags=tags)


@pytest.fixture
def files(tmp_path):
    """Lay down layers: red west of 10 degrees, blue east of it."""
    pixels = np.zeros((400, 800, 3), np.uint8)
    pixels[:, :400] = (255, 0, 0)
    pixels[:, 400:] = (0, 0, 255)
    geotiff(tmp_path / "halves.tif", pixels, left=6.0, top=50.0, pitch=0.01)
    # Red up to the antimeridian, blue beyond.
    geotiff(tmp_path / "date.tif", pixels, left=176.0, top=2.0, pitch=0.01)
    tifffile.imwrite(tmp_path / "nowhere.tif", pixels, photometric="rgb")
    (tmp_path / "broken.tif").write_bytes(b"II*\0broken")
    _FILES.update(
        halves=tmp_path / "halves.tif",
        date=tmp_path / "date.tif",
        grey=tmp_path / "halves.tif",
        nowhere=tmp_path / "nowhere.tif",
        broken=tmp_path / "broken.tif",
        gone=tmp_path / "gone.tif",
        secret=tmp_path / "halves.tif",
    )
    yield tmp_path
    _FILES.clear()


@pytest.fixture
def get(client, files):
    def ask(below="", **headers):
        return client.get(f"/ogc/{below}", headers=headers)

    return ask


def pixels_of(response):
    assert response.status_code == 200, response.content
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGBA"))


def problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert ".tif" not in response.content.decode()  # no path of the server is told
    return check(json.loads(response.content), "exception")


def test_every_link_of_every_document_leads_somewhere(client, files):
    seen, waiting = set(), ["http://testserver/ogc/"]
    while waiting:
        href = waiting.pop()
        if href in seen or "/map?" in href:
            continue
        seen.add(href)
        response = client.get(href)
        assert response.status_code == 200, href
        if response["Content-Type"] == "application/json":
            waiting += links_in(response.json())
    assert "http://testserver/ogc/collections/halves/map/tiles/WebMercatorQuad" in seen
    assert "http://testserver/ogc/tileMatrixSets/WebMercatorQuad" in seen


def links_in(value):
    if isinstance(value, dict):
        if "href" in value and "templated" not in value:
            yield value["href"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from links_in(one)


@pytest.mark.parametrize(
    ("below", "schema"),
    [
        ("", "landingPage"),
        ("conformance", "confClasses"),
        ("collections", "collections"),
        ("collections/halves", "collection"),
        ("collections/halves/map/tiles", "tileSets"),
        ("collections/halves/map/tiles/WebMercatorQuad", "tileSet"),
        ("tileMatrixSets", "tileMatrixSets"),
        ("tileMatrixSets/WorldCRS84Quad", "tileMatrixSet"),
    ],
)
def test_documents(get, client, below, schema):
    response = get(below)
    assert response["Content-Type"] == "application/json"
    check(response.json(), schema)
    again = get(below, **{"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(f"/ogc/{below}").content == b""
    assert get(f"{below}?f=json").status_code == 200
    assert problem(get(f"{below}?f=html"), 400)["parameter"] == "f"
    assert problem(client.post(f"/ogc/{below}"), 405)


def test_what_the_project_says_stands_on_the_landing_page(get):
    page = get().json()
    assert (page["title"], page["description"]) == ("Town", "Its maps")


def test_the_description_of_the_service(get):
    response = get("api")
    assert response["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert response.json()["servers"] == [{"url": "http://testserver/ogc"}]


def test_it_finds_itself_wherever_it_is_mounted(client, files):
    page = client.get("/other/study-7/").json()
    assert by_rel(page, "data")[0]["href"] == "http://testserver/other/study-7/collections"
    tiles = client.get("/other/study-7/collections/date/map/tiles/WorldCRS84Quad").json()
    assert by_rel(tiles, "self")[0]["href"] == (
        "http://testserver/other/study-7/collections/date/map/tiles/WorldCRS84Quad"
    )


def test_links_follow_a_proxy_that_is_trusted(get, settings):
    said = {"x-forwarded-proto": "https", "x-forwarded-host": "maps.example"}
    assert get(**said).json()["links"][0]["href"] == "http://testserver/ogc/"
    settings.TILEWRIGHT = {"trusted_proxy": True}
    assert get(**said).json()["links"][0]["href"] == "https://maps.example/ogc/"


def test_only_layers_on_the_earth_are_listed(get):
    found = get("collections").json()["collections"]
    assert [one["id"] for one in found] == ["halves", "date", "grey"]


@pytest.mark.parametrize(
    ("below", "status"),
    [
        ("collections/absent", 404),
        ("collections/secret", 404),
        ("collections/secret/map", 404),
        ("collections/secret/map/tiles", 404),
        ("collections/secret/map/tiles/WebMercatorQuad/5/11/16", 404),
        ("collections/nowhere", 404),
        ("collections/nowhere/map", 404),
        ("collections/gone/map", 404),
        ("collections/broken", 422),
        ("collections/halves/map/tiles/Nothing", 404),
        ("collections/halves/map/tiles/UPSAntarcticWGS84Quad", 404),
        ("tileMatrixSets/Nothing", 404),
        ("tileMatrixSets/%00", 404),
        ("collections/%00", 404),
        (f"collections/{'x' * 3000}", 404),
        ("collections/halves/map/tiles/WebMercatorQuad/60/0/0", 404),
        ("collections/halves/map/tiles/WebMercatorQuad/7/0/0", 404),
        ("collections/halves/map/tiles/WebMercatorQuad/7/-1/0", 404),
        ("collections/halves/map/tiles/WebMercatorQuad/7/0/99999999999999999999", 400),
        ("collections/halves/map/tiles/WebMercatorQuad/7/x/0", 400),
        ("collections/halves/map?width=100000", 413),
        ("collections/halves/map?width=2000000000&height=2000000000", 413),
        ("collections/halves/map?scale-denominator=0.000001", 413),
        ("collections/halves/map?bbox=6,47,6.0000001,49&width=2000000000", 413),
        ("collections/halves/map?crs=EPSG:1", 400),
        ("collections/halves/map?bbox=nan,nan,nan,nan", 400),
    ],
)
def test_what_is_not_there_or_not_allowed(get, below, status):
    problem(get(below), status)


def test_a_tile_shows_its_place(get):
    # Zoom 3 of WorldCRS84Quad: 22.5 degrees a tile, from 90 north and 180 west.
    sets = get("collections/halves/map/tiles/WorldCRS84Quad").json()
    row = sets["tileMatrixSetLimits"][-1]
    below = f"collections/halves/map/tiles/WorldCRS84Quad/{row['tileMatrix']}"
    across = 180 / 2 ** int(row["tileMatrix"])
    column, line = int((10.0 + 180) / across), int((90 - 48.0) / across)
    response = get(f"{below}/{line}/{column}?f=png")
    assert response["Content-Type"] == "image/png"
    shown = pixels_of(response)
    assert shown.shape == (256, 256, 4)
    border = (10.0 + 180 - column * across) / across * 256
    inside = shown[..., 3] == 255
    red = (shown[..., 0] > 200) & inside
    blue = (shown[..., 2] > 200) & inside
    columns = np.arange(256)[None, :] + 0.5
    assert not (red & (columns > border + 1)).any()
    assert not (blue & (columns < border - 1)).any()
    assert red.any() or blue.any()


def test_an_empty_tile_inside_the_limits_is_transparent(get, files):
    # Across the antimeridian the limits are as wide as the set.
    below = "collections/date/map/tiles/WebMercatorQuad"
    row = get(below).json()["tileMatrixSetLimits"][-1]
    middle = (row["minTileCol"] + row["maxTileCol"]) // 2
    response = get(f"{below}/{row['tileMatrix']}/{row['minTileRow']}/{middle}?f=png")
    assert not pixels_of(response)[..., 3].any()


def test_the_accept_header_chooses(get):
    response = get("collections/halves/map?width=80", accept="image/jpeg")
    assert (response["Content-Type"], response["Vary"]) == ("image/jpeg", "Accept")
    response = get("collections/halves/map?width=80&f=webp", accept="image/jpeg")
    assert response["Content-Type"] == "image/webp"
    assert "Vary" not in response
    response = get("collections/halves/map?width=80&f=tiff")
    assert response["Content-Type"] == "image/tiff"


def test_a_map(get, client):
    response = get("collections/halves/map?bbox=9,47,11,49&width=100&f=png")
    assert response["Content-Bbox"] == "47.0,9.0,49.0,11.0"
    assert response["Content-Crs"] == "<http://www.opengis.net/def/crs/EPSG/0/4326>"
    shown = pixels_of(response)
    assert shown.shape == (100, 100, 4)
    assert (shown[:, :49] == (255, 0, 0, 255)).all()
    assert (shown[:, 51:] == (0, 0, 255, 255)).all()
    again = get(
        "collections/halves/map?bbox=9,47,11,49&width=100&f=png",
        **{"if-none-match": response["ETag"]},
    )
    assert (again.status_code, again["Content-Bbox"]) == (304, "47.0,9.0,49.0,11.0")
    head = client.head("/ogc/collections/halves/map?bbox=9,47,11,49&width=100&f=png")
    assert head.content == b""
    assert head["Content-Bbox"] == "47.0,9.0,49.0,11.0"


def test_axes_of_bbox_crs(get):
    by_longitude = get("collections/halves/map?bbox=7,47,11,49&width=64&f=png")
    by_latitude = get("collections/halves/map?bbox=47,7,49,11&bbox-crs=EPSG:4326&width=64&f=png")
    assert by_longitude.content == by_latitude.content


def test_a_map_across_the_antimeridian(get):
    shown = pixels_of(get("collections/date/map?bbox=179,-1,-179,1&width=100&f=png"))
    assert (shown[:, :49] == (255, 0, 0, 255)).all()
    assert (shown[:, 51:] == (0, 0, 255, 255)).all()
    mercator = get("collections/date/map?bbox=179,-1,-179,1&width=100&f=png&crs=EPSG:3857")
    shown = pixels_of(mercator)
    assert (shown[:, :49] == (255, 0, 0, 255)).all()
    assert (shown[:, 51:] == (0, 0, 255, 255)).all()


def test_what_lies_around_the_image(get):
    around = "collections/halves/map?bbox=4,44,16,52&width=120&f=png"
    assert pixels_of(get(around))[0, 0, 3] == 0
    assert pixels_of(get(f"{around}&transparent=false"))[0, 0].tolist() == [255, 255, 255, 255]
    assert pixels_of(get(f"{around}&bgcolor=0x00FF00"))[0, 0].tolist() == [0, 255, 0, 255]
    assert pixels_of(get(f"{around}&bgcolor=lime&transparent=true"))[0, 0, 3] == 0
    jpeg = get(f"{around.replace('png', 'jpeg')}&bgcolor=lime")
    assert np.abs(pixels_of(jpeg)[0, 0].astype(int) - (0, 255, 0, 255)).max() < 12


def test_a_map_beside_the_image_is_empty(get):
    assert not pixels_of(get("collections/halves/map?bbox=60,0,61,1&width=50&f=png"))[..., 3].any()


def test_a_layer_has_a_look_of_its_own(get):
    shown = pixels_of(get("collections/grey/map?width=80&f=png"))
    assert (shown[..., 0] == shown[..., 2]).all()
    shown = pixels_of(get("collections/grey/map?width=80&f=png&bgcolor=red"))
    assert (shown[..., 0] == shown[..., 2]).all()


def real_files():
    names = ("rt_cog_dateline.tif", "rt_cog_fullearth.tif", "goes.tif", "rt_inverted_lat.tif")
    return [*names, "rgba_geotiff_gcps.tiff", "global_dem.tif"]


@pytest.mark.parametrize("name", real_files())
def test_real_files_have_documents_and_tiles(client, name):
    file = Path(IMAGES) / "geo" / name
    if not file.exists():
        pytest.skip("shared images absent")
    _FILES["real"] = file
    try:
        shown = _shown_of_real(client)
    finally:
        _FILES.clear()
    # Nothing was measured anywhere in this one.
    assert shown[..., 3].any() == (name != "rt_inverted_lat.tif")


def _shown_of_real(client: Client):
    check(client.get("/ogc/collections/real").json(), "collection")
    below = "/ogc/collections/real/map/tiles/WebMercatorQuad"
    tileset = check(client.get(below).json(), "tileSet")
    for row in tileset["tileMatrixSetLimits"][:2]:
        tile = f"{row['tileMatrix']}/{row['minTileRow']}/{row['minTileCol']}"
        assert pixels_of(client.get(f"{below}/{tile}?f=png")).shape == (256, 256, 4)
    shown = pixels_of(client.get("/ogc/collections/real/map?width=128&crs=EPSG:3857&f=png"))
    assert shown.shape[1] == 128
    return shown
