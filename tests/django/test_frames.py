"""Frames by one number, on files with axes that no parameter names."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.testapp.models import Scan

ANGLES, SLICES = 3, 2


@pytest.fixture
def address(folder, scan):
    """Serve six planes, each of a grey of its own, along angles and a focal axis."""
    greys = np.arange(ANGLES * SLICES, dtype=np.uint8).reshape(ANGLES, SLICES, 1, 1) * 40
    planes = np.broadcast_to(greys, (ANGLES, SLICES, 64, 64))
    axes = {"axes": "AZYX"}
    tifffile.imwrite(folder / "a.tif", planes, photometric="minisblack", metadata=axes)
    return f"/api/scans/{scan.pk}"


def grey(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    values = np.unique(np.asarray(Image.open(io.BytesIO(answer.content)).convert("L")))
    assert len(values) == 1
    return int(values[0])


@pytest.mark.parametrize("frame", range(ANGLES * SLICES))
@pytest.mark.parametrize(
    "place",
    ["data/thumbnail.png?max_width=64", "data/region.png?left=0&top=0&right=64&bottom=64"],
)
def test_a_frame_is_counted_over_all_axes(client, address, place, frame):
    assert grey(client, f"{address}/{place}&frame={frame}") == 40 * frame


@pytest.mark.parametrize(
    ("place", "find"),
    [
        ("info/bands?", lambda told: told["1"]["max"]),
        ("info/band?", lambda told: told["max"]),
        ("data/pixel?left=1&top=1&", lambda told: told["value"][0]),
        ("data/profile?points=0,0;3,3&", lambda told: told["bands"]["1"][0]),
        ("data/histogram?", lambda told: told[0]["max"]),
        ("data/statistics?", lambda told: told["1"]["max"]),
        ("data/statistics?exact=true&", lambda told: told["1"]["max"]),
    ],
)
def test_numbers_are_those_of_a_frame(client, address, place, find):
    for frame in range(ANGLES * SLICES):
        answer = client.get(f"{address}/{place}frame={frame}")
        assert answer.status_code == 200, answer.content
        assert find(answer.json()) == 40 * frame


def test_a_pixel_has_all_planes_of_an_axis_at_the_frame(client, address):
    told = client.get(f"{address}/data/pixel?left=1&top=1&frame=3&axis=z").json()
    assert told["value"] == [120]
    assert told["planes"] == [[80], [120]]


@pytest.fixture
def levels(db, folder):
    """Serve three levels of a map that no parameter names, and return the record's address."""
    scale = (33550, "d", 3, (1.0, 1.0, 0.0), True)
    tie = (33922, "d", 6, (0.0, 0.0, 0.0, 10.0, 50.0, 0.0), True)
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    planes = np.broadcast_to(np.uint16([[[7]], [[8]], [[9]]]), (3, 20, 30))
    tifffile.imwrite(
        folder / "levels.tif",
        planes,
        photometric="minisblack",
        metadata={"axes": "QYX"},
        extratags=[scale, tie, (34735, "H", len(keys), keys, True)],
    )
    return f"/api/scans/{Scan.objects.create(name='levels', file='levels.tif').pk}"


def test_places_on_the_earth_are_asked_of_a_frame(client, levels):
    place = client.get(f"{levels}/data/point?point=20,40&frame=2")
    assert place.json()["values"] == [9]
    ring = [[15, 35], [20, 35], [20, 40], [15, 40], [15, 35]]
    zone = client.post(
        f"{levels}/data/zones?frame=1",
        {"type": "Polygon", "coordinates": [ring]},
        content_type="application/json",
    )
    assert zone.json()["properties"]["statistics"]["b1"]["max"] == 8


@pytest.mark.parametrize("place", ["data/statistics?", "data/pixel?left=1&top=1&"])
@pytest.mark.parametrize(("query", "status"), [("frame=6", 404), ("frame=1&z=1", 400)])
def test_numbers_of_a_wrong_frame_are_refused(client, address, place, query, status):
    assert client.get(f"{address}/{place}{query}").status_code == status


def test_metadata_tells_the_stride_of_each_axis(client, address):
    found = client.get(f"{address}/info/metadata").json()
    assert found["IndexRange"] == {"IndexANGLE": ANGLES, "IndexZ": SLICES}
    assert found["IndexStride"] == {"IndexANGLE": SLICES, "IndexZ": 1}
    assert found["frames"][3] == {"Frame": 3, "Index": 3, "IndexANGLE": 1, "IndexZ": 1}


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("frame=6", 404, "frame 6 is outside 0 to 5"),
        ("frame=1&z=1", 400, "frame must be left out where z is given"),
        ("frame=-1", 400, "frame must be"),
    ],
)
def test_a_wrong_frame_is_told(client, address, query, status, words):
    answer = client.get(f"{address}/data/thumbnail.png?{query}")
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_each_frame_has_a_tag_of_its_own(client, address):
    tags = {client.get(f"{address}/tiles/0/0/0.png?frame={n}")["ETag"] for n in range(6)}
    assert len(tags) == 6
