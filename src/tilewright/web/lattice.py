"""Rectangles as whole pixels of a zoom, as viewers cut them: powers of two, rounded up."""

from tilewright.geometry import Box, Size, Window
from tilewright.image import ImageInfo
from tilewright.pyramid import pyramid
from tilewright.request import LevelRegion, Region

_HAIR = 1e-6
"""Pixels by which a product of a quotient may be too small."""


def cut(info: ImageInfo, window: Window, size: Size) -> LevelRegion | Region:
    """Return a window of full resolution at a size; where it is whole pixels of a zoom, as those.

    Such a tile lies on the lattice of a stored level, and needs no resampling.
    """
    zooms = pyramid(info)
    # The finest first: a corner of one pixel is one of coarser zooms, too.
    for zoom, shrink in reversed([*enumerate(zooms.shrinks)]):
        scale = 1 << (zooms.max_zoom - zoom)
        if _is_whole(window, size, scale, info.size):
            part = Window(window.x // scale, window.y // scale, size.width, size.height)
            if _is_there(info, shrink, part):
                return LevelRegion(shrink, part)
    box = Box(window.x, window.y, window.width, window.height)
    return Region(box, size.width, size.height)


def _is_whole(window: Window, size: Size, scale: int, whole: Size) -> bool:
    """Tell whether a window is ``size`` whole pixels of a zoom, up to the edge of the image."""
    if window.x % scale or window.y % scale:
        return False
    if window.width % scale and window.right != whole.width:
        return False
    if window.height % scale and window.bottom != whole.height:
        return False
    return (size.width, size.height) == (-(-window.width // scale), -(-window.height // scale))


def _is_there(info: ImageInfo, shrink: tuple[float, float], part: Window) -> bool:
    """Tell whether the level that a window is read from holds some of its last pixels.

    Writers may have rounded it down.
    """
    level = next(
        level
        for level in reversed(info.levels)
        if level.shrink[0] <= shrink[0] and level.shrink[1] <= shrink[1]
    )
    last_x, last_y = (part.right - 1) * shrink[0], (part.bottom - 1) * shrink[1]
    held_x, held_y = level.size.width * level.shrink[0], level.size.height * level.shrink[1]
    return last_x < held_x - _HAIR and last_y < held_y - _HAIR
