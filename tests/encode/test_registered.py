import pytest

from tilewright.encode import Encoder
from tilewright.registry import Registry

BY_PILLOW = ["bmp", "dib", "eps", "gif", "jp2", "pcx", "ppm", "sgi", "tga", "xbm"]


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "tiff", "cog", "npy", *BY_PILLOW])
def test_each_encoder_is_found_by_its_name(name):
    encoder = Registry[Encoder]("tilewright.encoders").get(name)
    assert encoder is not None
    assert encoder.name == name
