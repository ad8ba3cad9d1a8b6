import hashlib

import numpy as np
import pytest
import tifffile

from tilewright.api import open as open_image
from tilewright.site import samples

SHRINK = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    samples.write_samples(folder, lambda _: None, shrink=SHRINK)
    return folder


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_they_are_the_same_each_time(folder, tmp_path):
    parts = []
    samples.write_samples(tmp_path, parts.append, shrink=SHRINK)
    assert digests(tmp_path) == digests(folder)
    assert digests(folder).keys() == set(samples.NAMES), "nothing half-made is left beside"
    assert parts == sorted(parts)
    assert parts[-1] == 1


def test_missing_tells_when_one_is_gone(folder, tmp_path):
    assert not samples.missing(folder)
    assert samples.missing(tmp_path)


@pytest.mark.parametrize(
    ("name", "size", "levels", "dtype", "bands"),
    [
        (samples.RELIEF, (768, 512), 3, "uint8", 3),
        (samples.ELEVATION, (192, 128), 1, "float32", 1),
        (samples.CELLS, (128, 128), 1, "uint16", 3),
    ],
)
def test_they_open(folder, name, size, levels, dtype, bands):
    with open_image(folder / name) as image:
        info = image.info
        small = image.thumbnail(64)
    assert (info.size.width, info.size.height) == size
    assert (len(info.levels), info.dtype, len(info.bands)) == (levels, dtype, bands)
    assert max(small.size.width, small.size.height) == 64


def test_the_relief_shows_land_and_sea(folder):
    with open_image(folder / samples.RELIEF) as image:
        data = image.read(size=(96, None)).data.astype(int)
    red, _, blue = data
    assert 0.1 < (red > blue).mean() < 0.9
    # the sea has many blues, and no edge between tiles: neighbours differ little
    assert len(np.unique(blue[blue > red])) > 30


def test_both_maps_lie_at_the_same_place(folder):
    corners = []
    for name in (samples.RELIEF, samples.ELEVATION):
        with tifffile.TiffFile(folder / name) as file:
            page = file.pages[0]
            tags = page.geotiff_tags
            assert tags["ProjectedCSTypeGeoKey"] == 32626
            east, north = tags["ModelTiepoint"][3:5]
            across, down, _ = tags["ModelPixelScale"]
            corners.append(
                (east, north, east + across * page.imagewidth, north - down * page.imagelength)
            )
    assert corners[0] == pytest.approx(corners[1])


def test_the_directories_come_before_the_tiles_and_small_levels_first(folder):
    with tifffile.TiffFile(folder / samples.RELIEF) as file:
        pages = list(file.pages)
        firsts = [min(page.dataoffsets) for page in pages]
        assert max(page.offset for page in pages) < min(firsts)
        assert firsts == sorted(firsts, reverse=True)
        assert [page.is_reduced for page in pages] == [False, True, True]


def test_the_heights_are_metres_and_the_sea_is_nodata(folder):
    with tifffile.TiffFile(folder / samples.ELEVATION) as file:
        heights = file.pages[0].asarray()
        assert file.pages[0].nodata == -9999
    land = heights[heights != -9999]
    assert 0.1 < land.size / heights.size < 0.9
    assert land.min() > 0
    assert land.max() == pytest.approx(3400)


def test_the_cells_name_their_channels_and_planes(folder):
    with tifffile.TiffFile(folder / samples.CELLS) as file:
        series = file.series[0]
        assert (series.axes, series.shape) == ("CZYX", (3, 5, 128, 128))
        for word in ("DAPI", "Phalloidin", "MitoTracker", 'PhysicalSizeX="0.325"'):
            assert word in file.ome_metadata
        stack = series.asarray()
    sharpness = np.abs(np.diff(stack.astype(int), axis=-1)).mean(axis=(0, 2, 3))
    assert len(set(sharpness)) == 5, "each focal plane differs"
