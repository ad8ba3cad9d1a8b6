"""What GDAL promises about a file's layout in the bytes after its header, and whether it is so.

See "Header ghost area" in https://gdal.org/drivers/raster/cog.html.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

from tilewright.blobs import Blob
from tilewright.cog.directories import Directory

MOST_LOOKED_AT = 256
"""Blocks of one image whose bytes are looked at, evenly spread."""

_MARK = re.compile(rb"GDAL_STRUCTURAL_METADATA_SIZE=(\d{1,9}) bytes\n")
_MOST_BYTES = 4096
_WORD = 4
"""Bytes of the leader and of the trailer."""


def read_ghost(blob: Blob) -> dict[str, str] | None:
    """Return the names and values of the ghost area; None when the file has none."""
    head = blob.read(0, _MOST_BYTES)
    start = 16 if head[2:4] in {b"\x2b\0", b"\0\x2b"} else 8
    mark = _MARK.match(head, start)
    if mark is None:
        return None
    text = head[mark.end() : mark.end() + int(mark[1])].decode("ascii", "replace")
    pairs = (line.strip().split("=", 1) for line in text.splitlines() if "=" in line)
    return dict(pairs)


def check_blocks(blob: Blob, image: Directory, name: str, ghost: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the bytes around an image's blocks, a sentence for each kind.

    At most `MOST_LOOKED_AT` blocks are looked at. Whatever is found makes no file invalid:
    readers that trust the ghost area may read it wrongly.
    """
    indices = looked_at(image)
    places = [place for place in image.places(indices) if place[0]]
    found = []

    def tell(bad: int, words: str) -> None:
        if bad:
            found.append(f"{bad:,} of {len(places):,} blocks of {name} {words}")

    ends = [offset + length for offset, length in places]
    tell(sum(end > blob.size for end in ends), "lie past the end of the file")
    if ghost.get("BLOCK_ORDER") == "ROW_MAJOR":
        bad = sum(after < before for (before, _), (after, _) in pairwise(places))
        tell(bad, "lie before the one to the left or above, against the ghost header")
    if ghost.get("BLOCK_LEADER") == "SIZE_AS_UINT4":
        leaders = blob.read_ranges([(max(0, place - _WORD), _WORD) for place, _ in places])
        sizes = [length for _, length in places]
        bad = sum(
            int.from_bytes(leader, "little") != size
            for leader, size in zip(leaders, sizes, strict=True)
        )
        tell(bad, "do not have their size before them, as the ghost header promises")
    if ghost.get("BLOCK_TRAILER") == "LAST_4_BYTES_REPEATED":
        long = [place + size - _WORD for place, size in places if size >= _WORD]
        trailers = blob.read_ranges([(place, 2 * _WORD) for place in long])
        bad = sum(trailer[:_WORD] != trailer[_WORD:] for trailer in trailers)
        tell(bad, "are not followed by their last bytes, as the ghost header promises")
    return found


def looked_at(image: Directory) -> range:
    """Return the indices of the blocks whose bytes are looked at."""
    step = -(-image.blocks // MOST_LOOKED_AT)
    return range(0, image.blocks, step)


def check_masks(image: Directory, mask: Directory, name: str) -> list[str]:
    """Return what is wrong with an image whose mask is promised to follow it block by block."""
    if image.block != mask.block or image.size != mask.size:
        return [f"the mask of {name} has other blocks, against the ghost header"]
    indices = looked_at(image)
    bad = sum(
        bool(shown[0] and hidden[0]) and hidden[0] != sum(shown) + 2 * _WORD
        for shown, hidden in zip(image.places(indices), mask.places(indices), strict=True)
    )
    if not bad:
        return []
    return [f"{bad:,} blocks of the mask of {name} do not follow theirs, against the ghost header"]
