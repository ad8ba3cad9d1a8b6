"""Formats that browsers do not ask for, by Pillow: for clients that name them in the address."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from tilewright.encode import PictureEncoder
from tilewright.encode.jpeg import flatten
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Picture
from tilewright.request import Encoding

_16_BITS = 65_535
_31_BITS = 2**31 - 1
_GREY, _RGBA = 1, 4
_COLOURS = 256


@dataclass(frozen=True, slots=True)
class _Writer:
    """One of Pillow's writers. None knows a quality."""

    format: str
    """Pillow's name of it."""
    media_type: str
    max_side: int = _31_BITS
    alpha: bool = False
    prepare: Callable[[Image.Image], Image.Image] | None = None
    """Returns the picture with the colours that the format has; None: all of them."""

    def encode(self, picture: Picture, encoding: Encoding) -> Encoded:
        """Return the file. Raises EncodeError for a side that is too long."""
        size = picture.size
        if max(size.width, size.height) > self.max_side:
            raise EncodeError(f"{self.format} has at most {self.max_side:,} pixels a side")
        data = picture.data
        if data.shape[2] == _RGBA and not self.alpha:
            data = flatten(data, encoding.background)
        image = Image.fromarray(data[..., 0] if data.shape[2] == _GREY else data)
        file = BytesIO()
        (image if self.prepare is None else self.prepare(image)).save(file, self.format)
        return Encoded(file.getvalue(), self.media_type, size)


def _few_colours(image: Image.Image) -> Image.Image:
    """Keep the colours where they are few enough, else choose those that fit best."""
    if image.mode == "L":
        return image
    # The octree takes 1 ms a tile. The median cut takes up to 400, but not where few colours are
    # cut, and then it changes none.
    few = image.getcolors(_COLOURS) is not None
    method = Image.Quantize.MEDIANCUT if few else Image.Quantize.FASTOCTREE
    return image.quantize(_COLOURS, method)


def _two_colours(image: Image.Image) -> Image.Image:
    return image.convert("1")


def _encoder(writer: _Writer, *suffixes: str) -> PictureEncoder:
    return PictureEncoder(
        name=suffixes[0],
        media_type=writer.media_type,
        suffixes=suffixes,
        alpha=writer.alpha,
        encode=writer.encode,
        offered=False,
    )


BMP = _encoder(_Writer("BMP", "image/bmp"), "bmp")
DIB = _encoder(_Writer("DIB", "image/bmp"), "dib")
"""A BMP without its file header."""
EPS = _encoder(_Writer("EPS", "application/postscript"), "eps")
GIF = _encoder(_Writer("GIF", "image/gif", _16_BITS, prepare=_few_colours), "gif")
"""At most 256 colours, without dither; grey is exact."""
JP2 = _encoder(_Writer("JPEG2000", "image/jp2", alpha=True), "jp2", "jpeg2000")
"""Lossless."""
PCX = _encoder(_Writer("PCX", "image/x-pcx", _16_BITS - 1), "pcx")
PPM = _encoder(_Writer("PPM", "image/x-portable-anymap"), "ppm")
"""Grey is a PGM, as the start of the file tells."""
SGI = _encoder(_Writer("SGI", "image/sgi", _16_BITS, alpha=True), "sgi")
TGA = _encoder(_Writer("TGA", "image/x-tga", _16_BITS, alpha=True), "tga")
XBM = _encoder(_Writer("XBM", "image/xbm", prepare=_two_colours), "xbm")
"""Black and white, dithered."""
