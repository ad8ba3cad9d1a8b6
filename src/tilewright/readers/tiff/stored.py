"""Stored tiles made into complete files, their coded pixels untouched."""

from tilewright.image import Encoded
from tilewright.readers.tiff.chunks import Layout, StoredPage
from tilewright.readers.tiff.coded import Stated, jpeg_frame, webp
from tilewright.readers.tiff.metadata import photometric

_JPEG, _WEBP = 7, 50001
_JPEG_KINDS = {("MINISBLACK", 1), ("RGB", 3), ("YCBCR", 3)}
_START, _END = b"\xff\xd8", b"\xff\xd9"
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""The Adobe marker (APP14) with transform 0: the components are red, green and blue as they
stand. Without it decoders take three components for YCbCr."""


def can_store(layout: Layout, format: str) -> bool:
    """Tell whether a page's tiles can be files of that format."""
    page = layout.key
    if page.bitspersample != 8 or not page.is_tiled or page.jpegheader:  # noqa: PLR2004
        return False
    if format == "jpeg":
        return page.compression == _JPEG and (photometric(page), layout.samples) in _JPEG_KINDS
    return format == "webp" and page.compression == _WEBP and layout.samples == 3  # noqa: PLR2004


def as_file(page: StoredPage, data: bytes) -> Encoded | None:
    """Return a stored tile as a file; None when its pixels would not be those of the page.

    A JPEG gets the page's tables (TIFF Technical Note 2), and a flag where it holds RGB.
    """
    layout = page.layout
    size = layout.stored_chunk
    wanted = Stated(size, layout.samples)
    if layout.key.compression == _WEBP:
        return Encoded(data, "image/webp", size) if webp(data) == wanted else None
    frame = jpeg_frame(data)
    if data[:2] != _START or frame.stated != wanted or frame.bits != 8:  # noqa: PLR2004
        return None
    flag = b""
    if photometric(layout.key) == "RGB":
        # The decoder takes the colours as they stand, unless the first tile has a JFIF marker.
        if frame.jfif != layout.key.is_jfif or frame.adobe not in {None, 0}:
            return None
        flag = _ADOBE_RGB if frame.adobe is None and not frame.jfif else b""
    shared = (page.tables or b"").removeprefix(_START).removesuffix(_END)
    return Encoded(b"".join((_START, flag, shared, memoryview(data)[2:])), "image/jpeg", size)
