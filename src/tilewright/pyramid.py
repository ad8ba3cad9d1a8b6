"""The zooms of an image, as viewers count them, whatever levels its file has."""

import math
from dataclasses import dataclass
from functools import lru_cache

from tilewright.geometry import Size
from tilewright.image import ImageInfo


@dataclass(frozen=True, slots=True)
class Pyramid:
    """Zoom 0 holds the whole image in one tile; each further zoom doubles both sides."""

    shrinks: tuple[tuple[float, float], ...]
    """By zoom: how many level-0 pixels a pixel spans, along x and y."""
    counts: tuple[tuple[int, int], ...]
    """By zoom: how many tiles lie across and down."""

    @property
    def max_zoom(self) -> int:
        """The zoom of full resolution."""
        return len(self.shrinks) - 1


def pyramid(info: ImageInfo) -> Pyramid:
    """Return the zooms of an image."""
    return _pyramid(info.size, info.tile_size, info.shrinks)


def max_zoom(info: ImageInfo) -> int:
    """Return the zoom of full resolution."""
    return pyramid(info).max_zoom


@lru_cache(maxsize=1024)
def _pyramid(size: Size, side: int, levels: tuple[tuple[float, float], ...]) -> Pyramid:
    """Return the zooms of that size in tiles of that side.

    A zoom's lattice is that of the file's own level when one is within a pixel of the power
    of two, as writers round sizes in their own ways: so stored tiles need no resampling.
    """
    top = max(0, math.ceil(math.log2(max(size.width, size.height) / side)))
    shrinks, counts = [], []
    for z in range(top + 1):
        exact = 2.0 ** (top - z)
        shrink = next((own for own in levels if _same_lattice(size, own, exact)), (exact, exact))
        shrinks.append(shrink)
        # Clients reckon with the exact power: they must find every tile that they ask for.
        counts.append((math.ceil(size.width / exact / side), math.ceil(size.height / exact / side)))
    return Pyramid(tuple(shrinks), tuple(counts))


def _same_lattice(size: Size, own: tuple[float, float], exact: float) -> bool:
    return (
        abs(size.width / own[0] - size.width / exact) <= 1
        and abs(size.height / own[1] - size.height / exact) <= 1
    )
