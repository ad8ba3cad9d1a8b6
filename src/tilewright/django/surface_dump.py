"""The directories of a TIFF with their tags, local or far away, as tifftools lists them."""

import logging
import struct
from typing import Any

from tilewright.blobs import Blob
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, UnsupportedSourceError
from tilewright.readers.tiff.directory import Format, check_directories, entries_of

MOST_DIRECTORIES = 1000
MOST_VALUES = 100
"""Numbers of a tag that are shown."""
MOST_BYTES = 4096
"""Bytes of a text that are shown."""
MOST_TAGS = 50_000
"""Of all directories."""

_MAGIC = {b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"}
_TEXT, _RATIONALS = 2, {5, 10}
_LAYOUTS = {
    1: "B", 3: "H", 4: "I", 5: "2I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "2i", 11: "f", 12: "d",
    13: "I", 16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
"""The field types (TIFF 6.0, section 2, and BigTIFF's), without their counts."""

logging.getLogger("tifffile").addHandler(logging.NullHandler())


def dump(blob: Blob, limits: Limits) -> dict[str, Any]:
    """Return the document of ``info/tiffdump``; long values are cut, no pixel is read.

    Raises UnsupportedSourceError for what is no TIFF, CorruptSourceError, LimitError.
    """
    if blob.read(0, 4) not in _MAGIC:
        raise UnsupportedSourceError("the file is no TIFF")
    form = check_directories(blob, limits)
    wide = form.count == "Q"
    try:
        first = _number(blob, form.order + form.link, 8 if wide else 4)
        found, following = _walk(blob, form, first)
    except struct.error as error:
        raise CorruptSourceError("a directory of the TIFF lies past the end") from error
    return {
        "firstifd": first,
        "size": blob.size,
        "bigEndian": form.order == ">",
        "bigtiff": wide,
        "ifds": found,
        "truncated": bool(following),
    }


def _walk(blob: Blob, form: Format, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Return the directories from one on, and where the first that is left out lies."""
    found: list[dict[str, Any]] = []
    tags = 0
    width = struct.calcsize(form.count)
    while offset and len(found) < MOST_DIRECTORIES:
        count = _number(blob, form.order + form.count, offset)
        tags += count
        if tags > MOST_TAGS:
            break
        data = blob.read(offset + width, count * form.entry)
        entries = entries_of(form, data)
        found.append(
            {
                "offset": offset,
                "tagcount": count,
                "tags": {
                    str(code): {
                        "name": _name(code),
                        "datatype": kind,
                        "count": many,
                        "datapos": offset + width + (index + 1) * form.entry - len(field),
                        **_elsewhere(form, kind, many, field),
                        "data": _data(blob, form, kind, many, field),
                    }
                    for index, (code, kind, many, field) in enumerate(entries)
                },
            }
        )
        offset = _number(blob, form.order + form.link, offset + width + count * form.entry)
    return found, offset


def _name(code: int) -> str:
    from tifffile import TIFF  # noqa: PLC0415 - nothing heavy is loaded before the first file

    return next(iter(TIFF.TAGS.getall(code, None) or ()), str(code))


def _elsewhere(form: Format, kind: int, count: int, field: bytes) -> dict[str, int]:
    """Return where the value lies when it does not fit into its entry."""
    width = struct.calcsize(form.order + ("B" if kind == _TEXT else _LAYOUTS.get(kind, "")))
    return {"offset": _link(form, field)} if count * width > len(field) else {}


def _data(blob: Blob, form: Format, kind: int, count: int, field: bytes) -> Any:
    """Return a text, or numbers: pairs of them, one after the other, for fractions."""
    if kind == _TEXT:
        text = _bytes(blob, form, count, min(count, MOST_BYTES), field)
        return text.rstrip(b"\0").decode(errors="replace")
    layout = _LAYOUTS.get(kind)
    if layout is None:
        return None
    width = struct.calcsize(form.order + layout)
    data = _bytes(blob, form, count * width, min(count, MOST_VALUES) * width, field)
    whole = data[: len(data) // width * width]
    numbers = [number for row in struct.iter_unpack(form.order + layout, whole) for number in row]
    # JSON has no words for NaN and the infinities.
    return [number if abs(number) < float("inf") else None for number in numbers]


def _bytes(blob: Blob, form: Format, size: int, length: int, field: bytes) -> bytes:
    """Return the first bytes of a value; it stands in the entry when it fits there."""
    if size <= len(field):
        return field[:length]
    place = _link(form, field)
    return blob.read(place, length) if place < blob.size else b""


def _link(form: Format, field: bytes) -> int:
    (place,) = struct.unpack(form.order + ("Q" if len(field) == 8 else "I"), field)  # noqa: PLR2004
    return int(place)


def _number(blob: Blob, layout: str, offset: int) -> int:
    (number,) = struct.unpack(layout, blob.read(offset, struct.calcsize(layout)))
    return int(number)
