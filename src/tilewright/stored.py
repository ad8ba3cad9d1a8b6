"""Stored tiles that are just what is asked: handed on as they lie in the file."""

from functools import lru_cache
from typing import cast

from tilewright.geometry import Affine, Size
from tilewright.image import Encoded, ImageInfo
from tilewright.pyramid import pyramid
from tilewright.readers import Reader, ReadsEncoded
from tilewright.request import (
    LevelRegion,
    MapTile,
    RenderRequest,
    Target,
    Tile,
    check_plane,
)

_DRIFT = 1 / 64
"""Pixels that two lattices may drift apart over a tile and still be one, as in `plan`."""


def stored_tile(reader: Reader, request: RenderRequest) -> Encoded | None:
    """Return the file's own tile when it is what a request asks for; None otherwise."""
    target, encoding = request.target, request.encoding
    as_stored = (encoding.quality, encoding.subsampling, encoding.lossless) == (None, None, False)
    if not (as_stored and _is_plain(request) and _reads_encoded(type(reader))):
        return None
    place = _chunk(reader.info, target)
    if place is None:
        return None
    check_plane(reader.info, request.plane)
    level, column, row = place
    return cast("ReadsEncoded", reader).encoded_tile(
        level, column, row, format=encoding.format, plane=request.plane
    )


def _is_plain(request: RenderRequest) -> bool:
    return request.clip is None and not request.style.text


@lru_cache(maxsize=64)
def _reads_encoded(kind: type[Reader]) -> bool:
    """Tell whether readers of a class hand out stored tiles: looked up once, as it is slow."""
    return issubclass(kind, ReadsEncoded)


def _chunk(info: ImageInfo, target: Target) -> tuple[int, int, int] | None:
    """Return the level, column and row of the chunk that is the whole target; None without."""
    match target:
        case Tile():
            return _place(info, target)
        case LevelRegion():
            return _part(info, target)
        case MapTile():
            return _map(info, target)
        case _:
            return None


def _part(info: ImageInfo, part: LevelRegion) -> tuple[int, int, int] | None:
    """Return the same for pixels of a level."""
    window = part.window
    for index, level in enumerate(info.levels):
        if level.shrink == part.shrink and level.chunk == window.size:
            column, left = divmod(window.x, window.width)
            row, top = divmod(window.y, window.height)
            inside = window.right <= level.size.width and window.bottom <= level.size.height
            return (index, column, row) if inside and left == top == 0 else None
    return None


def _place(info: ImageInfo, tile: Tile) -> tuple[int, int, int] | None:
    """Return the same for a tile of the pyramid."""
    zooms = pyramid(info)
    if not 0 <= tile.z <= zooms.max_zoom:
        return None
    side, shrink = info.tile_size, zooms.shrinks[tile.z]
    for index, level in enumerate(info.levels):
        if level.shrink == shrink and level.chunk == Size(side, side):
            across, down = level.size.width // side, level.size.height // side
            inside = 0 <= tile.x < across and 0 <= tile.y < down
            return (index, tile.x, tile.y) if inside else None
    return None


def _map(info: ImageInfo, tile: MapTile) -> tuple[int, int, int] | None:
    """Return the same for a tile of the earth, in a file that is cut along its matrices."""
    geo, size = info.geo, Size(tile.width, tile.height)
    if geo is None or not geo.straight or geo.crs != tile.matrix.crs or tile.buffer:
        return None
    affine = geo.affine.inverse() @ tile.grid(info).affine
    for index, level in enumerate(info.levels):
        if level.chunk != size:
            continue
        shrink_x, shrink_y = level.shrink
        onto = Affine.scale(1 / shrink_x, 1 / shrink_y) @ affine
        column, row = round(onto.c / size.width), round(onto.f / size.height)
        left, top = column * size.width, row * size.height
        right, bottom = onto(size.width, size.height)
        drift = max(
            abs(onto.c - left),
            abs(onto.f - top),
            abs(right - left - size.width),
            abs(bottom - top - size.height),
        )
        across, down = level.size.width // size.width, level.size.height // size.height
        if drift <= _DRIFT and 0 <= column < across and 0 <= row < down:
            return index, column, row
    return None
