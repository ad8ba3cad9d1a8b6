"""Real files against an independent decode: whole images and random windows at every level."""

import random
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image as Pillow

from tests.corpus import BAD, BY_GDAL, IMAGES, PICTURES, TIFFS, UNREADABLE
from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.errors import UnsupportedSourceError
from tilewright.geometry import Window
from tilewright.image import Plane
from tilewright.request import Fit

WINDOWS = 20
OLD_JPEG_LEVELS = 2

pytestmark = pytest.mark.skipif(not IMAGES.is_dir(), reason="shared images absent")
ENGINE = Engine()


@pytest.fixture(scope="module", autouse=True)
def _closed_at_the_end():
    yield
    ENGINE.close()


def test_every_file_is_in_a_table():
    named = [*TIFFS, *PICTURES, *BY_GDAL, *UNREADABLE, *BAD]
    assert len(named) == len({*named})
    assert {*named} == {path.relative_to(IMAGES).as_posix() for path in IMAGES.glob("*/*")}


def decoded_levels(path):
    """All levels by tifffile's own full decode, (…, band, y, x), largest first, as shown."""
    with tifffile.TiffFile(path) as tiff:
        main = tiff.series[0]
        found = {}
        for series in tiff.series:
            reduced = series is not main and bool(series.keyframe.subfiletype & 1)
            if series is main or (reduced and main.kind != "svs"):
                for level in series.levels:
                    if level.keyframe.photometric != tifffile.PHOTOMETRIC.MASK:
                        found.setdefault(level.keyframe.shape[:2], level)
        turn = main.keyframe.tags.valueof(274, 1)
        arrays = [bands_first(level.asarray(), level.axes) for level in found.values()]
    quarters = {3: 2, 6: -1, 8: 1}.get(turn, 0)
    arrays = [np.rot90(array, quarters, axes=(-2, -1)) for array in arrays]
    return sorted(arrays, key=lambda array: -array.shape[-1] * array.shape[-2])


def bands_first(array, axes):
    if axes.endswith("S"):
        return np.moveaxis(array, -1, -3)
    return array if axes.startswith(("S", "C")) else array[np.newaxis]


def windows(size, seed):
    generator = random.Random(seed)
    yield Window.whole(size)
    for _ in range(WINDOWS):
        width, height = generator.randint(1, size.width), generator.randint(1, size.height)
        x, y = generator.randint(0, size.width - width), generator.randint(0, size.height - height)
        yield Window(x, y, width, height)


@pytest.mark.parametrize("name", TIFFS)
def test_a_tiff_equals_its_full_decode(name):
    source = local_source(IMAGES / name)
    truths = decoded_levels(IMAGES / name)
    beside = (IMAGES / name).with_name(f"{Path(name).name}.ovr")
    if beside.exists():
        truths += decoded_levels(beside)
    info = ENGINE.info(source)
    assert len(info.levels) == len(truths)
    with ENGINE.lease(source) as reader:
        for index, (level, truth) in enumerate(zip(info.levels, truths, strict=True)):
            if info.axes:  # the OME stack: channels are bands, z is an axis
                assert truth.shape[:2] == (len(info.bands), info.axes[0].size)
                plane, expected = Plane.of({"z": 3}), truth[:, 3]
            else:
                plane, expected = Plane(), truth
            assert np.dtype(info.dtype) == expected.dtype.newbyteorder("=")
            for window in windows(level.size, name):
                data, _ = reader.read(index, window, bands=range(len(info.bands)), plane=plane)
                part = expected[:, window.y : window.bottom, window.x : window.right]
                # One decoder on both sides, so JPEG too is exact.
                np.testing.assert_array_equal(data, part)


@pytest.mark.parametrize("name", [name for name in TIFFS if name.startswith("tiff/orient")])
def test_orientation_as_pillow_shows_it(name):
    data = ENGINE.read(local_source(IMAGES / name), Fit(999, 999)).data[0]
    with Pillow.open(IMAGES / name) as image:
        shown = np.asarray(image.convert("L")).astype(int)
    assert np.abs(data - shown).max() <= OLD_JPEG_LEVELS


def test_a_slide_as_openslide_shows_it():
    path = IMAGES / "slides" / "CMU-1-Small-Region.svs"
    source = local_source(path)
    with openslide.OpenSlide(path) as slide:
        truth = np.asarray(slide.read_region((0, 0), 0, slide.dimensions))[..., :3]
        associated = {name: np.asarray(image) for name, image in slide.associated_images.items()}
        size_um = float(slide.properties[openslide.PROPERTY_NAME_MPP_X])
    info = ENGINE.info(source)
    assert info.micrometres_per_pixel == (size_um, size_um)
    data = np.moveaxis(ENGINE.read(source, Fit(9999, 9999)).data, 0, -1).astype(int)
    # OpenSlide decodes with another build of libjpeg.
    assert np.abs(data - truth).max() <= OLD_JPEG_LEVELS
    assert {*info.associated} == {*associated}
    for name, picture in associated.items():
        part = ENGINE.read(source.with_option("associated", name), Fit(9999, 9999)).data
        assert (
            np.abs(np.moveaxis(part, 0, -1).astype(int) - picture[..., :3]).max() <= OLD_JPEG_LEVELS
        )


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_no_reader_opens_says_so(name):
    with pytest.raises(UnsupportedSourceError) as caught:
        ENGINE.read(local_source(IMAGES / name), Fit(9, 9))
    assert str(IMAGES) not in str(caught.value)
