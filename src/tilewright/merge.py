"""What several images are together: one layout, as if they were one file. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilewright.crs import WGS84, period
from tilewright.errors import ParameterError
from tilewright.extent import bounds
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Size
from tilewright.image import Axis, Band, ImageInfo, Level
from tilewright.mosaic import MEANS, Method

PARAMETER = "images"
_CHUNK = Size(256, 256)
_COARSEST = 256
_LONGEST_SIDE = 1 << 40
"""Pixels; only images of millimetres, a continent apart, would make a longer one."""


def merged(infos: Sequence[ImageInfo], method: Method) -> ImageInfo:
    """Return the layout of a mosaic or a stack of these images, at least one.

    On the earth it covers all of them, in their CRS, or in degrees where they have several,
    with pixels as small as the smallest. Without any CRS all have one size, and the layout
    has the first one's levels. It has axes where all have the same. Raises ParameterError for
    images that do not fit together.
    """
    first = infos[0]
    if method == "stack":
        bands = tuple(_stacked(info) for info in infos)
        dtype = np.result_type(*(np.dtype(info.dtype) for info in infos)).name
    elif method == "count":
        bands, dtype = (Band("count", "gray"),), "uint16"
    else:
        _check_alike(infos, method)
        bands, dtype = first.bands, first.dtype
    size, levels, geo = _place(infos)
    own = method not in {"stack", "count"}
    return ImageInfo(
        size=size,
        levels=levels,
        bands=bands,
        dtype=dtype,
        format=f"{len(infos)} images",
        palette=first.palette if own else None,
        masked=True,
        geo=geo,
        axes=_axes(infos),
    )


def _axes(infos: Sequence[ImageInfo]) -> tuple[Axis, ...]:
    """Return the axes when they are the same in all; none otherwise, so that one plane is shown."""
    alike = {tuple((axis.name, axis.size) for axis in info.axes) for info in infos}
    return infos[0].axes if len(alike) == 1 else ()


def _stacked(info: ImageInfo) -> Band:
    """Return the first band as one of a stack: its colour, or its palette, is gone."""
    return replace(info.bands[0], interpretation="undefined")


def _check_alike(infos: Sequence[ImageInfo], method: Method) -> None:
    first = infos[0]
    if first.palette is not None and method in MEANS:
        raise ParameterError("method", "first, last, highest, lowest or count for palettes", method)
    for number, info in enumerate(infos[1:], 2):
        for what, one, other in (
            ("band count", len(first.bands), len(info.bands)),
            ("dtype", first.dtype, info.dtype),
            ("order of colours", first.interpretations, info.interpretations),
            ("palette", first.palette, info.palette),
            ("scale and offset", _scales(first), _scales(info)),
        ):
            if one != other:
                raise ParameterError(
                    PARAMETER, f"of one {what}: number {number} differs from the first"
                )


def _scales(info: ImageInfo) -> list[tuple[float, float]]:
    return [(band.scale, band.offset) for band in info.bands]


def _place(infos: Sequence[ImageInfo]) -> tuple[Size, tuple[Level, ...], Geo | None]:
    geos = [info.geo for info in infos if info.geo is not None]
    if not geos:
        first = infos[0]
        for number, info in enumerate(infos[1:], 2):
            if info.size != first.size:
                raise ParameterError(
                    PARAMETER,
                    f"of one size where they lie nowhere on the earth: number {number} differs",
                )
        return first.size, first.levels, None
    if len(geos) < len(infos):
        number = next(index for index, info in enumerate(infos, 1) if info.geo is None)
        raise ParameterError(
            PARAMETER, f"all on the earth, or none: number {number} has no coordinate system"
        )
    crs = geos[0].crs if all(geo.crs == geos[0].crs for geo in geos) else WGS84
    boxes = [_bounds(geo, info.size, crs) for geo, info in zip(geos, infos, strict=True)]
    pitch = min(_pitch(box, info.size) for box, info in zip(boxes, infos, strict=True))
    box = around(boxes, period(crs))
    pitch = max(pitch, max(box.width, box.height) / _LONGEST_SIDE)
    size = Size(max(1, round(box.width / pitch)), max(1, round(box.height / pitch)))
    affine = Affine(box.width / size.width, 0.0, box.x, 0.0, -box.height / size.height, box.bottom)
    return size, _levels(size), Geo(crs, affine)


def _bounds(geo: Geo, size: Size, crs: str) -> Box:
    box = bounds(geo, size, crs)
    if box is None:
        raise ParameterError(PARAMETER, "images that have bounds on the earth")
    return box


def _pitch(box: Box, size: Size) -> float:
    return math.hypot(box.width, box.height) / math.hypot(size.width, size.height)


def around(boxes: Sequence[Box], turn: float | None) -> Box:
    """Return the smallest box around boxes, the shorter way round the earth.

    ``turn`` is how far to the east one comes back to the same place; None where one does not.
    """
    left, right = np.array([box.x for box in boxes]), np.array([box.right for box in boxes])
    start, end = float(left.min()), float(right.max())
    if turn is not None:
        # The best box begins where one of them does.
        moved = right + turn * np.ceil((left[:, np.newaxis] - left) / turn)
        widths = moved.max(1) - left
        best = int(widths.argmin())
        if widths[best] < end - start:
            start, end = float(left[best]), float(left[best] + widths[best])
        end = min(end, start + max(turn, float((right - left).max())))
    low, high = min(box.y for box in boxes), max(box.bottom for box in boxes)
    return Box(start, low, end - start, high - low)


def _levels(size: Size) -> tuple[Level, ...]:
    """Return levels of halves: no file has them, but samples are taken of the coarse ones."""
    levels = [Level(size, (1.0, 1.0), _CHUNK)]
    while max(levels[-1].size.width, levels[-1].size.height) > _COARSEST:
        shrink = 2.0 ** len(levels)
        halved = Size(math.ceil(size.width / shrink), math.ceil(size.height / shrink))
        levels.append(Level(halved, (shrink, shrink), _CHUNK))
    return tuple(levels)
