"""The site's services of maps, as map programs find them on a running server."""

import io

import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image
from rasterio.vrt import WarpedVRT

from tests.site.conftest import serving

SIDE = 1200


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    ramp = np.indices((SIDE, SIDE)).sum(0) * 255 // (2 * SIDE)
    for name, left in (("east.tif", 586_000), ("west.tif", 575_000)):
        with rasterio.open(
            folder / name,
            "w",
            driver="GTiff",
            crs="EPSG:32618",
            transform=rasterio.Affine(10, 0, left, 0, -10, 4_512_000),
            width=SIDE,
            height=SIDE,
            count=3,
            dtype="uint8",
            photometric="rgb",
            tiled=True,
        ) as written:
            written.write(np.stack([ramp, ramp[::-1], ramp[:, ::-1]]).astype(np.uint8))
    (folder / "plain.png").write_bytes(plain_picture())
    with serving(tmp_path_factory.mktemp("home"), str(folder)) as running:
        yield running, folder


def plain_picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "PNG")
    return out.getvalue()


def ids(running):
    with running.client() as client:
        return {row["name"]: row["id"] for row in client.get("/api/images/").json()["results"]}


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/wmts/1.0.0/WMTSCapabilities.xml", "xml"),
        ("/wmts?service=WMTS&request=GetCapabilities", "xml"),
        ("/wms?service=WMS&request=GetCapabilities", "xml"),
        ("/tms/1.0.0/", "xml"),
    ],
)
def test_capabilities_name_what_lies_on_the_earth(server, path, media_type):
    running, _ = server
    with running.client() as client:
        reply = client.get(path)
    assert reply.status_code == 200
    assert media_type in reply.headers["content-type"]
    etree.fromstring(reply.content)
    assert "east.tif" in reply.text
    assert "plain.png" not in reply.text


def test_ogc_leads_from_the_landing_page_to_a_tile(server):
    running, _ = server
    with running.client() as client:
        landing = client.get("/ogc/").json()
        data = next(link["href"] for link in landing["links"] if link["rel"] == "data")
        collections = client.get(data).json()["collections"]
        assert {one["title"] for one in collections} == {"east.tif", "west.tif"}
        name = collections[0]["id"]
        tiles = client.get(f"/ogc/collections/{name}/map/tiles/WebMercatorQuad").json()
        item = next(link["href"] for link in tiles["links"] if link["rel"] == "item")
        limit = tiles["tileMatrixSetLimits"][-1]
        address = (
            item.replace("{tileMatrix}", limit["tileMatrix"])
            .replace("{tileRow}", str(limit["minTileRow"]))
            .replace("{tileCol}", str(limit["minTileCol"]))
        )
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("service", ["wmts", "wms"])
def test_gdal_reads_the_site(server, service):
    running, folder = server
    layer = ids(running)["east.tif"]
    place = {
        "wmts": f"WMTS:{running.address}/wmts/1.0.0/WMTSCapabilities.xml,layer={layer},"
        "tilematrixset=WebMercatorQuad",
        "wms": f"WMS:{running.address}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap"
        f"&LAYERS={layer}&STYLES=&CRS=EPSG:3857&FORMAT=image/png"
        "&BBOX=-8230000,4960000,-8200000,4990000",
    }[service]
    with rasterio.open(folder / "east.tif") as told, WarpedVRT(told, crs="EPSG:3857") as truth:
        middle_x = (truth.bounds.left + truth.bounds.right) / 2
        middle_y = (truth.bounds.bottom + truth.bounds.top) / 2
        expected = next(truth.sample([(middle_x, middle_y)]))[:3]
    with rasterio.open(place) as read:
        found = next(read.sample([(middle_x, middle_y)]))[:3]
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 3


def test_a_mosaic_shows_both(server):
    running, _ = server
    known = ids(running)
    images = f"{known['east.tif']},{known['west.tif']}"
    with running.client() as client:
        told = client.get(f"/api/mosaics/info?images={images}").json()
        reply = client.get(f"/api/mosaics/region.png?images={images}&width=300")
        posted = client.post("/api/mosaics/", json=mosaicjson())
    assert reply.status_code == 200, told
    assert reply.headers["content-type"] == "image/png"
    assert posted.status_code == 200, posted.text
    assert {*map(str, posted.json()["images"])} == {
        str(known["east.tif"]),
        str(known["west.tif"]),
    }


def mosaicjson():
    return {
        "mosaicjson": "0.0.3",
        "minzoom": 8,
        "maxzoom": 12,
        "tiles": {"03201": ["somewhere/east.tif", "https://example.org/west.tif"]},
    }


def test_a_picture_that_lies_nowhere_is_on_no_map(server):
    running, _ = server
    plain = ids(running)["plain.png"]
    with running.client() as client:
        reply = client.get(f"/api/images/{plain}/tiles/0/0/0.png?projection=EPSG:3857")
        assert reply.status_code == 400
        assert reply.json()["parameter"] == "projection"
        assert client.get(f"/tilejson/{plain}.json").status_code == 404
