"""AVIF by libavif and libaom at their fastest."""

import cv2
import imagecodecs

from tilewright.encode import PictureEncoder
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Picture
from tilewright.request import Encoding

MEDIA_TYPE = "image/avif"
DEFAULT_QUALITY = 60
MAX_SIDE = 32_768
"""The format says 65536, but libavif, so most browsers, opens no more than this."""

_LOSSLESS = 100
_FASTEST = 10
_GREY = 1


def _encode(picture: Picture, encoding: Encoding) -> Encoded:
    size = picture.size
    if max(size.width, size.height) > MAX_SIDE:
        raise EncodeError(f"an AVIF has at most {MAX_SIDE:,} pixels a side")
    data = picture.data
    quality = _LOSSLESS if encoding.lossless else encoding.quality or DEFAULT_QUALITY
    lossless = quality == _LOSSLESS
    # imagecodecs writes one channel lossless at any quality; grey as RGB has no chroma to pay.
    grey = data.shape[2] == _GREY and not lossless
    coded = imagecodecs.avif_encode(
        cv2.cvtColor(data, cv2.COLOR_GRAY2RGB) if grey else data,
        level=quality,
        speed=_FASTEST,
        pixelformat=None if lossless else "420",
        numthreads=1,
    )
    return Encoded(bytes(coded), MEDIA_TYPE, size)


ENCODER = PictureEncoder(
    name="avif",
    media_type=MEDIA_TYPE,
    suffixes=("avif",),
    alpha=True,
    encode=_encode,
)
"""Quality 1 to 100, by default 60, chroma 4:2:0; quality 100 and `lossless` are exact."""
