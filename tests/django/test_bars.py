"""Answers of just the size asked, with bars beside a picture of another shape."""

import numpy as np
import pytest

from tests.testapp.models import Scan
from tilewright.style import Orientation, Style

HUE = [16, 32, 48]


@pytest.fixture
def get(client, scan):
    return lambda path, record=scan: client.get(f"/api/scans/{record.pk}/{path}")


@pytest.mark.parametrize(
    ("asked", "plain"),
    [
        ("data/thumbnail.png?max_width=300&max_height=300", "data/thumbnail.png?max_width=300"),
        ("data/thumbnail.png?width=90&height=300", "data/thumbnail.png?max_width=90"),
        ("data/region.png?width=300&height=300", "data/region.png?width=300"),
        ("data/region.png?width=400&height=100", "data/region.png?height=100"),
        (
            "data/region.png?left=100&top=50&right=200&bottom=100&width=300&height=300",
            "data/region.png?left=100&top=50&right=200&bottom=100&width=300",
        ),
        (
            "data/region.png?left=0&top=0&right=.5&bottom=1&units=fraction&width=64&height=200",
            "data/region.png?left=0&top=0&right=.5&bottom=1&units=fraction&width=64",
        ),
    ],
)
def test_bars_keep_the_proportions(get, picture_of, asked, plain):
    shown, inner = picture_of(get(f"{asked}&fill=102030")), picture_of(get(plain))
    names = dict(field.split("=") for field in asked.partition("?")[2].split("&"))
    width = int(names.get("max_width") or names["width"])
    height = int(names.get("max_height") or names["height"])
    assert shown.shape == (height, width, 3)
    top, left = (height - inner.shape[0]) // 2, (width - inner.shape[1]) // 2
    assert (top, left) != (0, 0)
    inside = np.zeros((height, width), bool)
    inside[top : top + inner.shape[0], left : left + inner.shape[1]] = True
    assert np.array_equal(shown[inside].reshape(inner.shape), inner)
    assert np.array_equal(np.unique(shown[~inside], axis=0), [HUE])


def test_a_region_of_the_earth_has_bars_too(client, earth, picture_of):
    where = "units=EPSG:4326&left=-50&top=20&right=50&bottom=-30"
    answer = client.get(
        f"/api/scans/{earth.pk}/data/region.png?{where}&width=80&height=80&fill=102030"
    )
    shown = picture_of(answer)
    assert shown.shape[:2] == (80, 80)
    assert shown[5, 40, :3].tolist() == HUE
    assert shown[40, 5, :3].tolist() != HUE


def test_grey_gets_bars_of_a_colour(get, stack, picture_of):
    shown = picture_of(get("data/thumbnail.png?fill=%23102030", stack))
    assert shown.shape[:2] == (256, 256)
    assert shown[0, 0, :3].tolist() == HUE


@pytest.mark.parametrize("query", ["fill=none", "fill=NONE", ""])
def test_without_a_colour_there_are_no_bars(get, picture_of, query):
    plain = get("data/thumbnail.png")
    assert get(f"data/thumbnail.png?{query}")["ETag"] == plain["ETag"]
    assert picture_of(plain).shape[:2] == (199, 256)


def test_each_colour_has_a_tag_of_its_own(get):
    queries = ("", "?fill=000000", "?fill=ffffff", "?fill=ffffff&max_height=200")
    assert len({get(f"data/thumbnail.png{query}")["ETag"] for query in queries}) == len(queries)


def test_a_turned_picture_has_bars_where_it_has_room(client, scan, picture_of):
    Scan.objects.filter(pk=scan.pk).update(look=Style(orientation=Orientation(rotation=90)).text)
    path = f"/other/styled/{scan.pk}/data/thumbnail.png"
    turned = picture_of(client.get(f"{path}?fill=102030"))
    assert turned.shape[:2] == (256, 256)
    assert turned[128, 5].tolist() == HUE
    # The stored look is left out where it would not fit: the client did not ask for it.
    plain = picture_of(client.get(f"{path}?fill=102030&max_height=210"))
    assert plain[3, 128].tolist() == HUE
    assert plain[105, 3].tolist() != HUE


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("data/thumbnail.png?fill=red", 400, ("parameter", "fill")),
        ("data/thumbnail.npy?fill=ffffff", 400, ("parameter", "fmt")),
        ("data/region.png?fill=ffffff", 400, ("parameter", "fill")),
        ("data/region.png?fill=ffffff&width=20", 400, ("parameter", "fill")),
        ("data/region.png?fill=ffffff&scale=.5", 400, ("parameter", "fill")),
        ("data/region.png?fill=ffffff&width=9&height=99999", 413, ("limit", "output_side")),
        ("data/thumbnail.png?fill=ffffff&max_width=2000000000", 413, ("limit", "output_side")),
        ("data/region.png?fill=fff000&width=9&height=9&left=-9&right=-1&top=0&bottom=9", 404, ()),
    ],
)
def test_bars_that_cannot_be_are_told(get, path, status, told):
    answer = get(path)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    if told:
        assert answer.json()[told[0]] == told[1]
