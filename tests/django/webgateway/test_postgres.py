"""Saved settings in PostgreSQL: users who change theirs all at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from urllib.parse import urlencode

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client

from tests.patience import HANG_S
from tilewright.django.webgateway import saved
from tilewright.django.webgateway.models import SavedSettings
from tilewright.web.webgateway.settings import RenderingSettings

NAME = "webgateway"
AT_ONCE = 6
"""Requests of each user."""


def window(end):
    return {"c": ",".join(f"{n}|0:{end}$FF0000" for n in (1, 2, 3)), "m": "c"}


@contextmanager
def by_default(asked):
    """Use another database than that of the other tests, in all threads."""
    before = connections.settings["default"], connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": dict(asked)})[
        "default"
    ]
    connections["default"] = connections.create_connection("default")
    try:
        yield connections["default"]
    finally:
        connections["default"].close()
        connections.settings["default"], connections["default"] = before


@pytest.fixture(scope="module")
def migrated(postgres, django_db_blocker):
    """Return the setting of a database with the tables of all apps."""
    asked = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "tests",
        "USER": "tests",
        "HOST": "127.0.0.1",
        "PORT": str(postgres.port),
    }
    with django_db_blocker.unblock():
        with by_default(asked) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {NAME}")
        asked["NAME"] = NAME
        with by_default(asked):
            call_command("migrate", run_syncdb=True, verbosity=0, skip_checks=True)
    return asked


@pytest.fixture(params=[False, True], ids=["autocommit", "transactions"])
def db(request, migrated, django_db_blocker):
    """Stand in the way of SQLite."""
    asked = {**migrated, "ATOMIC_REQUESTS": request.param}
    with django_db_blocker.unblock(), by_default(asked):
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def at_once():
    """Make calls in threads of their own, at one time; return what they return."""

    def run(calls):
        barrier = Barrier(len(calls), timeout=HANG_S)

        def call(make):
            try:
                barrier.wait()
                return make()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(call, calls))

    return run


@pytest.fixture
def clients(users):
    """Return a way to make clients: each has the session of its user."""

    def make(user):
        client = Client()
        client.force_login(user)
        return client

    return [[make(user) for _ in range(AT_ONCE)] for user in users]


def ends(client, scan):
    told = client.get(f"/webgateway/imgData/{scan.pk}/").json()
    return {channel["window"]["end"] for channel in told["channels"]}


def save(client, scan, end):
    return client.post(f"/webgateway/saveImgRDef/{scan.pk}/?{urlencode(window(end))}")


def test_save_copy_and_reset(ann, ben, cells, add):
    other = add("other", np.full((1, 4, 3, 30, 40), 500, np.uint16))
    before, as_imported = ends(ben, cells), ends(ann, other)
    assert save(ann, cells, 900).json() is True
    assert save(ann, cells, 1000).json() is True
    assert (ends(ann, cells), ends(ben, cells)) == ({1000.0}, before)
    assert ann.get(f"/webgateway/copyImgRDef/?fromid={cells.pk}").json() is True
    pasted = ann.post("/webgateway/copyImgRDef/", {"toids": [other.pk]}).json()
    assert pasted == {"True": [other.pk], "False": []}
    assert ends(ann, other) == {1000.0}
    assert ann.post("/webgateway/resetRDef/", {"toids": [other.pk]}).status_code == 200
    assert ends(ann, other) == as_imported
    (row,) = ann.get(f"/webgateway/get_image_rdefs_json/{cells.pk}/").json()["rdefs"]
    assert row["owner"]["firstName"] == "Ann"


def test_two_users_save_at_once(clients, users, cells, at_once):
    """One row is left for each user: one of those that this user sent, and a whole one."""
    asked = [
        (client, 100 * (1 + number) + place)
        for number, own in enumerate(clients)
        for place, client in enumerate(own)
    ]
    for _ in range(3):
        SavedSettings.objects.all().delete()
        replies = at_once([lambda one=one: save(one[0], cells, one[1]) for one in asked])
        assert [reply.json() for reply in replies] == [True] * len(asked)
        rows = {row.user_id: row.settings["channels"] for row in SavedSettings.objects.all()}
        assert {*rows} == {user.pk for user in users}
        assert SavedSettings.objects.count() == len(users)
        for number, user in enumerate(users):
            (end,) = {channel["end"] for channel in rows[user.pk]}
            assert end // 100 == 1 + number


def test_changes_of_all_kinds_at_once(clients, users, cells, at_once):
    for own in clients:
        own[1].get(f"/webgateway/copyImgRDef/?fromid={cells.pk}")
        own[1].get("/webgateway/getImgRDef/")
    ids = {"toids": [cells.pk]}
    root = "/webgateway"
    calls = []
    for own in clients:
        calls += [
            lambda one=own[0]: save(one, cells, 700),
            lambda one=own[1]: one.post(f"{root}/copyImgRDef/", ids),
            lambda one=own[2]: one.post(f"{root}/resetRDef/", ids),
            lambda one=own[3]: one.post(f"{root}/applyOwnersRDef/", ids),
            lambda one=own[4]: one.get(f"{root}/imgData/{cells.pk}/"),
            lambda one=own[5]: one.get(f"{root}/get_image_rdefs_json/{cells.pk}/"),
        ]
    for _ in range(3):
        assert {reply.status_code for reply in at_once(calls)} == {200}
        assert sorted(SavedSettings.objects.values_list("user_id", flat=True)) == sorted(
            user.pk for user in users
        )


def test_many_images_in_any_order_at_once(clients, add, at_once):
    """Neither request waits for a row that the other holds."""
    scans = [add(f"scan{n}", np.zeros((1, 1, 3, 9, 9), np.uint16)) for n in range(12)]
    ids = [scan.pk for scan in scans]
    own = clients[0]
    own[0].post("/webgateway/resetRDef/", {"toids": ids})
    orders = [ids if place % 2 else ids[::-1] for place in range(len(own))]
    calls = [
        lambda client=client, order=order: client.post("/webgateway/resetRDef/", {"toids": order})
        for client, order in zip(own, orders, strict=True)
    ]
    for reply in at_once(calls):
        assert reply.status_code == 200
        assert sorted(reply.json()["True"]) == ids
    assert SavedSettings.objects.count() == len(ids)


def test_settings_of_nobody_are_there_once(cells, at_once, ann):
    save(ann, cells, 100)
    row = SavedSettings.objects.get()
    settings = RenderingSettings.restored(row.settings)
    row.delete()
    at_once([lambda: saved.store(cells.pk, None, settings)] * AT_ONCE)
    assert SavedSettings.objects.get().user_id is None
    assert ends(ann, cells) == {100.0}
