"""The WMTS of a project, asked by hand and by GDAL's own client."""

import io
import json
import urllib.request

import numpy as np
import pytest
from lxml import etree
from PIL import Image

from tests.corpus import IMAGES
from tests.testapp.maps import ListedLayers, file_layer, serving, urlconf
from tests.web.earth import DATELINE, write_geotiff
from tilewright.django.maps import views_tilejson, views_wmts

REST = "/maps/wmts/1.0.0/utm/default/WebMercatorQuad"
KVP = {
    "SERVICE": "WMTS",
    "REQUEST": "GetTile",
    "VERSION": "1.0.0",
    "LAYER": "utm",
    "STYLE": "default",
    "FORMAT": "image/png",
    "TILEMATRIXSET": "WebMercatorQuad",
    "TILEMATRIX": "12",
    "TILEROW": "1542",
    "TILECOL": "1169",
}
OWS = "{http://www.opengis.net/ows/1.1}"


@pytest.fixture
def pixels(tmp_path):
    """Write a georeferenced picture and return its values."""
    return write_geotiff(tmp_path / "utm.tif")


@pytest.fixture
def layers(pixels, tmp_path, settings):
    """Serve one layer, one that is hidden, and one that lies nowhere."""
    Image.new("RGB", (64, 64), "red").save(tmp_path / "plain.png")
    (tmp_path / "gone.tif").write_bytes(b"")
    listed = ListedLayers(
        file_layer(tmp_path / "utm.tif"),
        file_layer(tmp_path / "utm.tif", "secret"),
        file_layer(tmp_path / "plain.png", "plain"),
        file_layer(tmp_path / "gone.tif", "gone"),
        hidden=("secret",),
    )
    (tmp_path / "gone.tif").unlink()
    settings.ROOT_URLCONF = urlconf(
        *views_wmts.urls_for(listed, title="Test & more"), *views_tilejson.urls_for(listed)
    )
    return listed


def opened(response):
    return np.asarray(Image.open(io.BytesIO(response.content)))


def exception(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "text/xml"
    assert response["Cache-Control"] == "no-store"
    found = etree.fromstring(response.content).find(f"{OWS}Exception")
    return found.get("exceptionCode"), found.get("locator")


@pytest.mark.parametrize("path", ["1.0.0/WMTSCapabilities.xml", "?service=WMTS&request="])
def test_capabilities_name_the_layers_that_lie_on_the_earth(client, layers, path):
    url = f"/maps/wmts{path}GetCapabilities" if "?" in path else f"/maps/wmts/{path}"
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "text/xml")
    text = response.content.decode()
    assert text.count("<Layer>") == 1
    assert 'xlink:href="http://testserver/maps/wmts?"' in text
    assert "Test &amp; more" in text
    again = client.get(url, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    known = client.get(url, headers={"x-key": "1"})
    assert known.content.decode().count("<Layer>") == 2
    assert known["ETag"] != response["ETag"]


def test_key_and_value_and_resource_are_the_same_tile(client, layers):
    tile = client.get(f"{REST}/12/1542/1169.png")
    assert (tile.status_code, tile["Content-Type"]) == (200, "image/png")
    named = client.get("/maps/wmts", {name.lower(): text for name, text in KVP.items()})
    assert (named["ETag"], named.content) == (tile["ETag"], tile.content)
    picture = opened(tile)
    assert picture.shape == (256, 256, 3)
    head = client.head(f"{REST}/12/1542/1169.png")
    assert (head.content, head["Content-Length"]) == (b"", str(len(tile.content)))
    known = client.get(f"{REST}/12/1542/1169.png", headers={"if-none-match": tile["ETag"]})
    assert known.status_code == 304


def test_a_look_passes_to_the_tile(client, layers):
    plain = opened(client.get(f"{REST}/12/1541/1168.png"))
    grey = opened(client.get("/maps/wmts", KVP | {"TILEROW": "1541", "TILECOL": "1168", "bidx": 1}))
    assert not np.array_equal(plain, grey)
    seen = grey[grey[..., -1] == 255]
    assert len(seen) > 1000
    assert np.ptp(seen[:, :-1], axis=1).max() == 0


@pytest.mark.parametrize(
    ("change", "status", "code", "locator"),
    [
        ({"SERVICE": "WMS"}, 400, "InvalidParameterValue", "SERVICE"),
        ({"SERVICE": ""}, 400, "MissingParameterValue", "SERVICE"),
        ({"REQUEST": None}, 400, "MissingParameterValue", "REQUEST"),
        ({"REQUEST": "GetMap"}, 501, "OperationNotSupported", "REQUEST"),
        ({"VERSION": "1.1.0"}, 400, "InvalidParameterValue", "VERSION"),
        ({"VERSION": None}, 400, "MissingParameterValue", "VERSION"),
        ({"LAYER": "other"}, 400, "InvalidParameterValue", "LAYER"),
        ({"LAYER": "secret"}, 400, "InvalidParameterValue", "LAYER"),
        ({"LAYER": "plain"}, 400, "InvalidParameterValue", "projection"),
        ({"LAYER": "gone"}, 404, "NoApplicableCode", None),
        ({"LAYER": "a\x00b<"}, 400, "InvalidParameterValue", "LAYER"),
        ({"STYLE": None}, 400, "MissingParameterValue", "STYLE"),
        ({"STYLE": "red"}, 400, "InvalidParameterValue", "STYLE"),
        ({"FORMAT": "image/gif"}, 400, "InvalidParameterValue", "FORMAT"),
        ({"TILEMATRIXSET": "Mine"}, 400, "InvalidParameterValue", "TILEMATRIXSET"),
        ({"TILEMATRIXSET": "GNOSISGlobalGrid"}, 400, "InvalidParameterValue", "TILEMATRIX"),
        ({"TILEMATRIX": "60"}, 400, "InvalidParameterValue", "TILEMATRIX"),
        ({"TILEROW": "4096"}, 400, "TileOutOfRange", None),
        ({"TILEROW": "-1"}, 400, "TileOutOfRange", None),
        ({"TILECOL": "9" * 18}, 400, "TileOutOfRange", None),
        ({"TILECOL": "nan"}, 400, "InvalidParameterValue", "TILECOL"),
        ({"TILECOL": "1e3"}, 400, "InvalidParameterValue", "TILECOL"),
        ({"bidx": "9"}, 404, "InvalidParameterValue", None),
        ({"bidx": "x"}, 400, "InvalidParameterValue", "bidx"),
        ({"quality": "0"}, 400, "InvalidParameterValue", "quality"),
        (
            {"REQUEST": "GetCapabilities", "ACCEPTVERSIONS": "2.0.0"},
            400,
            "VersionNegotiationFailed",
            "ACCEPTVERSIONS",
        ),
        (
            {"REQUEST": "GetFeatureInfo", "J": "0", "INFOFORMAT": "text/plain"},
            400,
            "MissingParameterValue",
            "I",
        ),
        (
            {"REQUEST": "GetFeatureInfo", "I": "256", "J": "0", "INFOFORMAT": "text/plain"},
            400,
            "PointIJOutOfRange",
            "I",
        ),
        (
            {"REQUEST": "GetFeatureInfo", "I": "1", "J": "1", "INFOFORMAT": "text/html"},
            400,
            "InvalidParameterValue",
            "INFOFORMAT",
        ),
    ],
)
def test_errors_are_exception_reports(client, layers, change, status, code, locator):
    asked = {name: text for name, text in (KVP | change).items() if text is not None}
    response = client.get("/maps/wmts", asked)
    assert exception(response, status) == (code, locator)
    assert b"/tmp" not in response.content


def test_a_query_of_a_hundred_thousand_fields_is_refused(client, layers):
    response = client.get("/maps/wmts?" + "&".join(["a=1"] * 100_000))
    assert exception(response, 400)[0] == "InvalidParameterValue"
    assert client.post("/maps/wmts").status_code == 405


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("utm/default/WebMercatorQuad/12/1542/4096.png", 404),
        ("utm/default/WebMercatorQuad/60/0/0.png", 404),
        ("utm/default/Mine/0/0/0.png", 404),
        ("utm/red/WebMercatorQuad/0/0/0.png", 404),
        ("secret/default/WebMercatorQuad/0/0/0.png", 404),
        ("utm/default/WebMercatorQuad/0/0/0.gif", 400),
        ("utm/default/WebMercatorQuad/0/0/x.png", 400),
        ("utm/default/WebMercatorQuad/0/%00/0.png", 400),
        ("utm/default/WebMercatorQuad/0/" + "9" * 400 + "/0.png", 400),
        ("plain/default/WebMercatorQuad/0/0/0.png", 400),
        ("plain/default/WebMercatorQuad/0/0/0/0/0.json", 404),
        ("utm/default/WebMercatorQuad/0/0/0/0/0.html", 400),
        ("utm/default/WebMercatorQuad/0/0/0/256/0.json", 400),
    ],
)
def test_errors_of_resources_are_problem_documents(client, layers, path, status):
    response = client.get(f"/maps/wmts/1.0.0/{path}")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


def test_the_values_under_a_pixel(client, layers, pixels):
    url = f"{REST}/12/1542/1169"
    answer = json.loads(client.get(f"{url}/250/20.json").content)
    (feature,) = answer["features"]
    longitude, latitude = feature["geometry"]["coordinates"]
    turn = 2**12 * 256
    assert longitude == pytest.approx((1169 * 256 + 20.5) / turn * 360 - 180, abs=1e-9)
    asked = KVP | {"REQUEST": "GetFeatureInfo", "I": 20, "J": 250, "INFOFORMAT": "text/plain"}
    lines = client.get("/maps/wmts", asked).content.decode().splitlines()
    values = list(feature["properties"].values())
    assert [float(line.partition(": ")[2]) for line in lines] == values

    import pyproj  # noqa: PLC0415 - an independent road to the same pixel

    to_utm = pyproj.Transformer.from_crs(4326, 32618, always_xy=True)
    x, y = to_utm.transform(longitude, latitude)
    column, row = int((x - 300_000) // 30), int((4_500_000 - y) // 30)
    assert values == pixels[:, row, column].tolist()


def test_nothing_lies_outside_the_image(client, layers):
    outside = f"{REST}/12/0/0/0/0"
    assert json.loads(client.get(f"{outside}.json").content)["features"] == []
    assert client.get(f"{outside}.txt").content == b"no value\n"


@pytest.mark.parametrize("name", ["WebMercatorQuad", "WGS1984Quad", "WorldCRS84Quad"])
@pytest.mark.parametrize("resources", [True, False])
def test_gdal_reads_what_it_would_warp_itself(layers, tmp_path, name, resources):
    with serving() as address:
        document = fetched(f"{address}/maps/wmts/1.0.0/WMTSCapabilities.xml")
        if not resources:
            # GDAL asks by key and value only where there are no templates.
            parts = document.split("<ResourceURL ")
            document = parts[0] + "".join(part.partition("/>")[2] for part in parts[1:])
        (tmp_path / "caps.xml").write_text(document)
        assert_like_gdal(tmp_path / "caps.xml", name, tmp_path / "utm.tif")


def test_gdal_finds_an_image_across_the_antimeridian(settings, tmp_path):
    write_geotiff(tmp_path / "d.tif", crs="EPSG:32660", affine=DATELINE, width=2325, height=2355)
    listed = ListedLayers(file_layer(tmp_path / "d.tif", "d"))
    settings.ROOT_URLCONF = urlconf(*views_wmts.urls_for(listed))
    import rasterio  # noqa: PLC0415

    with serving() as address:
        text = fetched(f"{address}/maps/wmts/1.0.0/WMTSCapabilities.xml")
        (tmp_path / "caps.xml").write_text(text)
        with rasterio.open(f"WMTS:{tmp_path}/caps.xml,tilematrixset=WebMercatorQuad") as seen:
            for longitude in (179.9, -179.9):
                ((*_, alpha),) = seen.sample([mercator(longitude, 51.5)])
                assert alpha == 255
            ((*_, alpha),) = seen.sample([mercator(0.0, 51.5)])
            assert alpha == 0


def test_gdal_reads_a_real_file(settings, tmp_path):
    path = IMAGES / "geo" / "RGB.byte.tif"
    if not path.exists():
        pytest.skip("shared images absent")
    settings.ROOT_URLCONF = urlconf(*views_wmts.urls_for(ListedLayers(file_layer(path, "rgb"))))
    with serving() as address:
        text = fetched(f"{address}/maps/wmts/1.0.0/WMTSCapabilities.xml")
        (tmp_path / "caps.xml").write_text(text)
        assert_like_gdal(tmp_path / "caps.xml", "WebMercatorQuad", path)


def fetched(url):
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - of our own server
        return answer.read().decode()


def mercator(longitude, latitude):
    radius = 6378137.0
    return (
        np.radians(longitude) * radius,
        radius * np.log(np.tan(np.pi / 4 + np.radians(latitude) / 2)),
    )


def assert_like_gdal(capabilities, name, path):
    """Compare the service's own grid with what GDAL makes of the file on the same grid."""
    import rasterio  # noqa: PLC0415
    from rasterio.vrt import WarpedVRT  # noqa: PLC0415

    with (
        rasterio.open(f"WMTS:{capabilities},tilematrixset={name}") as seen,
        rasterio.open(path) as file,
        WarpedVRT(
            file,
            crs=seen.crs,
            transform=seen.transform,
            width=seen.width,
            height=seen.height,
            resampling=rasterio.enums.Resampling.bilinear,
            add_alpha=True,
        ) as wanted,
    ):
        assert max(seen.shape) < 4096
        got, truth = seen.read().astype(int), wanted.read().astype(int)
    inside = (got[3] == 255) & (truth[3] == 255)
    assert inside.mean() > 0.3
    assert ((got[3] > 127) != (truth[3] > 127)).mean() < 0.02
    assert np.abs(got[:3] - truth[:3])[:, inside].mean() < 0.75


def test_tilejson_leads_to_the_tiles(client, layers):
    response = client.get("/maps/tilejson/utm.json?bidx=1&tile_format=jpg")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    (template,) = response.json()["tiles"]
    url = template.format(z=12, x=1169, y=1542)
    assert url == f"http://testserver{REST}/12/1542/1169.jpg?bidx=1"
    tile = client.get(url)
    assert (tile.status_code, tile["Content-Type"]) == (200, "image/jpeg")
    other = client.get("/maps/tilejson/WGS1984Quad/utm.json").json()
    assert "/WGS1984Quad/{z}/{y}/{x}.png" in other["tiles"][0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("none.json", 404),
        ("plain.json", 404),
        ("GNOSISGlobalGrid/utm.json", 404),
        ("NZTM2000Quad/utm.json", 404),
        ("utm.json?quality=0", 400),
        ("utm.json?colormap_name=nothing", 400),
        ("utm.json?tile_format=gif", 400),
    ],
)
def test_tilejson_refuses(client, layers, path, status):
    response = client.get(f"/maps/tilejson/{path}")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
