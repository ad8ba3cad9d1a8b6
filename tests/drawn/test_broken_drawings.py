import io
import logging
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tests.drawn import charts
from tilewright.drawn import isolation
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
    for _ in range(3):
        began = time.monotonic()
        response = client.get("/slow")
        assert time.monotonic() - began < 5
        assert response.status_code == 503
        assert response["Retry-After"]
        assert response.json()["detail"] == "the picture was not drawn within 0.2 s"
    assert charts.drawn["Slow"] == 1
    charts.release.set()
    deadline = time.monotonic() + 10
    while client.get("/slow").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.get("/slow").status_code == 200


def test_too_many_drawings_are_refused_at_once():
    drawings = Drawings(threads=1, most=2)
    hold = threading.Event()

    def ask(key):
        try:
            return drawings.do(key, lambda: hold.wait, 10.0)
        except DrawTimeoutError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask, key) for key in "ab"]
        deadline = time.monotonic() + 10
        while len(drawings._running) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ask("c") == "too many pictures are being drawn"
        hold.set()
        assert [each.result() for each in asked] == [True, True]
    assert not drawings._running


def test_what_waits_too_long_in_the_queue_is_never_begun():
    drawings = Drawings(threads=1, most=5)
    hold, begun = threading.Event(), []
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(drawings.do, "a", lambda: hold.wait, 10.0)
        with pytest.raises(DrawTimeoutError):
            drawings.do("b", lambda: lambda: begun.append(1), 0.1)
        hold.set()
        assert first.result()
    assert drawings.do("c", lambda: lambda: 3, 10.0) == 3
    assert not begun
    assert not drawings._running


def test_a_drawing_may_ask_for_another_where_no_thread_is_free():
    drawings = Drawings(threads=2, most=5)
    together = threading.Barrier(2)

    def outer():
        together.wait(10)
        return drawings.do("inner", lambda: lambda: 1, 10.0) + 1

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(drawings.do, key, lambda: outer, 3.0) for key in "ab"]
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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
    assert done.stdout == b"late\n"


def test_a_failure_to_prepare_reaches_all_and_holds_nothing():
    drawings = Drawings(threads=1, most=1)
    for _ in range(3):
        with pytest.raises(KeyError):
            drawings.do("a", lambda: {}["missing"], 1.0)
    assert not drawings._running


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("endless", 503, "the picture was not drawn within 3 s"),
        ("hungry", 500, "the picture could not be drawn"),
        ("crash", 500, "the picture could not be drawn"),
        ("raise", 500, "the picture could not be drawn"),
        ("limit", 400, "how must be something else, not 'limit'"),
    ],
)
def test_a_process_of_its_own_has_hard_limits(client, how, status, said, caplog):
    response = client.get(f"/isolated?how={how}")
    assert (response.status_code, response.json()["detail"]) == (status, said)
    if how == "hungry":
        assert "MemoryError" in caplog.text
    good = client.get("/isolated?how=well")
    assert Image.open(io.BytesIO(good.content)).size == (4, 5)
    isolation.processes().close()


@pytest.mark.slow
def test_isolated_processes_are_kept_for_the_next(client):
    assert client.get("/isolated?how=well").status_code == 200
    began = time.monotonic()
    assert client.get("/isolated?how=well&_=2").status_code == 200
    assert time.monotonic() - began < 1
    isolation.processes().close()
