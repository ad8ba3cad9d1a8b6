"""The axes of a series that lead from page to page."""

import math

from tifffile import TIFF, TiffFrame, TiffPage, TiffPageSeries

from tilewright.errors import CorruptSourceError, UnsupportedSourceError

CHANNELS = "C"
"""The axis whose positions are bands, not planes."""
_AXIS_NAMES = {"Z": "z", "T": "t", "I": "frame"}
"""The axes that URLs name; pages of no stated kind are frames."""


def outer_axes(series: TiffPageSeries) -> tuple[tuple[str, int], ...]:
    """Return the axes that lead from page to page, with their sizes, slowest first.

    Writers give the samples inside a page any letter, so the sizes tell where a page begins.
    The first axis of channels keeps its letter, as its positions are bands.
    """
    shape = series.get_shape(squeeze=True)
    pages, rest = divmod(math.prod(shape), math.prod(series.keyframe.shape))
    outer: list[tuple[str, int]] = []
    for axis, size in zip(series.get_axes(squeeze=True), shape, strict=True):
        if math.prod(size for _, size in outer) == pages:
            break
        name = axis if axis == CHANNELS else _axis_name(axis)
        taken = sum(other.rstrip("0123456789") == name for other, _ in outer)
        outer.append((f"{name}{taken + 1}" if taken else name, int(size)))
    if rest or math.prod(size for _, size in outer) != pages:
        raise CorruptSourceError("the planes of the TIFF are not whole pages")
    return tuple(outer)


def series_page(series: TiffPageSeries, index: int) -> TiffPage | TiffFrame:
    """Return the page at a position of the outer axes, flattened.

    Raises UnsupportedSourceError when it is not in this file.
    """
    if series.is_truncated and index:
        return _page_behind(series.keyframe, index)
    page = series[index] if index < len(series) else None
    if page is None:
        raise UnsupportedSourceError("a plane of the TIFF is not in this file")
    return page


def _page_behind(first: TiffPage, index: int) -> TiffFrame:
    """Return a page that has no directory: its pixels lie behind those of the first one."""
    offsets = tuple(int(offset) + index * first.nbytes for offset in first.dataoffsets)
    return TiffFrame(
        first.parent,
        index,
        keyframe=first,
        dataoffsets=offsets,
        databytecounts=first.databytecounts,
    )


def _axis_name(axis: str) -> str:
    return _AXIS_NAMES.get(axis) or str(TIFF.AXES_NAMES.get(axis, axis)).lower()
