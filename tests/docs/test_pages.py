"""What the pages say is so: their Python runs, their tables name every field."""

import re
from dataclasses import fields

import numpy as np
import pytest
import rasterio
import tifffile

from tests.docs.pages import DOCS, run
from tilewright.config import Config, Limits
from tilewright.django.conf import WebConfig


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a folder with the slide and the stack that the pages open."""
    rows, columns = np.mgrid[:1200, :1600]
    slide = np.stack([columns % 256, rows % 256, (rows + columns) % 256], axis=-1)
    with tifffile.TiffWriter(tmp_path / "slide.tif") as writer:
        for shrink in (1, 2, 4):
            writer.write(
                slide[::shrink, ::shrink].astype(np.uint8),
                tile=(256, 256),
                photometric="rgb",
                subfiletype=int(shrink > 1),
            )
    stack = np.zeros((5, 64, 64), np.uint16)
    tifffile.imwrite(tmp_path / "stack.ome.tif", stack, metadata={"axes": "ZYX"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_use_from_python(folder, capsys):
    run(DOCS / "how-to" / "use-from-python.md")
    assert (folder / "part.webp").stat().st_size > 100
    printed = capsys.readouterr().out
    assert "('z', 5)" in printed
    assert "zoom 99 is outside" in printed


def test_maps(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    profile = {"width": 3000, "height": 3000, "count": 1, "dtype": "uint8", "tiled": True}
    place = rasterio.Affine(10, 0, 570_000, 0, -10, 4_520_000)
    with rasterio.open(
        "scene.tif", "w", driver="GTiff", crs="EPSG:32618", transform=place, **profile
    ) as written:
        written.write((np.indices((3000, 3000)).sum(0) % 256).astype(np.uint8), 1)
    run(DOCS / "how-to" / "maps.md")
    assert capsys.readouterr().out.strip() == "EPSG:32618"
    with rasterio.open("part.tif") as part:
        assert part.crs.to_epsg() == 4326
        assert part.bounds == pytest.approx((-74.1, 40.6, -74.0, 40.7))
        assert part.read(1).any()


@pytest.mark.parametrize("settings", [Config, WebConfig, Limits])
def test_every_setting_has_a_row(settings):
    page = (DOCS / "reference" / "settings.md").read_text()
    for field in fields(settings):
        assert f"| `{field.name}` |" in page, field.name
        if settings is Limits:
            assert f"| {getattr(Limits(), field.name):,} |" in page, field.name


def test_every_check_has_a_row():
    page = (DOCS / "reference" / "settings.md").read_text()
    django = DOCS.parent / "src" / "tilewright" / "django"
    source = "".join(path.read_text() for path in django.rglob("checks.py"))
    ids = {*re.findall(r'id="(tilewright\.[EW]\d{3})"', source)}
    assert ids
    assert ids == {*re.findall(r"\| `(tilewright\.[EW]\d{3})` \|", page)}
