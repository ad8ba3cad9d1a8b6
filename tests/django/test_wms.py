import io
import json
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import rasterio.warp
from django.urls import include, path
from PIL import Image

from tests.corpus import IMAGES
from tests.testapp.maps import serving
from tilewright.blobs.local import local_source
from tilewright.django.maps.layers import MapSource
from tilewright.django.maps.wms import urls_for
from tilewright.errors import OutsideError
from tilewright.style import Style
from tilewright.web.looks import parse_look

WMS = "{http://www.opengis.net/wms}"
OGC = "{http://www.opengis.net/ogc}"
XLINK = "{http://www.w3.org/1999/xlink}"
WEST, NORTH, SIDE = 500_000.0, 4_000_000.0, 512
"""The corner of the square files, in metres of UTM zone 18; a pixel is a metre."""
UTM = {
    "service": "WMS",
    "version": "1.3.0",
    "request": "GetMap",
    "layers": "left",
    "styles": "",
    "crs": "EPSG:32618",
    "bbox": f"{WEST},{NORTH - SIDE},{WEST + SIDE},{NORTH}",
    "width": "256",
    "height": "256",
    "format": "image/png",
}
POINT = {"request": "GetFeatureInfo", "query_layers": "left", "i": "10", "j": "20"}


class Dictionary:
    """Layers as a project gives them."""

    def __init__(self, sources):
        self.sources = sources

    def every(self, request):
        return self.sources.values()

    def named(self, request, name):
        if name not in self.sources:
            raise OutsideError(f"there is no layer {name[:40]!r}")
        return self.sources[name]


def write_tiff(file, data, *, crs="EPSG:32618", transform=None, **profile):
    transform = transform or rasterio.Affine(1, 0, WEST, 0, -1, NORTH)
    bands, height, width = data.shape
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        count=bands,
        width=width,
        height=height,
        dtype=data.dtype,
        crs=crs,
        transform=transform,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        **profile,
    ) as out:
        out.write(data)
    return file


@pytest.fixture
def serve(settings, tmp_path):
    """Serve files as layers, each by its name; ``styles`` are theirs by name."""

    def start(files, titles=None, styles=None):
        sources = {
            name: MapSource(
                name,
                (titles or {}).get(name, name),
                local_source(Path(file)),
                (styles or {}).get(name, Style()),
            )
            for name, file in files.items()
        }
        layers = Dictionary(sources)
        settings.ROOT_URLCONF = (path("maps/", include(urls_for(layers, title="All & sundry"))),)

    return start


@pytest.fixture
def halves(serve, tmp_path):
    """Serve two squares: red with an empty right half, and green with an empty lower half."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    red = np.zeros((3, SIDE, SIDE), np.uint8)
    red[0] = np.where(columns < SIDE // 2, 200, 0)
    green = np.zeros((3, SIDE, SIDE), np.uint8)
    green[1] = np.where(rows < SIDE // 2, 100, 0)
    serve(
        {
            "left": write_tiff(tmp_path / "left.tif", red, nodata=0, photometric="RGB"),
            "top": write_tiff(tmp_path / "top.tif", green, nodata=0, photometric="RGB"),
        },
        {"left": "Left <half> & \x1b more"},
    )


@pytest.fixture
def ask(client):
    """Ask the service with changed parameters; one of None is left out."""

    def get(base=UTM, headers=None, **changes):
        given = {name: value for name, value in (base | changes).items() if value is not None}
        return client.get("/maps/wms", given, headers=headers or {})

    return get


def pixels(response):
    assert response.status_code == 200, response.content[:500]
    return np.asarray(Image.open(io.BytesIO(response.content)))


def exception(response, status):
    assert response.status_code == status
    assert int(response["Content-Length"]) == len(response.content)
    root = ET.fromstring(response.content)  # noqa: S314 - our own text
    found = next(one for one in root.iter() if one.tag.endswith("ServiceException"))
    return root, found.get("code"), found.text


@pytest.mark.usefixtures("halves")
class TestGetMap:
    def test_a_map_is_clear_where_there_is_no_data(self, ask):
        response = ask(transparent="TRUE")
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "private, max-age=3600"
        shown = pixels(response)
        assert shown.shape == (256, 256, 4)
        assert shown[100, 60].tolist() == [200, 0, 0, 255]
        assert shown[100, 200, 3] == 0

    def test_a_map_lies_on_white_unless_it_is_told_otherwise(self, ask):
        assert pixels(ask())[100, 200].tolist() == [255, 255, 255]
        assert pixels(ask(bgcolor="0x0000FF"))[100, 200].tolist() == [0, 0, 255]
        jpeg = pixels(ask(format="image/jpeg", transparent="TRUE", bgcolor="0x0000FF"))
        assert np.abs(jpeg[100, 200] - np.array([0, 0, 255.0])).max() < 4

    def test_layers_lie_on_each_other(self, ask):
        both = pixels(ask(layers="left,top", styles=",", transparent="TRUE"))
        assert both[60, 60].tolist() == [0, 100, 0, 255]
        assert both[200, 60].tolist() == [200, 0, 0, 255]
        assert both[200, 200, 3] == 0
        other = pixels(ask(layers="top,left", bgcolor="0x010203"))
        assert other[60, 60].tolist() == [200, 0, 0]
        assert other[60, 200].tolist() == [0, 100, 0]
        assert other[200, 200].tolist() == [1, 2, 3]

    @pytest.mark.parametrize("layers", ["left", "left,top"])
    def test_a_map_is_kept_by_its_tag(self, ask, client, layers):
        first = ask(layers=layers)
        again = ask(layers=layers, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert ask(layers=layers, bgcolor="0x000000")["ETag"] != first["ETag"]
        head = client.head("/maps/wms", UTM | {"layers": layers})
        assert head.content == b""
        assert head["Content-Length"] == str(len(first.content))

    @pytest.mark.parametrize(
        ("format", "kind"),
        [("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")],
    )
    @pytest.mark.parametrize("layers", ["left", "left,top"])
    def test_formats(self, ask, format, kind, layers):
        response = ask(format=format, layers=layers)
        assert response["Content-Type"] == format
        assert Image.open(io.BytesIO(response.content)).format == kind

    @pytest.mark.parametrize("transparent", ["TRUE", "FALSE"])
    @pytest.mark.parametrize("format", ["image/jpeg", "image/webp", "image/png", "image/tiff"])
    def test_a_map_of_one_pixel(self, ask, format, transparent):
        one = {"width": "1", "height": "1", "transparent": transparent, "format": format}
        for layers in ("left", "left,top"):
            assert ask(layers=layers, **one)["Content-Type"] == format

    @pytest.mark.parametrize("layers", ["left", "top,left"])
    def test_a_tiff_is_a_picture(self, ask, layers):
        response = ask(format="image/tiff", layers=layers, transparent="TRUE")
        assert response["Content-Type"] == "image/tiff"
        with rasterio.MemoryFile(response.content) as file, file.open() as opened:
            assert opened.count == 4
            assert opened.read()[:, 100, 60].tolist() == [200, 0, 0, 255]

    def test_the_same_place_in_both_versions_and_orders_of_axes(self, ask):
        edges = {"width": "200", "height": "200"}
        west, south, east, north = -75.0, 36.140, -74.996, 36.144
        latitude_first = f"{south},{west},{north},{east}"
        longitude_first = f"{west},{south},{east},{north}"
        first = pixels(ask(crs="EPSG:4326", bbox=latitude_first, **edges))
        old = {"version": "1.1.1", "crs": None, "srs": "EPSG:4326"}
        assert (first[..., 1] < 50).any()
        assert (first == 255).all(-1).any()
        for other in (
            ask(crs="CRS:84", bbox=longitude_first, **edges),
            ask(**old, bbox=longitude_first, **edges),
            ask(**old | {"version": "1.1.0"}, bbox=longitude_first, **edges),
        ):
            assert np.array_equal(pixels(other), first)

    def test_a_map_off_the_image_is_empty(self, ask):
        clear = pixels(ask(bbox="0,0,10,10", transparent="TRUE"))
        assert not clear[..., 3].any()
        assert (pixels(ask(crs="CRS:84", bbox="100,-80,110,80")) == 255).all()
        # Beyond the latitudes that there are.
        assert (pixels(ask(crs="CRS:84", bbox="-1000,-500,1000,500")) == 255).any()

    def test_a_look_comes_by_the_parameters_of_tiles(self, ask):
        shown = pixels(ask(bidx="1", rescale="0,400", colormap_name="gray_r"))
        assert shown[100, 60].tolist() == [127, 127, 127]

    @pytest.mark.parametrize(
        ("changes", "status", "code", "words"),
        [
            ({"layers": "nothing"}, 404, "LayerNotDefined", "no layer"),
            ({"layers": "left,nothing"}, 404, "LayerNotDefined", "no layer"),
            ({"layers": "../left"}, 404, "LayerNotDefined", "no layer"),
            ({"layers": "left\0"}, 404, "LayerNotDefined", "no layer"),
            ({"styles": "neon"}, 400, "StyleNotDefined", "styles must be"),
            ({"crs": "EPSG:0"}, 400, "InvalidCRS", "crs must be"),
            ({"format": "image/gif"}, 400, "InvalidFormat", "image/png, image/jpeg"),
            ({"bbox": "3,3,1,1"}, 400, None, "bbox must be"),
            ({"bbox": "nan,0,1,1"}, 400, None, "bbox must be"),
            ({"width": "16385"}, 400, None, "from 1 to 16384"),
            ({"width": "16384", "height": "16384"}, 413, None, "output pixels"),
            ({"request": "GetStyles"}, 400, "OperationNotSupported", "GetMap"),
            ({"service": "WFS"}, 400, None, "service must be WMS"),
            ({"version": "7"}, 400, None, "version must be"),
            ({"bidx": "9"}, 404, None, "band 9"),
            ({"colormap_name": "virdis"}, 400, None, "colormap_name"),
            ({"resampling": "magic"}, 400, None, "resampling must be"),
        ],
    )
    def test_errors_are_reports(self, ask, changes, status, code, words):
        response = ask(**changes)
        root, found, text = exception(response, status)
        assert response["Content-Type"] == "text/xml"
        assert response["Cache-Control"] == "no-store"
        assert root.tag == f"{OGC}ServiceExceptionReport"
        assert found == code
        assert words in text

    def test_errors_of_the_old_version_are_of_its_kind(self, ask):
        response = ask(version="1.1.1", crs=None, srs="EPSG:0")
        root, code, _ = exception(response, 400)
        assert response["Content-Type"] == "application/vnd.ogc.se_xml"
        assert (root.tag, root.get("version")) == ("ServiceExceptionReport", "1.1.1")
        assert code == "InvalidSRS"

    @pytest.mark.parametrize("name", ["INIMAGE", "application/vnd.ogc.se_inimage"])
    def test_an_error_may_stand_in_the_picture(self, ask, name):
        response = ask(layers="nothing", exceptions=name)
        assert response["Cache-Control"] == "no-store"
        shown = pixels(response)
        assert shown.shape == (256, 256, 3)
        assert (shown == 255).any()
        assert (shown != 255).any()

    @pytest.mark.parametrize("name", ["BLANK", "application/vnd.ogc.se_blank"])
    def test_an_error_may_be_an_empty_picture(self, ask, name):
        assert (pixels(ask(layers="nothing", exceptions=name)) == 255).all()
        clear = pixels(ask(layers="nothing", exceptions=name, transparent="true"))
        assert clear.shape[2] == 4
        assert not clear.any()

    @pytest.mark.parametrize("format", ["image/jpeg", "image/webp", "image/tiff"])
    def test_an_empty_picture_is_of_any_format(self, ask, format):
        response = ask(layers="nothing", exceptions="BLANK", format=format)
        assert (response.status_code, response["Content-Type"]) == (200, format)

    def test_an_error_of_the_picture_itself_is_a_report(self, ask):
        exception(ask(width="0", exceptions="INIMAGE"), 400)
        exception(ask(format="x", exceptions="BLANK"), 400)

    def test_other_methods_are_refused(self, client):
        response = client.post("/maps/wms", UTM)
        _, code, _ = exception(response, 405)
        assert (code, response["Allow"]) == ("OperationNotSupported", "GET, HEAD")

    def test_too_many_fields_are_refused(self, client):
        exception(client.get("/maps/wms?" + "&".join(f"a{one}=1" for one in range(200))), 400)


def test_a_file_that_goes_wrong_tells_no_path(serve, ask, tmp_path):
    file = write_tiff(tmp_path / "a.tif", np.zeros((1, 300, 300), np.uint8))
    plain = tmp_path / "plain.tif"
    Image.new("RGB", (300, 300)).save(plain)
    serve({"a": file, "plain": plain})
    response = ask(layers="plain")
    _, code, _ = exception(response, 400)
    assert code == "LayerNotDefined"
    file.unlink()
    response = ask(layers="a")
    assert exception(response, 404)[1] is None
    assert str(tmp_path) not in response.content.decode()
    document = ask({"service": "WMS", "request": "GetCapabilities"})
    assert names_of(document) == []
    assert str(tmp_path) not in document.content.decode()


def test_a_layer_has_its_own_look(serve, ask, tmp_path):
    data = np.full((1, SIDE, SIDE), 100, np.uint8)
    (look,) = [parse_look((("rescale", "0,200"), ("colormap_name", "gray_r")), lambda: None)]
    serve({"left": write_tiff(tmp_path / "a.tif", data)}, styles={"left": look.style})
    assert pixels(ask(format="image/png"))[9, 9].tolist()[0] in {127, 128}
    assert pixels(ask(rescale="0,100"))[9, 9].tolist() in ([255, 255, 255], 255)


@pytest.mark.usefixtures("halves")
class TestGetFeatureInfo:
    def test_values_are_geojson(self, ask):
        response = ask(UTM | POINT, info_format="application/json")
        assert response["Content-Type"] == "application/json"
        (feature,) = json.loads(response.content)["features"]
        assert feature["id"] == "left"
        longitude, latitude = feature["geometry"]["coordinates"]
        assert (round(longitude, 3), round(latitude, 3)) == (-75.0, 36.144)
        assert [*feature["properties"].values()] == ["left", 200, 0, 0]

    def test_nothing_is_told_where_nothing_was_measured(self, ask):
        (feature,) = json.loads(ask(UTM | POINT, i="200").content)["features"]
        assert [*feature["properties"].values()] == ["left", None, None, None]

    def test_there_is_nothing_off_the_image(self, ask):
        assert json.loads(ask(UTM | POINT, bbox="0,0,10,10").content)["features"] == []

    def test_values_are_text(self, ask):
        response = ask(UTM | POINT, info_format="text/plain", query_layers="left,top")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        text = response.content.decode()
        assert "200" in text
        assert "(top)" in text

    def test_the_old_version_calls_a_pixel_otherwise(self, ask):
        old = UTM | POINT | {"version": "1.1.1", "crs": None, "i": None, "j": None}
        new = ask(UTM | POINT).content
        assert ask(old, srs="EPSG:32618", x="10", y="20").content == new

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"i": "256"}, 400, "InvalidPoint"),
            ({"j": "-1"}, 400, "InvalidPoint"),
            ({"info_format": "text/html"}, 400, "InvalidFormat"),
            ({"query_layers": "nothing"}, 404, "LayerNotDefined"),
            ({"query_layers": None}, 400, "LayerNotDefined"),
        ],
    )
    def test_errors_are_reports(self, ask, changes, status, code):
        assert exception(ask(UTM | POINT, **changes), status)[1] == code


def names_of(response):
    root = ET.fromstring(response.content)  # noqa: S314 - our own text
    prefix = WMS if root.tag.startswith(WMS) else ""
    path = f".//{prefix}Layer/{prefix}Layer/{prefix}Name"
    return [one.text for one in root.iterfind(path)]


CAPABILITIES = {"SERVICE": "WMS", "REQUEST": "GetCapabilities"}


@pytest.mark.usefixtures("halves")
class TestGetCapabilities:
    def test_the_new_version(self, ask):
        response = ask(CAPABILITIES)
        assert response["Content-Type"] == "text/xml"
        assert response["Cache-Control"] == "private, no-cache"
        assert names_of(response) == ["left", "top"]
        root = ET.fromstring(response.content)  # noqa: S314
        assert root.find(f"{WMS}Service/{WMS}Title").text == "All & sundry"
        assert root.find(f"{WMS}Service/{WMS}MaxWidth").text == "16384"
        urls = {one.get(f"{XLINK}href") for one in root.iter(f"{WMS}OnlineResource")}
        assert urls == {"http://testserver/maps/wms", "http://testserver/maps/wms?"}
        layer = root.find(f".//{WMS}Layer/{WMS}Layer")
        boxes = {one.get("CRS"): one for one in layer.iter(f"{WMS}BoundingBox")}
        assert {"EPSG:32618", "EPSG:3857", "EPSG:4326", "CRS:84"} <= {*boxes}
        assert float(boxes["EPSG:4326"].get("minx")) == pytest.approx(36.14, abs=0.01)
        assert float(boxes["CRS:84"].get("minx")) == pytest.approx(-75, abs=0.01)
        assert float(boxes["EPSG:32618"].get("minx")) == WEST
        assert layer.find(f"{WMS}Title").text.startswith("Left <half> & ")

    def test_the_old_version(self, ask):
        response = ask(CAPABILITIES, version="1.1.1")
        assert response["Content-Type"] == "application/vnd.ogc.wms_xml"
        assert names_of(response) == ["left", "top"]
        root = ET.fromstring(response.content)  # noqa: S314
        assert (root.tag, root.get("version")) == ("WMT_MS_Capabilities", "1.1.1")
        box = root.find(".//Layer/Layer/BoundingBox[@SRS='EPSG:4326']")
        assert float(box.get("minx")) == pytest.approx(-75, abs=0.01)

    def test_the_document_is_kept_by_its_tag(self, ask):
        first = ask(CAPABILITIES)
        assert ask(CAPABILITIES, headers={"if-none-match": first["ETag"]}).status_code == 304

    def test_the_version_is_negotiated(self, ask):
        assert b'version="1.3.0"' in ask(CAPABILITIES, version="1.3.9").content
        assert b'version="1.1.1"' in ask(CAPABILITIES, version="1.0.0").content
        exception(ask(CAPABILITIES, version="x"), 400)
        exception(ask(CAPABILITIES, SERVICE=None), 400)


def test_an_image_across_the_antimeridian_has_bounds_within_the_earth(serve, ask, tmp_path):
    data = np.ones((1, 256, 512), np.uint8)
    place = rasterio.Affine(0.01, 0, 178, 0, -0.01, 10)
    serve({"a": write_tiff(tmp_path / "a.tif", data, crs="EPSG:4326", transform=place)})
    root = ET.fromstring(ask(CAPABILITIES).content)  # noqa: S314
    layer = root.find(f".//{WMS}Layer/{WMS}Layer")
    degrees = [float(one.text) for one in layer.find(f"{WMS}EX_GeographicBoundingBox")]
    assert degrees[:2] == [-180, 180]
    for edges in ("178.5,8,179.5,9", "-178.5,8,-178,9", "178.5,8,182,9"):
        shown = pixels(ask(layers="a", crs="CRS:84", bbox=edges, transparent="TRUE"))
        assert shown.ndim == 2 or (shown[..., -1] == 255).all()


def test_further_axes_are_dimensions(serve, ask, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    planes = np.zeros((5, 300, 400), np.uint8) + np.arange(5, dtype=np.uint8)[:, None, None] * 50
    file = tmp_path / "stack.ome.tif"
    keys = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32618]
    tifffile.imwrite(
        file,
        planes,
        ome=True,
        metadata={"axes": "ZYX"},
        extratags=[
            (33550, "d", 3, (1.0, 1.0, 0.0), True),
            (33922, "d", 6, (0.0, 0.0, 0.0, WEST, NORTH, 0.0), True),
            (34735, "H", len(keys), tuple(keys), True),
        ],
    )
    serve({"a": file})
    if names_of(ask(CAPABILITIES)) == []:
        pytest.skip("the reader finds no place in an OME-TIFF")
    assert b'name="z"' in ask(CAPABILITIES).content
    for version in ("1.1.1", "1.3.0"):
        assert b"0/4/1" in ask(CAPABILITIES, version=version).content
    info = UTM | POINT | {"query_layers": "a"}
    (feature,) = json.loads(ask(info, dim_z="3").content)["features"]
    assert [*feature["properties"].values()] == ["a", 150]
    same = ask(layers="a", dim_z="3", rescale="0,200")
    assert pixels(same)[5, 5].max() == 191
    _, code, text = exception(ask(layers="a", dim_z="5"), 400)
    assert code == "InvalidDimensionValue"
    assert "from 0 to 4" in text


def schema_folder():
    mapproxy = pytest.importorskip("importlib.util").find_spec("mapproxy")
    if mapproxy is None:
        pytest.skip("the package mapproxy, which ships OGC's schemas, is absent")
    return Path(mapproxy.submodule_search_locations[0]) / "test" / "schemas"


@pytest.mark.usefixtures("halves")
class TestSchemas:
    """Against what OGC publishes."""

    def test_capabilities_and_reports_of_the_new_version(self, ask):
        etree = pytest.importorskip("lxml.etree")
        folder = schema_folder() / "wms" / "1.3.0"
        for response, name in (
            (ask(CAPABILITIES), "capabilities_1_3_0.xsd"),
            (ask(layers="nothing"), "exceptions_1_3_0.xsd"),
        ):
            schema = etree.XMLSchema(etree.parse(folder / name))
            schema.assertValid(etree.fromstring(response.content))

    def test_capabilities_and_reports_of_the_old_version(self, ask):
        etree = pytest.importorskip("lxml.etree")
        folder = schema_folder() / "wms" / "1.1.1"
        for response, name in (
            (ask(CAPABILITIES, version="1.1.1"), "WMS_MS_Capabilities.dtd"),
            (ask(version="1.1.1", layers="nothing"), "exception_1_1_1.dtd"),
        ):
            dtd = etree.DTD(str(folder / name))
            document = etree.fromstring(response.content)
            assert dtd.validate(document), dtd.error_log


@pytest.fixture
def server():
    """Serve over HTTP; no database is needed for it."""
    with serving() as address:
        yield address


@pytest.mark.usefixtures("halves")
class TestClients:
    """Programs that others wrote, against the running server."""

    @pytest.mark.parametrize("version", ["1.1.1", "1.3.0"])
    @pytest.mark.parametrize("crs", ["EPSG:32618", "EPSG:3857", "EPSG:4326"])
    def test_gdal(self, server, version, crs):
        name = "crs" if version == "1.3.0" else "srs"
        url = (
            f"WMS:{server}/maps/wms?SERVICE=WMS&VERSION={version}&REQUEST=GetMap&LAYERS=left"
            f"&{name.upper()}={crs}&BBOX={bounds_in(crs, version)}&FORMAT=image/png&TRANSPARENT=TRUE"
        )
        with rasterio.open(url) as opened:
            assert opened.crs == rasterio.crs.CRS.from_string(crs)
            shape = (opened.count, 200, 200)
            shown = opened.read(out_shape=shape)
        assert shown.shape == shape
        assert shown[0, 60:140, 20:80].min() == 200
        assert shown[3, 60:140, 130:180].max() == 0

    @pytest.mark.parametrize("version", ["1.1.1", "1.3.0"])
    def test_gdal_finds_the_layers(self, server, version):
        with warnings.catch_warnings():
            # The list of layers is no picture, and lies nowhere.
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(f"WMS:{server}/maps/wms?VERSION={version}") as opened:
                assert len(opened.subdatasets) == 2
                (left,) = [one for one in opened.subdatasets if "LAYERS=left" in one]
        with rasterio.open(left) as opened:
            assert opened.count >= 3

    @pytest.mark.parametrize("version", ["1.1.1", "1.3.0"])
    def test_owslib(self, server, version):
        owslib = pytest.importorskip("owslib.wms")
        service = owslib.WebMapService(f"{server}/maps/wms", version=version)
        assert service.identification.title == "All & sundry"
        assert [*service.contents] == ["left", "top"]
        left = service["left"]
        assert left.boundingBoxWGS84[0] == pytest.approx(-75, abs=0.01)
        assert "EPSG:3857" in left.crsOptions
        place = {
            "layers": ["left"],
            "styles": [""],
            "srs": "EPSG:4326",
            "bbox": (-75.0, 36.1405, -74.995, 36.1445),
            "size": (256, 200),
            "format": "image/png",
        }
        picture = np.asarray(Image.open(service.getmap(**place, transparent=True)))
        assert picture.shape == (200, 256, 4)
        assert picture[100, 50].tolist() == [200, 0, 0, 255]
        values = service.getfeatureinfo(
            **place, query_layers=["left"], info_format="application/json", xy=(50, 100)
        )
        (feature,) = json.loads(values.read())["features"]
        assert [*feature["properties"].values()] == ["left", 200, 0, 0]
        with pytest.raises(OSError, match="404"):
            service.getmap(**place | {"layers": ["nothing"]})


def bounds_in(crs, version):
    edges = rasterio.warp.transform_bounds(
        "EPSG:32618", crs, WEST, NORTH - SIDE, WEST + SIDE, NORTH
    )
    west, south, east, north = edges
    swapped = version == "1.3.0" and crs == "EPSG:4326"
    return ",".join(map(str, (south, west, north, east) if swapped else edges))


@pytest.mark.skipif(not IMAGES.exists(), reason="shared images absent")
class TestRealFiles:
    NAMES = (
        "rt_cog.tif",
        "rt_cog_dateline.tif",
        "rt_cog_fullearth.tif",
        "goes.tif",
        "RGB.byte.tif",
    )

    @pytest.mark.parametrize(
        ("version", "schema"),
        [("1.1.1", "WMS_MS_Capabilities.dtd"), ("1.3.0", "capabilities_1_3_0.xsd")],
    )
    def test_they_are_layers(self, serve, ask, version, schema):
        # The last one has no CRS.
        serve({name: IMAGES / "geo" / name for name in (*self.NAMES, "rotated.tif")})
        response = ask(CAPABILITIES, version=version)
        assert names_of(response) == [*self.NAMES]
        assert not {b"inf", b"nan"} & {*re.split(rb"[^a-z]", response.content.lower())}
        etree = pytest.importorskip("lxml.etree")
        file = schema_folder() / "wms" / version / schema
        rules = etree.DTD(str(file)) if version == "1.1.1" else etree.XMLSchema(etree.parse(file))
        rules.assertValid(etree.fromstring(response.content))

    @pytest.mark.parametrize("name", NAMES)
    def test_their_announced_boxes_show_them(self, serve, ask, name):
        serve({name: IMAGES / "geo" / name})
        root = ET.fromstring(ask(CAPABILITIES).content)  # noqa: S314
        boxes = [*root.iter(f"{WMS}BoundingBox")]
        assert len(boxes) >= 3
        for box in boxes:
            edges = ",".join(box.get(edge) for edge in ("minx", "miny", "maxx", "maxy"))
            crs, clear = box.get("CRS"), {"transparent": "TRUE"}
            shown = pixels(ask(layers=name, crs=crs, bbox=edges.replace("+", ""), **clear))
            assert shown.shape[:2] == (256, 256)
            assert shown.ndim == 2 or shown.shape[2] == 3 or shown[..., 3].any(), (crs, edges)

    @pytest.mark.parametrize("name", NAMES)
    def test_they_are_found_on_the_whole_earth(self, serve, ask, name):
        serve({name: IMAGES / "geo" / name})
        whole = ask(layers=name, crs="CRS:84", bbox="-180,-90,180,90", transparent="TRUE")
        assert pixels(whole).shape[:2] == (256, 256)
