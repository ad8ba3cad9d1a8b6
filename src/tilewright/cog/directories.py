"""The directories of a TIFF as a COG's checks need them: places and sizes, no pixel.

A TIFF library reads the lists of tiles of every page at once; here a list is read only as far
as it is looked at, so that many pages which share one vast list cost nothing.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from tilewright.blobs import Blob
from tilewright.errors import CorruptSourceError
from tilewright.geometry import Size
from tilewright.readers.tiff.directory import MOST_MIXED_PAGES, Format

Numbers = npt.NDArray[np.uint64]

MOST_BLOCKS = 1 << 22
"""Entries of one list that are searched for a block which is there."""
_PIECE = 1 << 16
_MOST_ENTRIES = 4096
_MOST_SUBDIRECTORIES = 64
_MOST_SAMPLES = 65_535
_NUMBERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
"""The field types that hold whole numbers (TIFF 6.0, section 2; BigTIFF's last two)."""

_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _SAMPLES, _PLANAR = 254, 256, 257, 259, 277, 284
_STRIP_OFFSETS, _ROWS, _STRIP_COUNTS = 273, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS, _INNER = 322, 323, 324, 325, 330
_REDUCED, _MASK = 1, 4


@dataclass(frozen=True, slots=True)
class Values:
    """The whole numbers of one tag, read when they are asked for."""

    blob: Blob
    kind: np.dtype[Any]
    place: int
    count: int

    def read(self, first: int, count: int) -> Numbers:
        """Return numbers from ``first`` on; fewer where the tag or the file ends."""
        width = self.kind.itemsize
        left = max(0, min(count, self.count - first))
        data = self.blob.read(self.place + first * width, left * width) if left else b""
        return np.frombuffer(data, self.kind, len(data) // width).astype(np.uint64)

    def at(self, indices: range) -> list[int]:
        """Return the numbers at some indices; 0 where there is none."""
        if not indices:
            return []
        if len(indices) > 1 and indices[-1] - indices[0] >= _PIECE:
            return [int(next(iter(self.read(index, 1)), 0)) for index in indices]
        known: list[int] = self.read(indices[0], indices[-1] - indices[0] + 1).tolist()
        known = known[:: indices.step]
        return known + [0] * (len(indices) - len(known))


@dataclass(frozen=True)
class Directory:
    """One image of the file: the main one, an overview or a mask."""

    offset: int
    """Where the directory lies in the file."""
    tags: Mapping[int, Values]

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first number of a tag."""
        values = self.tags[tag].read(0, 1).tolist() if tag in self.tags else []
        return values[0] if values else default

    @cached_property
    def size(self) -> Size:
        """In pixels. Raises CorruptSourceError when there are none."""
        width, height = self.number(_WIDTH), self.number(_HEIGHT)
        if not (width and height):
            raise CorruptSourceError("a page of the TIFF has no pixels")
        return Size(width, height)

    @cached_property
    def tiled(self) -> bool:
        """True for tiles, False for strips."""
        return _TILE_WIDTH in self.tags or _TILE_HEIGHT in self.tags

    @cached_property
    def block(self) -> Size:
        """A tile or a strip. Raises CorruptSourceError for one without pixels."""
        if self.tiled:
            width, height = self.number(_TILE_WIDTH), self.number(_TILE_HEIGHT)
        else:
            width = self.size.width
            height = min(self.number(_ROWS, self.size.height), self.size.height)
        if not (width and height):
            raise CorruptSourceError("the tiles of the TIFF have no pixels")
        return Size(width, height)

    @cached_property
    def blocks(self) -> int:
        """How many blocks hold the first sample, or all where samples are interleaved."""
        across = -(-self.size.width // self.block.width)
        return across * -(-self.size.height // self.block.height)

    @cached_property
    def samples(self) -> int:
        """Per pixel. Raises CorruptSourceError for more than a TIFF can have."""
        count = self.number(_SAMPLES, 1)
        if not 0 < count <= _MOST_SAMPLES:
            raise CorruptSourceError("the TIFF claims an impossible number of samples")
        return count

    @cached_property
    def separate(self) -> bool:
        """True when each sample is stored in a plane of its own."""
        return self.number(_PLANAR, 1) == 2  # noqa: PLR2004 - TIFF 6.0, PlanarConfiguration

    @cached_property
    def is_overview(self) -> bool:
        """True for a page that says it is a reduced image of another page."""
        return self.number(_SUBFILE) & (_REDUCED | _MASK) == _REDUCED

    @cached_property
    def is_mask(self) -> bool:
        """True for a page that says it is a transparency mask."""
        return bool(self.number(_SUBFILE) & _MASK)

    def places(self, indices: range) -> list[tuple[int, int]]:
        """Return offset and length of some blocks; (0, 0) for one that the file leaves out."""
        offsets, counts = self._lists
        if offsets is None:
            return [(0, 0)] * len(indices)
        starts = offsets.at(indices)
        lengths = [1] * len(indices) if counts is None else counts.at(indices)
        pairs = zip(starts, lengths, strict=True)
        return [(start, length) if start and length else (0, 0) for start, length in pairs]

    @cached_property
    def first_block(self) -> int | None:
        """Where the first block that is there lies; None when the file leaves out all."""
        offsets, counts = self._lists
        if offsets is None:
            return None
        last = min(self.blocks, MOST_BLOCKS, offsets.count)
        for start in range(0, last, _PIECE):
            places = offsets.read(start, min(_PIECE, last - start))
            there = places != 0
            if counts is not None:
                lengths = counts.read(start, len(places))
                there[: len(lengths)] &= lengths != 0
                there[len(lengths) :] = False
            if there.any():
                return int(places[there.argmax()])
        return None

    @property
    def _lists(self) -> tuple[Values | None, Values | None]:
        """Where the blocks begin, and how long they are; some old writers leave that out."""
        codes = (_TILE_OFFSETS, _TILE_COUNTS) if self.tiled else (_STRIP_OFFSETS, _STRIP_COUNTS)
        # A few writers give tiles the tags of strips.
        offsets = self.tags.get(codes[0]) or self.tags.get(_STRIP_OFFSETS)
        return offsets, self.tags.get(codes[1]) or self.tags.get(_STRIP_COUNTS)


def read_directories(blob: Blob, form: Format) -> Iterator[Directory]:
    """Yield the first directory, those below it, and the chain that follows.

    ``form`` comes from `check_directories`, which has found the chain sound. It has also found
    that past `MOST_MIXED_PAGES` all pages are alike, so no more than these are read. Raises
    CorruptSourceError.
    """
    wide = form.count == "Q"
    (offset,) = _unpack(blob, form.order + form.link, 8 if wide else 4)
    for index in range(MOST_MIXED_PAGES):
        if not offset:
            return
        directory, following = _read(blob, form, offset)
        yield directory
        if index == 0 and _INNER in directory.tags:
            for place in directory.tags[_INNER].read(0, _MOST_SUBDIRECTORIES).tolist():
                yield _read(blob, form, place)[0]
        offset = following


def _read(blob: Blob, form: Format, offset: int) -> tuple[Directory, int]:
    """Return a directory, and where the next one lies."""
    (count,) = _unpack(blob, form.order + form.count, offset)
    if count > _MOST_ENTRIES:
        raise CorruptSourceError("a directory of the TIFF has too many entries")
    start = offset + struct.calcsize(form.count)
    wide = form.count == "Q"
    layout = struct.Struct(form.order + ("HHQ8s" if wide else "HHI4s"))
    data = blob.read(start, count * form.entry)
    if len(data) < count * form.entry:
        raise CorruptSourceError("a directory of the TIFF lies past the end")
    tags: dict[int, Values] = {}
    for index, (code, kind, number, field) in enumerate(layout.iter_unpack(data)):
        if kind not in _NUMBERS or code in tags:
            continue
        dtype = np.dtype(form.order + _NUMBERS[kind])
        place = start + (index + 1) * form.entry - len(field)
        if number * dtype.itemsize > len(field):
            (place,) = struct.unpack(form.order + ("Q" if wide else "I"), field)
        tags[code] = Values(blob, dtype, place, number)
    (following,) = _unpack(blob, form.order + form.link, start + len(data))
    return Directory(offset, tags), following


def _unpack(blob: Blob, layout: str, offset: int) -> tuple[int, ...]:
    try:
        return struct.unpack(layout, blob.read(offset, struct.calcsize(layout)))
    except (struct.error, OverflowError, OSError) as error:
        raise CorruptSourceError("a directory of the TIFF lies past the end") from error
