"""The drawn examples on a running site, and their pictures by themselves."""

import base64
import html
import io
import re
from contextlib import closing

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.patience import LONG_S
from tilewright.geometry import Window
from tilewright.site.drawn.ellipse import Ellipse, coverage
from tilewright.site.drawn.mandelbrot import SIDE, mandelbrot
from tilewright.site.drawn.waves import waves

PAGES = (
    "/drawn/",
    "/drawn/background/",
    "/drawn/graph/",
    "/drawn/data-uri/",
    "/drawn/put-aside/",
    "/drawn/mandelbrot/",
    "/drawn/histogram/",
)
PROBLEM = "application/problem+json"
RED, BLUE = (255, 0, 0), (0, 0, 255)


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


@pytest.fixture(scope="module")
def client(server):
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def images(client):
    """Return the ids of the images by their names."""
    return {row["name"]: row["id"] for row in client.get("/api/images/").json()["results"]}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_made_of_what_is_here(client, path):
    page = client.get(path)
    assert page.status_code == httpx.codes.OK
    parts = re.findall(r'(?:src|href|srcset|data-image)="([^"\s]+)', page.text)
    assert any(part.endswith(".css") for part in parts)
    for part in parts:
        assert part.startswith(("/", "data:image/png;base64,")), part
        if part.startswith("/") and not part.endswith(("/magma/", ".js")):
            found = client.get(part.replace("&amp;", "&").rstrip(","), follow_redirects=True)
            assert found.status_code == httpx.codes.OK, part


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_ask_its_own_host_only(client, path):
    policy = client.get(path).headers["Content-Security-Policy"]
    sources = {source for rule in policy.split("; ") for source in rule.split()[1:]}
    assert sources <= {"'self'", "'none'", "data:"}


def test_the_ellipse_has_its_defaults(client):
    answer = client.get("/drawn/ellipse.png")
    assert answer.headers["Content-Type"] == "image/png"
    pixels = opened(answer.content)
    assert pixels.shape == (768, 1024, 4)
    assert pixels[384, 512].tolist() == [0x2A, 0x62, 0x9E, 0x40]
    assert pixels[[0, 0, -1, -1], [0, -1, 0, -1], 3].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("query", "size", "middle"),
    [
        ("width=300&height=200&color=f00", (300, 200), (255, 0, 0, 255)),
        ("width=301&height=201&color=00ff0080", (301, 201), (0, 255, 0, 128)),
        ("width=100&height=50&dpr=2&color=navy", (200, 100), (0, 0, 128, 255)),
        ("width=1&height=1&color=transparent", (1, 1), (0, 0, 0, 0)),
        ("width=8192&height=1", (8192, 1), (0x2A, 0x62, 0x9E, 0x40)),
    ],
)
def test_the_ellipse_is_as_asked(client, query, size, middle):
    pixels = opened(client.get(f"/drawn/ellipse.png?{query}").content)
    assert pixels.shape[1::-1] == size
    assert tuple(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]) == middle


HOSTILE = (
    *("width=0", "width=-5", "width=1000000000", "width=1e3", "width=½", "width=NaN"),
    *("width=", "width=8&width=9", "width=8193", "height=0x10", "height=१२", "width=%00"),
    *("color=", "color=%23ff", "color=red;", "color=url(x)", "color=f00&color=00f"),
    *("dpr=0", "dpr=inf", "dpr=5", "quality=0", "format=png&format=png", "format=exe"),
)


@pytest.mark.parametrize("query", HOSTILE)
def test_the_ellipse_refuses(client, query):
    answer = client.get(f"/drawn/ellipse.png?{query}")
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["parameter"] == query.partition("=")[0]


def test_the_ellipse_is_bounded(client):
    answer = client.get("/drawn/ellipse.png?width=8192&height=8192")
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["limit"] == "max_pixels"
    assert client.get("/drawn/ellipse.exe").status_code == httpx.codes.BAD_REQUEST
    assert client.get("/drawn/ellipse.svg").status_code == httpx.codes.BAD_REQUEST


def test_what_the_client_holds_is_not_drawn_again(client):
    first = client.get("/drawn/ellipse.png?width=300&height=200")
    known = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/drawn/ellipse.png?height=200&width=300", headers=known)
    assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b"")
    other = client.get("/drawn/ellipse.png?width=301&height=200", headers=known)
    assert other.status_code == httpx.codes.OK


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (8, 8), (301, 201), (640, 33)])
def test_an_ellipse_is_whole_and_even(size):
    covered = coverage(*size)
    assert covered.shape == size[::-1]
    assert np.array_equal(covered, covered[::-1])
    assert np.array_equal(covered, covered[:, ::-1])
    assert covered[size[1] // 2, size[0] // 2] == 255
    middle = covered[size[1] // 2]
    assert middle.min() > 100, "it touches both sides"
    if min(size) > 5:
        assert covered.sum() / 255 == pytest.approx(np.pi / 4 * size[0] * size[1], rel=0.01)


def test_an_ellipse_has_one_colour_under_any_cover():
    picture = Ellipse().draw(width=64, height=48, color="#0a141e80", dpr=1.0)
    assert (picture.data[..., :3] == (10, 20, 30)).all()
    assert {*np.unique(picture.data[..., 3])} >= {0, 128}
    assert picture.data[..., 3].max() == 128


def test_a_graph_takes_its_numbers_from_its_address(client):
    graphs = {
        query: client.get(f"/drawn/graph.png?width=300&height=200&{query}").content
        for query in ("", "values=1,2", "values=2,1", "graphId=bars", "graphId=area", "theme=dark")
    }
    assert len({*graphs.values()}) == len(graphs)
    for data in graphs.values():
        pixels = opened(data)
        assert pixels.shape == (200, 300, 4)
        assert pixels[0, 0, 3] == 0, "the page is seen behind it"


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("webp", b"RIFF")]
)
def test_a_graph_comes_in_other_formats(client, suffix, start):
    answer = client.get(f"/drawn/graph.{suffix}?title=$x_2$ <script>")
    assert answer.status_code == httpx.codes.OK
    assert answer.content.startswith(start)
    assert b"<script" not in answer.content


@pytest.mark.parametrize(
    "query",
    ["graphId=pie", "values=", "values=1,,2", "values=1,nan", "values=1e13", "width=99", "theme=x"],
)
def test_a_graph_refuses(client, query):
    answer = client.get(f"/drawn/graph.png?{query}")
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["parameter"] == query.partition("=")[0]
    too_many = client.get("/drawn/graph.png?values=" + ",".join("1" * 201))
    assert too_many.status_code == httpx.codes.BAD_REQUEST


@pytest.mark.parametrize("page", ["graph", "data-uri"])
def test_a_page_with_a_graph_says_what_is_wrong(client, page):
    answer = client.get(f"/drawn/{page}/?values=1,x&title=<b>")
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "Values must be 1 to 200 numbers" in answer.text
    assert 'value="1,x"' in answer.text
    assert "<b>" not in answer.text
    assert "graph.png" not in answer.text
    assert client.get(f"/drawn/{page}/?values=1&values=2").status_code == httpx.codes.BAD_REQUEST


def test_the_data_uri_is_the_picture_of_the_address(client):
    page = client.get("/drawn/data-uri/?graphId=bars&values=5,6").text
    found = re.findall(r'="data:image/png;base64,([^"]+)"', page)
    assert len(found) == 2, "one for light pages, one for dark ones"
    for theme, text in zip(("dark", "light"), found, strict=True):
        same = f"/drawn/graph.png?graphId=bars&values=5,6&width=480&height=340&theme={theme}"
        assert base64.b64decode(text) == client.get(same).content


def put_aside(client):
    page = client.get("/drawn/put-aside/").text
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = {"csrfmiddlewaretoken": token}
    made = client.post("/drawn/put-aside/", data=form, headers={"Referer": str(client.base_url)})
    assert made.status_code == httpx.codes.OK
    assert "no-store" in made.headers["Cache-Control"]
    (url,) = re.findall(r'src="(/drawn/ephemeral/[^"]+)"', made.text)
    return url


def test_a_picture_is_put_aside_for_all_workers(client, server):
    first, second = put_aside(client), put_aside(client)
    assert first != second
    pictures = [
        httpx.get(
            f"{server.address}{url}", timeout=LONG_S
        ).content  # a connection of its own, to any worker
        for url in (first, second, first, second)
    ]
    assert pictures[:2] == pictures[2:]
    assert pictures[0] != pictures[1]
    assert opened(pictures[0]).shape == (400, 640, 4)
    assert (server.home / "aside").stat().st_mode & 0o077 == 0


def test_a_picture_is_put_aside_by_the_page_alone(client):
    stranger = httpx.post(f"{client.base_url}/drawn/put-aside/", timeout=LONG_S)
    assert stranger.status_code == httpx.codes.FORBIDDEN
    lost = put_aside(client)[:-1] + "~"
    assert client.get(lost).status_code == httpx.codes.NOT_FOUND


def test_waves_differ_and_repeat():
    first, again, other = (waves(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.ptp(first.astype(int), axis=(0, 1)).max() > 50


def test_the_histogram_is_that_of_the_image(client, images):
    assert client.get(f"/drawn/histogram/{images['b.tif']}.svg?band=1").status_code == 200
    pictures = {
        band: client.get(f"/drawn/histogram/{images['b.tif']}.png?band={band}").content
        for band in (1, 2)
    }
    assert opened(pictures[1]).shape == (400, 640, 4)
    assert pictures[1] != pictures[2], "half of one band is 0 and half 255, the other is all 0"


def test_a_histogram_is_drawn_anew_when_the_file_has_changed(client, server, folder, images):
    path = f"/drawn/histogram/{images['b.tif']}.png"
    first = client.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path, headers=known).status_code == httpx.codes.NOT_MODIFIED
    file = folder / "b.tif"
    before = file.read_bytes()
    try:
        Image.fromarray(np.full((40, 50, 3), 7, np.uint8)).save(file)
        changed = client.get(path, headers=known)
        assert changed.status_code == httpx.codes.OK
        assert changed.content != first.content
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("999999", 404),
        ("99999999999999999999999999", 404),
        ("{b}.png?band=0", 400),
        ("{b}.png?band=4", 404),
        ("{b}.png?band=1e0", 400),
        ("{b}.gif", 400),
        ("{empty}.png", 404),
    ],
)
def test_a_histogram_refuses(client, images, path, status):
    path = path.format(b=images["b.tif"], empty=0)
    answer = client.get(f"/drawn/histogram/{path if '.' in path else path + '.png'}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize("query", ["image=x", "image=99999", "band=-1", "band=½", "band=1e9"])
def test_the_page_of_histograms_takes_anything(client, query):
    page = client.get(f"/drawn/histogram/?{query}")
    assert page.status_code == httpx.codes.OK
    assert "/drawn/histogram/" in page.text


@pytest.mark.parametrize("scale", ["log", "linear", "x"])
def test_the_page_of_histograms_names_the_bands(client, images, scale):
    page = "/drawn/histogram/"
    asked = {"image": images["b.tif"], "scale": scale}
    good = client.get(page, params={**asked, "band": 3}).text
    (address,) = re.findall(r'class="address">([^<]+)', good)
    assert ("scale=linear" in address) is (scale == "linear")
    assert client.get(html.unescape(address)).status_code == httpx.codes.OK
    beyond = client.get(page, params={**asked, "band": 4})
    assert beyond.status_code == httpx.codes.NOT_FOUND
    assert "Band must be 1 to 3" in beyond.text
    assert '<img src="/drawn' not in beyond.text


def test_a_hidden_image_has_no_histogram(client, server, images):
    import sqlite3  # noqa: PLC0415 - the catalogue as it lies on disk

    path = f"/drawn/histogram/{images['A.png']}.png"
    assert client.get(path).status_code == httpx.codes.OK
    change = "UPDATE tilewright_site_image SET hidden = ? WHERE id = ?"

    def hide(hidden):
        catalogue = sqlite3.connect(server.home / "catalogue.sqlite3", timeout=LONG_S)
        with closing(catalogue), catalogue:
            catalogue.execute(change, (hidden, images["A.png"]))

    hide(True)
    try:
        assert client.get(path).status_code == httpx.codes.NOT_FOUND
        assert "A.png" not in client.get("/drawn/histogram/").text
    finally:
        hide(False)


def test_the_mandelbrot_set_is_an_image(client):
    root = "/drawn/mandelbrot/viridis/"
    meta = client.get(f"{root}tiles/metadata").json()
    assert (meta["size_x"], meta["size_y"], meta["levels"]) == (SIDE, SIDE, 17)
    whole = opened(client.get(f"{root}tiles/0/0/0.png").content)
    assert whole.shape == (256, 256, 4)
    other = opened(client.get("/drawn/mandelbrot/gray/tiles/0/0/0.png").content)
    assert np.array_equal(other[..., 0], other[..., 2])
    assert not np.array_equal(whole, other)
    assert client.get(f"{root}tiles/16/40000/32768.webp").status_code == httpx.codes.OK
    for lost in (f"{root}tiles/17/0/0.png", "/drawn/mandelbrot/jet/tiles/metadata"):
        assert client.get(lost).status_code == httpx.codes.NOT_FOUND


def test_the_mandelbrot_set_is_where_it_should_be():
    def at(real, imaginary):
        x, y = (round((real + 2.25) / 3 * SIDE), round((1.5 - imaginary) / 3 * SIDE))
        return int(mandelbrot.draw(Window(x, y, 1, 1), 0)[0, 0])

    for inside in ((0, 0), (-1, 0), (-0.12, 0.75), (0.24, 0), (-1.31, 0)):
        assert at(*inside) == 0, inside
    for outside in ((0.26, 0), (-2.1, 0), (0.7, 0.7), (-0.75, 0.2)):
        assert at(*outside) > 0, outside
    assert at(0.7, 1.2) < at(0.4, 0.4) < at(0.26, 0), "what lies closer takes longer"


def test_levels_of_the_mandelbrot_set_agree():
    coarse = mandelbrot.draw(Window(0, 0, 64, 64), 18)
    fine = mandelbrot.draw(Window(0, 0, 64, 64), 17)
    nearest = fine[::2, ::2].astype(int) - coarse[:32, :32]
    assert np.median(np.abs(nearest)) < 2000


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/drawn/ellipse?width=30&height=20", "image/webp", "image/webp"),
        ("/drawn/ellipse?width=30&height=20", "*/*", "image/png"),
        ("/drawn/graph", "image/svg+xml", "image/svg+xml"),
    ],
)
def test_without_a_suffix_the_client_chooses(client, path, accept, media_type):
    found = client.get(path, headers={"Accept": accept})
    assert (found.status_code, found.headers["Content-Type"]) == (200, media_type)
    assert "Accept" in found.headers["Vary"]
