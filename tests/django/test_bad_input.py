"""What answers with an error of the server's, or a wrong picture, in django-large-image."""

import io
import json

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tests.testapp.models import Scan


@pytest.fixture
def images(scan, folder, pixels):
    """Return records by name: a picture, a map of 16-bit values up to 240, and what is neither."""
    values = (np.arange(200 * 300) % 241).reshape(1, 200, 300).astype(np.uint16)
    with rasterio.open(
        folder / "map.tif",
        "w",
        driver="GTiff",
        width=300,
        height=200,
        count=1,
        dtype="uint16",
        crs="EPSG:32633",
        transform=rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000),
    ) as file:
        file.write(values)
    Image.fromarray(pixels).save(folder / "plain.png")
    (folder / "words.tif").write_text("these are words")
    tifffile.imwrite(folder / "cut.tif", pixels, tile=(256, 256), photometric="rgb")
    whole = (folder / "cut.tif").read_bytes()
    (folder / "cut.tif").write_bytes(whole[: len(whole) // 2])
    files = {
        "map": "map.tif",
        "png": "plain.png",
        "words": "words.tif",
        "cut": "cut.tif",
        "lost": "lost.tif",
    }
    made = {name: Scan.objects.create(name=name, file=file) for name, file in files.items()}
    return {"picture": scan, **made}


@pytest.fixture
def ask(client, images):
    """Ask for a path below an image."""

    def get(image, path, **headers):
        return client.get(f"/api/scans/{images[image].pk}/{path}", headers=headers)

    return get


def problem(response, folder):
    """Return the problem document of a refusal, which says nothing of the server's folders."""
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    document = json.loads(response.content)
    assert document["status"] == response.status_code
    assert document["detail"]
    assert str(folder) not in response.content.decode()
    return document


EDGES = "left=0&top=0&right=50&bottom=50"
FAR = "left=5000&top=5000&right=5100&bottom=5100"
ONE = 'style={"band":1}'
REFUSED = [
    # outside the pyramid, and what a map never refused
    ("picture", "tiles/9/0/0.png", 404),
    ("picture", "tiles/2/99/0.png", 404),
    ("picture", "tiles/2/0/-1.png", 404),
    ("map", "tiles/100/99/0.png?projection=EPSG:3857", 404),
    ("map", "tiles/3/99/0.png?projection=EPSG:3857", 404),
    ("picture", "tiles/0/0/0.png?frame=7", 404),
    # looks
    ("picture", "tiles/0/0/0.png?style=red", 400),
    ("picture", "tiles/0/0/0.png?style=[1]", 400),
    ("picture", "tiles/0/0/0.png?style=5", 400),
    ("picture", 'data/thumbnail.png?style={"bands":5}', 400),
    ("picture", 'tiles/0/0/0.png?style={"band":1,"palette":"nosuch"}', 400),
    ("picture", "tiles/0/0/0.png?band=1&palette=nosuch", 400),
    ("picture", "tiles/0/0/0.png?band=1&cmap=nosuch", 400),
    ("picture", "tiles/0/0/0.png?band=1&scheme=nosuch", 400),
    ("picture", "tiles/0/0/0.png?band=1&min=abc", 400),
    ("picture", "tiles/0/0/0.png?band=abc", 400),
    ("picture", 'tiles/0/0/0.png?style={"band":99}', 404),
    ("picture", "tiles/0/0/0.png?band=99", 404),
    # parameters
    ("picture", "data/thumbnail.png?max_width=abc", 400),
    ("picture", "data/pixel?top=1", 400),
    ("picture", "data/pixel?left=1.5&top=1", 400),
    ("picture", "data/pixel?left=100000&top=1", 404),
    ("picture", "data/pixel?left=-1&top=1", 404),
    ("picture", "data/region.png?left=0&right=5&bottom=5", 400),
    ("picture", f"data/region.png?{EDGES}&units=nosuch", 400),
    ("map", f"data/region.png?{EDGES}&units=nosuch", 400),
    ("map", f"data/region.png?{EDGES}&projection=nosuch", 400),
    ("map", "tiles/0/0/0.png?projection=nosuch", 400),
    ("map", "tiles/0/0/0.png?projection=EPSG:999999", 400),
    ("picture", "info/band?band=9", 404),
    ("picture", "info/band?band=abc", 400),
    ("picture", "info/band?band=0", 400),
    # regions
    ("picture", f"data/region.png?{FAR}", 404),
    ("picture", f"data/region.tif?{FAR}", 404),
    ("map", f"data/region.png?{FAR}&units=pixels", 404),
    ("map", f"data/region.tif?{FAR}&units=pixels&projection=EPSG:3857", 404),
    ("picture", "data/region.png?left=9&top=9&right=9&bottom=9", 400),
    ("picture", f"data/region.tif?{EDGES}&projection=EPSG:3857", 400),
    # corners
    ("picture", "tiles/99/0/0/corners", 404),
    ("picture", "tiles/0/0/0/corners?projection=EPSG:3857", 400),
    ("map", "tiles/99/0/0/corners?projection=EPSG:3857", 404),
    # no other reader is tried for what the right one refuses
    ("picture", "tiles/0/0/0.png?projection=EPSG:4326", 400),
    ("map", 'tiles/0/0/0.png?projection=EPSG:3857&style={"band":99}', 404),
    # files
    ("png", "info/tiffdump", 415),
    *(
        (name, path, status)
        for name, status in (("lost", 404), ("words", 415), ("cut", 422))
        for path in ("tiles/0/0/0.png", "data/thumbnail.jpg", "data/histogram")
    ),
    ("lost", "info/metadata", 404),
    ("lost", "info/tiffdump", 404),
    ("words", "info/metadata", 415),
]


@pytest.mark.parametrize(("image", "path", "status"), REFUSED)
def test_what_cannot_be_answered_is_refused_with_a_reason(ask, folder, image, path, status):
    response = ask(image, path)
    assert response.status_code == status, response.content
    problem(response, folder)


@pytest.mark.parametrize("row", ["tiles/0/0/0xpng", "tiles/0/0/0png"])
def test_the_dot_before_the_format_is_a_dot(ask, row):
    assert ask("picture", row).status_code == 404


@pytest.mark.parametrize(
    ("image", "query", "shape"),
    [
        ("map", f"{EDGES}&units=pixels", (50, 50)),
        ("map", f"{EDGES}&units=pixels&{ONE}", (50, 50, 3)),
        ("picture", EDGES, (50, 50, 3)),
        ("picture", f"{EDGES}&{ONE}", (50, 50)),
    ],
)
def test_a_region_is_a_tiff_of_every_image(ask, image, query, shape):
    response = ask(image, f"data/region.tif?{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "image/tiff")
    shown = tifffile.imread(io.BytesIO(response.content))
    assert shown.shape[:2] == shape[:2]


@pytest.mark.parametrize("width", [1, 2, 100_000])
def test_a_thumbnail_may_be_as_narrow_or_wide_as_one_likes(ask, width):
    response = ask("picture", f"data/thumbnail.png?max_width={width}")
    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.content)).width == min(width, 329)


def test_corners_of_a_tile_without_a_map_are_pixels(ask):
    assert ask("picture", "tiles/2/1/2/corners").json() == {
        "xmin": 256,
        "xmax": 512,
        "ymin": 512,
        "ymax": 768,
    }


@pytest.mark.parametrize("accept", ["application/json", "text/html", "nothing/at-all", ""])
def test_accept_refuses_no_tile(ask, accept):
    response = ask("picture", "tiles/0/0/0.png", accept=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")


def test_format_is_no_parameter_of_the_framework(ask):
    wanted = ask("picture", "data/histogram?bins=4")
    response = ask("picture", "data/histogram?bins=4&format=json")
    assert (response.status_code, response.json()) == (200, wanted.json())


def test_a_histogram_counts_the_data(ask):
    (band,) = ask("map", "data/histogram").json()
    assert (band["min"], band["max"], band["samples"]) == (0, 240, 300 * 200)


@pytest.mark.parametrize("path", ["tiles/0/0/0.png", "info/metadata", "data/histogram"])
def test_an_answer_may_be_kept(ask, path):
    response = ask("map", path)
    assert response["ETag"].startswith('"')
    assert response["Cache-Control"]
    assert "Vary" not in response
