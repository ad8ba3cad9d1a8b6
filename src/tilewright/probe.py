"""Measured values at points: along a line, and through a stack."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tilewright.config import Limits
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.geometry import Window
from tilewright.image import Array, ImageInfo, Mask, Plane
from tilewright.measure import checked_bands, measured
from tilewright.plan import covering_chunks
from tilewright.readers import Reader
from tilewright.request import check_plane

MOST_SAMPLES = 4096
MOST_POINTS = 256
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Values along a line, at equal distances."""

    distances: Doubles
    """From the first point, in level-0 pixels; shape (sample,)."""
    places: Doubles
    """x and y of each sample, in level-0 pixels; shape (sample, 2)."""
    values: Array
    """Shape (band, sample), in the source's dtype."""
    valid: Mask
    """Shape (band, sample): True where something was measured."""
    level: int
    """Which level was read: the coarsest that is as fine as the samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The values of one pixel in all planes of an axis."""

    values: Array
    """Shape (plane, band), in the source's dtype."""
    valid: Mask
    """Shape (plane, band): True where something was measured."""


def profile(
    reader: Reader,
    points: Sequence[tuple[float, float]],
    bands: Sequence[int] | None,
    plane: Plane,
    limits: Limits,
    *,
    samples: int | None = None,
) -> Profile:
    """Return the values under a line through points, given in level-0 pixels as x, y.

    Each sample is that of the pixel it falls into. Without a count there is one sample for
    each pixel of length, up to `MOST_SAMPLES`. What lies outside the image is not valid. Raises
    ParameterError, OutsideError, LimitError and SourceError.
    """
    info = reader.info
    chosen = checked_bands(info, bands, limits)
    check_plane(info, plane)
    distances, places = _samples(points, samples)
    spacing = distances[1] - distances[0]
    index = max(i for i, level in enumerate(info.levels) if i == 0 or max(level.shrink) <= spacing)
    level = info.levels[index]
    columns = np.floor(places[:, 0] / level.shrink[0]).astype(np.int64)
    rows = np.floor(places[:, 1] / level.shrink[1]).astype(np.int64)
    inside = (places >= 0).all(1) & (places < (info.size.width, info.size.height)).all(1)
    # The last pixels of a level may be cut off: they stand for what is left.
    columns = columns.clip(0, level.size.width - 1)
    rows = rows.clip(0, level.size.height - 1)
    values = np.zeros((len(chosen), len(places)), np.dtype(info.dtype))
    valid = np.zeros(values.shape, np.bool_)
    across = -(-level.size.width // level.chunk.width)
    chunks = np.where(
        inside, rows // level.chunk.height * across + columns // level.chunk.width, -1
    )
    touched = np.unique(chunks[inside])
    decoded = len(touched) * level.chunk.pixels
    if decoded > limits.source_pixels:
        raise LimitError("source_pixels", decoded, limits.source_pixels)
    for chunk in touched:
        here = np.flatnonzero(chunks == chunk)
        x, y = int(columns[here].min()), int(rows[here].min())
        wide, high = int(columns[here].max()) - x + 1, int(rows[here].max()) - y + 1
        data, known = _read(reader, index, Window(x, y, wide, high), chosen, plane)
        values[:, here] = data[:, rows[here] - y, columns[here] - x]
        valid[:, here] = known[:, rows[here] - y, columns[here] - x]
    return Profile(distances, places, values, valid, index)


def values_at(
    reader: Reader,
    place: tuple[float, float],
    axis: str,
    bands: Sequence[int] | None,
    plane: Plane,
    *,
    limits: Limits,
) -> Stack:
    """Return the values of the level-0 pixel at a place (x, y) in all planes of an axis.

    ``plane`` says where the other axes stand. Raises OutsideError, LimitError and SourceError.
    """
    info = reader.info
    chosen = checked_bands(info, bands, limits)
    check_plane(info, plane)
    x, y = place
    if not (0 <= x < info.size.width and 0 <= y < info.size.height):
        raise OutsideError("the pixel lies outside the image")
    window = Window(int(x), int(y), 1, 1)
    planes = _planes(info, axis, plane)
    decoded = len(planes) * covering_chunks(window, info.levels[0]).pixels
    if decoded > limits.source_pixels:
        raise LimitError("source_pixels", decoded, limits.source_pixels)
    read = [_read(reader, 0, window, chosen, one) for one in planes]
    return Stack(
        np.stack([data[:, 0, 0] for data, _ in read]),
        np.stack([known[:, 0, 0] for _, known in read]),
    )


def _planes(info: ImageInfo, axis: str, plane: Plane) -> list[Plane]:
    sizes = {one.name: one.size for one in info.axes}
    if axis not in sizes:
        raise OutsideError(f"the image has no axis {axis!r}")
    fixed = dict(plane.indices)
    return [Plane.of({**fixed, axis: index}) for index in range(sizes[axis])]


def _read(
    reader: Reader, level: int, window: Window, bands: Sequence[int], plane: Plane
) -> tuple[Array, Mask]:
    """Return a window's values, and where each band was measured, both (band, y, x)."""
    data, mask = reader.read(level, window, bands=bands, plane=plane)
    nodata = [reader.info.bands[band].nodata for band in bands]
    known = [measured(layer, mask, value) for layer, value in zip(data, nodata, strict=True)]
    return data, np.stack(known)


def _samples(points: Sequence[tuple[float, float]], samples: int | None) -> tuple[Doubles, Doubles]:
    """Return distances along the line, and places there, at equal steps from end to end."""
    if not 2 <= len(points) <= MOST_POINTS:  # noqa: PLR2004 - a line has two ends
        raise ParameterError("points", f"2 to {MOST_POINTS} points", len(points))
    if not all(math.isfinite(value) for point in points for value in point):
        raise ParameterError("points", "finite numbers")
    lengths = [math.dist(start, end) for start, end in pairwise(points)]
    corners = np.concatenate([[0.0], np.cumsum(lengths)])
    length = float(corners[-1])
    if not 0 < length < math.inf:
        raise ParameterError("points", "a line with a length")
    if samples is not None and not 2 <= samples <= MOST_SAMPLES:  # noqa: PLR2004
        raise ParameterError("samples", f"a whole number from 2 to {MOST_SAMPLES}", samples)
    count = samples or min(MOST_SAMPLES, max(2, math.ceil(length) + 1))
    distances = np.linspace(0, length, count)
    along = [np.interp(distances, corners, [point[axis] for point in points]) for axis in (0, 1)]
    return distances, np.stack(along, 1)
