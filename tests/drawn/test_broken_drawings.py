import importlib
import io
import logging
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.test import RequestFactory
from PIL import Image

from tests.drawn import charts
from tests.patience import LONG_S, until
from tilewright.drawn import running
from tilewright.drawn.running import Drawings
from tilewright.errors import DrawTimeoutError

pytestmark = [pytest.mark.urls("tests.drawn.chart_urls"), pytest.mark.usefixtures("drawn")]


@pytest.mark.parametrize("how", ["raise", "none", "text", "exit", "array", "memory", "prepare"])
def test_a_draw_that_fails_is_a_problem_to_the_client_and_a_trace_in_the_log(client, how, caplog):
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "tilewright.drawn"):
        response = client.get(f"/broken?how={how}")
    assert response.status_code == 500
    assert response.json()["detail"] == "the picture could not be drawn"
    assert b"secret" not in response.content
    assert response["Cache-Control"] == "no-store"
    (record,) = (each for each in caplog.records if each.name == "tilewright.drawn.views")
    assert record.exc_info[1].__cause__ is not None
    assert client.get("/ellipse?width=2&height=2").status_code == 200


def test_an_error_may_be_a_small_picture(client):
    response = client.get("/broken-picture?how=raise")
    assert (response.status_code, response["Content-Type"]) == (500, "image/png")
    image = Image.open(io.BytesIO(response.content))
    assert image.size == (320, 80)
    assert len(image.getcolors(100_000)) > 2
    refused = client.get("/broken-picture?how=nothing")
    assert (refused.status_code, refused["Content-Type"]) == (400, "image/png")


def test_a_slow_draw_is_a_503_and_is_not_begun_again(client):
    # What is still in the queue when its time is up is not begun at all.
    until(lambda: client.get("/slow").status_code == 503 and charts.drawn["Slow"])
    for _ in range(2):
        response = client.get("/slow")
        assert response.status_code == 503
        assert response["Retry-After"]
        assert response.json()["detail"] == "the picture was not drawn within 0.2 s"
    assert charts.drawn["Slow"] == 1
    charts.release.set()
    until(lambda: client.get("/slow").status_code == 200)


def test_too_many_drawings_are_refused_at_once():
    drawings = Drawings(threads=1, most=2)
    hold = threading.Event()

    def ask(key):
        try:
            return drawings.do(key, lambda: hold.wait, LONG_S)
        except DrawTimeoutError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask, key) for key in "ab"]
        until(lambda: len(drawings._running) == 2)
        assert ask("c") == "too many pictures are being drawn"
        hold.set()
        assert [each.result() for each in asked] == [True, True]
    assert not drawings._running


def test_what_waits_too_long_in_the_queue_is_never_begun():
    drawings = Drawings(threads=1, most=5)
    held, hold, begun = threading.Event(), threading.Event(), []

    def first():
        held.set()
        return hold.wait(LONG_S)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(drawings.do, "a", lambda: first, LONG_S)
        assert held.wait(LONG_S)
        with pytest.raises(DrawTimeoutError):
            drawings.do("b", lambda: lambda: begun.append(1), 0.1)
        hold.set()
        assert asked.result()
    assert drawings.do("c", lambda: lambda: 3, LONG_S) == 3
    assert not begun
    assert not drawings._running


def test_what_ends_as_its_time_does_is_shown(monkeypatch):
    class Punctual(Future):
        def result(self, timeout=None):
            drawn = super().result(LONG_S)
            if timeout is not None:
                raise TimeoutError
            return drawn

    monkeypatch.setattr(running, "Future", Punctual)
    assert Drawings(threads=1).do("a", lambda: lambda: 3, 1.0) == 3


def test_a_drawing_is_forgotten_before_anybody_has_it(monkeypatch):
    drawings = Drawings(threads=1)
    forget = drawings._forget

    def slowly(key):
        time.sleep(0.2)
        forget(key)

    monkeypatch.setattr(drawings, "_forget", slowly)
    assert drawings.do("a", lambda: lambda: 3, LONG_S) == 3
    assert not drawings._running


def test_a_drawing_may_ask_for_another_where_no_thread_is_free():
    drawings = Drawings(threads=2, most=5)
    together = threading.Barrier(2)

    def outer():
        together.wait(LONG_S)
        return drawings.do("inner", lambda: lambda: 1, LONG_S) + 1

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(drawings.do, key, lambda: outer, LONG_S) for key in "ab"]
        assert [each.result() for each in asked] == [2, 2]


def test_an_endless_drawing_does_not_keep_the_process_from_ending():
    code = """
import time
from tilewright.drawn.running import Drawings
from tilewright.errors import DrawTimeoutError
try:
    Drawings().do("a", lambda: lambda: time.sleep(600), 0.05)
except DrawTimeoutError:
    print("late", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=LONG_S, check=True
    )
    assert done.stdout == b"late\n"


def test_a_failure_to_prepare_reaches_all_and_holds_nothing():
    drawings = Drawings(threads=1, most=1)
    for _ in range(3):
        with pytest.raises(KeyError):
            drawings.do("a", lambda: {}["missing"], LONG_S)
    assert not drawings._running


@pytest.mark.slow
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/isolated-3s?how=endless", 503, "the picture was not drawn within 3 s"),
        ("/isolated?how=hungry", 500, "the picture could not be drawn"),
        ("/isolated?how=crash", 500, "the picture could not be drawn"),
        ("/isolated?how=raise", 500, "the picture could not be drawn"),
        ("/isolated?how=limit", 400, "how must be something else, not 'limit'"),
    ],
)
def test_a_process_of_its_own_has_hard_limits(client, path, status, said, caplog):
    response = client.get(path)
    assert (response.status_code, response.json()["detail"]) == (status, said)
    if "hungry" in path:
        assert "MemoryError" in caplog.text
    good = client.get("/isolated?how=well")
    assert Image.open(io.BytesIO(good.content)).size == (4, 5)


@pytest.mark.slow
def test_isolated_processes_are_kept_for_the_next(client, processes):
    assert client.get("/isolated?how=well").status_code == 200
    (kept,) = processes._idle
    assert client.get("/isolated?how=well&_=2").status_code == 200
    assert processes._idle == [kept]


@pytest.mark.slow
@pytest.mark.usefixtures("processes")
def test_what_a_view_needs_is_loaded_before_its_time_begins(monkeypatch, tmp_path):
    """Here nothing has to be loaded; a worker takes longer for it than it may draw."""
    (tmp_path / "late_view.py").write_text("""
import sys
import time
from tests.drawn.charts import Isolated

if "tilewright.drawn.worker" in sys.orig_argv:
    time.sleep(3)


class Late(Isolated):
    time_limit_s = 2.0
""")
    monkeypatch.syspath_prepend(tmp_path)
    view = importlib.import_module("late_view").Late.as_view()
    assert view(RequestFactory().get("/?how=well")).status_code == 200
