"""What an encoder must be. No codec is imported here; each module loads its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

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
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class RasterEncoder:
    """A format for measuring: takes the `Raster` itself and keeps its dtype and bands."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    encode: Callable[[Raster, Encoding], Encoded]
    """Raises EncodeError when the raster does not fit the format."""
    kind: Literal["raster"] = "raster"


Encoder = PictureEncoder | RasterEncoder
