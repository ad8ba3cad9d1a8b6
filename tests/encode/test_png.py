import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from tests.encode.pillow import KINDS, opened, written
from tests.memory import takes_less
from tilewright.encode.png import ENCODER
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.request import Encoding
from tilewright.testing import EncoderSuite, noise


class TestSuite(EncoderSuite):
    exact = "always"
    has_quality = False

    @pytest.fixture
    def encoder(self):
        return ENCODER


def encode(data):
    return ENCODER.encode(Picture(np.ascontiguousarray(data)), Encoding("png")).data


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_little_larger_than_pillows(kind):
    assert len(encode(KINDS[kind].data)) < 3 * len(written(KINDS[kind], "PNG")) + 1024


@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3, 4])),
        elements=st.sampled_from([0, 1, 127, 128, 255]),
    )
)
def test_any_pixels_come_back(data):
    pixels = opened(encode(data))
    assert np.array_equal(pixels.reshape(data.shape), data)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_the_file_has_the_pictures_channels(channels, mode):
    with Image.open(BytesIO(encode(np.zeros((5, 6, channels), np.uint8)))) as image:
        assert image.mode == mode


def test_every_chunk_is_well_formed():
    data = encode(noise(Size(700, 900), 3).data)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    kinds, at = [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        payload = data[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", data, at + 8 + length)
        assert check == zlib.crc32(kind + payload)
        kinds.append(kind)
        at += length + 12
    assert kinds[0] == b"IHDR"
    assert kinds[-1] == b"IEND"
    assert set(kinds[1:-1]) == {b"IDAT"}


def test_a_picture_of_many_stripes_comes_back():
    data = noise(Size(1000, 1500), 3).data
    assert np.array_equal(opened(encode(data)), data)


def test_a_row_longer_than_a_stripe_comes_back():
    data = noise(Size(400_000, 3), 3).data
    stream = _inflated(encode(data))
    rows = np.frombuffer(stream, np.uint8).reshape(3, -1)[:, 1:]
    assert np.array_equal(rows.cumsum(axis=0, dtype=np.uint8), data.reshape(3, -1))


def test_a_large_picture_needs_no_copy_of_itself():
    data = np.tile(np.arange(256, dtype=np.uint8)[:, None, None], (16, 4096, 3))
    assert takes_less(lambda: encode(data), data.nbytes / 8)


@pytest.mark.parametrize(
    ("colour", "most"),
    [((0, 0, 0, 0), 400), ((255, 255, 255, 0), 2000), ((12, 200, 7), 2000), ((0,), 400)],
)
def test_a_tile_of_one_colour_is_tiny(colour, most):
    data = np.empty((256, 256, len(colour)), np.uint8)
    data[:] = colour
    coded = encode(data)
    assert len(coded) <= most
    assert np.array_equal(opened(coded).reshape(data.shape), data)


def test_a_black_corner_does_not_make_a_tile_empty():
    data = noise(Size(40, 40), 3).data
    data[0, 0] = 0
    assert np.array_equal(opened(encode(data)), data)


def _inflated(data):
    stream, at = zlib.decompressobj(), 8
    out = b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            out += stream.decompress(data[at + 8 : at + 8 + length])
        at += length + 12
    assert stream.eof
    return out
