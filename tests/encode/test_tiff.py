from io import BytesIO

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tilewright.encode import tiff
from tilewright.encode.tiff import ENCODER
from tilewright.errors import EncodeError
from tilewright.geometry import Box, Grid, Size
from tilewright.image import Raster
from tilewright.request import Encoding
from tilewright.testing import RasterEncoderSuite, measured, noise

SIZE = Size(300, 270)


class TestSuite(RasterEncoderSuite):
    keeps_mask = True

    @pytest.fixture
    def encoder(self):
        return ENCODER

    def decode(self, data):
        with tifffile.TiffFile(BytesIO(data)) as file:
            first, *masks = file.pages
            values = first.asarray()
            if values.ndim == 2:
                values = values[None]
            elif first.planarconfig == 1:
                values = np.moveaxis(values, -1, 0)
            return values, masks[0].asarray() if masks else None


def encode(raster):
    return ENCODER.encode(raster, Encoding("tiff")).data


def of(data, mask=None):
    size = Size(data.shape[2], data.shape[1])
    return Raster(data, mask, Grid.over(Box.whole(size), size))


@pytest.mark.parametrize(
    ("dtype", "bands", "photometric", "predictor"),
    [
        ("uint8", 1, "MINISBLACK", 2),
        ("uint8", 3, "RGB", 2),
        ("uint8", 4, "RGB", 2),
        ("uint8", 5, "MINISBLACK", 2),
        ("int8", 3, "MINISBLACK", 2),
        ("uint16", 3, "MINISBLACK", 2),
        ("float16", 2, "MINISBLACK", 3),
        ("float32", 3, "MINISBLACK", 3),
        ("bool", 3, "MINISBLACK", 1),
        ("complex64", 2, "MINISBLACK", 1),
    ],
)
def test_the_layout(dtype, bands, photometric, predictor):
    data = measured(SIZE, bands, "uint8").data.astype(dtype)
    with tifffile.TiffFile(BytesIO(encode(of(data)))) as file:
        (page,) = file.pages
        assert (page.tilewidth, page.tilelength) == (256, 256)
        assert page.compression.name == "ADOBE_DEFLATE"
        assert page.photometric.name == photometric
        assert page.predictor == predictor
        assert page.planarconfig == (2 if dtype == "bool" else 1)
        assert page.samplesperpixel == bands
        assert {sample.name for sample in page.extrasamples} <= {"UNSPECIFIED"}
        assert len(page.extrasamples) == bands - (3 if photometric == "RGB" else 1)
        assert page.software == "tilewright"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint64", "float16", "float64"])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_gdal_reads_the_values_and_the_mask(dtype, bands):
    mask = noise(SIZE, 1).data[..., 0] > 100
    raster = measured(SIZE, bands, dtype, mask=mask)
    with rasterio.MemoryFile(encode(raster)) as memory, memory.open() as file:
        values = file.read()
        assert np.array_equal(values.astype(dtype), raster.data, equal_nan="float" in dtype)
        assert np.array_equal(file.dataset_mask() > 0, mask)


def test_pillow_shows_an_rgb_raster():
    raster = measured(SIZE, 3, "uint8")
    with Image.open(BytesIO(encode(raster))) as image:
        assert np.array_equal(np.moveaxis(np.asarray(image), -1, 0), raster.data)


def test_big_endian_values_come_back():
    data = measured(SIZE, 2, "uint16").data
    with tifffile.TiffFile(BytesIO(encode(of(data.astype(">u2"))))) as file:
        assert np.array_equal(np.moveaxis(file.pages[0].asarray(), -1, 0), data)


@pytest.mark.parametrize(
    ("shape", "dtype", "big"),
    [
        ((1, 256, 256), "uint8", False),
        ((3, 32_768, 32_768), "uint8", False),
        ((1, 32_768, 32_768), "float32", True),
        ((65_535, 1, 1), "uint8", True),
    ],
)
def test_files_that_may_pass_4_gib_are_big_tiff(shape, dtype, big):
    assert tiff._is_big(shape, np.dtype(dtype).itemsize) is big


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((1, 2, 2), np.longdouble),
        np.full((1, 2, 2), None),
        np.zeros((1, 2, 2), "datetime64[s]"),
        np.broadcast_to(np.uint8(0), (65_536, 2, 2)),
    ],
    ids=["longdouble", "object", "datetime", "too many bands"],
)
def test_what_tiff_cannot_hold_is_refused(data):
    with pytest.raises(EncodeError):
        encode(of(data))
