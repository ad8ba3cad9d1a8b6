"""Pictures put aside for a while."""

import io
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.cache import SessionStore
from django.core.cache import caches
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path
from PIL import Image

from tests.patience import LONG_S
from tilewright.drawn import ephemeral
from tilewright.drawn.aside import CacheStore, FolderStore
from tilewright.drawn.ephemeral_view import ephemeral_picture
from tilewright.errors import (
    ConfigurationError,
    DrawError,
    LimitError,
    OutsideError,
    ParameterError,
    SourceUnavailableError,
)
from tilewright.geometry import Size
from tilewright.image import Encoded

pytestmark = pytest.mark.urls(__name__)

RED = np.full((4, 6, 3), (255, 0, 0), np.uint8)
FILE = Encoded(bytes(range(100)), "image/png", Size(6, 4))
ADA, BOB = (SimpleNamespace(pk=pk, is_authenticated=True) for pk in (1, 2))


def for_this_session(request):
    return HttpResponse(ephemeral.put(RED, ttl=60, session=request.session).url)


urlpatterns = [path("drawn/", include("tilewright.drawn.urls")), path("put", for_this_session)]

IN_CACHE = {"ephemeral_cache": "default"}


@pytest.fixture
def folder(tmp_path, settings):
    settings.TILEWRIGHT = {"ephemeral_folder": str(tmp_path / "aside")}
    return tmp_path / "aside"


@pytest.fixture(params=["folder", "cache"])
def anywhere(request, tmp_path, settings) -> Iterator[None]:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "cache"),
        }
    }
    given = {"folder": {"ephemeral_folder": str(tmp_path / "aside")}, "cache": IN_CACHE}
    settings.TILEWRIGHT = given[request.param]
    yield
    ephemeral._store.cache_clear()


def ask(url, *, user=None, session=None, method="GET", **headers):
    request = RequestFactory().generic(method, url, headers=headers)
    if user is not None:
        request.user = user
    if session is not None:
        request.session = session
    return ephemeral_picture(request, token=url.rsplit("/", 1)[1])


def test_a_picture_is_served_until_it_expires(anywhere, client, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    kept = ephemeral.put(RED, ttl=60)
    assert kept.url == f"/drawn/ephemeral/{kept.token}"
    response = client.get(kept.url)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert re.fullmatch(r"private, max-age=(59|60)", response["Cache-Control"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(response.content))), RED)
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert client.get(kept.url).status_code == 404


def test_it_can_be_removed_before(anywhere, client):
    kept = ephemeral.put(FILE, ttl=60)
    ephemeral.remove(kept.token)
    assert client.get(kept.url).status_code == 404


def test_tokens_are_long_and_each_is_new(folder):
    tokens = {ephemeral.put(FILE, ttl=60).token for _ in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)


@pytest.mark.parametrize(
    ("sent", "status", "part", "content_range"),
    [
        ("bytes=0-9", 206, slice(0, 10), "bytes 0-9/100"),
        ("bytes=90-", 206, slice(90, 100), "bytes 90-99/100"),
        ("bytes=-10", 206, slice(90, 100), "bytes 90-99/100"),
        ("bytes=-1000", 206, slice(0, 100), "bytes 0-99/100"),
        ("bytes=50-1000", 206, slice(50, 100), "bytes 50-99/100"),
        ("bytes=100-", 416, None, "bytes */100"),
        ("bytes=-0", 416, None, "bytes */100"),
        ("bytes=999999999999999999-", 416, None, "bytes */100"),
        ("bytes=9-0", 200, slice(0, 100), None),
        ("bytes=-", 200, slice(0, 100), None),
        ("bytes=0-1,5-6", 200, slice(0, 100), None),
        ("bytes=٣-٤", 200, slice(0, 100), None),
        ("pages=1-2", 200, slice(0, 100), None),
        ("bytes=" + "9" * 400, 200, slice(0, 100), None),
    ],
)
def test_ranges(folder, sent, status, part, content_range):
    kept = ephemeral.put(FILE, ttl=60)
    response = ask(kept.url, Range=sent)
    assert response.status_code == status
    assert response.get("Content-Range") == content_range
    if part is not None:
        assert response.content == FILE.data[part]
        assert int(response["Content-Length"]) == len(response.content)


def test_head_and_conditions(folder):
    kept = ephemeral.put(FILE, ttl=60)
    whole = ask(kept.url)
    head = ask(kept.url, method="HEAD", Range="bytes=0-9")
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", "100")
    tag = whole["ETag"]
    assert ask(kept.url, **{"If-None-Match": tag}).status_code == 304
    assert ask(kept.url, **{"If-None-Match": "*"}).status_code == 304
    assert ask(kept.url, **{"If-None-Match": '"other"'}).status_code == 200
    part = {"Range": "bytes=0-9"}
    assert ask(kept.url, **part, **{"If-Range": tag}).status_code == 206
    assert ask(kept.url, **part, **{"If-Range": '"other"'}).status_code == 200
    assert ask(kept.url, method="POST").status_code == 405


def test_a_picture_of_a_user_is_his_alone(anywhere):
    kept = ephemeral.put(FILE, ttl=60, user=ADA)
    mine = ask(kept.url, user=ADA)
    assert mine.status_code == 200
    assert mine["Cache-Control"] == "private, no-store"
    never = ask("/drawn/ephemeral/" + "A" * 43, user=BOB)
    for other in (ask(kept.url, user=BOB), ask(kept.url, user=AnonymousUser()), ask(kept.url)):
        assert other.status_code == 404
        assert other.content == never.content
        assert "ETag" not in other
    assert ask(kept.url, user=BOB, **{"If-None-Match": mine["ETag"]}).status_code == 404
    assert ask(kept.url, user=BOB, **{"If-None-Match": "*"}).status_code == 404


def test_a_picture_of_a_session_ends_with_it(folder):
    session, other = SessionStore(), SessionStore()
    kept = ephemeral.put(FILE, ttl=60, session=session)
    second = ephemeral.put(FILE, ttl=60, session=session)
    assert ask(kept.url, session=session).status_code == 200
    session.cycle_key()  # as a login does
    assert ask(kept.url, session=session).status_code == 200
    assert ask(second.url, session=session).status_code == 200
    assert ask(kept.url, session=other).status_code == 404
    assert ask(kept.url).status_code == 404
    session.flush()  # as a logout does
    assert ask(kept.url, session=session).status_code == 404


def test_user_and_session_must_both_be_right(folder):
    session = SessionStore()
    kept = ephemeral.put(FILE, ttl=60, user=ADA, session=session)
    assert ask(kept.url, user=ADA, session=session).status_code == 200
    assert ask(kept.url, user=ADA).status_code == 404
    assert ask(kept.url, user=BOB, session=session).status_code == 404


def test_through_the_session_middleware(folder, client, settings):
    settings.MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    url = client.get("/put").content.decode()
    assert client.get(url).status_code == 200
    stranger = type(client)()
    assert stranger.get(url).status_code == 404


def test_nobody_owns_nothing(folder):
    with pytest.raises(ValueError, match="session"):
        ephemeral.put(FILE, ttl=60, user=AnonymousUser())


@pytest.mark.parametrize(
    "ttl", [0, -1, 0.5, float("nan"), float("inf"), 31 * 24 * 3600, timedelta(0)]
)
def test_times_that_are_none(folder, ttl):
    with pytest.raises(ParameterError, match="ttl"):
        ephemeral.put(FILE, ttl=ttl)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("picture", "format", "error"),
    [
        (None, "png", DrawError),
        ("no svg", "svg", DrawError),
        (np.zeros((4, 4), np.float64), "png", DrawError),
        (RED, "heic", ParameterError),
    ],
)
def test_what_is_no_picture(folder, picture, format, error):
    with pytest.raises(error):
        ephemeral.put(picture, ttl=60, format=format)


def test_svg_runs_nothing(folder):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    kept = ephemeral.put(svg, ttl=60, format="svg")
    response = ask(kept.url)
    assert response["Content-Type"] == "image/svg+xml"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("media_type", ["image/svg+xml; charset=utf-8", "text/html"])
def test_a_finished_file_of_any_kind_runs_nothing(folder, media_type):
    kept = ephemeral.put(Encoded(b"<script>", media_type, Size(1, 1)), ttl=60)
    assert "sandbox" in ask(kept.url)["Content-Security-Policy"]


@pytest.mark.parametrize(
    "token",
    ["A" * 42, "A" * 44, "../" * 14 + "a", "%2e%2e%2f" + "A" * 34, "é" * 43, "A" * 42 + "\n", "\0" * 43],
)  # fmt: skip
def test_tokens_that_are_none(folder, client, token):
    assert client.get(f"/drawn/ephemeral/{token}").status_code == 404
    with pytest.raises(OutsideError):
        ephemeral.find(token, RequestFactory().get("/"))


def test_the_folder_tells_nothing(folder):
    kept = ephemeral.put(FILE, ttl=60, user=SimpleNamespace(pk="ada@x.org", is_authenticated=True))
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept.token not in file.name
    raw = file.read_bytes()
    assert kept.token.encode() not in raw
    assert b"ada@x" not in raw  # what is there by chance has letters from a to f


def test_the_usual_folder_is_the_users_own(settings, tmp_path, monkeypatch):
    import tempfile  # noqa: PLC0415

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.TILEWRIGHT = {}
    kept = ephemeral.put(FILE, ttl=60)
    assert ask(kept.url).status_code == 200
    (made,) = tmp_path.iterdir()
    made.chmod(0o755)
    with pytest.raises(ConfigurationError):
        ephemeral.put(FILE, ttl=60)
    made.rename(tmp_path / "real")
    (tmp_path / "real").chmod(0o700)
    made.symlink_to(tmp_path / "real")
    with pytest.raises(ConfigurationError):
        ephemeral.put(FILE, ttl=60)


def test_a_folder_that_others_may_write_is_refused(folder):
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigurationError, match="ephemeral_folder"):
        ephemeral.put(FILE, ttl=60)
    folder.rmdir()
    folder.write_text("a file")
    with pytest.raises(ConfigurationError, match="ephemeral_folder"):
        ephemeral.put(FILE, ttl=60)


def test_no_link_pipe_or_folder_is_followed(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    os.utime(secret, (time.time(), time.time() + 60))
    kept = ephemeral.put(FILE, ttl=60)
    (file,) = folder.iterdir()
    for plant in (lambda: file.symlink_to(secret), lambda: os.mkfifo(file), file.mkdir):
        file.unlink() if not file.is_dir() else file.rmdir()
        plant()
        assert ask(kept.url).status_code == 404
    ephemeral.purge()
    assert secret.read_bytes() == b"secret"


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:10],
        lambda raw: raw[:-1],
        lambda raw: raw + b"x",
        lambda raw: b"TWE9" + raw[4:],
        lambda raw: raw[:12] + b"[" + raw[13:],
        lambda raw: b"\xff" * len(raw),
    ],
)
def test_a_damaged_file_is_none(folder, damage):
    kept = ephemeral.put(FILE, ttl=60)
    (file,) = folder.iterdir()
    state = file.stat()
    file.write_bytes(damage(file.read_bytes()))
    os.utime(file, (state.st_atime, state.st_mtime))
    assert ask(kept.url).status_code == 404


def test_purge_removes_what_has_expired_and_nothing_else(folder, capsys):
    gone, stays = ephemeral.put(FILE, ttl=600), ephemeral.put(FILE, ttl=timedelta(minutes=10))
    other = folder / "notes.txt"
    other.write_text("not ours")
    half = folder / ("0" * 64 + ".part")
    half.write_bytes(b"half")
    old = time.time() - 10
    os.utime(other, (old, old))
    os.utime(folder / ephemeral._key(gone.token), (old, old))
    call_command("tilewright_purge")
    assert capsys.readouterr().out.startswith("1 picture removed, ")
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        [other.name, half.name, ephemeral._key(stays.token)]
    )
    assert ask(stays.url).status_code == 200


def test_the_folder_is_bounded_and_the_longest_unseen_goes_first(tmp_path):
    store = FolderStore(str(tmp_path / "a"), 1000)
    until = time.time() + 60
    keys = [f"{number:064x}" for number in range(10)]
    for number, key in enumerate(keys):
        store.put(key, bytes(300), until)
        file = tmp_path / "a" / key
        seen = time.time() - 1000 + number
        os.utime(file, (seen, file.stat().st_mtime))
        if number == 2:
            assert store.get(keys[0]) is not None  # seen now
            os.utime(tmp_path / "a" / keys[0], (seen + 50, until))
    held = [key for key in keys if store.get(key) is not None]
    assert keys[0] in held
    assert keys[9] in held
    assert sum(file.stat().st_size for file in (tmp_path / "a").iterdir()) <= 1000
    with pytest.raises(LimitError):
        store.put("f" * 64, bytes(1001), until)


def test_processes_share_a_folder(tmp_path):
    code = (
        "import sys, time\nfrom tilewright.drawn.aside import FolderStore\n"
        "store, who = FolderStore(sys.argv[1], 50_000), int(sys.argv[2])\n"
        "for n in range(100):\n"
        "    key = f'{who:032x}{n:032x}'\n"
        "    store.put(key, bytes([who]) * 1000, time.time() + 60)\n"
        "    assert store.get(key) in (None, bytes([who]) * 1000)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "a"), str(who)])
        for who in range(3)
    ]
    assert [one.wait(LONG_S) for one in running] == [0, 0, 0]
    store = FolderStore(str(tmp_path / "a"), 50_000)
    store.put("f" * 64, b"x", time.time() + 60)
    files = list((tmp_path / "a").iterdir())
    assert not [file for file in files if file.suffix == ".part"]
    assert sum(file.stat().st_size for file in files) <= 50_000
    assert all(len(set(file.read_bytes())) == 1 for file in files)


def test_a_restart_loses_nothing(anywhere):
    kept = ephemeral.put(FILE, ttl=60)
    ephemeral._store.cache_clear()
    assert ask(kept.url).content == FILE.data


def test_a_cache_that_holds_nothing_is_told(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with pytest.raises(SourceUnavailableError):
        CacheStore("default", 1000, wait_s=1).put("0" * 64, b"x", time.time() + 60)
    with pytest.raises(LimitError):
        CacheStore("default", 1000, wait_s=1).put("0" * 64, bytes(1001), time.time() + 60)


def test_a_cache_with_something_else_in_it(settings):
    settings.TILEWRIGHT = IN_CACHE
    kept = ephemeral.put(FILE, ttl=60)
    caches["default"].set(f"tilewright.aside:{ephemeral._key(kept.token)}", {"no": "bytes"})
    assert ask(kept.url).status_code == 404


def test_a_full_disk_is_said(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "utime", full)
    with pytest.raises(SourceUnavailableError) as failed:
        ephemeral.put(FILE, ttl=60)
    assert str(folder) not in str(failed.value)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"ephemeral_cache": "nowhere"}, "ephemeral_cache"),
        ({"ephemeral_bytes": 0}, "ephemeral_bytes"),
        ({"ephemeral_folder": 7}, "ephemeral_folder"),
    ],
)
def test_settings_that_mean_nothing(settings, setting, words):
    settings.TILEWRIGHT = setting
    with pytest.raises(ConfigurationError, match=words):
        ephemeral.put(FILE, ttl=60)
