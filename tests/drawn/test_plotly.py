"""Figures of Plotly, by kaleido and a Chrome."""

import io
import os
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from PIL import Image

from tests import services
from tests.patience import LONG_S, until
from tilewright.drawn import outputs, plotly_export
from tilewright.drawn.charts import PlotlyChart
from tilewright.engine import Engine
from tilewright.errors import DrawError, DrawTimeoutError

pytest.importorskip("kaleido", reason=f"{services.MISSING} kaleido")
plotly = pytest.importorskip("plotly.graph_objects", reason=f"{services.MISSING} plotly")

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=f"{services.MISSING} Chromium"),
]


@pytest.fixture(autouse=True)
def folder(monkeypatch):
    """Return the folder for temporary files, which the test must leave empty."""
    monkeypatch.setenv("BROWSER_PATH", os.fspath(CHROMIUM))
    # Short: Chrome opens a socket there, whose path may have 107 bytes.
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)
        assert not list(Path(name).glob("tilewright-*"))


@pytest.fixture
def proxy(monkeypatch):
    """Return the list of what Chrome asks the network for, which has nothing.

    It calls the servers of its maker by itself.
    """
    asked = []

    class Refuse(socketserver.StreamRequestHandler):
        def handle(self):
            asked.append(self.rfile.readline())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_address[1]}")
        yield asked
        server.shutdown()


def line(**layout):
    return plotly.Figure(plotly.Scatter(x=[1, 2, 3], y=[3, 1, 2]), layout)


def chart(figure, width=700, height=500):
    """Return a chart that has time, whatever else the machine does."""
    return PlotlyChart(figure, width, height, time_limit_s=LONG_S)


def encode(chart, format, dpr=1):
    return outputs.encoded(
        chart, format, quality=None, dpr=dpr, max_pixels=1 << 20, encoder=Engine().encoder
    )


@pytest.mark.parametrize(
    ("format", "start"), [("svg", b"<svg"), ("pdf", b"%PDF-"), ("png", b"\x89PNG")]
)
def test_the_same_figure_is_the_same_bytes(format, start, proxy):
    made = encode(chart(line(title="<b>Ä</b>"), 300, 200), format)
    assert made.data.startswith(start)
    assert (made.size.width, made.size.height) == (300, 200)
    assert encode(chart(line(title="<b>Ä</b>").to_dict(), 300, 200), format) == made
    assert not [line for line in proxy if b"cdn" in line]


def test_finer_pixels_and_other_formats():
    made = encode(chart(line(), 300, 200), "webp", 1.5)
    image = Image.open(io.BytesIO(made.data))
    assert (image.format, image.size) == ("WEBP", (450, 300))
    assert len(image.getcolors(1 << 20)) > 10


def test_a_browser_that_hangs_is_ended(folder, monkeypatch):
    endless = folder / "endless.js"
    endless.write_text("for (;;);")
    monkeypatch.setattr("plotly.io.defaults.plotlyjs", os.fspath(endless))
    with pytest.raises(DrawTimeoutError, match="within 4 s"):
        encode(PlotlyChart(line(), time_limit_s=4.0), "png")
    until(lambda: not chromes(folder))


def test_a_folder_goes_as_soon_as_nobody_writes_into_it(monkeypatch):
    """What was killed does so for a little longer."""
    remove, late = shutil.rmtree, ["Preferences", "Cookies"]

    def removed_too_early(folder, **how):
        remove(folder, **how)
        if late:
            folder.mkdir()
            (folder / late.pop()).touch()

    monkeypatch.setattr(shutil, "rmtree", removed_too_early)
    with plotly_export._folder() as folder:
        assert folder.is_dir()
    assert not folder.exists()
    assert not late


def chromes(folder):
    """Return the processes that work in a folder."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if os.fspath(folder) in line]


@pytest.mark.parametrize("figure", [None, {"data": [{"type": "nothing"}]}, {"layout": 7}])
def test_what_is_no_figure_is_told(figure):
    with pytest.raises(DrawError) as failed:
        encode(chart(figure), "png")
    assert str(failed.value) == "the picture could not be drawn"


def test_a_missing_browser_is_the_log_s(monkeypatch, folder):
    monkeypatch.setenv("BROWSER_PATH", os.fspath(folder / "no-browser"))
    with pytest.raises(DrawError) as failed:
        encode(PlotlyChart(line()), "png")
    assert str(failed.value) == "the picture could not be drawn"
    assert "no-browser" in str(failed.value.__cause__)


def test_the_memory_limit_of_an_isolated_drawing_does_not_end_it():
    code = """
import resource
import plotly.graph_objects
from tilewright.drawn.charts import PlotlyChart
most = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, most))
chart = PlotlyChart(plotly.graph_objects.Figure(), 30, 20, time_limit_s=120)
print(len(chart.export("png", dpr=1, max_pixels=1 << 20)[0]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(done.stdout) > 100
