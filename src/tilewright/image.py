"""What an image is: where it comes from, how it is laid out, and its pixels on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from tilewright.geo import Geo
from tilewright.geometry import Grid, Size

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

ColorInterpretation = Literal[
    "gray",
    "white-is-zero",
    "palette",
    "red",
    "green",
    "blue",
    "alpha",
    "premultiplied-alpha",
    "cyan",
    "magenta",
    "yellow",
    "black",
    "undefined",
]
"""What a band means to the eye; ``premultiplied-alpha`` has already dimmed the other bands."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to open. Made by a resolver, never from raw client text."""

    uri: str
    """A local path, or what another `Blob` opener understands."""
    version: str
    """Changes whenever the bytes change; part of every key."""
    options: tuple[tuple[str, str], ...] = ()
    """What part of it, sorted by name: ``(("associated", "label"),)`` is the slide's label."""

    def option(self, name: str) -> str | None:
        """Return the option's value; None when it is not set."""
        return dict(self.options).get(name)

    def with_option(self, name: str, value: str) -> "Source":
        """Return the same source with one option set."""
        return Source(
            self.uri, self.version, tuple(sorted({**dict(self.options), name: value}.items()))
        )


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of the pyramid."""

    size: Size
    shrink: tuple[float, float]
    """Level-0 pixels per pixel of this level, along x and y. Stated by the reader, never
    guessed from rounded sizes (299 → 74 gives 4.04; the truth is 4)."""
    chunk: Size
    """What is decoded at once: a tile, a strip, or the whole level."""


@dataclass(frozen=True, slots=True)
class Band:
    """One layer of numbers: a colour, a fluorescence channel, a wavelength."""

    name: str = ""
    """As the file says; empty when it says nothing."""
    interpretation: ColorInterpretation = "undefined"
    color: str | None = None
    """The display colour that the file states, as ``#rrggbb``; None when it states none."""
    nodata: float | None = None
    """The value that means "nothing was measured here"; NaN counts as such in any case."""
    display: tuple[float, float] | None = None
    """The display range that the file states; None when it states none."""
    scale: float = 1.0
    offset: float = 0.0
    """The measured quantity is the stored value times ``scale`` plus ``offset``."""
    emission_nm: float | None = None
    """The wavelength of the light that was measured, in nanometres; None when unknown."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension beyond x, y and bands, such as focus (z) or time (t)."""

    name: str
    size: int
    micrometres: float | None = None
    """From one position to the next; None when unknown, and of what is no length."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A position on the axes; an axis that is not named stands at 0."""

    indices: tuple[tuple[str, int], ...] = ()
    """Sorted by axis name, zeros left out, so that equal planes are equal values."""

    @classmethod
    def of(cls, indices: Mapping[str, int]) -> Self:
        """Return the plane at these positions."""
        return cls(tuple(sorted((name, index) for name, index in indices.items() if index)))

    def index(self, axis: str) -> int:
        """Return the position on one axis."""
        return dict(self.indices).get(axis, 0)


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """The layout of an image; all that planning and styling may know. JSON-able."""

    size: Size
    levels: tuple[Level, ...]
    """From full resolution to the coarsest; each is smaller than the one before."""
    bands: tuple[Band, ...]
    dtype: str
    """A numpy name: ``uint8`` … ``float64``, ``bool``."""
    format: str
    """For people: ``Aperio SVS``, ``OME-TIFF``, ``PNG``."""
    axes: tuple[Axis, ...] = ()
    palette: tuple[tuple[int, int, int, int], ...] | None = None
    """Red, green, blue, alpha (0-255) of each value of a palette band."""
    masked: bool = False
    """True when the file has a mask of its own, besides nodata values and alpha bands."""
    geo: Geo | None = None
    micrometres_per_pixel: tuple[float, float] | None = None
    """Along x and y, at level 0."""
    magnification: float | None = None
    """Of the objective, at level 0."""
    significant_bits: int | None = None
    """How many bits of a whole number were measured, 12 of a camera's 16; None: all of them."""
    associated: tuple[str, ...] = ()
    """Names of further images in the same source: ``label``, ``macro``, ``thumbnail``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What else the file says of itself, free form and JSON-able."""

    interpretations: tuple[ColorInterpretation, ...] = field(init=False, repr=False, compare=False)
    """The meaning of each band, in order."""
    shrinks: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)
    """Of each level, finest first."""

    def __post_init__(self) -> None:
        # Kept, as each tile asks for them several times.
        object.__setattr__(
            self, "interpretations", tuple(band.interpretation for band in self.bands)
        )
        object.__setattr__(self, "shrinks", tuple(level.shrink for level in self.levels))
        if not self.levels or self.levels[0].size != self.size:
            raise ValueError("level 0 has the size of the image")
        if not self.bands:
            raise ValueError("an image has a band")
        sizes = [level.size.pixels for level in self.levels]
        if any(finer <= coarser for finer, coarser in pairwise(sizes)):
            raise ValueError("each level is smaller than the one before")

    @property
    def tile_size(self) -> int:
        """The side of a served tile: the file's own when it is square and of a usual size."""
        chunk = self.levels[0].chunk
        usual = chunk.width == chunk.height and 128 <= chunk.width <= 1024  # noqa: PLR2004
        return chunk.width if usual else 256


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Measured values: the numbers of the source, untouched in type."""

    data: Array
    """Shape (band, y, x), in the source's dtype."""
    mask: Mask | None
    """Shape (y, x), True where something was measured; None: everywhere."""
    grid: Grid

    def __post_init__(self) -> None:
        expected = (self.grid.size.height, self.grid.size.width)
        if self.data.ndim != 3 or self.data.shape[1:] != expected:  # noqa: PLR2004
            raise ValueError(f"data of shape {self.data.shape} on a grid of {expected}")
        if self.mask is not None and self.mask.shape != expected:
            raise ValueError(f"mask of shape {self.mask.shape} on a grid of {expected}")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Something to look at: sRGB, straight alpha. Every encoder of pictures takes any."""

    data: npt.NDArray[np.uint8]
    """Shape (y, x, channel), C-contiguous; 1 (grey), 3 (RGB) or 4 (RGBA) channels."""

    def __post_init__(self) -> None:
        data = self.data
        if data.dtype != np.uint8 or data.ndim != 3 or data.shape[2] not in {1, 3, 4}:  # noqa: PLR2004
            raise ValueError(f"not a picture: {data.dtype} of shape {data.shape}")
        if not data.flags.c_contiguous:
            raise ValueError("a picture lies in one piece of memory, row by row")
        wide = data.shape[1] * data.shape[2]
        if data.strides != (wide, data.shape[2], 1):
            # To numpy a side of one pixel may have any stride; codecs take just one.
            object.__setattr__(self, "data", data.copy())

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.data.shape[1], self.data.shape[0])


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished file: nothing is left to decide, safe to keep anywhere."""

    data: bytes
    media_type: str
    size: Size
