from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.encode.pillow import SIZE, image_of, opened, written
from tilewright.encode import pillow
from tilewright.errors import EncodeError
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.request import Encoding
from tilewright.testing import EncoderSuite, noise, see_through, smooth

ENCODERS = {
    encoder.name: encoder
    for encoder in (
        pillow.BMP,
        pillow.DIB,
        pillow.EPS,
        pillow.GIF,
        pillow.JP2,
        pillow.PCX,
        pillow.PPM,
        pillow.SGI,
        pillow.TGA,
        pillow.XBM,
    )
}
EXACT = ("bmp", "dib", "jp2", "pcx", "ppm", "sgi", "tga")
SHORTEST = {"gif": 65_535, "pcx": 65_534, "sgi": 65_535, "tga": 65_535}
"""The longest side of the formats that tell it in 16 bits."""


def encoded(name, picture, **options):
    return ENCODERS[name].encode(picture, Encoding(name, **options)).data


@pytest.mark.parametrize("encoder", [ENCODERS[name] for name in EXACT], ids=EXACT)
class TestSuite(EncoderSuite):
    exact = "always"
    has_quality = False


class TestEps(EncoderSuite):
    exact = "always"
    has_quality = False

    @pytest.fixture
    def encoder(self):
        return pillow.EPS

    def decode(self, data):
        # To open one takes Ghostscript; the pixels stand in hexadecimal behind the operator.
        head, _, hexadecimal = data.partition(b"image\n")
        box = next(line for line in head.splitlines() if line.startswith(b"%%BoundingBox"))
        width, height = map(int, box.split()[-2:])
        pixels = np.frombuffer(bytes.fromhex(hexadecimal.split(b"%")[0].decode()), np.uint8)
        return pixels.reshape(height, width, -1)


class TestGif(EncoderSuite):
    has_quality = False
    tolerance = 13.0
    """Ramps of 3 x 256 shades, and 256 colours to show them in."""

    @pytest.fixture
    def encoder(self):
        return pillow.GIF

    def decode(self, data):
        with Image.open(BytesIO(data)) as image:
            return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("channels", [1, 3])
def test_few_colours_are_kept_in_a_gif(channels):
    table = noise(Size(256, 1), channels).data[0]
    data = table[noise(SIZE, 1).data[..., 0]]
    with Image.open(BytesIO(encoded("gif", Picture(data)))) as image:
        assert np.array_equal(
            np.asarray(image.convert("RGB")), np.broadcast_to(data, (*data.shape[:2], 3))
        )


def test_a_photograph_in_a_gif_is_near_what_pillow_chooses():
    ramp = smooth(SIZE, 3).data
    photograph = Picture(ramp // 2 + noise(SIZE, 3).data // 16)
    shown = {}
    for name, data in (
        ("ours", encoded("gif", photograph)),
        ("pillow", written(photograph, "GIF")),
    ):
        with Image.open(BytesIO(data)) as image:
            shown[name] = np.abs(
                np.asarray(image.convert("RGB")) - photograph.data.astype(int)
            ).mean()
    assert shown["ours"] < 2 * shown["pillow"]


def test_an_xbm_is_black_and_white():
    picture = smooth(SIZE, 3)
    expected = image_of(picture).convert("1")
    assert np.array_equal(opened(encoded("xbm", picture)), np.asarray(expected))


def test_what_is_transparent_gets_the_background_before_it_is_black_or_white():
    clear = Picture(np.zeros((8, 8, 4), np.uint8))
    assert opened(encoded("xbm", clear, background="#ffffff")).all()
    assert not opened(encoded("xbm", clear, background="#000000")).any()


@pytest.mark.parametrize(("name", "side"), SHORTEST.items())
def test_a_side_that_the_format_cannot_tell_is_refused(name, side):
    for shape in ((1, side, 3), (side, 1, 1)):
        data = encoded(name, Picture(np.zeros(shape, np.uint8)))
        assert opened(data).shape[:2] == shape[:2]
    with pytest.raises(EncodeError, match=f"{side:,}"):
        encoded(name, Picture(np.zeros((1, side + 1, 3), np.uint8)))


@pytest.mark.parametrize("name", ENCODERS)
def test_none_is_offered(name):
    assert not ENCODERS[name].offered


@pytest.mark.parametrize("name", sorted(set(ENCODERS) - {"eps", "dib"}))
def test_the_name_is_that_of_the_format(name):
    with Image.open(BytesIO(encoded(name, see_through(SIZE)))) as image:
        assert image.format == {"jp2": "JPEG2000"}.get(name, name.upper())
        assert image.get_format_mimetype() in {ENCODERS[name].media_type, "image/x-portable-pixmap"}
