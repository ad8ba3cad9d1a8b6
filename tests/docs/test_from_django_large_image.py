"""The page for people who come from django-large-image: its Python runs, its routes answer."""

import re
import sys
from dataclasses import fields
from types import ModuleType

import numpy as np
import pytest
import rasterio

from tests.docs.pages import DOCS, run
from tests.testapp import models
from tilewright.config import Config
from tilewright.django.conf import WebConfig

PAGE = DOCS / "how-to" / "from-django-large-image.md"
PLACES = {"{z}": "1", "{x}": "0", "{y}": "0"}


def rows(heading):
    """Return the first cells of the table that follows those words."""
    text = PAGE.read_text().partition(heading)[2].partition("|---|")[2]
    table = text.partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)`", table, flags=re.MULTILINE)


OF_AN_IMAGE = rows("all of them GET:\n")
OF_NONE = rows("Below `/api/`:\n")


@pytest.fixture
def page(db, settings, tmp_path, monkeypatch):
    """Run the page in a project that has its model; return what it defines."""
    monkeypatch.setitem(sys.modules, "scans", ModuleType("scans"))
    monkeypatch.setitem(sys.modules, "scans.models", models)
    module = ModuleType("urls_of_the_page")
    defined = run(PAGE)
    module.urlpatterns = defined["urlpatterns"]
    settings.ROOT_URLCONF = module
    settings.MEDIA_ROOT = tmp_path
    profile = {"width": 600, "height": 500, "count": 1, "dtype": "uint8", "tiled": True}
    place = rasterio.Affine(10, 0, 570_000, 0, -10, 4_520_000)
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", crs="EPSG:32618", transform=place, **profile
    ) as written:
        written.write((np.indices((500, 600)).sum(0) % 256).astype(np.uint8), 1)
    models.Scan.objects.create(pk=1, name="a", file="a.tif")
    return defined


def test_the_tables_are_found():
    assert len(OF_AN_IMAGE) == 13
    assert len(OF_NONE) == 3


@pytest.mark.parametrize("route", [*(f"scans/1/{one}" for one in OF_AN_IMAGE), *OF_NONE])
def test_every_route_answers(page, client, route):
    for name, value in PLACES.items():
        route = route.replace(name, value)
    assert client.get(f"/api/{route}").status_code == 200


def test_what_the_page_says_differs_differs_so(page, client):
    statuses = {
        "info/band?band=9": 404,
        "tiles/99/0/0.png": 404,
        "data/region.png?left=9000&right=9100&top=9000&bottom=9100": 404,
        "data/pixel?left=-1&top=0": 404,
        "tiles/0/0/0.png?band=abc": 400,
        "tiles/0/0/0.tiled": 200,
        "tiles/0/0/0.gif": 200,
        "tiles/0/0/0.heic": 400,
        'tiles/0/0/0.png?style={"bogus":1}': 400,
        'tiles/0/0/0.png?style={"function":{"name":"x"}}': 400,
        "data/region.png?units=EPSG:4326&left=-74.16&right=-74.14&top=40.82&bottom=40.80": 200,
    }
    found = {one: client.get(f"/api/scans/1/{one}").status_code for one in statuses}
    assert found == statuses
    plain, forced = (
        client.get(f"/api/scans/1/tiles/0/0/0.png{query}").content for query in ("", "?source=test")
    )
    assert plain == forced


@pytest.mark.parametrize("key", ["cache", "chunk_cache_bytes", "open_readers", "copy_folder"])
def test_every_key_that_the_page_names_exists(key):
    assert f"`{key}`" in PAGE.read_text()
    assert key in {row.name for kind in (Config, WebConfig) for row in fields(kind)}
