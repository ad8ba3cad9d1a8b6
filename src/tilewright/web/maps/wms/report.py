"""What went wrong, as a ServiceExceptionReport, or inside the picture that was asked for."""

from collections.abc import Mapping

import numpy as np

from tilewright.errors import OutsideError, ParameterError, TilewrightError
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.web.maps import xml
from tilewright.web.maps.wms.query import Version

XSI = "http://www.w3.org/2001/XMLSchema-instance"

_MEDIA_TYPES: Mapping[Version, str] = {
    "1.1.1": "application/vnd.ogc.se_xml",
    "1.3.0": xml.MEDIA_TYPE,
}
_NAMESPACE = "http://www.opengis.net/ogc"
_SCHEMA = "http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd"
_DOCTYPE = (
    '<!DOCTYPE ServiceExceptionReport SYSTEM "http://schemas.opengis.net/wms/1.1.1/'
    'exception_1_1_1.dtd">\n'
)
_CODES: Mapping[str, str] = {
    "format": "InvalidFormat",
    "info_format": "InvalidFormat",
    "crs": "InvalidCRS",
    "srs": "InvalidSRS",
    "layers": "LayerNotDefined",
    "query_layers": "LayerNotDefined",
    # What an image that lies nowhere on the earth is told by: to a map it is no layer.
    "projection": "LayerNotDefined",
    "styles": "StyleNotDefined",
    "i": "InvalidPoint",
    "j": "InvalidPoint",
    "request": "OperationNotSupported",
}
"""By parameter (1.3.0, table E.1; 1.1.1, annex A.3)."""
_DIMENSION = "InvalidDimensionValue"
_ONLY_LATER = {"InvalidPoint", "OperationNotSupported", "InvalidCRS"}
_LINE_PX = 14
_MARGIN_PX = 4
_LETTER_PX = 7
_LONGEST = 1000


class NoSuchLayerError(OutsideError):
    """A layer that the service does not have."""


def code(error: TilewrightError, version: Version) -> str | None:
    """Return the standard's word for an error; None where it has none."""
    found: str | None = None
    if isinstance(error, NoSuchLayerError):
        found = "LayerNotDefined"
    elif isinstance(error, ParameterError):
        dimension = error.parameter.startswith("dim_")
        found = _DIMENSION if dimension else _CODES.get(error.parameter)
    return None if version == "1.1.1" and found in _ONLY_LATER else found


def report(message: str, code: str | None, version: Version) -> tuple[bytes, str]:
    """Return the report and its media type (1.3.0, 6.11 and annex E.2)."""
    told = xml.element(
        "ServiceException", {} if code is None else {"code": code}, [xml.text(message)]
    )
    attributes: dict[str, str] = {"version": version}
    if version == "1.1.1":
        doctype = _DOCTYPE
    else:
        doctype = ""
        attributes |= {
            "xmlns": _NAMESPACE,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
        }
    element = xml.element("ServiceExceptionReport", attributes, [told])
    return xml.document(doctype + element), _MEDIA_TYPES[version]


def blank(size: Size, background: str | None) -> Picture:
    """Return a picture of one colour, ``#rrggbb``; None: transparent."""
    data = np.zeros((size.height, size.width, 4 if background is None else 3), np.uint8)
    if background is not None:
        data[:] = list(bytes.fromhex(background[1:]))
    return Picture(data)


def written(message: str, size: Size, background: str | None) -> Picture:
    """Return a picture with a message in it, as far as there is room."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - only where it is asked for

    canvas = Image.fromarray(blank(size, background).data)
    pen = ImageDraw.Draw(canvas)
    printable = "".join(letter for letter in message[:_LONGEST] if letter.isprintable())
    room = max(1, (size.width - 2 * _MARGIN_PX) // _LETTER_PX)
    lines = [printable[start : start + room] for start in range(0, len(printable), room)]
    shown = lines[: max(1, (size.height - 2 * _MARGIN_PX) // _LINE_PX)]
    font = ImageFont.load_default(size=_LINE_PX - 3)
    for row, line in enumerate(shown):
        place = (_MARGIN_PX, _MARGIN_PX + row * _LINE_PX)
        pen.text(place, line, fill=_ink(background), font=font)
    return Picture(np.ascontiguousarray(np.asarray(canvas, np.uint8)))


def _ink(background: str | None) -> tuple[int, ...]:
    """Return red, or its opposite where red would not be read."""
    if background is None:
        return (192, 0, 0, 255)
    red, green, blue = bytes.fromhex(background[1:])
    dark = red + green + blue < 3 * 128
    return (255, 255, 255) if dark else (192, 0, 0)
