"""The library in one word: an open image, without any server around it."""

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.crs import canonical_crs
from tilewright.engine import Engine
from tilewright.geometry import Box
from tilewright.image import Encoded, ImageInfo, Plane, Raster, Source
from tilewright.request import (
    Encoding,
    Fit,
    MapRegion,
    MapTile,
    Region,
    RenderRequest,
    Target,
    Tile,
    ordered,
)
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrixSets


class Image:
    """One image and the engine that reads it. Close it, or use it in a ``with`` block."""

    def __init__(self, source: Source, engine: Engine) -> None:
        """Nothing is opened before the first question."""
        self._source = source
        self._engine = engine

    @property
    def info(self) -> ImageInfo:
        """The layout of the image. Raises a SourceError."""
        return self._engine.info(self._source)

    def tile(
        self,
        z: int,
        x: int,
        y: int,
        *,
        format: str = "jpeg",
        quality: int | None = None,
        plane: Mapping[str, int] | None = None,
    ) -> Encoded:
        """Return a tile of the pyramid; z 0 holds the whole image."""
        return self._render(Tile(z, x, y), format, quality, plane)

    def region(
        self,
        box: tuple[float, float, float, float] | None = None,
        *,
        size: tuple[int | None, int | None] = (None, None),
        format: str = "png",
        quality: int | None = None,
        plane: Mapping[str, int] | None = None,
    ) -> Encoded:
        """Return a rectangle ``(x, y, width, height)`` of level-0 pixels; None is the whole.

        ``size`` is the output's (width, height); a side of None follows the other.
        """
        return self._render(_region(box, size), format, quality, plane)

    def map_tile(
        self,
        z: int,
        x: int,
        y: int,
        *,
        tile_matrix_set: str = WEB_MERCATOR_QUAD,
        format: str = "png",
        quality: int | None = None,
        plane: Mapping[str, int] | None = None,
    ) -> Encoded:
        """Return a tile of the earth; z 0 holds all of it.

        Raises ParameterError for an image that lies nowhere, OutsideError for a tile or a set
        that does not exist.
        """
        matrix = TileMatrixSets().get(tile_matrix_set).matrix(z)
        target = MapTile(matrix, x, y, matrix.tile_width, matrix.tile_height)
        return self._render(target, format, quality, plane)

    def map_region(
        self,
        bounds: tuple[float, float, float, float] | None = None,
        *,
        crs: str = "EPSG:4326",
        size: tuple[int | None, int | None] = (None, None),
        format: str = "tiff",
        quality: int | None = None,
        plane: Mapping[str, int] | None = None,
    ) -> Encoded:
        """Return a rectangle ``(left, bottom, right, top)`` of a CRS; None is the whole image.

        x is to the east and y to the north, whatever order the CRS's definition has. A left
        edge beyond the right one leads across the antimeridian.
        """
        name = canonical_crs(crs)
        box = None
        if bounds is not None:
            left, bottom, right, top = bounds
            box = ordered((left, top, right, bottom), name)
        return self._render(MapRegion(name, box, *size), format, quality, plane)

    def thumbnail(
        self, side: int = 256, *, format: str = "jpeg", quality: int | None = None
    ) -> Encoded:
        """Return the whole image, at most ``side`` pixels wide and high."""
        return self._render(Fit(side, side), format, quality, None)

    def read(
        self,
        box: tuple[float, float, float, float] | None = None,
        *,
        size: tuple[int | None, int | None] = (None, None),
        bands: Sequence[int] | None = None,
        plane: Mapping[str, int] | None = None,
    ) -> Raster:
        """Return measured values, shape (band, y, x), in the dtype of the file."""
        return self._engine.read(
            self._source, _region(box, size), bands=bands, plane=Plane.of(plane or {})
        )

    def associated(self, name: str) -> "Image":
        """Return a further image of the same file, such as ``label`` or ``macro``."""
        return Image(self._source.with_option("associated", name), self._engine)

    def close(self) -> None:
        """Close the file."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _render(
        self, target: Target, format: str, quality: int | None, plane: Mapping[str, int] | None
    ) -> Encoded:
        request = RenderRequest(
            target, Encoding(format, quality=quality), plane=Plane.of(plane or {})
        )
        return self._engine.render(self._source, request)


def open(path: str | os.PathLike[str], config: Config | None = None) -> Image:  # noqa: A001
    """Open a local image. Raises SourceNotFoundError when there is no such file."""
    return Image(local_source(path), Engine(config))


def _region(
    box: tuple[float, float, float, float] | None, size: tuple[int | None, int | None]
) -> Region:
    return Region(None if box is None else Box(*box), *size)
