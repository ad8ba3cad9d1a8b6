"""Headers of coded tiles: the size that they state is the size that a decoder gives."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tilewright.errors import CorruptSourceError
from tilewright.geometry import Size
from tilewright.readers.tiff.coded import STATED, Stated, jpeg_frame, plain_lerc

JPEG, JPEG_2000, WEBP, LERC, JPEG_XL = 7, 34712, 50001, 34887, 50002


def progressive(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", progressive=True)
    return file.getvalue()


ENCODERS = {
    "JPEG": (JPEG, imagecodecs.jpeg_encode),
    "progressive JPEG": (JPEG, progressive),
    "lossless JPEG": (JPEG, lambda pixels: imagecodecs.ljpeg_encode(pixels[..., 0])),
    "J2K": (JPEG_2000, lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k")),
    "JP2": (JPEG_2000, lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="jp2")),
    "WebP": (WEBP, lambda pixels: imagecodecs.webp_encode(pixels, lossless=False)),
    "lossless WebP": (WEBP, lambda pixels: imagecodecs.webp_encode(pixels, lossless=True)),
    "LERC": (LERC, lambda pixels: imagecodecs.lerc_encode(pixels, planar=False)),
    "LERC, a blob a band": (
        LERC,
        lambda pixels: imagecodecs.lerc_encode(np.moveaxis(pixels, -1, 0).copy(), planar=True),
    ),
    "JPEG XL": (JPEG_XL, lambda pixels: imagecodecs.jpegxl_encode(pixels, lossless=True)),
    "JPEG XL box": (
        JPEG_XL,
        lambda pixels: imagecodecs.jpegxl_encode(pixels, lossless=True, usecontainer=True),
    ),
}
sides = st.integers(1, 400)


@pytest.mark.parametrize("name", ENCODERS)
@settings(max_examples=25, deadline=None)
@given(width=sides, height=sides, seed=st.integers(0, 9))
def test_the_stated_size_is_the_true_one(name, width, height, seed):
    compression, encode = ENCODERS[name]
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    stated = STATED[compression](bytes(encode(pixels)))
    assert stated == Stated(Size(width, height), 1 if name == "lossless JPEG" else 3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("extras", [1, 2, 5, 30])
def test_further_channels_of_jpeg_xl_are_counted(dtype, extras):
    pixels = np.zeros((1 + extras, 20, 30), dtype)
    coded = imagecodecs.jpegxl_encode(pixels, lossless=True, planar=True)
    # The header tells grey from colours only later: three are assumed.
    assert STATED[JPEG_XL](coded) == Stated(Size(30, 20), 3 + extras)


def test_an_animation_is_no_tile():
    coded = imagecodecs.jpegxl_encode(np.zeros((5, 20, 30), np.uint8), lossless=True)
    with pytest.raises(CorruptSourceError):
        STATED[JPEG_XL](coded)


@pytest.mark.parametrize("alpha", [False, True])
def test_webp_with_alpha(alpha):
    pixels = np.full((20, 30, 4 if alpha else 3), 99, np.uint8)
    stated = STATED[WEBP](imagecodecs.webp_encode(pixels, lossless=True))
    assert stated == Stated(Size(30, 20), 4 if alpha else 3)


def test_markers_of_jpeg():
    coded = imagecodecs.jpeg_encode(np.zeros((8, 8, 3), np.uint8))
    frame = jpeg_frame(coded)
    assert (frame.jfif, frame.adobe, frame.bits) == (True, None, 8)
    (length,) = struct.unpack_from(">H", coded, 4)
    bare = coded[:2] + coded[4 + length :]
    assert jpeg_frame(bare).jfif is False
    for transform in range(3):
        adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
        assert jpeg_frame(coded[:2] + adobe + bare[2:]).adobe == transform


@pytest.mark.parametrize("compression", STATED)
@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200))
def test_noise_is_corrupt_or_has_a_size(compression, data):
    check_no_other_error(compression, data)


@pytest.mark.parametrize("name", ENCODERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_headers_are_corrupt_or_have_a_size(name, data):
    compression, encode = ENCODERS[name]
    coded = bytearray(encode(np.zeros((17, 19, 3), np.uint8)))
    coded = coded[: data.draw(st.integers(0, len(coded)))]
    if coded:
        for _ in range(data.draw(st.integers(0, 4))):
            coded[data.draw(st.integers(0, min(len(coded), 80) - 1))] = data.draw(
                st.integers(0, 255)
            )
    check_no_other_error(compression, bytes(coded))


def check_no_other_error(compression: int, data: bytes) -> None:
    try:
        stated = STATED[compression](data)
    except CorruptSourceError:
        return
    assert stated.size.pixels >= 1
    assert stated.samples >= 1


@pytest.mark.parametrize(
    ("kind", "pack"),
    [(0, bytes), (1, imagecodecs.zlib_encode), (2, imagecodecs.zstd_encode)],
    ids=["plain", "deflate", "zstd"],
)
def test_lerc_is_unpacked_within_a_limit(kind, pack):
    blob = bytes(1000)
    packed = bytes(pack(blob))
    assert plain_lerc(packed, (4, kind), 1000) == blob
    if kind:
        with pytest.raises(CorruptSourceError):
            plain_lerc(packed, (4, kind), 900)
        with pytest.raises(CorruptSourceError):
            plain_lerc(b"no such stream", (4, kind), 1000)
