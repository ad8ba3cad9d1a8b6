from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.encode.pillow import KINDS, SIZE, opened, written
from tilewright.encode.jpeg import DEFAULT_QUALITY, ENCODER, MAX_SIDE
from tilewright.errors import EncodeError, ParameterError
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.request import SUBSAMPLINGS, Encoding
from tilewright.testing import EncoderSuite, noise, see_through, smooth


class TestSuite(EncoderSuite):
    @pytest.fixture
    def encoder(self):
        return ENCODER


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [1, 50, 85, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_it_equals_pillow(kind, quality, subsampling):
    picture = KINDS[kind]
    ours = ENCODER.encode(picture, Encoding("jpeg", quality, subsampling)).data
    reference = written(picture, "JPEG", quality=quality, subsampling=subsampling)
    difference = np.abs(opened(ours) - opened(reference))
    assert difference.mean() <= 1
    assert difference.max() <= 4
    assert 0.95 < len(ours) / len(reference) < 1.05


@pytest.mark.parametrize(
    ("subsampling", "factors"), [("4:4:4", (1, 1)), ("4:2:2", (2, 1)), ("4:2:0", (2, 2))]
)
def test_subsampling_is_what_the_file_says(subsampling, factors):
    data = ENCODER.encode(smooth(SIZE, 3), Encoding("jpeg", subsampling=subsampling)).data
    with Image.open(BytesIO(data)) as image:
        assert image.layer[0][1:3] == factors
        assert [layer[1:3] for layer in image.layer[1:]] == [(1, 1), (1, 1)]


def test_the_defaults_are_as_documented():
    picture = smooth(SIZE, 3)
    spelt_out = Encoding("jpeg", quality=DEFAULT_QUALITY, subsampling="4:2:0")
    assert ENCODER.encode(picture, Encoding("jpeg")) == ENCODER.encode(picture, spelt_out)
    assert DEFAULT_QUALITY == 85


def test_grey_stays_one_component():
    data = ENCODER.encode(smooth(SIZE, 1), Encoding("jpeg", subsampling="4:4:4")).data
    with Image.open(BytesIO(data)) as image:
        assert image.mode == "L"


def test_opaque_rgba_equals_rgb():
    rgba = smooth(SIZE, 4)
    rgb = Picture(np.ascontiguousarray(rgba.data[..., :3]))
    encoding = Encoding("jpeg", background="#00ff00")
    assert ENCODER.encode(rgba, encoding).data == ENCODER.encode(rgb, encoding).data


def test_a_clear_picture_is_its_background():
    clear = Picture(np.zeros((16, 16, 4), np.uint8))
    pixels = opened(ENCODER.encode(clear, Encoding("jpeg", 100, background="#2040a0")).data)
    assert np.abs(pixels - (0x20, 0x40, 0xA0)).max() <= 2


def test_blending_is_rounded_exactly():
    picture = noise(Size(64, 64), 4)
    colour, alpha = picture.data[..., :3] / 255, picture.data[..., 3:] / 255
    exact = colour * alpha + np.array([255, 128, 0]) / 255 * (1 - alpha)
    flat = Picture(np.rint(exact * 255).astype(np.uint8))
    encoding = Encoding("jpeg", background="#ff8000")
    assert ENCODER.encode(picture, encoding).data == ENCODER.encode(flat, encoding).data


@pytest.mark.parametrize("background", ["", "red", "#fff", "#gggggg", "#ff00001", "#ff0000\n"])
def test_a_background_that_is_no_colour_is_refused(background):
    with pytest.raises(ParameterError, match="background"):
        ENCODER.encode(see_through(SIZE), Encoding("jpeg", background=background))


@pytest.mark.parametrize("shape", [(1, MAX_SIDE, 3), (MAX_SIDE, 1, 1)])
def test_the_longest_side_opens(shape):
    data = ENCODER.encode(Picture(np.zeros(shape, np.uint8)), Encoding("jpeg")).data
    assert opened(data).shape[:2] == shape[:2]


@pytest.mark.parametrize("shape", [(1, MAX_SIDE + 1, 3), (MAX_SIDE + 1, 1, 1)])
def test_a_longer_side_is_refused(shape):
    with pytest.raises(EncodeError, match="65,500"):
        ENCODER.encode(Picture(np.zeros(shape, np.uint8)), Encoding("jpeg"))
