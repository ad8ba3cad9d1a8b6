"""Uploads through the admin pages: a real login, real forms."""

import io
import re
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from tests.site.conftest import Server, picture, run, serving

NAME, PASSWORD = "keeper", "a long word for tests"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server of an empty folder, whose keeper's login exists."""
    home = tmp_path_factory.mktemp("home")
    made = run(
        home,
        *("manage", "createsuperuser", "--noinput", "--username", NAME),
        *("--email", "keeper@example.org"),
        given={"DJANGO_SUPERUSER_PASSWORD": PASSWORD},
    )
    assert made.returncode == 0, made.stderr
    with serving(home, str(tmp_path_factory.mktemp("images"))) as server:
        yield server


def token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def keeper(empty: Server) -> Iterator[httpx.Client]:
    """Return a client that has logged in."""
    with empty.client() as client:
        page = client.get("/admin/login/").text
        reply = client.post(
            "/admin/login/",
            data={
                "username": NAME,
                "password": PASSWORD,
                "csrfmiddlewaretoken": token(page),
                "next": "/admin/",
            },
        )
        assert reply.status_code == 302
        yield client


def upload(client: httpx.Client, name: str, content: bytes, title: str = "") -> httpx.Response:
    address = "/admin/tilewright_site/image/add/"
    page = client.get(address)
    assert page.status_code == 200
    return client.post(
        address,
        data={"csrfmiddlewaretoken": token(page.text), "name": title},
        files={"upload": (name, content)},
    )


def png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture()).save(out, "PNG")
    return out.getvalue()


def test_an_upload_is_listed_and_shown_and_goes_with_its_record(empty, keeper):
    assert upload(keeper, "first.png", png()).status_code == 302
    rows = keeper.get("/api/images/").json()["results"]
    assert [row["name"] for row in rows] == ["first.png"]
    number = rows[0]["id"]
    assert keeper.get(f"/api/images/{number}/data/thumbnail.png").status_code == 200
    stored = list((empty.home / "uploads").iterdir())
    assert len(stored) == 1
    assert stored[0].read_bytes() == png()

    change = f"/admin/tilewright_site/image/{number}/change/"
    page = keeper.get(change).text
    reply = keeper.post(
        change, data={"csrfmiddlewaretoken": token(page), "name": "renamed.png", "hidden": "on"}
    )
    assert reply.status_code == 302, reply.text
    assert empty.names() == []
    assert keeper.get(f"/api/images/{number}/data/thumbnail.png").status_code == 404
    assert "renamed.png" in keeper.get("/admin/tilewright_site/image/").text

    delete = f"/admin/tilewright_site/image/{number}/delete/"
    page = keeper.get(delete).text
    reply = keeper.post(delete, data={"csrfmiddlewaretoken": token(page), "post": "yes"})
    assert reply.status_code == 302
    assert list((empty.home / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.png", b"no image at all", "This file cannot be shown: no reader knows"),
        ("broken.png", png()[:60], "This file cannot be shown"),
        ("empty.png", b"", "empty"),
    ],
)
def test_what_cannot_be_shown_is_refused(empty, keeper, name, content, words):
    reply = upload(keeper, name, content)
    assert reply.status_code == 200
    assert words in reply.text
    assert empty.names() == []


def test_an_upload_needs_a_login_and_a_token(empty, keeper):
    address = "/admin/tilewright_site/image/add/"
    with empty.client() as stranger:
        reply = stranger.get(address)
        assert (reply.status_code, reply.headers["location"].startswith("/admin/login/")) == (
            302,
            True,
        )
    reply = keeper.post(address, data={"name": ""}, files={"upload": ("a.png", png())})
    assert reply.status_code == 403
    assert empty.names() == []


def test_the_api_takes_nothing(empty):
    with empty.client() as client:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.request(method, "/api/images/").status_code == 405
