"""What an encoder must be. No codec is imported here; each module loads its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from tilewright.geometry import Grid
from tilewright.image import Encoded, Picture, Raster
from tilewright.request import Encoding


@dataclass(frozen=True, slots=True)
class PictureEncoder:
    """A format for looking at: takes a finished `Picture`."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    """Without the dot, the preferred one first: ``("jpg", "jpeg")``."""
    alpha: bool
    """True when the format can hold transparency."""
    encode: Callable[[Picture, Encoding], Encoded]
    """Raises EncodeError when the picture does not fit the format."""
    offered: bool = True
    """False: written for clients that name it, but offered to none by Accept or a map service."""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class Strips:
    """A raster too large to hold: its rows from the top."""

    grid: Grid
    """Of the whole."""
    rasters: Iterator[Raster]
    """At least one, all of one dtype and as many bands; each is 512 rows high but the last."""


@dataclass(frozen=True, slots=True)
class RasterEncoder:
    """A format for measuring: takes the `Raster` itself and keeps its dtype and bands."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    encode: Callable[[Raster, Encoding], Encoded]
    """Raises EncodeError when the raster does not fit the format."""
    write: Callable[[Strips, Encoding, BinaryIO], None] | None = None
    """Writes strips into an empty file that can be sought in; None: the format needs all at once.
    Raises EncodeError, and what the strips raise."""
    kind: Literal["raster"] = "raster"


Encoder = PictureEncoder | RasterEncoder
