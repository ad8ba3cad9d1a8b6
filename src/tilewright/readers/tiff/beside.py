"""What GDAL keeps beside a TIFF: overviews in ``NAME.ovr``, a mask in ``NAME.msk``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tilewright.blobs.local import LocalBlob, local_source
from tilewright.errors import TilewrightError
from tilewright.geometry import Size, Window
from tilewright.image import Array, Encoded, ImageInfo, Level, Mask, Plane
from tilewright.readers import Opening
from tilewright.readers.tiff.reader import TiffReader


def with_files_beside(reader: TiffReader, opening: Opening) -> "TiffReader | CompanionReader":
    """Return the reader with the overviews and the mask that lie beside its file.

    A file there that fits in nothing, or is damaged, is left alone: the TIFF stands for itself.
    """
    path = opening.blob.path
    if path is None or opening.source.options:
        return reader
    overviews = _opened(f"{path}.ovr", opening)
    if overviews is not None and not _fits(reader.info, overviews.info):
        overviews.close()
        overviews = None
    mask = _opened(f"{path}.msk", opening)
    if mask is not None and mask.info.size != reader.info.size:
        mask.close()
        mask = None
    if overviews is None and mask is None:
        return reader
    return CompanionReader(reader, overviews, mask)


def _opened(path: str, opening: Opening) -> TiffReader | None:
    try:
        source = local_source(path)
        blob = LocalBlob(path)
    except TilewrightError:
        return None
    try:
        return TiffReader(replace(opening, source=source, blob=blob))
    except TilewrightError:
        blob.close()
        return None


def _fits(main: ImageInfo, beside: ImageInfo) -> bool:
    alike = (main.dtype, len(main.bands)) == (beside.dtype, len(beside.bands))
    coarsest = main.levels[-1].size
    smaller = beside.size.width <= coarsest.width and beside.size.height <= coarsest.height
    return alike and smaller and beside.size != coarsest and not beside.axes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a level of the whole is stored."""

    reader: TiffReader
    level: int
    mask: int | None
    """The level of the mask file that belongs to it."""


class CompanionReader:
    """A TIFF and the files beside it, as one image. Thread-safe, as its parts are."""

    thread_safe = True

    def __init__(
        self, main: TiffReader, overviews: TiffReader | None, mask: TiffReader | None
    ) -> None:
        """Put the levels in order; no pixel is read."""
        self._parts = [part for part in (main, overviews, mask) if part is not None]
        self._mask = mask
        whole = main.info.size
        stored = [(main, index, level) for index, level in enumerate(main.info.levels)]
        if overviews is not None:
            stored += [
                (overviews, index, replace(level, shrink=_quotient(whole, level.size)))
                for index, level in enumerate(overviews.info.levels)
            ]
        masks = {} if mask is None else {m.size: i for i, m in enumerate(mask.info.levels)}
        # A level without its mask would show what the mask hides.
        kept = [one for one in stored if mask is None or one[2].size in masks]
        self._places = [_Place(part, index, masks.get(level.size)) for part, index, level in kept]
        levels: tuple[Level, ...] = tuple(level for _, _, level in kept)
        self._info = replace(main.info, levels=levels, masked=main.info.masked or mask is not None)

    @property
    def info(self) -> ImageInfo:
        """The layout."""
        return self._info

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's values; see `Reader.read`."""
        place = self._places[level]
        data, mask = place.reader.read(place.level, window, bands=bands, plane=plane)
        if self._mask is None or place.mask is None:
            return data, mask
        stored, _ = self._mask.read(place.mask, window, bands=(0,), plane=Plane())
        valid: Mask = stored[0] != 0
        return data, valid if mask is None else mask & valid

    def encoded_tile(
        self, level: int, column: int, row: int, *, format: str, plane: Plane
    ) -> Encoded | None:
        """Return a stored tile as a file; None when pixels would differ."""
        if self._mask is not None:
            return None
        place = self._places[level]
        return place.reader.encoded_tile(place.level, column, row, format=format, plane=plane)

    def close(self) -> None:
        """Close all files."""
        for part in self._parts:
            part.close()


def _quotient(whole: Size, size: Size) -> tuple[float, float]:
    """Return the shrink of an overview of GDAL's, which is spread over the whole image."""
    return whole.width / size.width, whole.height / size.height
