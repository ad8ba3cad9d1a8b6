"""What a face of maps tells of an image: a layer, and how tile matrix sets lie over it."""

from dataclasses import dataclass
from functools import lru_cache

from tilewright.crs import WGS84
from tilewright.extent import bounds, extent
from tilewright.geo import Geo
from tilewright.geometry import Box, Size
from tilewright.image import ImageInfo
from tilewright.request import georeference
from tilewright.tms import TileMatrixSet

WHOLE_EARTH = Box(-180.0, -90.0, 360.0, 180.0)


@dataclass(frozen=True, slots=True)
class Layer:
    """An image that lies on the earth, under the name that a face calls it by."""

    name: str
    title: str
    info: ImageInfo
    abstract: str = ""

    @property
    def geo(self) -> Geo:
        """Where it lies. Raises ParameterError for an image that lies nowhere."""
        return georeference(self.info)

    @property
    def bounds(self) -> Box:
        """Degrees; x is the west, y the south. Across the antimeridian the east is above 180."""
        return bounds(self.geo, self.info.size, WGS84) or WHOLE_EARTH

    def bounds_in(self, crs: str) -> Box | None:
        """Return the smallest box in a CRS; None where the image has no end."""
        return bounds(self.geo, self.info.size, crs)


@dataclass(frozen=True, slots=True)
class MatrixLimits:
    """The tiles of a matrix that an image touches: first and last, both included."""

    zoom: int
    id: str
    first_column: int
    last_column: int
    first_row: int
    last_row: int


def limits(layer: Layer, tile_set: TileMatrixSet) -> tuple[MatrixLimits, ...]:
    """Return, for each useful zoom of a set, which tiles touch the image; empty when none do."""
    return _limits(layer.geo, layer.info.size, tile_set)


def zooms(layer: Layer, tile_set: TileMatrixSet) -> tuple[int, int]:
    """Return the coarsest and finest zooms worth asking for.

    From the image in one tile or so to its full resolution, or just past it.
    """
    return _zooms(layer.geo, layer.info.size, tile_set)


@lru_cache(maxsize=2048)
def _zooms(geo: Geo, size: Size, tile_set: TileMatrixSet) -> tuple[int, int]:
    box = bounds(geo, size, tile_set.crs)
    first, last = tile_set.zooms[0], tile_set.zooms[-1]
    if box is None:
        return first, last
    box = _inside(box, tile_set)
    pitch = ((box.width**2 + box.height**2) / (size.width**2 + size.height**2)) ** 0.5
    # A zoom within a twentieth of the image's own resolution shows all there is.
    deep = [z for z in tile_set.zooms if tile_set.matrix(z).cell_size >= pitch * 0.95]
    finest = min(
        last, (deep[-1] if deep else first) + (0 if _is_close(tile_set, deep, pitch) else 1)
    )
    coarse = [
        z
        for z in tile_set.zooms
        if max(
            box.width / tile_set.matrix(z).tile_width, box.height / tile_set.matrix(z).tile_height
        )
        <= tile_set.matrix(z).cell_size
    ]
    return min(coarse[-1] if coarse else first, finest), finest


def _inside(box: Box, tile_set: TileMatrixSet) -> Box:
    """Return the part of a box that the set's tiles cover: poles lie far outside Mercator's."""
    first = tile_set.matrices[0]
    right = first.left + first.columns * first.tile_width * first.cell_size
    bottom = first.top - first.rows * first.tile_height * first.cell_size
    left, low = max(box.x, first.left), max(box.y, bottom)
    wide, high = min(box.right, right) - left, min(box.bottom, first.top) - low
    return Box(left, low, wide, high) if wide > 0 and high > 0 else box


def _is_close(tile_set: TileMatrixSet, deep: list[int], pitch: float) -> bool:
    return bool(deep) and tile_set.matrix(deep[-1]).cell_size <= pitch * 1.05


@lru_cache(maxsize=2048)
def _limits(geo: Geo, size: Size, tile_set: TileMatrixSet) -> tuple[MatrixLimits, ...]:
    boxes = extent(geo, size, tile_set.crs)
    first, last = _zooms(geo, size, tile_set)
    found = []
    for zoom in range(first, last + 1):
        matrix = tile_set.matrix(zoom)
        if boxes is None:
            covered = [(0, 0, matrix.columns - 1, matrix.rows - 1)]
        else:
            covered = [one for box in boxes if (one := matrix.covering(box)) is not None]
        if covered:
            left, top, right, bottom = zip(*covered, strict=True)
            found.append(
                MatrixLimits(zoom, matrix.id, min(left), max(right), min(top), max(bottom))
            )
    return tuple(found)
