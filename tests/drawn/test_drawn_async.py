import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncClient
from PIL import Image

from tests.drawn import charts
from tests.patience import until

pytestmark = [pytest.mark.urls("tests.drawn.chart_urls"), pytest.mark.usefixtures("drawn")]


def asked(*paths, headers=None, method="GET"):
    """Return the answers of a server that speaks ASGI, all asked at once."""

    async def ask():
        transport = httpx.ASGITransport(ASGIHandler())
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await asyncio.gather(
                *(client.request(method, path, headers=headers) for path in paths)
            )

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/async", "/ellipse"])
def test_the_same_manners_over_asgi(path):
    url = f"{path}?width=30&height=20"
    (got,) = asked(url)
    assert Image.open(io.BytesIO(got.content)).size == (30, 20)
    name = {"/async": "AsyncEllipse", "/ellipse": "Ellipse"}[path]
    assert charts.drawn[name] == 1
    (known,) = asked(url, headers={"if-none-match": got.headers["etag"]})
    (head,) = asked(url, method="HEAD")
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert "content-length" not in head.headers
    assert charts.drawn[name] == 1
    refused, posted = asked(f"{path}?width=0")[0], asked(url, method="POST")[0]
    assert (refused.status_code, refused.json()["parameter"]) == (400, "width")
    assert posted.status_code == 405


def test_the_loop_is_never_held():
    async def beat_while_drawing():
        asking = asyncio.ensure_future(AsyncClient().get("/async-slow"))
        await asyncio.to_thread(until, lambda: charts.drawn["AsyncSlow"])
        charts.release.set()  # held by the drawing, the loop would not come to this
        return (await asking).status_code

    assert asyncio.run(beat_while_drawing()) == 200


def test_many_at_once_are_drawn_once(joined):
    def release():
        until(lambda: len(joined) == 20)
        charts.release.set()

    with ThreadPoolExecutor(1) as beside:
        released = beside.submit(release)
        answers = asked(*["/async-slow"] * 20)
        released.result()
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert charts.drawn["AsyncSlow"] == 1


def test_failures_are_problems():
    (response,) = asked("/async-broken")
    assert response.status_code == 500
    assert response.json()["detail"] == "the picture could not be drawn"


@pytest.mark.usefixtures("_known_users")
def test_a_login_mixin_stands_before_an_async_view():
    (response,) = asked("/async-private")
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
