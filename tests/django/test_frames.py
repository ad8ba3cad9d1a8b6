"""Frames by one number, on files with axes that no parameter names."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

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
