"""Answers too large to hold: drawn in strips from the top, and written as they come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from tilewright.config import Limits
from tilewright.drawing import Drawing, picture_raster
from tilewright.encode import Strips
from tilewright.errors import LimitError
from tilewright.geo import on_earth
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import ImageInfo, Picture, Raster
from tilewright.plan import covering_chunks, plan
from tilewright.render import needed_bands
from tilewright.request import Encoding, RenderRequest, Target
from tilewright.style import Orientation

STRIP_ROWS = 512
"""A multiple of the tiles' height in the files that are written."""
HELD_BYTES = 64 << 20
"""Smaller answers are made at once, and may be cached."""
_RGBA, _OPAQUE = 4, 255


@dataclass(frozen=True, slots=True)
class Strip:
    """Some rows of a target."""

    target: Target
    top: int
    rows: int

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the rows on the image. Raises OutsideError."""
        whole = self.target.grid(info)
        down = Affine.scale(1.0, 1.0, top=self.top)
        return Grid(Size(whole.size.width, self.rows), whole.affine @ down, whole.crs)


def is_large(info: ImageInfo, request: RenderRequest) -> bool:
    """Tell whether the raster that a request describes is one to be written in strips.

    A picture that is turned is none: its rows are columns of the image.
    """
    if request.style.orientation != Orientation():
        return False
    bytes_each = 4 if request.style.text else len(info.bands) * np.dtype(info.dtype).itemsize
    return request.target.grid(info).size.pixels * bytes_each > HELD_BYTES


def write(
    drawing: Drawing,
    request: RenderRequest,
    writer: Callable[[Strips, Encoding, BinaryIO], None],
    file: BinaryIO,
) -> None:
    """Write the raster that a request describes into a file that can be sought in.

    No more than a strip is held at a time. With a look it has four bands, the last one opacity.
    Raises LimitError before anything is read, other
    RequestErrors, SourceError and EncodeError.
    """
    info, geo = drawing.reader.info, drawing.reader.info.geo
    grid = request.target.grid(info)
    strips = [
        Strip(request.target, top, min(STRIP_ROWS, grid.size.height - top))
        for top in range(0, grid.size.height, STRIP_ROWS)
    ]
    _check(strips, grid, info, request, drawing.config.limits)

    def drawn() -> Iterator[Raster]:
        for strip in strips:
            if request.style.text:
                picture, placed = drawing.picture(
                    strip, request.style, request.plane, request.resampling
                )
                yield picture_raster(_with_alpha(picture), on_earth(placed, geo))
            else:
                raster = drawing.read(strip, None, request.plane, request.resampling)
                yield replace(raster, grid=on_earth(raster.grid, geo))

    writer(Strips(on_earth(grid, geo), drawn()), request.encoding, file)


def _with_alpha(picture: Picture) -> Picture:
    """Return a picture of four channels: whether a later strip is transparent is not known."""
    height, width, channels = picture.data.shape
    if channels == _RGBA:
        return picture
    data = np.full((height, width, _RGBA), _OPAQUE, np.uint8)
    data[..., :3] = picture.data
    return Picture(data)


def _check(
    strips: list[Strip], grid: Grid, info: ImageInfo, request: RenderRequest, limits: Limits
) -> None:
    if grid.size.height > limits.output_side:
        raise LimitError("output_side", grid.size.height, limits.output_side)
    if grid.size.pixels > limits.streamed_pixels:
        raise LimitError("streamed_pixels", grid.size.pixels, limits.streamed_pixels)
    bands = needed_bands(request.style, info) if request.style.channels else (0,)
    pixels = 0
    for strip in strips:
        reading = plan(info, strip.grid(info), limits, bands, request.resampling)
        if reading.window is not None:
            pixels += covering_chunks(reading.window, info.levels[reading.level]).pixels
        if pixels > limits.source_pixels:
            raise LimitError("source_pixels", pixels, limits.source_pixels)
