"""A first look at a TIFF's chain of directories, before any of them is parsed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tilewright.blobs import Blob
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, LimitError, UnsupportedSourceError

_BIG = 43
_NDPI_TAG = 65420
_DESCRIPTION, _SUBDIRECTORIES = 270, 330
_KIND_TAGS = frozenset(
    {254, 256, 257, 258, 259, 262, 266, 277, 278, 284, 317, 322, 323, 338, 339, 32997}
)
"""What makes pages alike: size, samples, compression and the like."""
_KIND_BYTES = 64
_MOST_ENTRIES = 4096
_SHAPED = (b'{"shape"', b"shape=(")
"""How tifffile's own descriptions begin: each of them starts a series."""
_VALUE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_PLACES = {4: "I", 13: "I", 16: "Q", 18: "Q"}
"""The types that a list of places may have."""

MOST_KINDS = 512
"""Pages of more kinds than this take the parser minutes: it compares each with each."""
MOST_MIXED_PAGES = 8_000
"""Likewise pages and sub-directories, where they are not all alike."""
MOST_MIXED_ENTRIES = 300_000
"""Likewise the entries of these: sub-directories may share theirs."""


@dataclass(frozen=True, slots=True)
class Format:
    """How numbers are written in the structure of the file."""

    order: str
    count: str
    """The number of entries of a directory."""
    entry: int
    """Bytes of an entry."""
    link: str
    """A place in the file."""

    @property
    def ndpi(self) -> bool:
        """True for Hamamatsu's classic TIFF with 64-bit links, for files above 4 GiB."""
        return self.entry == 12 and self.link == "Q"  # noqa: PLR2004


def check_directories(blob: Blob, limits: Limits) -> Format:
    """Walk the chain of directories (TIFF 6.0, section 2) and do nothing else.

    Raises LimitError past ``limits.pages``, CorruptSourceError for a loop or a broken link,
    UnsupportedSourceError for pages of too many kinds. A parser meets a million pages, or a
    ring of them, only after this has passed.
    """
    try:
        form = format_of(blob)
        pages = inner = entries = 0
        kinds: set[bytes] = set()
        for directory in _directories(blob, form):
            pages += 1
            entries += len(directory) // form.entry
            places = _subdirectories(blob, form, directory, limits.pages)
            inner += len(places)
            if pages + inner > limits.pages:
                raise LimitError("pages", pages + inner, limits.pages)
            entries += sum(_entry_count(blob, form, place) for place in places)
            kinds.add(_kind(blob, form, directory))
            mixed = len(kinds) > 1 or inner
            if len(kinds) > MOST_KINDS or (
                mixed and (pages + inner > MOST_MIXED_PAGES or entries > MOST_MIXED_ENTRIES)
            ):
                raise UnsupportedSourceError("the TIFF has too many pages that differ")
    except (struct.error, OverflowError, OSError) as error:
        raise CorruptSourceError("a directory of the TIFF lies past the end") from error
    if not pages:
        raise CorruptSourceError("the TIFF has no directory")
    return form


def format_of(blob: Blob) -> Format:
    """Return how the numbers of a TIFF are written."""
    order = "<" if blob.read(0, 2) == b"II" else ">"
    (kind,) = struct.unpack(order + "H", blob.read(2, 2))
    if kind == _BIG:
        return Format(order, "Q", 20, "Q")
    large = Format("<", "H", 12, "Q")
    if order == "<" and blob.size > 1 << 32:
        first = next(_directories(blob, large), b"")
        if any(code == _NDPI_TAG for code, *_ in entries_of(large, first)):
            return large
    return Format(order, "H", 12, "I")


def _directories(blob: Blob, form: Format) -> Iterator[bytes]:
    """Yield the entries of each directory, undivided."""
    width, link = struct.calcsize(form.count), struct.calcsize(form.link)
    (offset,) = struct.unpack(
        form.order + form.link, blob.read(8 if form.count == "Q" else 4, link)
    )
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise CorruptSourceError("the directories of the TIFF form a ring")
        seen.add(offset)
        (count,) = struct.unpack(form.order + form.count, blob.read(offset, width))
        size = count * form.entry
        if offset + width + size > blob.size:
            raise CorruptSourceError("a directory of the TIFF lies past the end")
        data = blob.read(offset + width, size + link)
        (offset,) = struct.unpack(form.order + form.link, data[size:])
        yield data[:size]


def entries_of(form: Format, directory: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield code, type, count and the value's field of each entry of a directory."""
    big = form.entry == 20  # noqa: PLR2004
    layout = struct.Struct(form.order + ("HHQ8s" if big else "HHI4s"))
    whole = len(directory) // form.entry * form.entry
    yield from layout.iter_unpack(directory[:whole])


def _subdirectories(blob: Blob, form: Format, directory: bytes, most: int) -> tuple[int, ...]:
    """Return where a page's sub-directories lie. Raises LimitError past ``most``."""
    for code, kind, count, field in entries_of(form, directory):
        if code == _SUBDIRECTORIES and kind in _PLACES:
            if count > most:
                raise LimitError("pages", count, most)
            layout = f"{form.order}{count}{_PLACES[kind]}"
            size = struct.calcsize(layout)
            value = _value(blob, form, size, field)
            return struct.unpack(layout, value[:size]) if len(value) >= size else ()
    return ()


def _entry_count(blob: Blob, form: Format, place: int) -> int:
    """Return how many entries a sub-directory says it has; 0 when it is not there."""
    width = struct.calcsize(form.count)
    data = blob.read(place, width) if place + width <= blob.size else b""
    count: int = struct.unpack(form.order + form.count, data)[0] if data else 0
    return count if count <= _MOST_ENTRIES else 0  # the parser refuses more


def _kind(blob: Blob, form: Format, directory: bytes) -> bytes:
    """Return what tells the page's kind."""
    parts = []
    for code, kind, count, field in entries_of(form, directory):
        size = count * _VALUE_SIZES.get(kind, 8)
        if code == _DESCRIPTION:
            if _value(blob, form, size, field, _KIND_BYTES).startswith(_SHAPED):
                parts.append(field)
        elif code in _KIND_TAGS:
            value = _value(blob, form, size, field, _KIND_BYTES)
            parts.append(struct.pack("<HHQ", code, kind, count) + value)
    return b"".join(parts)


def _value(blob: Blob, form: Format, size: int, field: bytes, most: int | None = None) -> bytes:
    """Return a value, or its first bytes; it stands in the entry or elsewhere."""
    if size <= len(field):
        return field
    (place,) = struct.unpack(form.order + ("Q" if len(field) > 4 else "I"), field)  # noqa: PLR2004
    length = size if most is None else min(size, most)
    return blob.read(place, length) if place < blob.size else field
