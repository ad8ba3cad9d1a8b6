"""Which pages of a TIFF are levels of one picture, which are masks, which stand alone."""

import math
from dataclasses import dataclass

from tifffile import TiffFile, TiffPage, TiffPageSeries

from tilewright.errors import CorruptSourceError, OutsideError, UnsupportedSourceError
from tilewright.geometry import Size
from tilewright.readers.tiff.metadata import photometric

_REDUCED, _MASK = 1, 4
_WHOLE_SLIDE = {"scn", "bif", "philips", "ndpi"}
"""Dialects whose first series need not be the scan: the largest one is."""
_GEO_TAGS = (33550, 33922, 34264, 34735, 42112, 42113)
"""GeoTIFF's tags and GDAL's own: GDAL spreads an overview over the whole image."""


@dataclass(frozen=True)
class Pyramid:
    """The series of each level, finest first, and the mask page of each, where there is one."""

    levels: tuple[TiffPageSeries, ...]
    masks: tuple[TiffPage | None, ...]


def page_size(page: TiffPage) -> Size:
    """Return a page's size. Raises CorruptSourceError when it has no pixels."""
    if page.imagewidth < 1 or page.imagelength < 1:
        raise CorruptSourceError("the TIFF has a page without pixels")
    return Size(int(page.imagewidth), int(page.imagelength))


def series_size(series: TiffPageSeries) -> Size:
    """Return the size of a series' pages."""
    return page_size(series.keyframe)


def find_pyramid(tiff: TiffFile, associated: str | None) -> Pyramid:
    """Return the main picture, or the associated image of that name."""
    if not tiff.series:
        raise CorruptSourceError("the TIFF has no image")
    if associated is not None:
        named = associated_series(tiff)
        if associated not in named:
            raise OutsideError(f"the image has no associated image {associated[:60]!r}")
        return Pyramid((named[associated],), (None,))
    main = _main(tiff)
    levels: dict[Size, TiffPageSeries] = {}
    for series in (*main.levels, *_further_levels(tiff, main)):
        levels.setdefault(series_size(series), series)
    ordered = sorted(levels.items(), key=lambda item: -item[0].pixels)
    masks = {
        page_size(page): page
        for series in tiff.series
        for level in series.levels
        if isinstance(page := level.keyframe, TiffPage) and _is_mask(page)
    }
    return Pyramid(
        tuple(series for _, series in ordered), tuple(masks.get(size) for size, _ in ordered)
    )


def _main(tiff: TiffFile) -> TiffPageSeries:
    candidates = [series for series in tiff.series if not _is_mask(series.keyframe)]
    if not candidates:
        raise UnsupportedSourceError("the TIFF holds nothing but masks")
    if candidates[0].kind in _WHOLE_SLIDE:
        return max(candidates, key=lambda series: series_size(series).pixels)
    return candidates[0]


def associated_series(tiff: TiffFile) -> dict[str, TiffPageSeries]:
    """Return the further images of the file by name: label, macro, thumbnail and others."""
    main = _main(tiff)
    taken = {id(main), *(id(series) for series in _further_levels(tiff, main))}
    named: dict[str, TiffPageSeries] = {}
    for index, series in enumerate(tiff.series):
        if id(series) in taken or _is_mask(series.keyframe):
            continue
        name = str(series.name or "").strip().lower().split("\n")[0][:60] or f"image {index}"
        named.setdefault(name if name not in named else f"{name} {index}", series)
    return named


def _further_levels(tiff: TiffFile, main: TiffPageSeries) -> list[TiffPageSeries]:
    """Return levels that the file keeps as series of their own.

    They have the same axes and dtype, and are marked as reduced (NewSubfileType bit 0) or
    smaller by a power of two.
    """
    if main.kind == "svs":
        return []  # an Aperio file names its levels; its label and macro are marked reduced too
    found = []
    for series in tiff.series:
        if series is main or _is_mask(series.keyframe):
            continue
        alike = series.axes == main.axes and series.dtype == main.dtype
        page = series.keyframe
        if alike and _shrinks(series_size(main), page_size(page), marked=_is_reduced(page)):
            found += list(series.levels)
    return found


def _shrinks(size: Size, smaller: Size, *, marked: bool) -> bool:
    factor = size.width / smaller.width
    if factor < 1.5:  # noqa: PLR2004
        return False
    if marked:
        return math.isclose(factor, size.height / smaller.height, rel_tol=0.05)
    power = 2 ** round(math.log2(factor))
    return all(
        small in {whole // power, -(-whole // power)}
        for whole, small in ((size.width, smaller.width), (size.height, smaller.height))
    )


def _is_mask(page: TiffPage) -> bool:
    return bool(page.subfiletype & _MASK) or photometric(page) == "MASK"


def _is_reduced(page: TiffPage) -> bool:
    return bool(page.subfiletype & _REDUCED)


def stated_shrink(first: TiffPage, size: Size) -> tuple[float, float]:
    """Return how many level-0 pixels a pixel of a level of that size spans, along x and y.

    GDAL spreads a level over the whole image, so the quotient of the sizes is the truth.
    Everyone else divides by a whole number and rounds the size.
    """
    whole = page_size(first)
    quotient = whole.width / size.width, whole.height / size.height
    if any(code in first.tags for code in _GEO_TAGS):
        return quotient
    factor = round(sum(quotient) / 2)
    rounded = all(
        side // factor <= small <= -(-side // factor)
        for side, small in ((whole.width, size.width), (whole.height, size.height))
    )
    return (float(factor), float(factor)) if rounded else quotient
