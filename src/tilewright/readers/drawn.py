"""Images that a function draws, chunk by chunk, as they are looked at.

There is no file: the engine opens such an image by the scheme of its uri, so nothing that a
client sends or stores can become one.
"""

import logging
import math
from collections.abc import Callable, Hashable, Sequence
from itertools import product

import numpy as np

from tilewright.errors import DrawError, TilewrightError
from tilewright.geo import Geo
from tilewright.geometry import Size, Window
from tilewright.image import Array, Axis, Band, ImageInfo, Level, Mask, Plane, Source
from tilewright.readers import ChunkStore

Draw = Callable[[Window, int, Plane], Array]
"""Draws a window of a level, in that level's own pixels, as (band, y, x) or, of one band, (y, x).
It must return the same for the same, from any thread."""
Run = Callable[[Hashable, Callable[[], Array]], Array]
"""Has the chunk of a key drawn by a call, here or in another thread."""

_TILE = 256

logger = logging.getLogger(__name__)


class DrawnReader:
    """Calls the function for whole chunks, which are kept, and cuts windows from them.

    So no pixel is drawn twice for the tiles around it, and a function sees few kinds of windows.
    """

    thread_safe = True

    def __init__(
        self,
        source: Source,
        info: ImageInfo,
        draw: Draw,
        chunks: ChunkStore,
        *,
        run: Run = lambda _, draw: draw(),
    ) -> None:
        """Draw nothing yet. ``source`` names the chunks: another image has another one."""
        self._source = source
        self._info = info
        self._draw = draw
        self._chunks = chunks
        self._run = run

    @property
    def info(self) -> ImageInfo:
        """The layout."""
        return self._info

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's numbers (band, y, x), and no mask: nodata values and NaN tell.

        Raises DrawError when the function fails, or returns what was not promised.
        """
        chunk = self._info.levels[level].chunk
        columns = range(window.x // chunk.width, -(-window.right // chunk.width))
        rows = range(window.y // chunk.height, -(-window.bottom // chunk.height))
        wanted = list(bands)
        pick: list[int] | slice = slice(None) if wanted == [*range(self._count)] else wanted
        if len(columns) == len(rows) == 1:
            place, data = self._chunk(level, columns[0], rows[0], plane)
            return _cut(data, place, window)[pick], None
        joined = np.empty((len(wanted), window.height, window.width), self._info.dtype)
        for column, row in product(columns, rows):
            place, data = self._chunk(level, column, row, plane)
            part = _cut(data, place, window)[pick]
            x, y = max(place.x - window.x, 0), max(place.y - window.y, 0)
            joined[:, y : y + part.shape[1], x : x + part.shape[2]] = part
        return joined, None

    def close(self) -> None:
        """Do nothing: no file is open."""

    @property
    def _count(self) -> int:
        return len(self._info.bands)

    def _chunk(self, level: int, column: int, row: int, plane: Plane) -> tuple[Window, Array]:
        """Return where a chunk lies in its level, and its pixels."""
        size, chunk = self._info.levels[level].size, self._info.levels[level].chunk
        x, y = column * chunk.width, row * chunk.height
        place = Window(x, y, min(chunk.width, size.width - x), min(chunk.height, size.height - y))
        key = ("drawn", self._source, level, column, row, plane)

        def drawn() -> Array:
            return self._run(key, lambda: self._drawn(place, level, plane))

        return place, self._chunks.get(key, drawn)

    def _drawn(self, place: Window, level: int, plane: Plane) -> Array:
        try:
            returned = self._draw(place, level, plane)
            if isinstance(returned, np.ma.MaskedArray):  # what is masked would be shown
                raise TypeError("a masked array was drawn")  # noqa: TRY301 - told like all else
            drawn = np.asarray(returned)
            expected = (self._count, place.height, place.width)
            if drawn.shape == expected[1:] and self._count == 1:
                drawn = drawn[np.newaxis]
            if drawn.shape != expected or drawn.dtype != np.dtype(self._info.dtype):
                raise TypeError(  # noqa: TRY301 - told like all else that the function does wrong
                    f"{drawn.dtype} of shape {drawn.shape} was drawn, "
                    f"not {self._info.dtype} of shape {expected}"
                )
            # A copy: what the function returned may be an array that it goes on to use.
            return np.array(drawn, order="C")
        except (TilewrightError, KeyboardInterrupt):
            raise
        except BaseException as error:  # such as SystemExit, or a panic of a library in Rust
            logger.exception("%s was not drawn at level %d, %s", self._source.uri, level, place)
            raise DrawError("the image could not be drawn") from error


def drawn_info(
    size: Size,
    *,
    bands: Sequence[Band],
    dtype: str,
    levels: int | None = None,
    tile: int = _TILE,
    axes: Sequence[Axis] = (),
    geo: Geo | None = None,
    micrometres_per_pixel: tuple[float, float] | None = None,
) -> ImageInfo:
    """Return the layout of an image of that size, each level half as fine as the one before.

    ``levels`` None goes on until one chunk of ``tile`` pixels a side holds the whole. A pixel of
    level n spans 2ⁿ pixels of level 0. Raises ValueError when there can be no such image.
    """
    if tile < 1:
        raise ValueError("a tile has at least one pixel a side")
    most = 1 + max(0, math.ceil(math.log2(max(size.width, size.height) / tile)))
    longest = max(size.width, size.height).bit_length()
    count = min(most if levels is None else levels, longest)
    if count < 1 or (levels is not None and levels != count):
        raise ValueError(f"levels must be 1 to {longest}")
    return ImageInfo(
        size=size,
        levels=tuple(
            Level(_shrunk(size, 1 << level), (float(1 << level),) * 2, Size(tile, tile))
            for level in range(count)
        ),
        bands=tuple(bands),
        dtype=np.dtype(dtype).name,
        format="drawn",
        axes=tuple(axes),
        geo=geo,
        micrometres_per_pixel=micrometres_per_pixel,
    )


def pixel_centers(window: Window, level: int) -> tuple[Array, Array]:
    """Return where a window's columns (1, x) and rows (y, 1) lie, in pixels of level 0, as floats.

    For functions of a place: ``x, y = pixel_centers(window, level)``.
    """
    step = float(1 << level)
    columns = (np.arange(window.x, window.right, dtype=np.float64) + 0.5) * step
    rows = (np.arange(window.y, window.bottom, dtype=np.float64) + 0.5) * step
    return columns[np.newaxis, :], rows[:, np.newaxis]


def _cut(data: Array, place: Window, window: Window) -> Array:
    """Return the part of a chunk that a window of its level covers."""
    left, top = max(window.x - place.x, 0), max(window.y - place.y, 0)
    right, bottom = window.right - place.x, window.bottom - place.y
    return data[:, top:bottom, left:right]


def _shrunk(size: Size, shrink: int) -> Size:
    return Size(-(-size.width // shrink), -(-size.height // shrink))
