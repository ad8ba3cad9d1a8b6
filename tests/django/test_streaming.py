"""Answers too large to hold, through each face; with a limit lowered so that small ones are."""

import asyncio
import errno
import gc
import io
import tempfile

import numpy as np
import pytest
import tifffile
from django.test import AsyncClient

from tests.django.test_views import FACES
from tilewright import strips
from tilewright.engine import Engine

WHOLE = "left=0&top=0&right=900&bottom=700"


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch):
    monkeypatch.setattr(strips, "HELD_BYTES", 1000)


@pytest.fixture
def ask(client, settings, scan):
    """Ask a face; return the response, and what it sent."""

    def asked(face, suffix, query, method="get", **headers):
        settings.ROOT_URLCONF = FACES[face]
        address = f"/scans/{scan.pk}/data/region.{suffix}?{query}"
        if face != "async":
            response = getattr(client, method)(address, headers=headers)
            return response, response.getvalue()

        async def received():
            response = await getattr(AsyncClient(), method)(address, headers=headers)
            if not response.streaming:
                return response, response.content
            assert response.is_async
            sent = b"".join([piece async for piece in response.streaming_content])
            response.close()
            return response, sent

        return asyncio.run(received())

    return asked


faces = pytest.mark.django_db(transaction=True)


@faces
@pytest.mark.parametrize("face", FACES)
def test_a_tiff_is_sent_as_it_was_written(ask, face, pixels):
    response, body = ask(face, "tif", WHOLE)
    assert (response.status_code, response.streaming) == (200, True)
    assert response["Content-Type"] == "image/tiff"
    assert int(response["Content-Length"]) == len(body)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(body)), pixels)


@faces
def test_the_rest_framework_holds_nothing_either_where_the_server_speaks_asgi(scan, settings):
    settings.ROOT_URLCONF = FACES["rest"]
    response = asyncio.run(AsyncClient().get(f"/scans/{scan.pk}/data/region.tif?{WHOLE}"))
    assert response.is_async
    response.close()


@faces
@pytest.mark.parametrize("face", FACES)
def test_a_npy_and_its_name(ask, face, pixels):
    response, body = ask(face, "npy", f"{WHOLE}&download=mine")
    np.testing.assert_array_equal(np.load(io.BytesIO(body)), np.moveaxis(pixels, -1, 0))
    assert response["Content-Disposition"] == 'attachment; filename="mine.npy"'


@faces
def test_a_look_is_drawn(ask, pixels):
    _, body = ask("rest", "tif", f"{WHOLE}&band=1&min=0&max=255&palette=red")
    shown = tifffile.imread(io.BytesIO(body))
    assert shown.shape == (700, 900, 4)
    np.testing.assert_array_equal(shown[..., 0], pixels[..., 0])
    assert (shown[..., 3] == 255).all()


@faces
@pytest.mark.parametrize("face", FACES)
def test_a_client_that_has_it_is_told_so_and_nothing_is_drawn(ask, face, monkeypatch):
    response, _ = ask(face, "tif", WHOLE)
    monkeypatch.setattr(Engine, "write", None)
    for tag in (response["ETag"], "*"):
        again, body = ask(face, "tif", WHOLE, **{"If-None-Match": tag})
        assert (again.status_code, body) == (304, b"")
    head, body = ask(face, "tif", WHOLE, method="head")
    assert (head.status_code, head["ETag"], body) == (200, response["ETag"], b"")


@faces
@pytest.mark.parametrize(
    ("query", "status"),
    [("left=5000&top=5000&right=6000&bottom=6000", 404), ("left=0&top=0&right=9", 400)],
)
def test_what_cannot_be_is_refused_with_a_problem(ask, query, status):
    response, body = ask("rest", "tif", query)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert int(response["Content-Length"]) == len(body)


@faces
def test_a_damaged_file_is_told_before_anything_is_sent(ask, folder):
    path = folder / "a.tif"
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        start = file.pages[0].dataoffsets[5]
    data[start : start + 40] = bytes(40)
    path.write_bytes(data)
    response, _ = ask("plain", "tif", WHOLE)
    assert response.status_code == 422


@faces
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told(ask, monkeypatch, code):
    def full(*_):
        raise OSError(code, "/srv/spool is full")

    monkeypatch.setattr(Engine, "write", full)
    response, body = ask("rest", "tif", WHOLE)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert b"/srv" not in body


@faces
@pytest.mark.parametrize("face", ["rest", "async"])
def test_a_client_that_goes_away_leaves_nothing(client, settings, scan, face, monkeypatch):
    settings.ROOT_URLCONF = FACES[face]
    opened = []
    make = tempfile.TemporaryFile

    def remembered():
        opened.append(make())
        return opened[-1]

    monkeypatch.setattr("tilewright.django.streaming.TemporaryFile", remembered)
    address = f"/scans/{scan.pk}/data/region.tif?{WHOLE}"
    if face == "rest":
        client.get(address).close()
    else:
        asyncio.run(AsyncClient().get(address)).close()
    gc.collect()
    assert [file.closed for file in opened] == [True]
