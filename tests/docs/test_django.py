"""The page for Django projects: its viewset is written as it says, and answers what it lists."""

import re
import sys
from types import ModuleType

import numpy as np
import pytest
import tifffile

from tests.docs.pages import DOCS
from tests.testapp import models

TEXT = (DOCS / "how-to" / "django.md").read_text()
TABLE = TEXT.partition("| path | answer |\n|---|---|\n")[2].partition("\n\n")[0]
PATHS = re.findall(
    r"`([a-z_]+(?:/[^`]*|\.\{fmt\}))`", "".join(row.split("|")[1] for row in TABLE.splitlines())
)
VALUES = {"left": "1", "top": "2", "right": "30", "bottom": "40", "points": "1,1;9,9"}


def address(path):
    """Return an address of what a row of the table writes with placeholders."""
    below, _, query = path.partition("?")
    for name, value in {"z": "0", "x": "0", "y": "0", "fmt": "png"}.items():
        below = below.replace(f"{{{name}}}", value)
    fields = [field.partition("=") for field in query.split("&") if field]
    return f"{below}?" + "&".join(f"{name}={VALUES.get(name, given)}" for name, _, given in fields)


@pytest.fixture
def project(db, settings, tmp_path, monkeypatch):
    """Run the page's addresses in a project that has its model and one scan."""
    monkeypatch.setitem(sys.modules, "scans", ModuleType("scans"))
    monkeypatch.setitem(sys.modules, "scans.models", models)
    (block,) = re.findall(r"```py\n# urls\.py\n(.*?)```", TEXT, flags=re.DOTALL)
    module = ModuleType("urls_of_the_page")
    exec(compile(block, "django.md", "exec"), vars(module))  # noqa: S102 - our own page
    settings.ROOT_URLCONF = module
    settings.MEDIA_ROOT = tmp_path
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((50, 60, 3), np.uint8), photometric="rgb")
    models.Scan.objects.create(pk=1, name="a", file="a.tif")


def test_the_table_is_found():
    assert {"tiles/{z}/{x}/{y}.{fmt}", "data/statistics", "tile_frames.{fmt}"} < {*PATHS}
    assert len(PATHS) > 15


@pytest.mark.parametrize("path", [path for path in PATHS if "{key}" not in path])
def test_every_path_answers(project, client, path):
    answer = client.get(f"/api/scans/1/{address(path)}")
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize(
    "query",
    re.findall(r"`([a-z]+=[a-z0-9.]+)`", TEXT.partition("`{fmt}` is")[2].partition("\n\n")[0]),
)
def test_every_parameter_is_taken(project, client, query):
    plain = client.get("/api/scans/1/data/thumbnail.png")
    taken = client.get(f"/api/scans/1/data/thumbnail.png?{query}")
    assert taken.status_code == 200
    tile = client.get(f"/api/scans/1/tiles/0/0/0.png?{query}")
    changed = taken["ETag"] != plain["ETag"] or "Content-Disposition" in taken
    assert changed or tile["ETag"] != client.get("/api/scans/1/tiles/0/0/0.png")["ETag"]
