"""What tells: imgData, histograms, lookup tables."""

import io

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("public")


@pytest.fixture
def stack(add):
    """Return 20×20 pixels of int16, five focal planes, six times, one channel."""
    pixels = np.zeros((6, 5, 1, 20, 20), np.int16)
    pixels[:, 2] = np.arange(400).reshape(20, 20)
    return add("stack", pixels)


def test_case_9_image_data(client, stack):
    told = client.get(f"/webgateway/imgData/{stack.pk}/").json()
    assert told["tiles"] is False
    assert not {"levels", "zoomLevelScaling", "tile_size"} & {*told}
    (channel,) = told["channels"]
    assert channel["window"] == {"min": 0, "max": 399, "start": 0, "end": 399}
    assert told["pixel_range"] == [-32768, 32767]
    assert told["rdefs"] == {
        "model": "greyscale",
        "projection": "normal",
        "defaultZ": 2,
        "defaultT": 0,
        "invertAxis": False,
    }
    meta = told["meta"]
    assert (meta["projectName"], meta["datasetId"], meta["wellId"]) == ("Multiple", None, "")
    assert (meta["imageName"], meta["imageId"], told["id"]) == ("stack", stack.pk, stack.pk)
    assert set(told["perms"].values()) == {True}
    assert told["split_channel"] == {
        "c": {"width": 46, "height": 24, "border": 2, "gridx": 2, "gridy": 1},
        "g": {"width": 24, "height": 24, "border": 2, "gridx": 1, "gridy": 1},
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [("size.width", 20), ("size.t", 6), ("tiles", False), ("nothing.here", None)],
)
@pytest.mark.parametrize("end", ["", "/"])
def test_one_key_of_image_data(client, stack, key, value, end):
    response = client.get(f"/webgateway/imgData/{stack.pk}/{key}{end}")
    assert response.json() == value


def test_jsonp(client, stack):
    path = f"/webgateway/imgData/{stack.pk}/size.width/"
    response = client.get(f"{path}?callback=jQuery1_$")
    assert response.content == b"jQuery1_$(20)"
    assert response["Content-Type"] == "application/javascript"
    for wrong in ("alert(1)", "a.b", "", "<script>"):
        refused = client.get(path, {"callback": wrong})
        assert (refused.status_code, refused.json()["detail"]) == (400, "Invalid callback")


def test_a_pyramid_tells_its_levels(client, add):
    pixels = np.zeros((1024, 1024, 3), np.uint8)
    scan = add("pyramid", pixels, levels=3)
    told = client.get(f"/webgateway/imgData/{scan.pk}/").json()
    assert (told["tiles"], told["levels"]) == (True, 3)
    assert told["tile_size"] == {"width": 256, "height": 256}
    assert told["zoomLevelScaling"] == {"0": 1.0, "1": 0.5, "2": 0.25}


@pytest.mark.parametrize(("rest", "bins"), [("", 256), ("?bins=10", 10)])
def test_case_13_histograms(client, stack, rest, bins):
    path = f"/webgateway/histogram_json/{stack.pk}/channel/0/{rest}"
    counts = client.get(f"{path}{'&' if rest else '?'}theZ=2&theT=1").json()["data"]
    assert (len(counts), sum(counts)) == (bins, 400)


@pytest.mark.parametrize("path", ["channel/1/", "channel/0/?theZ=5", "channel/0/?theT=6"])
def test_histograms_of_what_is_not_there(client, stack, path):
    assert client.get(f"/webgateway/histogram_json/{stack.pk}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("longest", "levels", "counted"),
    [(3192, 1, 600 * 600), (300, 2, 300 * 300), (200, 3, 150 * 150), (100, 3, None)],
)
def test_case_14_histograms_of_the_largest_level_that_is_small_enough(
    project, client, add, longest, levels, counted
):
    scan = add("large", np.full((600, 600, 3), 7, np.uint8), levels=levels)
    public = project.TILEWRIGHT["webgateway"]
    project.TILEWRIGHT = {"webgateway": {**public, "limits": {"max_plane_side": longest}}}
    response = client.get(f"/webgateway/histogram_json/{scan.pk}/channel/0/")
    if counted is None:
        assert response.status_code == 400
    else:
        assert sum(response.json()["data"]) == counted


def test_lookup_tables(project, client, cells, tmp_path, picture_of):
    ramp = np.arange(256, dtype=np.uint8)
    (tmp_path / "cool.lut").write_bytes(b"".join(x.tobytes() for x in (ramp, ramp[::-1], ramp)))
    (tmp_path / "damaged.lut").write_bytes(b"nothing")
    project.TILEWRIGHT = {**project.TILEWRIGHT, "lut_folder": str(tmp_path)}
    told = client.get("/webgateway/luts/?rgb=true").json()
    own = {row["name"]: row for row in told["luts"]}
    assert "damaged.lut" not in own
    lut = own["cool.lut"]
    assert lut["rgb"][3] == [3, 252, 3]
    sheet = np.asarray(Image.open(io.BytesIO(client.get("/webgateway/luts_png/").content)))
    assert sheet.shape == (10 * (len(own) + 1), 256, 4)
    assert sheet[10 * lut["png_index_new"] + 5, 3].tolist() == [3, 252, 3, 255]
    path = f"/webgateway/render_image/{cells.pk}/0/0/?c=1|0:1000$cool.lut&m=c"
    pixel = np.asarray(picture_of(client.get(path)))[20, 20].astype(int)
    assert np.abs(pixel - [255, 0, 255]).max() < 8


def test_tables_of_omero_without_a_folder(client, cells, picture_of):
    names = [row["name"] for row in client.get("/webgateway/luts/").json()["luts"]]
    assert {"fire.lut", "viridis.lut"} <= {*names}
    root = f"/webgateway/render_image/{cells.pk}/0/0/?m=c&format=png&c=1|0:1000$"
    pixel = np.asarray(picture_of(client.get(f"{root}viridis.lut")))[20, 20]
    assert pixel.tolist() == [253, 231, 36]
    # One that is not there leaves the channel its colour.
    assert client.get(f"{root}thermal.lut").content == client.get(f"{root}FF0000").content


def test_documents_change_their_tag_with_their_words(client, stack):
    path = f"/webgateway/imgData/{stack.pk}/"
    first = client.get(path)
    known = {"if-none-match": first["ETag"]}
    assert client.get(path, headers=known).status_code == 304
    stack.name = "renamed"
    stack.save()
    assert client.get(path, headers=known).json()["meta"]["imageName"] == "renamed"


def test_what_lists_nothing(client):
    assert client.get("/webgateway/open_with/").json() == {"open_with_options": []}
