"""What GDAL writes into TIFFs of its own: tag 42112, an XML text of named items."""

from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from tifffile import TiffPage

from tilewright.image import Band

_TAG = 42112


def with_gdal_metadata(bands: Sequence[Band], page: TiffPage) -> tuple[Band, ...]:
    """Return the bands with the scale, offset and description that GDAL noted for each."""
    text = page.tags.valueof(_TAG)
    if text is None:
        return tuple(bands)
    try:
        root = ET.fromstring(str(text).rstrip("\0"))  # noqa: S314 - expat refuses entity bombs
    except (ET.ParseError, ValueError):
        return tuple(bands)
    described = list(bands)
    for item in root.iter("Item"):
        index, role = item.get("sample", ""), item.get("role", "")
        if index.isdigit() and int(index) < len(described):
            described[int(index)] = _with_item(described[int(index)], role, item.text or "")
    return tuple(described)


def _with_item(band: Band, role: str, text: str) -> Band:
    if role == "description":
        return replace(band, name=text)
    if role not in {"scale", "offset"}:
        return band
    try:
        value = float(text)
    except ValueError:
        return band
    return replace(band, scale=value) if role == "scale" else replace(band, offset=value)
