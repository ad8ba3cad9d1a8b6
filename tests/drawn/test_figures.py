"""Figures of matplotlib as files, and the views of them."""

import gc
import io
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import request_finished, request_started
from django.http import HttpResponse
from django.urls import path
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from PIL import Image

from bench import drawn_figures
from bench.scale import TINY
from tests.patience import LONG_S
from tilewright.drawn import figure_views
from tilewright.drawn.figure_views import AsyncFigureView, FigureView
from tilewright.drawn.figures import encode_figure, figure_picture, is_figure, literal, warm
from tilewright.drawn.parameters import Choice, Integer, Text
from tilewright.errors import ConfigurationError, DrawError
from tilewright.geometry import Size

FORMATS = ("png", "jpeg", "webp", "avif", "svg", "pdf")


def plotted(seed=0, *, layout=None, dpi=100):
    """Return a figure with what has names and caches of its own: markers, clips, hatches, maths."""
    figure = Figure(figsize=(4, 3), dpi=dpi, layout=layout)
    above, below = figure.subplots(2)
    above.plot(np.random.default_rng(seed).random(50), "o-", label=f"$x_{seed}^2$")
    above.legend(loc="upper left")  # where it suits best is looked for, with an eye on the clock
    above.set_title("Gewässer 東京" if seed % 2 else "Title")
    below.bar(range(5), [1, 2, 3, 4, seed], hatch="/")
    below.imshow(np.eye(8) * seed, extent=(0, 4, 0, 4), clip_path=None)
    return figure


def encode(figure, format, dpi=100):
    return encode_figure(figure, format, dpi=dpi, quality=None)


@pytest.fixture(autouse=True)
def _same_settings():
    """No test of this file may change what all threads share."""
    before = mpl.rcParams.copy()
    yield
    assert mpl.rcParams.copy() == before


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("format", FORMATS)
def test_equal_figures_are_equal_bytes(format):
    first = encode(plotted(1), format)
    assert encode(plotted(1), format) == first
    assert encode(plotted(2), format) != first
    assert first.size == Size(400, 300)
    assert first.media_type in {f"image/{format}", "image/svg+xml", "application/pdf"}


@pytest.mark.slow
@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_another_process_makes_the_same_bytes(format):
    code = (
        "import hashlib\nfrom tests.drawn.test_figures import encode, plotted\n"
        f"print(hashlib.sha256(encode(plotted(4), {format!r}).data).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_nothing_tells_of_the_machine(format):
    data = encode(plotted(), format).data.lower()
    assert b"matplotlib.org" not in data
    assert mpl.__version__.encode() not in data
    assert b"creationdate" not in data
    assert b"<dc:date>" not in data


@pytest.mark.slow
def test_pyplot_is_never_loaded_and_imports_stay_light():
    code = (
        "import sys\n"
        "import tilewright.drawn.figures, tilewright.drawn.animation, tilewright.drawn.source\n"
        "print('matplotlib' in sys.modules, 'PIL' in sys.modules)\n"
        "from tilewright.drawn.figures import encode_figure, warm\nwarm()\n"
        "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.subplots().plot([1, 2])\n"
        f"for format in {FORMATS}: encode_figure(figure, format, dpi=100, quality=None)\n"
        "print('matplotlib.pyplot' in sys.modules, 'tkinter' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "False", "False"]


def test_formulas_are_read_in_many_threads_at_once():
    figure_picture(Figure(figsize=(1, 1)), dpi=10)
    formulas = [rf"$x_{number}^2 + \frac{{a}}{{b^{number}}}$" for number in range(9)]

    def read(first):
        found = {}
        for formula in formulas[first:] + formulas[:first]:
            # A parser of its own, as each renderer has: what was read once is not read again.
            found[formula] = MathTextParser("path").parse(formula).width
        return found

    alone, before = read(0), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as threads:
            assert [*threads.map(read, range(4))] == [alone] * 4
    finally:
        sys.setswitchinterval(before)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_threads_make_what_one_makes():
    jobs = [(seed, ("png", "svg", "pdf")[seed % 3]) for seed in range(12)]
    layouts = [None, "constrained", "tight", None]
    serial = [encode(plotted(seed, layout=layouts[seed % 4]), kind) for seed, kind in jobs]
    together = threading.Barrier(8)

    def run(turn):
        together.wait()
        order = jobs[turn:] + jobs[:turn]
        made = [encode(plotted(seed, layout=layouts[seed % 4]), kind) for seed, kind in order]
        return made[len(jobs) - turn :] + made[: len(jobs) - turn]

    with ThreadPoolExecutor(8) as threads:
        for made in threads.map(run, range(8)):
            assert made == serial


def test_a_figure_is_left_as_it_was():
    figure = plotted(dpi=80)
    first = [encode(figure, kind, dpi=160) for kind in FORMATS]
    assert figure.dpi == 80
    assert [encode(figure, kind, dpi=160) for kind in reversed(FORMATS)] == first[::-1]


def test_figures_are_freed():
    figure = plotted()
    gone = weakref.ref(figure)
    for kind in ("png", "svg", "pdf"):
        encode(figure, kind)
    assert not hasattr(figure.canvas, "renderer")  # the pixels went at once
    del figure
    gc.collect()
    assert gone() is None


def test_dpi_makes_more_pixels_and_no_larger_svg():
    assert encode(plotted(), "png", dpi=200).size == Size(800, 600)
    one, two = (encode(plotted(), "svg", dpi=dpi) for dpi in (100, 200))
    for svg in (one, two):
        root = ET.fromstring(svg.data)  # noqa: S314 - our own
        assert (root.get("width"), root.get("height")) == ("400", "300")
        assert root.get("viewBox") == "0 0 288 216"
        assert svg.size == Size(400, 300)
    assert len(two.data) > len(one.data)  # the picture inside is finer


def test_transparency_is_kept_where_there_is_some():
    opaque, clear = plotted(), plotted()
    clear.patch.set_alpha(0)
    assert figure_picture(opaque, dpi=100).data.shape == (300, 400, 3)
    seen = figure_picture(clear, dpi=100).data
    assert seen.shape == (300, 400, 4)
    assert seen[0, 0, 3] == 0


def test_pixels_are_those_of_matplotlib():
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    canvas = FigureCanvasAgg(plotted())
    canvas.draw()
    expected = np.asarray(canvas.buffer_rgba())[..., :3]
    shown = np.asarray(Image.open(io.BytesIO(encode(plotted(), "png").data)))
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("format", ["tiff", "npy", "exe", "../png", ""])
def test_formats_that_are_none(format):
    with pytest.raises(DrawError):
        encode(plotted(), format)


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_a_formula_that_cannot_be_read(format):
    figure = Figure(figsize=(2, 2))
    figure.suptitle(r"$\frac{1$")
    with pytest.raises(DrawError) as failed:
        encode(figure, format)
    assert "frac" not in str(failed.value)
    assert failed.value.__cause__ is not None


@pytest.mark.parametrize("text", [r"$\frac{1$", "5 $ and 6 $", "$", "$$$", r"a\$b$c$", "plain"])
def test_a_literal_text_is_never_a_formula(text):
    figure = Figure(figsize=(4, 1))
    shown = figure.suptitle(literal(text))
    encode(figure, "png")
    assert shown._preprocess_math(literal(text))[1] is False


def test_what_is_a_figure():
    assert is_figure(Figure())
    assert not is_figure("a figure")
    assert not is_figure(None)


class Line(FigureView):
    parameters = (
        *FigureView.parameters,
        Integer("points", default=10, low=2, high=1000),
        Choice("color", ("red", "blue"), default="red"),
        Text("title", default=""),
    )
    max_dpr = 2

    def plot(self, figure, points, color, title):
        axes = figure.add_subplot()
        axes.plot(range(points), color=color)
        axes.set_title(literal(title))


class Fixed(FigureView):
    parameters = ()
    default_size = (300, 200)
    figure = {"facecolor": "none"}  # noqa: RUF012

    def prepare(self, **_):
        return {"rows": [3, 1, 2]}

    def plot(self, figure, rows):
        figure.add_subplot().plot(rows)


class AsyncLine(AsyncFigureView):
    def plot(self, figure):
        figure.add_subplot().plot([1, 2])


class Empty(FigureView):
    pass


def declares(request):
    """Load the views of figures, as Django does with the addresses when the first request comes."""
    type("Late", (FigureView,), {})
    return HttpResponse()


urlpatterns = [
    path("declares", declares),
    path("line.<fmt>", Line.as_view()),
    path("line", Line.as_view()),
    path("fixed", Fixed.as_view()),
    path("async", AsyncLine.as_view()),
    path("empty", Empty.as_view()),
]
views = pytest.mark.urls(__name__)


@views
@pytest.mark.parametrize(
    ("address", "kind", "size"),
    [
        ("/line.png", "image/png", (640, 400)),
        ("/line.webp?width=200&height=150", "image/webp", (200, 150)),
        ("/line.jpg?dpr=2&width=200&height=150", "image/jpeg", (400, 300)),
        ("/fixed", "image/png", (300, 200)),
        ("/async", "image/png", (640, 400)),
    ],
)
def test_views_show_figures(client, address, kind, size):
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, kind)
    assert Image.open(io.BytesIO(response.content)).size == size


@views
def test_vectors_of_a_view(client):
    svg = client.get("/line", headers={"Accept": "image/svg+xml"})
    assert svg["Content-Type"] == "image/svg+xml"
    assert "sandbox" in svg["Content-Security-Policy"]
    assert client.get("/line.svg").content == svg.content
    assert client.get("/line.pdf").content.startswith(b"%PDF-")
    assert Image.open(io.BytesIO(client.get("/fixed").content)).mode == "RGBA"


@views
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("width=99", 400),
        ("width=4097", 400),
        ("width=1e3", 400),
        ("points=1", 400),
        ("color=%23fff", 400),
        ("dpr=3", 400),
        ("width=4096&height=4096&dpr=2", 413),
        ("title=%24%5Cfrac%7B1%24", 200),
        ("title=%3Cscript%3E", 200),
    ],
)
def test_hostile_queries(client, query, status):
    assert client.get(f"/line.svg?{query}").status_code == status
    if status == 200:
        assert b"<script>" not in client.get(f"/line.svg?{query}").content


@views
def test_a_view_without_a_plot(client, caplog):
    response = client.get("/empty")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert "has no plot()" in caplog.text
    with pytest.raises(ImproperlyConfigured):
        Empty().plot(Figure())


def test_a_plot_that_does_not_take_what_is_declared():
    with pytest.raises(ConfigurationError, match=r"Forgetful\.plot does not take points"):

        class Forgetful(FigureView):
            parameters = (*FigureView.parameters, Integer("points", default=1))

            def plot(self, figure):
                pass


@views
def test_the_first_request_warms_once(monkeypatch, client):
    warmed = threading.Event()
    counted = []
    monkeypatch.setattr("tilewright.drawn.figures.warm", lambda: (counted.append(1), warmed.set()))
    request_started.connect(figure_views.warm_beside, dispatch_uid=figure_views.warm_beside)
    for _ in range(3):
        client.get("/nothing")
    assert warmed.wait(LONG_S)
    assert counted == [1]


@views
def test_a_request_that_loads_the_views_warms_too(monkeypatch, client):
    warmed = threading.Event()
    monkeypatch.setattr("tilewright.drawn.figures.warm", warmed.set)
    for signal in (request_started, request_finished):
        signal.disconnect(dispatch_uid=figure_views.warm_beside)
    client.get("/declares")
    assert warmed.wait(LONG_S)


def test_warming_that_fails_is_logged(monkeypatch, caplog):
    def broken():
        raise OSError("no fonts")

    monkeypatch.setattr("tilewright.drawn.figures.warm", broken)
    figure_views._warm()
    assert "no fonts" in caplog.text


@pytest.mark.slow
def test_the_benchmark_runs(tmp_path):
    found = list(drawn_figures.run(TINY, tmp_path))
    assert len(found) == 7
    assert all(figure.ours > 0 for figure in found[:-1])


def test_warm_twice():
    warm()
    warm()
