"""Write a cloud-optimised GeoTIFF from finished tiles: all directories first, then the tiles."""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilewright.geometry import Affine, Size

_ASCII, _SHORT, _LONG, _DOUBLE = 2, 3, 4, 12
_CODES = {_ASCII: "s", _SHORT: "H", _LONG: "I", _DOUBLE: "d"}

Tag = tuple[int, int, "bytes | tuple[int | float, ...]"]
"""Number, field type, values."""

JPEG = 7
DEFLATE = 8
FLOAT = 3
"""Sample format and predictor of floating-point data."""


@dataclass(frozen=True, slots=True)
class TiledLevel:
    """One resolution: its size, and its tiles row by row, each a complete stream."""

    size: Size
    tiles: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What all levels share."""

    tile: int
    """The side of a tile, in pixels; a multiple of 16."""
    color: bool
    """True: three bytes a pixel, JPEG. False: one float32 a pixel, deflate and predictor 3."""
    epsg: int
    """The code of a projected CRS in metres."""
    affine: Affine
    description: str
    nodata: float | None = None


def write_cog(path: Path, levels: Sequence[TiledLevel], layout: Layout) -> None:
    """Write the levels, finest first, beside ``path``, then put the file in its place.

    A classic TIFF, little endian: below 4 GiB.
    """
    counts = [[len(tile) for tile in level.tiles] for level in levels]
    blank = [[0] * len(level.tiles) for level in levels]
    header = len(_directories(levels, layout, blank, counts))
    offsets, end = [list(row) for row in blank], header
    # small levels first: an overview needs only the beginning of the file
    for index in reversed(range(len(levels))):
        for at, count in enumerate(counts[index]):
            offsets[index][at] = end
            end += count + count % 2
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(_directories(levels, layout, offsets, counts))
            for level in reversed(levels):
                for tile in level.tiles:
                    file.write(tile + b"\0" * (len(tile) % 2))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _directories(
    levels: Sequence[TiledLevel],
    layout: Layout,
    offsets: list[list[int]],
    counts: list[list[int]],
) -> bytes:
    data = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for index, level in enumerate(levels):
        tags = sorted(_tags(level, layout, index, offsets[index], counts[index]))
        table = len(data)
        last = index == len(levels) - 1
        data += bytes(2 + 12 * len(tags) + 4)
        struct.pack_into("<H", data, table, len(tags))
        for at, (number, kind, values) in enumerate(tags):
            count = len(values)
            code = f"<{count}{_CODES[kind]}"
            raw = struct.pack(code, values) if kind == _ASCII else struct.pack(code, *values)
            if len(raw) <= 4:  # noqa: PLR2004
                field = raw.ljust(4, b"\0")
            else:
                field = struct.pack("<I", len(data))
                data += raw + b"\0" * (len(raw) % 2)
            struct.pack_into("<HHI4s", data, table + 2 + 12 * at, number, kind, count, field)
        struct.pack_into("<I", data, table + 2 + 12 * len(tags), 0 if last else len(data))
    return bytes(data)


def _tags(
    level: TiledLevel, layout: Layout, index: int, offsets: list[int], counts: list[int]
) -> list[Tag]:
    tags: list[Tag] = [
        (254, _LONG, (int(index > 0),)),
        (256, _LONG, (level.size.width,)),
        (257, _LONG, (level.size.height,)),
        (322, _SHORT, (layout.tile,)),
        (323, _SHORT, (layout.tile,)),
        (324, _LONG, tuple(offsets)),
        (325, _LONG, tuple(counts)),
        (284, _SHORT, (1,)),
    ]
    if layout.color:
        tags += [
            (258, _SHORT, (8, 8, 8)),
            (259, _SHORT, (JPEG,)),
            (262, _SHORT, (6,)),
            (277, _SHORT, (3,)),
            (530, _SHORT, (2, 2)),
        ]
    else:
        tags += [
            (258, _SHORT, (32,)),
            (259, _SHORT, (DEFLATE,)),
            (262, _SHORT, (1,)),
            (277, _SHORT, (1,)),
            (317, _SHORT, (FLOAT,)),
            (339, _SHORT, (FLOAT,)),
        ]
    if layout.nodata is not None:
        tags.append((42113, _ASCII, f"{layout.nodata:g}\0".encode()))
    if index == 0:
        affine = layout.affine
        tags += [
            (270, _ASCII, f"{layout.description}\0".encode("ascii")),
            (305, _ASCII, b"Tilewright\0"),
            (33550, _DOUBLE, (affine.a, -affine.e, 0.0)),
            (33922, _DOUBLE, (0.0, 0.0, 0.0, affine.c, affine.f, 0.0)),
            # version 1.1; projected, pixels are areas, the CRS, metres
            (
                34735,
                _SHORT,
                (
                    1,
                    1,
                    0,
                    4,
                    *(1024, 0, 1, 1),
                    *(1025, 0, 1, 1),
                    *(3072, 0, 1, layout.epsg),
                    *(3076, 0, 1, 9001),
                ),
            ),
        ]
    return tags
