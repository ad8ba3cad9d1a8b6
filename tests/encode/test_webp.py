from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.encode.pillow import KINDS, SIZE, opened, written
from tilewright.encode.webp import DEFAULT_QUALITY, ENCODER, MAX_SIDE
from tilewright.errors import EncodeError
from tilewright.image import Picture
from tilewright.request import Encoding
from tilewright.testing import EncoderSuite, noise, smooth


class TestSuite(EncoderSuite):
    exact = "asked"

    @pytest.fixture
    def encoder(self):
        return ENCODER


@pytest.mark.parametrize("quality", [1, 50, 80, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_it_equals_pillow(kind, quality):
    ours = ENCODER.encode(KINDS[kind], Encoding("webp", quality)).data
    reference = written(KINDS[kind], "WEBP", quality=quality, method=0)
    difference = np.abs(opened(ours) - opened(reference))
    assert difference.mean() <= 1
    assert difference.max() <= 4
    assert 0.95 < len(ours) / len(reference) < 1.05


@pytest.mark.parametrize("kind", KINDS)
def test_lossless_is_less_than_half_as_large_again_as_pillows(kind):
    ours = ENCODER.encode(KINDS[kind], Encoding("webp", lossless=True)).data
    assert len(ours) < 1.5 * len(written(KINDS[kind], "WEBP", lossless=True))


def test_quality_has_no_meaning_when_lossless():
    picture = smooth(SIZE, 3)
    files = {
        ENCODER.encode(picture, Encoding("webp", quality, lossless=True)).data
        for quality in (None, 1, 100)
    }
    assert len(files) == 1


def test_the_defaults_are_as_documented():
    picture = smooth(SIZE, 3)
    assert DEFAULT_QUALITY == 80
    assert ENCODER.encode(picture, Encoding("webp")) == ENCODER.encode(
        picture, Encoding("webp", 80)
    )


def test_lossless_keeps_colours_under_full_transparency():
    data = noise(SIZE, 4).data.copy()
    data[..., 3] = np.where(data[..., 3] < 128, 0, data[..., 3])
    coded = ENCODER.encode(Picture(data), Encoding("webp", lossless=True)).data
    assert np.array_equal(opened(coded), data)


def test_an_opaque_picture_has_no_alpha():
    with Image.open(BytesIO(ENCODER.encode(smooth(SIZE, 4), Encoding("webp")).data)) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("shape", [(2, MAX_SIDE, 3), (MAX_SIDE, 2, 1)])
def test_the_longest_side_opens(shape):
    data = ENCODER.encode(Picture(np.zeros(shape, np.uint8)), Encoding("webp")).data
    assert opened(data).shape[:2] == shape[:2]


@pytest.mark.parametrize("shape", [(1, MAX_SIDE + 1, 3), (MAX_SIDE + 1, 1, 1)])
def test_a_longer_side_is_refused(shape):
    with pytest.raises(EncodeError, match="16,382"):
        ENCODER.encode(Picture(np.zeros(shape, np.uint8)), Encoding("webp"))
