"""Images that functions draw, through the whole spine."""

import hashlib
import io
import logging
import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.urls import include, path
from PIL import Image

from tests.drawn.images import heat, mandelbrot, pattern
from tests.patience import LONG_S, until
from tilewright.django.views import ImageViews
from tilewright.drawn.parameters import Integer
from tilewright.drawn.running import THREADS
from tilewright.drawn.source import drawn_source, open_drawn
from tilewright.engine import Engine
from tilewright.errors import (
    ConfigurationError,
    DrawError,
    LimitError,
    OutsideError,
    ParameterError,
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.geometry import Box, Size, Window
from tilewright.image import Plane, Source
from tilewright.readers import NoChunkStore
from tilewright.readers.drawn import DrawnReader, drawn_info
from tilewright.request import Encoding, Fit, MapTile, Region, RenderRequest, Tile
from tilewright.statistics import Wanted
from tilewright.testing import ReaderSuite
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrixSets


class TestPattern(ReaderSuite):
    @pytest.fixture
    def reader(self):
        return open_drawn(pattern.source(), NoChunkStore())

    @pytest.fixture
    def truth(self):
        y, x = np.mgrid[:700, :1000]
        return np.stack([x % 256, y % 256, (x + y + 1) % 256]).astype(np.uint8)


class TestHeat(ReaderSuite):
    @pytest.fixture
    def reader(self):
        return open_drawn(heat.source(peak=3), NoChunkStore())

    @pytest.fixture
    def truth(self):
        y, x = np.mgrid[:512, :512] + 0.5
        far = np.hypot(x - 256, y - 256)
        whole = np.where(far < 250, 3 * np.exp(-((far / 100) ** 2)), -1)
        return whole.astype(np.float32)[np.newaxis]


@pytest.fixture
def engine():
    made = Engine()
    yield made
    made.close()


def picture(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded.data)))


def test_layout():
    info = mandelbrot.info
    assert len(info.levels) == 13
    assert info.levels[-1].size == Size(256, 256)
    assert info.tile_size == 256
    assert [level.size for level in pattern.info.levels] == [
        Size(1000, 700), Size(500, 350), Size(250, 175), Size(125, 88),
    ]  # fmt: skip


def test_a_tile_is_what_the_function_draws(engine):
    source = pattern.source()
    drawn = picture(engine.render(source, RenderRequest(Tile(3, 1, 2), encoding=Encoding("png"))))
    y, x = np.mgrid[256:384, 128:256]
    np.testing.assert_array_equal(
        drawn, np.stack([x % 256, y % 256, (x + y + 1) % 256], axis=2).astype(np.uint8)
    )


def test_deep_zoom_draws_what_is_seen_alone(engine):
    deepest = RenderRequest(Tile(12, 1000, 2048), encoding=Encoding("png"))
    assert picture(engine.render(mandelbrot.source(), deepest)).shape[:2] == (256, 256)
    whole = engine.render(mandelbrot.source(), RenderRequest(Fit(256, 256), Encoding("png")))
    assert 0 < picture(whole).mean() < 255


def test_values_make_other_images(engine):
    wanted = RenderRequest(Fit(64, 64), Encoding("png"))
    few, many = mandelbrot.source(iterations=5), mandelbrot.source(iterations="60")
    assert few.uri == "drawn://mandelbrot?iterations=5"
    assert mandelbrot.source(iterations=50) == mandelbrot.source()
    assert mandelbrot.source().uri == "drawn://mandelbrot"
    assert engine.render(few, wanted) != engine.render(many, wanted)


def test_planes_maps_statistics_and_arrays(engine):
    source = heat.source(peak=10)
    later = engine.read(source, Region(Box(200, 200, 20, 20), None, None), plane=Plane.of({"t": 2}))
    first = engine.read(source, Region(Box(200, 200, 20, 20), None, None))
    assert later.data.dtype == np.float32
    np.testing.assert_allclose(later.data - first.data, 2, atol=1e-5)
    found = engine.measure(source, Wanted(), exact=True).bands[0].statistics
    assert found.max == pytest.approx(10, abs=0.01)
    assert found.min >= 0  # what is -1 was not measured
    matrix = TileMatrixSets().get(WEB_MERCATOR_QUAD).matrix(1)
    tile = RenderRequest(MapTile(matrix, 0, 0, 256, 256), Encoding("png"))
    assert picture(engine.render(source, tile)).max() > 0


def test_each_chunk_is_drawn_once_however_many_ask(engine):
    drawn = Counter()

    @drawn_source("counted", size=(512, 512))
    def counted(window, level):
        drawn[window, level] += 1
        return np.full((window.height, window.width), level, np.uint8)

    box = Region(Box(100, 100, 300, 300), None, None)
    threads = [threading.Thread(target=engine.read, args=(counted.source(), box)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(drawn) == {(Window(x, y, 256, 256), 0) for x in (0, 256) for y in (0, 256)}
    assert set(drawn.values()) == {1}


def test_what_the_function_keeps_is_its_own(engine):
    canvas = np.zeros((64, 64), np.uint8)

    @drawn_source("reused", size=(64, 64))
    def reused(window, level):
        canvas[:] += 1
        return canvas

    first = engine.read(reused.source(), Region(None, None, None)).data.copy()
    canvas[:] = 99
    np.testing.assert_array_equal(
        engine.read(reused.source(), Region(None, None, None)).data, first
    )


def _raises(window, level):
    raise ZeroDivisionError("secret")


@pytest.mark.parametrize(
    "draw",
    [
        _raises,
        lambda window, level: None,
        lambda window, level: "text",
        lambda window, level: np.zeros((1, 1), np.uint8),
        lambda window, level: np.zeros((3, window.height, window.width), np.uint8),
        lambda window, level: np.zeros((window.height, window.width)),
        lambda window, level: [[1], [1, 2]],
    ],
)
def test_a_function_that_fails_is_the_project_s_fault(draw, engine, caplog):
    info = drawn_info(Size(64, 64), bands=pattern.info.bands[:1], dtype="uint8")
    reader = DrawnReader(
        Source("drawn://x", "1"), info, lambda window, level, plane: draw(window, level),
        NoChunkStore(),
    )  # fmt: skip
    with caplog.at_level(logging.ERROR), pytest.raises(DrawError) as failed:
        reader.read(0, Window(0, 0, 8, 8), bands=[0], plane=Plane())
    assert "secret" not in str(failed.value)
    assert caplog.records[0].exc_info is not None


def test_an_error_of_the_tree_passes():
    def refused(window, level, plane):
        raise LimitError("rows", 2, 1)

    info = drawn_info(Size(64, 64), bands=pattern.info.bands[:1], dtype="uint8")
    reader = DrawnReader(Source("drawn://x", "1"), info, refused, NoChunkStore())
    with pytest.raises(LimitError):
        reader.read(0, Window(0, 0, 8, 8), bands=[0], plane=Plane())


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (Source("drawn://nothing", "1"), SourceNotFoundError),
        (Source("drawn://", "1"), SourceNotFoundError),
        (Source("drawn://os.system", "1"), SourceNotFoundError),
        (Source("drawn://../../etc/passwd", "1"), SourceNotFoundError),
        (Source("drawn://mandelbrot?iterations=1e3", "1"), ParameterError),
        (Source("drawn://mandelbrot?iterations=0", "1"), ParameterError),
        (Source("drawn://mandelbrot?depth=3", "1"), ParameterError),
        (Source("drawn://mandelbrot?iterations=1&iterations=2", "1"), ParameterError),
        (Source("drawn://mandelbrot", "another"), SourceUnavailableError),
        (Source("drawn://mandelbrot", "1", (("associated", "label"),)), OutsideError),
    ],
)
def test_sources_that_are_none(source, error, engine):
    with pytest.raises(error):
        engine.info(source)


@pytest.mark.parametrize("values", [{"iterations": 0}, {"iterations": "½"}, {"depth": 1}])
def test_values_that_are_not_allowed(values):
    with pytest.raises(ParameterError):
        mandelbrot.source(**values)


@pytest.mark.parametrize(
    "declared",
    [
        {"name": "a b"},
        {"name": "x?y"},
        {"name": "x/y"},
        {"size": (0, 10)},
        {"dtype": "uint9"},
        {"bands": 0},
        {"tile": 0},
        {"levels": 0},
        {"levels": 40},
        {"time_limit_s": 0},
        {"time_limit_s": float("nan")},
        {"time_limit_s": float("inf")},
        {"parameters": (Integer("a", default=1),)},
    ],
)
def test_declarations_that_mean_nothing(declared):
    settings = {"name": "never", "size": (64, 64), **declared}
    with pytest.raises(ConfigurationError):
        drawn_source(settings.pop("name"), **settings)(lambda window, level: None)


def test_two_functions_cannot_have_one_name():
    @drawn_source("taken", size=(64, 64))
    def one(window, level):
        return None

    with pytest.raises(ConfigurationError, match="two functions"):

        @drawn_source("taken", size=(64, 64))
        def another(window, level):
            return None


def test_it_has_no_file(engine):
    with pytest.raises(UnsupportedSourceError, match="no file"):
        engine.open_blob(pattern.source())
    with pytest.raises(UnsupportedSourceError):
        engine.validate(pattern.source())


def test_a_file_cannot_become_one(engine, tmp_path):
    forged = tmp_path / "forged.tif"
    forged.write_bytes(b"drawn://mandelbrot")
    with pytest.raises(UnsupportedSourceError):
        engine.info(engine.source(str(forged)))
    with pytest.raises((ParameterError, SourceError)):
        engine.source("drawn://mandelbrot")


def test_another_process_draws_the_same(engine):
    code = (
        "import hashlib; from tests.drawn.images import mandelbrot as m;"
        "from tilewright.engine import Engine; from tilewright.request import *;"
        "import sys; r = Engine().render(m.source(iterations=9), RenderRequest(Fit(64, 64),"
        " Encoding('png'))); print(hashlib.sha256(r.data).hexdigest(), 'django' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    wanted = RenderRequest(Fit(64, 64), Encoding("png"))
    here = engine.render(mandelbrot.source(iterations=9), wanted)
    assert done.stdout.split() == [hashlib.sha256(here.data).hexdigest(), "False"]


NAMED = {"pattern": pattern, "heat": heat}


class Patterns(ImageViews):
    def get_source(self):
        return NAMED[self.kwargs["name"]].source()


urlpatterns = [path("i/<name>/", include(Patterns.get_urls()))]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("route", "status", "kind"),
    [
        ("pattern/tiles/0/0/0.png", 200, "image/png"),
        ("pattern/tiles/9/0/0.png", 404, "application/problem+json"),
        ("pattern/tiles/metadata", 200, "application/json"),
        ("pattern/info/metadata", 200, "application/json"),
        ("pattern/info/metadata_internal", 200, "application/json"),
        ("pattern/info/tiffdump", 415, "application/problem+json"),
        ("pattern/data/thumbnail.jpg", 200, "image/jpeg"),
        ("pattern/data/region.npy?left=0&top=0&right=9&bottom=9", 200, None),
        ("pattern/data/histogram", 200, "application/json"),
        ("heat/data/statistics", 200, "application/json"),
        ("heat/tiles/1/0/0.png?projection=EPSG:3857&colormap_name=viridis", 200, "image/png"),
        ("pattern/tiles/1/0/0.png?projection=EPSG:3857", 400, "application/problem+json"),
    ],
)
def test_the_faces_serve_it(client, route, status, kind):
    response = client.get(f"/i/{route}")
    assert response.status_code == status, response.content[:300]
    if kind is not None:
        assert response["Content-Type"] == kind
    if status == 200:
        again = client.get(f"/i/{route}", headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304


def test_an_app_s_functions_are_found_at_start(engine):
    source = Source("drawn://testapp-plain", "1")
    assert engine.read(source, Region(None, None, None)).data.mean() == 7


@pytest.mark.urls(__name__)
def test_a_function_that_fails_is_a_problem_document(client, caplog):
    @drawn_source("failing", size=(300, 200))
    def failing(window, level):
        raise ZeroDivisionError("secret")

    NAMED["failing"] = failing
    response = client.get("/i/failing/tiles/0/0/0.png")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert b"secret" not in response.content
    assert "ZeroDivisionError: secret" in caplog.text


@pytest.mark.urls(__name__)
def test_a_function_that_hangs_is_a_503_and_the_worker_lives_on(client, caplog):
    hold, begun = threading.Event(), []

    @drawn_source("hanging", size=(300, 200), time_limit_s=0.2)
    def hanging(window, level):
        begun.append(window)
        hold.wait(60)
        return np.full((window.height, window.width), 9, np.uint8)

    NAMED["hanging"] = hanging
    route = "/i/hanging/data/region.npy?left=0&top=0&right=9&bottom=9"
    # What is still in the queue when its time is up is not begun at all.
    until(lambda: client.get(route).status_code == 503 and begun)
    for _ in range(2):
        response = client.get(route)
        assert response.status_code == 503
        assert response["Retry-After"]
        assert response["Content-Type"] == "application/problem+json"
    assert len(begun) == 1  # who asks again waits for the same one
    assert "drawn://hanging: " in caplog.text
    assert client.get("/i/pattern/tiles/0/0/0.png").status_code == 200
    hold.set()
    until(lambda: client.get(route).status_code == 200)


@pytest.mark.parametrize(("limit", "own"), [(LONG_S, False), (None, True)])
def test_without_a_limit_the_request_s_own_thread_draws(engine, limit, own):
    threads = []

    @drawn_source(f"where-{own}", size=(64, 64), time_limit_s=limit)
    def where(window, level):
        threads.append(threading.current_thread())
        return np.zeros((window.height, window.width), np.uint8)

    engine.read(where.source(), Region(None, None, None))
    assert (threads == [threading.current_thread()]) is own


def test_an_image_may_be_drawn_from_another_by_all_threads_at_once(engine):
    @drawn_source("inner", size=(64, 64))
    def inner(window, level):
        return np.full((window.height, window.width), 5, np.uint8)

    @drawn_source("outer", size=(64 * 64, 64), tile=64, levels=1, time_limit_s=LONG_S)
    def outer(window, level):
        together.wait(LONG_S / 2)
        return Engine().read(inner.source(), Region(None, None, None)).data[0] + np.uint8(1)

    together = threading.Barrier(THREADS)
    asked = [Region(Box(64 * n, 0, 64, 64), None, None) for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        rasters = pool.map(lambda one: engine.read(outer.source(), one), asked)
        assert {int(each.data.max()) for each in rasters} == {6}


def test_it_needs_no_django():
    code = (
        "import sys; sys.modules['django'] = None\n"
        "import numpy, tilewright.drawn\n"
        "from tilewright.engine import Engine\n"
        "from tilewright.request import Region\n"
        "flat = tilewright.drawn.drawn_source('flat', size=(9, 9))("
        "lambda window, level: numpy.full((window.height, window.width), 3, 'uint8'))\n"
        "print(Engine().read(flat.source(), Region(None, None, None)).data.sum())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"243\n"
