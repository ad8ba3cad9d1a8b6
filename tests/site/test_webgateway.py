"""The site's webgateway on a running server: open to everybody, and nobody can change a thing."""

import io

import pytest
from PIL import Image

ROOT = "/webgateway/render_image_region_quality"


@pytest.fixture
def ask(server):
    with server.client() as client:
        found = client.get("/api/images/").json()["results"]
        ids = {row["name"]: row["id"] for row in found}
        yield client, ids["b.tif"]


@pytest.mark.parametrize("q", [1, 60, 90, 100])
def test_a_tile_at_a_quality(ask, q):
    client, iid = ask
    path = f"{ROOT}/{iid}/0/0/{q}/?tile=0,0,0,200,200&c=1|0:255$FF0000&m=c"
    response = client.get(path)
    assert response.status_code == 200
    picture = Image.open(io.BytesIO(response.content))
    assert (picture.size, picture.format) == ((200, 200), "JPEG")
    red, green, blue = picture.getpixel((20, 20))
    assert red > 240
    assert max(green, blue) < 20
    same = client.get(
        f"/webgateway/render_image_region/{iid}/0/0/?{path.partition('?')[2]}&q={q / 100}"
    )
    assert same.content == response.content
    known = client.get(path, headers={"if-none-match": response.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("imgData/{}/", 200),
        ("imgData/{}", 200),
        ("render_thumbnail/{}/", 200),
        ("render_image/{}/0/0/", 200),
        ("get_image_rdefs_json/{}/", 200),
        ("luts/", 200),
        ("luts_png/", 200),
        ("getImgRDef/", 200),
        ("imgData/99999999/", 404),
        ("copyImgRDef/?fromid={}", 403),
    ],
)
def test_everybody_may_look(ask, path, status):
    client, iid = ask
    assert client.get(f"/webgateway/{path.format(iid)}").status_code == status


def test_nobody_changes_a_thing(ask):
    client, iid = ask
    query = "c=1|0:255$FF0000&m=c"
    assert client.post(f"/webgateway/saveImgRDef/{iid}/?{query}").status_code == 403
    assert client.get(f"/webgateway/imgData/{iid}/").json()["perms"]["canAnnotate"] is False


def test_the_other_places(ask):
    client, iid = ask
    thumbnail = client.get(f"/webclient/render_thumbnail/size/50/{iid}/")
    assert Image.open(io.BytesIO(thumbnail.content)).width == 50
    told = client.options("/omero_ms_image_region/").json()
    assert told["provider"] == "ImageRegionMicroservice"
