import numpy as np
import pytest

from tests.encode.pillow import KINDS, SIZE, opened, written
from tilewright.encode.avif import DEFAULT_QUALITY, ENCODER, MAX_SIDE
from tilewright.errors import EncodeError
from tilewright.image import Picture
from tilewright.request import Encoding
from tilewright.testing import EncoderSuite, smooth


class TestSuite(EncoderSuite):
    exact = "asked"

    @pytest.fixture
    def encoder(self):
        return ENCODER


@pytest.mark.parametrize("quality", [10, 60, 90])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_near_pillow(kind, quality):
    picture = KINDS[kind]
    ours = ENCODER.encode(picture, Encoding("avif", quality)).data
    reference = written(picture, "AVIF", quality=quality, speed=10, max_threads=1)
    colour = opened(reference).reshape(*picture.data.shape)
    difference = np.abs(opened(ours) - colour)
    assert difference.mean() <= 1
    assert 0.9 < len(ours) / len(reference) < 1.1


@pytest.mark.parametrize("kind", KINDS)
def test_quality_100_is_exact(kind):
    picture = KINDS[kind]
    coded = ENCODER.encode(picture, Encoding("avif", 100)).data
    assert np.array_equal(opened(coded).reshape(picture.data.shape), picture.data)


def test_grey_is_as_lossy_as_asked():
    low, high = (
        len(ENCODER.encode(KINDS["grey"], Encoding("avif", quality)).data) for quality in (20, 80)
    )
    assert 2 * low < high


def test_the_defaults_are_as_documented():
    picture = smooth(SIZE, 3)
    assert DEFAULT_QUALITY == 60
    assert ENCODER.encode(picture, Encoding("avif")) == ENCODER.encode(
        picture, Encoding("avif", 60)
    )


def test_the_longest_side_opens():
    data = ENCODER.encode(Picture(np.zeros((2, MAX_SIDE, 3), np.uint8)), Encoding("avif")).data
    assert opened(data).shape == (2, MAX_SIDE, 3)


@pytest.mark.parametrize("shape", [(1, MAX_SIDE + 1, 3), (MAX_SIDE + 1, 1, 1)])
def test_a_longer_side_is_refused(shape):
    with pytest.raises(EncodeError, match="32,768"):
        ENCODER.encode(Picture(np.zeros(shape, np.uint8)), Encoding("avif"))
