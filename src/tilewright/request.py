"""What can be asked: a target, a look and an encoding; and the key that they make."""

import math
import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, Protocol

from tilewright.crs import period
from tilewright.errors import OutsideError, ParameterError
from tilewright.extent import bounds, in_domain
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size, Window
from tilewright.image import ImageInfo, Plane, Source
from tilewright.polygon import Clip
from tilewright.pyramid import pyramid
from tilewright.style import Style
from tilewright.tms import TileMatrix

RENDER_VERSION = 5
"""Raised whenever the same request gives other bytes, so that old cache entries die."""

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
Compression = Literal["deflate", "lzw", "zstd", "none"]
COMPRESSIONS: tuple[Compression, ...] = ("deflate", "lzw", "zstd", "none")
SUBSAMPLINGS: tuple[Subsampling, ...] = ("4:4:4", "4:2:2", "4:2:0")
Resampling = Literal["nearest", "bilinear", "cubic", "lanczos", "average", "mode"]
RESAMPLINGS: tuple[Resampling, ...] = (
    "nearest",
    "bilinear",
    "cubic",
    "lanczos",
    "average",
    "mode",
)
QUALITIES = range(1, 101)
_HEX_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of level-0 pixels; None is the whole image. What hangs over is cut off."""

    box: Box | None = None
    width: int | None = None
    """Of the output. When one side is given the other follows; when none, one pixel each."""
    height: int | None = None

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the region on the image. Raises OutsideError when nothing of it is inside."""
        box = Box.whole(info.size) if self.box is None else self.box.clip(info.size)
        if box is None:
            raise OutsideError("the region lies outside the image")
        return Grid.over(box, Size(*self._output(box)))

    def _output(self, box: Box) -> tuple[int, int]:
        aspect = box.width / box.height
        if self.width is not None and self.height is not None:
            return self.width, self.height
        if self.width is not None:
            return self.width, max(1, round(self.width / aspect))
        if self.height is not None:
            return max(1, round(self.height * aspect)), self.height
        return max(1, round(box.width)), max(1, round(box.height))


@dataclass(frozen=True, slots=True)
class Fit:
    """The whole image inside a frame, its aspect kept. Never enlarged."""

    width: int
    height: int

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the frame on the image."""
        size = info.size
        shrink = max(size.width / self.width, size.height / self.height, 1.0)
        fitted = Size(max(1, round(size.width / shrink)), max(1, round(size.height / shrink)))
        return Grid.over(Box.whole(size), fitted)


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the pyramid: z 0 holds the whole image in one, each z doubles both sides."""

    z: int
    x: int
    y: int

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the tile on the image. Raises OutsideError past the pyramid's edges."""
        side = info.tile_size
        zooms = pyramid(info)
        if not 0 <= self.z <= zooms.max_zoom:
            raise OutsideError(f"zoom {self.z} is outside 0 to {zooms.max_zoom}")
        across, down = zooms.counts[self.z]
        if not (0 <= self.x < across and 0 <= self.y < down):
            raise OutsideError(
                f"tile {self.x},{self.y} is outside {across}×{down} tiles at zoom {self.z}"
            )
        shrink_x, shrink_y = zooms.shrinks[self.z]
        affine = Affine.scale(
            shrink_x, shrink_y, left=self.x * side * shrink_x, top=self.y * side * shrink_y
        )
        return Grid(Size(side, side), affine)


@dataclass(frozen=True, slots=True)
class LevelRegion:
    """Whole pixels of one level of a pyramid, stored or not: one output pixel each."""

    shrink: tuple[float, float]
    """Of the level: level-0 pixels per pixel of it, along x and y."""
    window: Window
    """In pixels of the level. The caller clips it: what hangs over the image is masked."""

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the window on the image. Raises OutsideError when it begins outside."""
        (across, down), window = self.shrink, self.window
        left, top = window.x * across, window.y * down
        if left >= info.size.width or top >= info.size.height:
            raise OutsideError("the region lies outside the image")
        return Grid(window.size, Affine.scale(across, down, left=left, top=top))


@dataclass(frozen=True, slots=True)
class MapTile:
    """A tile of a tile matrix set: the earth, cut in the same way for all images."""

    matrix: TileMatrix
    column: int
    row: int
    """Counted as the set counts them: from the top, but for a few sets."""
    width: int
    height: int
    """Of the output, without its buffer."""
    buffer: float = 0.0
    """Output pixels added on each side: a multiple of one half."""

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the tile on the earth. Raises OutsideError, ParameterError without a CRS."""
        georeference(info)
        matrix, buffer = self.matrix, self.buffer
        affine = matrix.affine(self.column, self.row) @ Affine.scale(
            matrix.tile_width / self.width, matrix.tile_height / self.height
        )
        size = Size(round(self.width + 2 * buffer), round(self.height + 2 * buffer))
        return Grid(size, affine @ Affine.scale(1, 1, left=-buffer, top=-buffer), matrix.crs)


@dataclass(frozen=True, slots=True)
class MapRegion:
    """A rectangle of a CRS's plane; what lies outside the image is masked, not cut off."""

    crs: str
    box: Box | None = None
    """In the CRS's units, x to the east; None is the whole image."""
    width: int | None = None
    """Of the output. When one side is given the other follows; when none, the pixels are
    about as large as the image's own."""
    height: int | None = None

    def grid(self, info: ImageInfo) -> Grid:
        """Lay the region on the earth. Raises ParameterError for an image without a CRS."""
        geo = georeference(info)
        whole = bounds(geo, info.size, self.crs)
        box = self.box or whole
        if box is None:
            raise ParameterError("projection", "a CRS in which the image has bounds", self.crs)
        if not in_domain(box, self.crs):
            raise ParameterError("bounds", f"inside the domain of {self.crs[:40]}")
        width, height = self._output(box, whole or box, info.size)
        affine = Affine(box.width / width, 0.0, box.x, 0.0, -box.height / height, box.bottom)
        return Grid(Size(width, height), affine, self.crs)

    def _output(self, box: Box, whole: Box, size: Size) -> tuple[int, int]:
        if self.width is not None and self.height is not None:
            return self.width, self.height
        if self.width is not None:
            return self.width, max(1, round(self.width * box.height / box.width))
        if self.height is not None:
            return max(1, round(self.height * box.width / box.height)), self.height
        # As GDAL does: the diagonal keeps its number of pixels.
        pitch = math.hypot(whole.width, whole.height) / math.hypot(size.width, size.height)
        return max(1, round(box.width / pitch)), max(1, round(box.height / pitch))


def ordered(edges: tuple[float, float, float, float], crs: str) -> Box:
    """Return the box of left, top, right, bottom in a CRS, across the antimeridian if need be.

    Raises ParameterError for a box without area.
    """
    left, top, right, bottom = edges
    around = period(crs)
    if right < left:
        right, left = (right + around, left) if around is not None else (left, right)
    low, high = sorted((top, bottom))
    if not right > left:
        raise ParameterError("right", "beyond left", right)
    if not high > low:
        raise ParameterError("bottom", "apart from top", bottom)
    return Box(left, low, right - left, high - low)


def georeference(info: ImageInfo) -> Geo:
    """Return where an image lies. Raises ParameterError when nothing says so."""
    if info.geo is None:
        # It need not stand in the query: a place on the earth is one too.
        allowed = "asked of an image with a coordinate reference system; this one has none"
        raise ParameterError("projection", allowed)
    return info.geo


Target = Region | Fit | Tile | LevelRegion | MapTile | MapRegion


class Laid(Protocol):
    """What lies on an image: a target, or a part of one."""

    def grid(self, info: ImageInfo) -> Grid:
        """Return its pixels. Raises a RequestError."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A file format and its settings. What a format does not know it ignores."""

    format: str = "png"
    """The name of an encoder: ``jpeg``, ``png``, ``webp``, ``avif``, ``tiff``, ``npy``."""
    quality: int | None = None
    """1 to 100; None: the encoder's own default."""
    subsampling: Subsampling | None = None
    """JPEG's chroma; None: the encoder's own default."""
    lossless: bool = False
    background: str = "#ffffff"
    """Where a picture is transparent and the format has no alpha; ``#rrggbb``, lower case."""
    compression: Compression = "deflate"
    """Of a TIFF; always without loss."""

    def __post_init__(self) -> None:
        if self.quality is not None and self.quality not in QUALITIES:
            raise ParameterError("quality", "a whole number from 1 to 100", self.quality)
        if not _HEX_COLOR.fullmatch(self.background):
            raise ParameterError("background", "a colour as #rrggbb", self.background)

    @property
    def text(self) -> str:
        """The canonical text."""
        return (
            f"{self.format},{self.quality},{self.subsampling},{self.lossless},{self.background}"
            f",{self.compression}"
        )


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One picture, wholly described; the same value always gives the same bytes."""

    target: Target
    encoding: Encoding = field(default_factory=Encoding)
    style: Style = field(default_factory=Style)
    plane: Plane = field(default_factory=Plane)
    resampling: Resampling = "bilinear"
    clip: Clip | None = None

    def key(self, source: Source) -> str:
        """Return the cache key and ETag seed of this request on this source."""
        text = (
            f"{RENDER_VERSION}|{source.uri}|{source.version}|{source.options}|{self.target}"
            f"|{self.encoding.text}|{self.style.text}|{self.plane.indices}|{self.resampling}"
            f"|{self.clip and self.clip.text}"
        )
        return blake2b(text.encode(), digest_size=16).hexdigest()


def check_plane(info: ImageInfo, plane: Plane) -> None:
    """Raise OutsideError unless the image has this plane."""
    sizes = {axis.name: axis.size for axis in info.axes}
    for name, index in plane.indices:
        if name not in sizes:
            raise OutsideError(f"the image has no axis {name!r}")
        if not 0 <= index < sizes[name]:
            raise OutsideError(f"{name} {index} is outside 0 to {sizes[name] - 1}")
