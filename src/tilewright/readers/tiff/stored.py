"""Stored tiles made into complete files, their coded pixels untouched."""

from collections.abc import Callable

from tilewright.image import Encoded
from tilewright.readers.tiff.chunks import Layout
from tilewright.readers.tiff.coded import jpeg_frame
from tilewright.readers.tiff.metadata import photometric

_START, _END = b"\xff\xd8", b"\xff\xd9"
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""The Adobe marker (APP14) with transform 0: the components are red, green and blue as they
stand. Without it decoders take three components for YCbCr."""

Wrapper = Callable[[bytes], Encoded | None]


def tile_wrapper(layout: Layout, format: str) -> Wrapper | None:
    """Return what makes a stored chunk a file of that format; None when nothing can."""
    page = layout.key
    compression = int(page.compression)
    if page.bitspersample != 8 or not page.is_tiled or page.jpegheader:  # noqa: PLR2004
        return None
    if compression == 7 and format == "jpeg":  # noqa: PLR2004
        return _jpeg_wrapper(layout)
    if compression == 50001 and format == "webp" and layout.samples == 3:  # noqa: PLR2004
        size = layout.stored_chunk
        return lambda data: Encoded(data, "image/webp", size)
    return None


def _jpeg_wrapper(layout: Layout) -> Wrapper | None:
    """Merge the page's tables in (TIFF Technical Note 2), flag RGB where it is stored so."""
    page, size = layout.key, layout.stored_chunk
    color = photometric(page)
    kinds = {("MINISBLACK", 1), ("RGB", 3), ("YCBCR", 3)}
    if (color, layout.samples) not in kinds:
        return None
    tables = page.jpegtables or b""
    shared = tables.removeprefix(_START).removesuffix(_END)

    def wrap(data: bytes) -> Encoded | None:
        if data[:2] != _START:
            return None
        stated, marked = jpeg_frame(data)
        if stated != size:
            return None
        flag = _ADOBE_RGB if color == "RGB" and not marked else b""
        return Encoded(b"".join((_START, flag, shared, memoryview(data)[2:])), "image/jpeg", size)

    return wrap
