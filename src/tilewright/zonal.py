"""Measured values on the earth: at a place, and in a polygon.

Statistics in a polygon weigh each pixel by the share of it that lies inside. They are made from
the finest level on which the polygon's box has no more than a bounded number of pixels.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tilewright.config import Limits
from tilewright.coverage import coverage, covered_box
from tilewright.errors import LimitError, OutsideError
from tilewright.extent import pixel_at
from tilewright.gather import gather
from tilewright.geometry import Affine, Box, Grid, Size, Window
from tilewright.image import Array, ImageInfo, Mask, Plane
from tilewright.measure import checked_bands, measured
from tilewright.plan import covering_chunks, plan
from tilewright.polygon import Polygon
from tilewright.readers import Reader
from tilewright.request import check_plane, georeference
from tilewright.statistics import Wanted
from tilewright.statistics.weighted import WeightedStatistics, weighted_statistics

MOST_PIXELS = 1 << 22
"""Of one polygon's box; larger ones are looked at on a coarser level."""

_HELD_BYTES = 64 << 20
"""Values held at once; bands beyond that are read in a further round."""


@dataclass(frozen=True, slots=True)
class ZonalMeasurement:
    """What was found in a polygon."""

    bands: tuple[int, ...]
    statistics: tuple[WeightedStatistics, ...]
    """One for each band."""
    exact: bool
    """True: pixels of full resolution were counted."""
    pixels: int
    """How many pixels were looked at, in the polygon or not; 0 when it lies off the image."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaceValues:
    """The values of one pixel."""

    column: int
    row: int
    bands: tuple[int, ...]
    values: Array
    """Shape (band,), in the source's dtype."""
    valid: Mask
    """Shape (band,): True where something was measured."""


def zonal(
    reader: Reader,
    polygon: Polygon,
    bands: Sequence[int] | None,
    plane: Plane,
    wanted: Wanted,
    *,
    limits: Limits,
    most_pixels: int = MOST_PIXELS,
    piece_bytes: int = _HELD_BYTES,
) -> ZonalMeasurement:
    """Return the statistics of bands (None: all) in a polygon, weighted by coverage.

    A polygon off the image has no values. Raises ParameterError for an image that lies
    nowhere, OutsideError for a band or plane that is not there, LimitError and SourceError.
    """
    info = reader.info
    geo = georeference(info)
    chosen = checked_bands(info, bands, limits)
    check_plane(info, plane)
    box = covered_box(polygon, info.size, geo)
    if box is None:
        nothing = WeightedStatistics(0.0, 0, 0)
        return ZonalMeasurement(chosen, (nothing,) * len(chosen), exact=True, pixels=0)
    grid, exact = _grid(info, box, most_pixels)
    weights = coverage(polygon, grid, geo)
    found: list[WeightedStatistics] = []
    for group in _groups(info, chosen, grid.size):
        raster = gather(reader, plan(info, grid, limits, group), plane, piece_bytes)
        for band, layer in zip(group, raster.data, strict=True):
            valid = measured(layer, raster.mask, info.bands[band].nodata)
            found.append(weighted_statistics(layer, weights, valid, wanted))
    return ZonalMeasurement(chosen, tuple(found), exact, grid.size.pixels)


def place_values(
    reader: Reader,
    place: tuple[float, float],
    crs: str,
    bands: Sequence[int] | None,
    plane: Plane,
    *,
    limits: Limits,
) -> PlaceValues:
    """Return the values of the level-0 pixel that holds a place (x, y) of a CRS.

    Raises ParameterError for an image that lies nowhere, OutsideError for a place off the
    image and for a band or plane that is not there, LimitError and SourceError.
    """
    info = reader.info
    found = pixel_at(georeference(info), info.size, place, crs)
    if found is None:
        raise OutsideError("the place lies outside the image")
    column, row = found
    chosen = checked_bands(info, bands, limits)
    check_plane(info, plane)
    window = Window(column, row, 1, 1)
    decoded = covering_chunks(window, info.levels[0]).pixels
    if decoded > limits.source_pixels:
        raise LimitError("source_pixels", decoded, limits.source_pixels)
    data, mask = reader.read(0, window, bands=chosen, plane=plane)
    valid = [
        measured(layer, mask, info.bands[band].nodata)[0, 0]
        for band, layer in zip(chosen, data, strict=True)
    ]
    return PlaceValues(column, row, chosen, data[:, 0, 0].copy(), np.array(valid, np.bool_))


def _grid(info: ImageInfo, box: Box, most_pixels: int) -> tuple[Grid, bool]:
    """Return pixels of the finest level that may be looked at, or blocks of the coarsest's."""
    for index, level in enumerate(info.levels):
        grid = _lattice(box, level.shrink, level.size)
        if grid.size.pixels <= most_pixels:
            return grid, index == 0
    level = info.levels[-1]
    block = math.ceil(math.sqrt(_lattice(box, level.shrink, level.size).size.pixels / most_pixels))
    while True:
        shrink = level.shrink[0] * block, level.shrink[1] * block
        size = Size(-(-level.size.width // block), -(-level.size.height // block))
        grid = _lattice(box, shrink, size)
        if grid.size.pixels <= max(1, most_pixels):
            return grid, False
        block += 1


def _lattice(box: Box, shrink: tuple[float, float], size: Size) -> Grid:
    """Return the pixels of a lattice over the image that a box touches."""
    left, top = int(box.x / shrink[0]), int(box.y / shrink[1])
    left, top = min(left, size.width - 1), min(top, size.height - 1)
    right = min(size.width, math.ceil(box.right / shrink[0] - 1e-9))
    bottom = min(size.height, math.ceil(box.bottom / shrink[1] - 1e-9))
    return Grid(
        Size(max(1, right - left), max(1, bottom - top)),
        Affine.scale(*shrink, left=left * shrink[0], top=top * shrink[1]),
    )


def _groups(info: ImageInfo, bands: tuple[int, ...], size: Size) -> Iterator[tuple[int, ...]]:
    """Yield as many bands as may be held at once."""
    most = max(1, _HELD_BYTES // (size.pixels * np.dtype(info.dtype).itemsize))
    for start in range(0, len(bands), most):
        yield bands[start : start + most]
