"""Overviews and masks in files beside a TIFF, as gdaladdo and GDAL's drivers leave them."""

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from tests.corpus import IMAGES
from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.geometry import Size
from tilewright.request import Fit, Region

SIDE = 1024


def written(path, *, bands=3):
    data = np.random.default_rng(5).integers(0, 255, (bands, SIDE, SIDE), np.uint8)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=SIDE,
        height=SIDE,
        count=bands,
        dtype="uint8",
        tiled=True,
        crs="EPSG:32618",
        transform=rasterio.Affine(10, 0, 580_000, 0, -10, 4_520_000),
    ) as file:
        file.write(data)
    return data


def with_overviews(path):
    with (
        rasterio.Env(TIFF_USE_OVR="YES"),
        rasterio.open(path, "r+") as file,
    ):
        file.build_overviews([2, 4], Resampling.average)
    assert path.with_name(path.name + ".ovr").exists()


def with_mask(path, mask):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(mask)
    assert path.with_name(path.name + ".msk").exists()


def test_overviews_beside_are_levels(tmp_path):
    path = tmp_path / "a.tif"
    written(path)
    with_overviews(path)
    engine, source = Engine(), local_source(path)
    info = engine.info(source)
    assert [level.size.width for level in info.levels] == [1024, 512, 256]
    with rasterio.open(path, overview_level=1) as coarse:
        np.testing.assert_array_equal(engine.read(source, Fit(256, 256)).data, coarse.read())


def test_a_mask_beside_masks(tmp_path):
    path = tmp_path / "a.tif"
    data = written(path)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[:, 300:] = True
    with_mask(path, mask)
    engine, source = Engine(), local_source(path)
    assert engine.info(source).masked
    raster = engine.read(source, Region())
    np.testing.assert_array_equal(raster.mask, mask)
    np.testing.assert_array_equal(raster.data[:, mask], data[:, mask])


def test_a_level_without_its_mask_is_left_out(tmp_path):
    path = tmp_path / "a.tif"
    written(path)
    with_overviews(path)
    with_mask(path, np.tri(SIDE, dtype=np.bool_))
    engine, source = Engine(), local_source(path)
    levels = {level.size for level in engine.info(source).levels}
    assert Size(SIDE, SIDE) in levels
    shown = engine.read(source, Fit(128, 128)).mask
    assert 0.45 < shown.mean() < 0.55


@pytest.mark.parametrize("content", [b"", b"II*\0", b"not a TIFF at all"])
def test_what_lies_beside_and_is_no_overview_is_left_alone(tmp_path, content):
    path = tmp_path / "a.tif"
    written(path)
    path.with_name("a.tif.ovr").write_bytes(content)
    path.with_name("a.tif.msk").write_bytes(content)
    info = Engine().info(local_source(path))
    assert len(info.levels) == 1
    assert not info.masked


def test_an_overview_of_another_image_is_left_alone(tmp_path):
    path = tmp_path / "a.tif"
    written(path)
    written(path.with_name("b.tif"), bands=1)
    path.with_name("b.tif").rename(path.with_name("a.tif.ovr"))
    assert len(Engine().info(local_source(path)).levels) == 1


@pytest.mark.skipif(not IMAGES.is_dir(), reason="shared images absent")
def test_a_real_file_beside():
    path = IMAGES / "geo" / "validate_image_external.tif"
    engine, source = Engine(), local_source(path)
    info = engine.info(source)
    assert len(info.levels) > 1
    with rasterio.open(path, overview_level=0) as coarse:
        level = info.levels[1]
        raster = engine.read(source, Fit(level.size.width, level.size.height))
        np.testing.assert_array_equal(raster.data, coarse.read())
