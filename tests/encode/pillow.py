"""The reference: Pillow's encoders, and pictures to compare on."""

from io import BytesIO

import numpy as np
from PIL import Image

from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.testing import noise, smooth

SIZE = Size(200, 150)


def grainy(channels):
    """Return ramps with grain on them, as a camera gives."""
    ramps, grain = smooth(SIZE, channels).data, noise(SIZE, channels).data
    return Picture(ramps // 4 * 3 + grain // 8)


KINDS = {
    "smooth": smooth(SIZE, 3),
    "noise": noise(SIZE, 3),
    "grainy": grainy(3),
    "grey": grainy(1),
}


def image_of(picture):
    data = picture.data
    return Image.fromarray(data[..., 0] if data.shape[2] == 1 else data)


def written(picture, format, **options):
    """Return Pillow's file of the picture."""
    file = BytesIO()
    image_of(picture).save(file, format, **options)
    return file.getvalue()


def opened(data):
    """Return a file's pixels as Pillow sees them."""
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image).astype(int)
