"""A first look at a TIFF's chain of directories, before any of them is parsed."""

import struct

from tilewright.blobs import Blob
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, LimitError

_BIG = 43


def check_directories(blob: Blob, limits: Limits) -> None:
    """Walk the chain of directories (TIFF 6.0, section 2) and do nothing else.

    Raises LimitError past ``limits.pages``, CorruptSourceError for a loop or a broken link.
    A parser meets a million pages, or a ring of them, only after this has passed.
    """
    order = "<" if blob.read(0, 2) == b"II" else ">"
    try:
        (kind,) = struct.unpack(order + "H", blob.read(2, 2))
        big = kind == _BIG
        count, entry, link = ("Q", 20, "Q") if big else ("H", 12, "I")
        (offset,) = struct.unpack(order + link, blob.read(8 if big else 4, 8 if big else 4))
        seen: set[int] = set()
        while offset:
            if offset in seen:
                raise CorruptSourceError("the directories of the TIFF form a ring")
            seen.add(offset)
            if len(seen) > limits.pages:
                raise LimitError("pages", len(seen), limits.pages)
            width = struct.calcsize(count)
            (entries,) = struct.unpack(order + count, blob.read(offset, width))
            (offset,) = struct.unpack(
                order + link,
                blob.read(offset + width + entries * entry, struct.calcsize(link)),
            )
    except (struct.error, OverflowError, OSError) as error:
        raise CorruptSourceError("a directory of the TIFF lies past the end") from error
    if not seen:
        raise CorruptSourceError("the TIFF has no directory")
