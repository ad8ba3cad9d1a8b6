"""Pictures that depend on who asks: nobody gets another's."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from PIL import Image

from tests.drawn import charts

pytestmark = [
    pytest.mark.urls("tests.drawn.chart_urls"),
    pytest.mark.usefixtures("drawn", "_known_users"),
]


@pytest.fixture
def users(django_user_model):
    return [django_user_model.objects.create_user(name) for name in ("ann", "ben")]


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def pixel(response):
    return Image.open(io.BytesIO(response.content)).getpixel((0, 0))


@pytest.mark.parametrize("path", ["/private", "/careful"])
def test_each_user_has_a_picture_of_their_own(path, users):
    answers = [logged_in(user).get(path) for user in users]
    assert [pixel(each) for each in answers] == [user.pk for user in users]
    assert answers[0]["ETag"] != answers[1]["ETag"]
    for each in answers:
        assert "private" in each["Cache-Control"]
        assert "public" not in each["Cache-Control"]
        assert "Cookie" in each["Vary"]
        assert "Accept" in each["Vary"]


def test_a_login_mixin_stands_before_everything(client):
    response = client.get("/private")
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert not charts.drawn


def test_one_users_tag_is_no_others(users):
    tag = logged_in(users[0]).get("/private")["ETag"]
    known = {"if-none-match": tag}
    assert logged_in(users[0]).get("/private", headers=known).status_code == 304
    assert logged_in(users[1]).get("/private", headers=known).status_code == 200


def test_who_looks_at_the_user_only_while_drawing_is_refused(users, caplog):
    assert logged_in(users[0]).get("/careless").status_code == 500
    assert "per_user" in caplog.text
    assert Client().get("/ellipse?width=2&height=2")["Cache-Control"] == "public, max-age=600"


def test_no_simultaneous_asker_gets_it_either(users, caplog):
    barrier = threading.Barrier(4)

    def ask(client):
        barrier.wait()
        return client.get("/careless").status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, [logged_in(user) for user in users * 2])) == {500}
    causes = {str(each.exc_info[1].__cause__) for each in caplog.records if each.exc_info}
    assert len(causes) == 1
    assert "per_user" in causes.pop()
