"""The TMS of a project, walked from its root, and by GDAL's own client."""

import io
import urllib.request

import numpy as np
import pytest
from lxml import etree
from PIL import Image

from tests.testapp.maps import ListedLayers, file_layer, serving, urlconf
from tests.web.earth import write_geotiff
from tilewright.django.maps import views_tms, views_wmts


@pytest.fixture
def layers(tmp_path, settings):
    write_geotiff(tmp_path / "utm.tif")
    listed = ListedLayers(
        file_layer(tmp_path / "utm.tif"),
        file_layer(tmp_path / "utm.tif", "secret"),
        hidden=("secret",),
    )
    settings.ROOT_URLCONF = urlconf(*views_tms.urls_for(listed), *views_wmts.urls_for(listed))
    return listed


def test_the_tree_leads_from_the_root_to_a_tile(client, layers):
    at = "http://testserver"
    response = client.get("/maps/tms/")
    assert response["Content-Type"] == "text/xml"
    service = etree.fromstring(response.content).find("TileMapService").get("href")
    assert service == f"{at}/maps/tms/1.0.0/"
    assert client.get("/maps/tms").content == response.content
    listed = etree.fromstring(client.get(service).content).findall("TileMaps/TileMap")
    assert all("/utm/" in one.get("href") for one in listed)
    described = client.get(listed[0].get("href"))
    tile_set = etree.fromstring(described.content).findall("TileSets/TileSet")[12]
    tile = client.get(f"{tile_set.get('href')}/1169/{2**12 - 1 - 1542}.png")
    same = client.get("/maps/wmts/1.0.0/utm/default/WebMercatorQuad/12/1542/1169.png")
    assert tile.content == same.content
    assert tile["ETag"] == same["ETag"]
    again = client.get(listed[0].get("href"), headers={"if-none-match": described["ETag"]})
    assert again.status_code == 304


def test_a_map_has_other_formats_and_looks(client, layers):
    base = "/maps/tms/1.0.0/utm/WebMercatorQuad"
    assert 'mime-type="image/jpeg"' in client.get(f"{base}/jpg/").content.decode()
    tile = client.get(f"{base}/jpg/10/292/638.jpg?bidx=2")
    assert tile["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(tile.content)).size == (256, 256)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("utm/Mine/png/", 404),
        ("utm/CanadianNAD83_LCC/png/", 404),
        ("utm/WGS1984Quad/png/0/0/0.png", 404),
        ("utm/WebMercatorQuad/heic/", 400),
        ("utm/WebMercatorQuad/png/0/0/0.jpg", 400),
        ("utm/WebMercatorQuad/png/0/0/1.png", 404),
        ("utm/WebMercatorQuad/png/60/0/0.png", 404),
        ("utm/WebMercatorQuad/png/nan/0/0.png", 400),
        ("utm/WebMercatorQuad/png/0/0/%00.png", 400),
        ("utm/WebMercatorQuad/png/12/1169/2553.png?bidx=9", 404),
        ("utm/WebMercatorQuad/png/12/1169/2553.png?bidx=x", 400),
        ("secret/WebMercatorQuad/png/", 404),
        ("secret/WebMercatorQuad/png/0/0/0.png", 404),
    ],
)
def test_errors_are_problem_documents(client, layers, path, status):
    response = client.get(f"/maps/tms/1.0.0/{path}")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["WebMercatorQuad", "WorldCRS84Quad"])
def test_gdal_reads_what_it_would_warp_itself(layers, tmp_path, name):
    import rasterio  # noqa: PLC0415 - loaded only where GDAL is the client
    from rasterio.transform import Affine  # noqa: PLC0415
    from rasterio.vrt import WarpedVRT  # noqa: PLC0415
    from rasterio.warp import transform_bounds  # noqa: PLC0415
    from rasterio.windows import from_bounds  # noqa: PLC0415

    with serving() as address:
        url = f"{address}/maps/tms/1.0.0/utm/{name}/png/"
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - of our own server
            (tmp_path / "map.xml").write_bytes(answer.read())
        with (
            rasterio.open(tmp_path / "utm.tif") as file,
            rasterio.open(tmp_path / "map.xml") as seen,
        ):
            assert seen.driver == "WMS"
            # Well inside, as the driver asks for three bands and no alpha.
            inner = file.bounds.left + 2000, file.bounds.bottom + 2000
            outer = file.bounds.right - 2000, file.bounds.top - 2000
            box = transform_bounds(file.crs, seen.crs, *inner, *outer)
            window = from_bounds(*box, seen.transform).round_offsets().round_lengths()
            got = seen.read(window=window).astype(int)
            pitch = seen.res[0]
            west = seen.bounds.left + window.col_off * pitch
            north = seen.bounds.top - window.row_off * pitch
            with WarpedVRT(
                file,
                crs=seen.crs,
                transform=Affine.translation(west, north) @ Affine.scale(pitch, -pitch),
                width=got.shape[2],
                height=got.shape[1],
                resampling=rasterio.enums.Resampling.bilinear,
            ) as wanted:
                truth = wanted.read().astype(int)
    assert got[0].size > 100_000
    assert np.abs(got - truth).mean() < 0.75
