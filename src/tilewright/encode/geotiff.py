"""Where a raster lies on the earth, as the tags of a GeoTIFF. GDAL words them."""

from functools import lru_cache
from typing import TYPE_CHECKING

from tilewright.errors import EncodeError
from tilewright.geometry import Affine, Grid

if TYPE_CHECKING:
    from tifffile import TiffPage

GeoTags = tuple[tuple[int, str, int, bytes | tuple[int | float, ...], bool], ...]
"""As `tifffile.TiffWriter.write` takes them: code, type, count, value, once."""

_PLACES = {33550: "d", 33922: "d", 34264: "d"}
"""Pixel scale, tie points, matrix."""
_KEYS, _NUMBERS, _TEXTS = 34735, 34736, 34737


def geo_tags(grid: Grid) -> GeoTags:
    """Return the tags of a grid on the earth; none for one of pixels. Raises EncodeError."""
    return () if grid.crs is None else _tags(grid.crs, grid.affine)


@lru_cache(maxsize=64)
def _tags(crs: str, affine: Affine) -> GeoTags:
    """Return the tags that GDAL writes into a picture of one pixel."""
    import rasterio  # noqa: PLC0415 - needed for GeoTIFFs only, and slow to load
    import tifffile  # noqa: PLC0415
    from rasterio.errors import CRSError, RasterioError  # noqa: PLC0415
    from rasterio.io import MemoryFile  # noqa: PLC0415

    try:
        with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as held:
            with held.open(
                driver="GTiff",
                width=1,
                height=1,
                count=1,
                dtype="uint8",
                crs=rasterio.crs.CRS.from_user_input(crs),
                transform=rasterio.Affine(*_six(affine)),
            ):
                pass
            with tifffile.TiffFile(held) as file:
                return _copied(file.pages.first)
    except (CRSError, RasterioError) as error:
        raise EncodeError("GeoTIFF has no words for this coordinate reference system") from error


def _copied(page: "TiffPage") -> GeoTags:
    """Return a page's geographic tags."""
    tags: list[tuple[int, str, int, bytes | tuple[int | float, ...], bool]] = []
    for code, kind in {**_PLACES, _KEYS: "H", _NUMBERS: "d"}.items():
        value = page.tags.valueof(code)
        if value is not None:
            tags.append((code, kind, len(value), tuple(value), True))
    text = page.tags.valueof(_TEXTS)
    if text is not None:
        content = text.encode() if isinstance(text, str) else bytes(text)
        content = content.rstrip(b"\0") + b"\0"
        tags.append((_TEXTS, "s", len(content), content, True))
    return tuple(tags)


def _six(affine: Affine) -> tuple[float, ...]:
    return affine.a, affine.b, affine.c, affine.d, affine.e, affine.f
