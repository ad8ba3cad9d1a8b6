"""WebP, lossy and lossless, by libwebp's fastest method."""

import cv2
import imagecodecs

from tilewright.encode import PictureEncoder
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Picture
from tilewright.request import Encoding

MEDIA_TYPE = "image/webp"
DEFAULT_QUALITY = 80
MAX_SIDE = 16_382
"""The format says 16383; the codec's Python binding stops one short of it."""

_METHOD = 0
"""Of 0 to 6: twice as fast as Pillow's 4, files of about the same size."""
_LEAST_EFFORT = 0
"""What the quality means when lossless."""
_GREY = 1


def _encode(picture: Picture, encoding: Encoding) -> Encoded:
    size = picture.size
    if max(size.width, size.height) > MAX_SIDE:
        raise EncodeError(f"a WebP has at most {MAX_SIDE:,} pixels a side")
    data = picture.data
    grey = data.shape[2] == _GREY
    coded = imagecodecs.webp_encode(
        # The format knows no grey.
        cv2.cvtColor(data, cv2.COLOR_GRAY2RGB) if grey else data,
        level=_LEAST_EFFORT if encoding.lossless else encoding.quality or DEFAULT_QUALITY,
        lossless=encoding.lossless,
        method=_METHOD,
        numthreads=1,
    )
    return Encoded(bytes(coded), MEDIA_TYPE, size)


ENCODER = PictureEncoder(
    name="webp",
    media_type=MEDIA_TYPE,
    suffixes=("webp",),
    alpha=True,
    encode=_encode,
)
"""Quality 1 to 100, by default 80; `lossless` is exact, colours under transparency too, and
then quality has no meaning. Grey is written as RGB, opaque RGBA as RGB."""
