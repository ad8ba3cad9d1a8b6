import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from tests.test_colormaps import RAW
from tilewright.colormaps import Colormaps
from tilewright.django import checks
from tilewright.paint import Named

pytestmark = pytest.mark.urls("tilewright.django.urls")


def problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    return json.loads(response.content)


def test_the_list_names_every_family(client):
    response = client.get("/colormaps/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "private, no-cache"
    listing = response.json()
    assert "viridis" in listing["matplotlib"]
    assert "thermal" in listing["cmocean"]
    again = client.get("/colormaps/", headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_strip_is_the_table(client):
    response = client.get("/colormaps/cmocean:thermal.png?height=3")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert int(response["Content-Length"]) == len(response.content)
    strip = np.asarray(Image.open(io.BytesIO(response.content)))
    table = Colormaps().table(Named("thermal"))
    assert np.array_equal(strip, np.broadcast_to(table[:, :3], (3, 256, 3)))


@pytest.mark.parametrize("fmt", ["png", "svg"])
def test_a_legend_is_validated_by_its_tag(client, fmt):
    url = f"/colormaps/magma_r.{fmt}?min=0&max=100&orientation=vertical"
    response = client.get(url)
    assert response.status_code == 200
    again = client.get(url, headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == response["ETag"]
    assert client.get(url.replace("100", "101"))["ETag"] != response["ETag"]
    head = client.head(url)
    assert head.content == b""
    assert head["Content-Length"] == str(len(response.content))


def test_svg_says_what_it_is(client):
    response = client.get("/colormaps/viridis.svg?min=0&max=1")
    assert response["Content-Type"] == "image/svg+xml"
    assert "Colormap viridis, from 0 to 1" in response.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("virdis.png", 404, None),
        ("virdis_r.svg", 404, None),
        ("%2e%2e%2fviridis.png", 404, None),
        ("%00.png", 404, None),
        ("x" * 300 + ".png", 404, None),
        ("viridis.tif", 400, "fmt"),
        ("viridis.png?width=99999", 400, "width"),
        ("viridis.png?min=5&max=1", 400, "max"),
        ("viridis.png?min=5", 400, "max"),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(client, path, status, parameter):
    response = client.get(f"/colormaps/{path}")
    if "%2f" in path:
        # A slash is one to Django however it is written: no such route.
        assert response.status_code == status
        return
    assert problem(response, status).get("parameter") == parameter


@pytest.mark.parametrize("path", ["/colormaps/", "/colormaps/viridis.svg"])
def test_other_methods_are_refused(path, settings):
    settings.MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
    response = Client(enforce_csrf_checks=True).post(path)
    assert response["Allow"] == "GET, HEAD"
    problem(response, 405)


def test_files_of_the_folder_are_colormaps(client, settings, tmp_path):
    settings.TILEWRIGHT = {"lut_folder": tmp_path}
    (tmp_path / "fire_ice.lut").write_bytes(RAW)
    assert client.get("/colormaps/").json()["files"] == ["fire_ice.lut"]
    first = client.get("/colormaps/fire_ice.lut.png?height=1")
    strip = np.asarray(Image.open(io.BytesIO(first.content)))
    assert strip[0, 10].tolist() == [10, 0, 245]
    (tmp_path / "fire_ice.lut").write_bytes(bytes(768))
    os.utime(tmp_path / "fire_ice.lut", (1, 1))
    changed = client.get(
        "/colormaps/fire_ice.lut.png?height=1", headers={"if-none-match": first["ETag"]}
    )
    assert changed.status_code == 200
    (tmp_path / "fire_ice.lut").write_bytes(b"nonsense")
    body = problem(client.get("/colormaps/fire_ice.lut.png"), 422)
    assert str(tmp_path) not in json.dumps(body)


def test_a_folder_that_is_not_there_is_found_by_the_checks(settings, tmp_path):
    settings.TILEWRIGHT = {"lut_folder": Path("/nowhere/at/all")}
    (found,) = checks.check_lut_folder(None)
    assert found.id == "tilewright.W004"
    settings.TILEWRIGHT = {"lut_folder": str(tmp_path)}
    assert checks.check_lut_folder(None) == []
    settings.TILEWRIGHT = {"lut_folder": 5}
    assert checks.check_lut_folder(None) == []
    (wrong,) = checks.check_setting(None)
    assert "must be of type str or None, not 5" in wrong.msg


@pytest.mark.urls("tests.testapp.urls")
def test_pictures_of_a_table_that_is_replaced_have_other_tags(client, scan, settings, tmp_path):
    luts = tmp_path / "luts"
    luts.mkdir()
    settings.TILEWRIGHT = {"lut_folder": luts}
    (luts / "own.lut").write_bytes(RAW)
    path = f"/api/scans/{scan.pk}/data/thumbnail.png?band=1&palette=own.lut"
    first = client.get(path)
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    (luts / "own.lut").write_bytes(bytes(768))
    os.utime(luts / "own.lut", (1, 1))
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert again.content != first.content
