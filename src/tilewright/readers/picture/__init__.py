"""Pictures as cameras and browsers know them: JPEG, PNG, WebP, AVIF, JPEG 2000, GIF, BMP.

A file is known by its first bytes, never by its name. What comes out is sRGB, upright:
EXIF orientation applied, ICC profiles and CMYK converted, palettes looked up.

Not read: OpenEXR. None of the libraries that Tilewright stands on decodes it: Pillow and
imagecodecs do not know it, and OpenCV has it switched off for its safety record.
"""

from collections.abc import Callable

from tilewright.errors import UnsupportedSourceError
from tilewright.readers import SNIFF_BYTES, Driver, Opening
from tilewright.readers.picture import jpeg, jpeg2000, pillow, png, webp
from tilewright.readers.picture.layout import Layout, codec_errors
from tilewright.readers.picture.reader import PictureReader

_BMP_HEADER_BYTES = (12, 16, 40, 52, 56, 64, 108, 124)


def _is_bmp(head: bytes) -> bool:
    # Two letters alone prove little: the size of the header behind them is one of a few.
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES


def _is_avif(head: bytes) -> bool:
    brands = head[8 : int.from_bytes(head[:4], "big")]
    return head[4:8] == b"ftyp" and (b"avif" in brands or b"avis" in brands)


_FORMATS: tuple[tuple[str, Callable[[bytes], bool], Callable[[Opening], Layout]], ...] = (
    ("JPEG", lambda head: head.startswith(b"\xff\xd8\xff"), jpeg.survey),
    ("PNG", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), png.survey),
    ("WebP", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", webp.survey),
    (
        "JPEG 2000",
        lambda head: head.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")),
        jpeg2000.survey,
    ),
    ("AVIF", _is_avif, pillow.survey_avif),
    ("GIF", lambda head: head.startswith((b"GIF87a", b"GIF89a")), pillow.survey_gif),
    ("BMP", _is_bmp, pillow.survey_bmp),
)


def sniff(head: bytes) -> bool:
    """Tell whether the first bytes are those of a picture."""
    return any(known(head) for _, known, _ in _FORMATS)


def open_picture(opening: Opening) -> PictureReader:
    """Open a picture; nothing but its header is read.

    Raises UnsupportedSourceError, CorruptSourceError, SourceUnavailableError, or LimitError
    when the header claims more than the limits allow.
    """
    uri = opening.source.uri
    if opening.source.option("associated") is not None:
        raise UnsupportedSourceError("a picture has no associated images", uri=uri)
    head = opening.blob.read(0, SNIFF_BYTES)
    for name, known, survey in _FORMATS:
        if known(head):
            with codec_errors(name, uri):
                return PictureReader(opening, survey(opening))
    raise UnsupportedSourceError("the file is not a picture", uri=uri)


DRIVER = Driver(name="picture", sniff=sniff, open=open_picture)
