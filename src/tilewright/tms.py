"""Tile matrix sets (OGC 17-083r4): how a CRS's plane is cut into numbered tiles.

The sets come from `morecantile`, which is loaded when one is first asked for, from a folder of
the project's own, and, for any other CRS, from its area of use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tilewright.crs import (
    WGS84,
    area_of_use,
    canonical_crs,
    convert,
    metres_per_unit,
    northing_first,
    title,
)
from tilewright.errors import ConfigurationError, OutsideError, ParameterError
from tilewright.geometry import Affine, Box

if TYPE_CHECKING:
    import morecantile

WEB_MERCATOR_QUAD = "WebMercatorQuad"
PIXEL_METRES = 0.00028
"""The side of OGC's standardized rendering pixel."""
_DEEPEST = 25


@dataclass(frozen=True, slots=True)
class TileMatrix:
    """One zoom of a tile matrix set."""

    set_name: str
    id: str
    crs: str
    cell_size: float
    """Units of the CRS per pixel."""
    left: float
    top: float
    """The outer corner of the first tile, x to the east and y to the north."""
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    coalesced: tuple[tuple[int, int, int], ...] = ()
    """Rows near a pole: how many columns make one tile, from which row, to which row."""
    bottom_up: bool = False
    """True when rows are counted from the lower edge."""

    @property
    def scale_denominator(self) -> float:
        """How much smaller the map is than the ground, on OGC's pixel of 0.28 mm."""
        return self.cell_size * metres_per_unit(self.crs) / PIXEL_METRES

    def affine(self, column: int, row: int) -> Affine:
        """Return the map from pixel corners of a tile to the CRS. Raises OutsideError."""
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            raise OutsideError(
                f"tile {column},{row} is outside {self.columns}×{self.rows} tiles "
                f"of {self.set_name} at zoom {self.id}"
            )
        if self.bottom_up:
            row = self.rows - 1 - row
        wide = next((many for many, low, high in self.coalesced if low <= row <= high), 1)
        across = self.cell_size * wide
        left = self.left + column // wide * across * self.tile_width
        top = self.top - row * self.cell_size * self.tile_height
        return Affine(across, 0.0, left, 0.0, -self.cell_size, top)

    def covering(self, box: Box) -> tuple[int, int, int, int] | None:
        """Return the first column, first row, last column and last row that a box touches."""
        wide, high = self.cell_size * self.tile_width, self.cell_size * self.tile_height
        shy = 1e-9
        columns = _touched((box.x - self.left) / wide, (box.right - self.left) / wide, shy)
        rows = _touched((self.top - box.bottom) / high, (self.top - box.y) / high, shy)
        if columns[0] >= self.columns or rows[0] >= self.rows or columns[1] < 0 or rows[1] < 0:
            return None
        first_row, last_row = max(0, rows[0]), min(self.rows - 1, rows[1])
        if self.bottom_up:
            first_row, last_row = self.rows - 1 - last_row, self.rows - 1 - first_row
        return max(0, columns[0]), first_row, min(self.columns - 1, columns[1]), last_row


def _touched(low: float, high: float, shy: float) -> tuple[int, int]:
    first = int(np.floor(low + shy))
    return first, max(first, int(np.ceil(high - shy)) - 1)


@dataclass(frozen=True, slots=True)
class TileMatrixSet:
    """A named set of matrices, from the coarsest to the finest."""

    name: str
    title: str
    crs: str
    uri: str | None
    """OGC's registry address, where it has one."""
    matrices: tuple[TileMatrix, ...]
    first_zoom: int
    """The number of the first matrix: most begin with 0, some do not."""
    ordered_axes: tuple[str, str]
    """As the definition names and orders them."""

    @property
    def zooms(self) -> range:
        """The numbers of all matrices."""
        return range(self.first_zoom, self.first_zoom + len(self.matrices))

    def matrix(self, zoom: int) -> TileMatrix:
        """Return the matrix of a zoom. Raises OutsideError."""
        if zoom not in self.zooms:
            raise OutsideError(
                f"zoom {zoom} is outside {self.zooms.start} to {self.zooms.stop - 1} of {self.name}"
            )
        return self.matrices[zoom - self.first_zoom]

    def matrix_of(self, identifier: str) -> TileMatrix:
        """Return the matrix of that identifier. Raises OutsideError."""
        for matrix in self.matrices:
            if matrix.id == identifier:
                return matrix
        raise OutsideError(f"{self.name} has no tile matrix {identifier[:40]!r}")


class TileMatrixSets:
    """The sets that there are, by name: those that morecantile ships, and a folder's."""

    def __init__(self, folder: str | None = None) -> None:
        """Read nothing yet. ``folder`` holds files ``NAME.json`` in OGC's encoding."""
        self._folder = folder
        self._held: dict[str, TileMatrixSet] = {}
        self._by_crs: dict[str, TileMatrixSet] | None = None

    def names(self) -> list[str]:
        """Return all names: Web Mercator first, then by the alphabet.

        There are none without morecantile, which comes with tilewright[geo].
        """
        try:
            import morecantile  # noqa: PLC0415 - loaded when first asked for
        except ImportError:
            return []
        names = {*morecantile.tms.list(), *(path.stem for path in self._files())}
        return sorted(names, key=lambda name: (name != WEB_MERCATOR_QUAD, name))

    def __iter__(self) -> Iterator[TileMatrixSet]:
        return (self.get(name) for name in self.names())

    def get(self, name: str) -> TileMatrixSet:
        """Return the set of that name. Raises OutsideError, ConfigurationError."""
        found = self._held.get(name)
        if found is None:
            found = self._held[name] = self._load(name)
        return found

    def of_crs(self, crs: str) -> TileMatrixSet:
        """Return the set of a CRS: a known one, else quarters of its area of use.

        Raises ParameterError for a CRS whose definition says no area.
        """
        if self._by_crs is None:
            plain = [one for one in self if not any(matrix.coalesced for matrix in one.matrices)]
            # Of two sets of a CRS the first by name counts.
            self._by_crs = {one.crs: one for one in reversed(plain)}
        return self._by_crs.get(crs) or quad_of(crs)

    def _files(self) -> list[Path]:
        return [] if self._folder is None else sorted(Path(self._folder).glob("*.json"))

    def _load(self, name: str) -> TileMatrixSet:
        try:
            import morecantile  # noqa: PLC0415
        except ImportError as error:
            missing = "this server has no tile matrix sets, which come with tilewright[geo]"
            raise OutsideError(missing) from error
        for path in self._files():
            if path.stem == name:
                try:
                    text = path.read_text(encoding="utf-8")
                    return _ours(name, morecantile.TileMatrixSet.model_validate_json(text))
                except (OSError, ValueError, IndexError) as error:
                    raise ConfigurationError(f"{path.name} is no tile matrix set") from error
        if name not in morecantile.tms.list():
            raise OutsideError(f"there is no tile matrix set {name[:60]!r}")
        return _ours(name, morecantile.tms.get(name))


def _ours(name: str, known: "morecantile.TileMatrixSet") -> TileMatrixSet:
    crs = _crs_of(known)
    matrices = tuple(_matrix(name, crs, one, known) for one in known.tileMatrices)
    axes = tuple(known.orderedAxes or (("Lat", "Lon") if northing_first(crs) else ("E", "N")))
    return TileMatrixSet(
        name,
        known.title or name,
        crs,
        str(known.uri) if known.uri else None,
        matrices,
        int(known.tileMatrices[0].id),
        (axes[0], axes[1]),
    )


def _crs_of(known: "morecantile.TileMatrixSet") -> str:
    # Only the text tells CRS84 from EPSG:4326: they are the same but for their axes.
    if str(known.crs.root).endswith("CRS84"):
        return "OGC:CRS84"
    code = known.crs.to_epsg()
    return canonical_crs(known.crs.to_wkt() if code is None else f"EPSG:{code}")


def _matrix(name: str, crs: str, one: Any, known: "morecantile.TileMatrixSet") -> TileMatrix:
    first, second = one.pointOfOrigin
    left, corner = (second, first) if _is_flipped(known) else (first, second)
    bottom_up = one.cornerOfOrigin == "bottomLeft"
    top = corner + one.cellSize * one.tileHeight * one.matrixHeight if bottom_up else corner
    coalesced = tuple(
        (row.coalesce, row.minTileRow, row.maxTileRow) for row in one.variableMatrixWidths or ()
    )
    return TileMatrix(
        name,
        one.id,
        crs,
        float(one.cellSize),
        float(left),
        float(top),
        one.tileWidth,
        one.tileHeight,
        one.matrixWidth,
        one.matrixHeight,
        coalesced,
        bottom_up,
    )


def _is_flipped(known: "morecantile.TileMatrixSet") -> bool:
    """Tell whether the set's points of origin name the northing first."""
    axes = [axis.upper() for axis in known.orderedAxes or ()]
    if axes:
        return axes[0] in {"LAT", "Y", "N"}
    return northing_first(_crs_of(known))


@lru_cache(maxsize=64)
def quad_of(crs: str) -> TileMatrixSet:
    """Return the set that quarters a CRS's area of use. Raises ParameterError."""
    area = area_of_use(crs)
    if area is None:
        raise ParameterError("projection", "a CRS whose definition names its area of use", crs)
    west, south, east, north = area
    east = east + 360.0 if east < west else east
    x, y = np.meshgrid(np.linspace(west, east, 21), np.linspace(south, north, 21))
    x, y = convert(WGS84, crs, x.ravel(), y.ravel())
    kept = np.isfinite(x) & np.isfinite(y)
    side = max(float(np.ptp(x[kept])), float(np.ptp(y[kept]))) if kept.any() else 0.0
    # Of WKT a client may have written the area: a point, or one beyond the projection's domain.
    if not side * metres_per_unit(crs) > 1:
        raise ParameterError("projection", "a CRS whose area of use can be projected", crs)
    left, bottom = float(x[kept].min()), float(y[kept].min())
    name = crs if len(crs) < 40 else "quad"  # noqa: PLR2004
    matrices = tuple(
        TileMatrix(name, str(z), crs, side / 256 / 2**z, left, bottom + side, 256, 256, 2**z, 2**z)
        for z in range(_DEEPEST)
    )
    axes = ("N", "E") if northing_first(crs) else ("E", "N")
    return TileMatrixSet(name, title(crs), crs, None, matrices, 0, axes)
