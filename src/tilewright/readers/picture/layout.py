"""What each format tells of a picture before anything is decoded."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tilewright.config import Limits
from tilewright.errors import (
    CorruptSourceError,
    LimitError,
    TilewrightError,
    UnsupportedSourceError,
)
from tilewright.geometry import Size
from tilewright.image import Array, Band
from tilewright.readers import Opening

Kind = Literal["gray", "gray+alpha", "rgb", "rgba"]

_BANDS: dict[Kind, tuple[Band, ...]] = {
    "gray": (Band("gray", "gray"),),
    "gray+alpha": (Band("gray", "gray"), Band("alpha", "alpha")),
    "rgb": (Band("red", "red"), Band("green", "green"), Band("blue", "blue")),
    "rgba": (
        Band("red", "red"),
        Band("green", "green"),
        Band("blue", "blue"),
        Band("alpha", "alpha"),
    ),
}

SMALL_SIDE = 256
"""A level whose longer side is at most this needs no smaller one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture as its file lays it out, and the function that decodes it."""

    format: str
    size: Size
    """Of the full picture as stored, before the orientation is applied."""
    bands: tuple[Band, ...]
    dtype: str
    decode: Callable[[int, int], Array]
    """From shrink and frame to shape (y, x) or (y, x, band) in sRGB, as stored: not turned."""
    bytes_per_pixel: int
    """The most memory that decoding takes, per pixel of the level."""
    fixed_bytes: int = 0
    """What decoding takes at any level, such as the coefficients of a progressive JPEG."""
    shrinks: tuple[int, ...] = (1,)
    """Of the levels that the format itself can decode; each level has ceil(side / shrink)."""
    frames: int = 1
    orientation: int = 1
    """EXIF's, 1 to 8."""
    palette: Array | None = None
    """Shape (256, band), uint8: `decode` gives shape (y, x) of places in it."""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def level_size(self, shrink: int) -> Size:
        """Return the size of a level, as stored."""
        return Size(-(-self.size.width // shrink), -(-self.size.height // shrink))


def band_count(pixels: Array) -> int:
    """Return the number of bands of shape (y, x) or (y, x, band)."""
    return 1 if pixels.ndim == len("yx") else pixels.shape[2]


def bands_of(kind: Kind, *, display: tuple[float, float] | None = None) -> tuple[Band, ...]:
    """Return the bands of a kind of picture, with the range that the file states."""
    return tuple(replace(band, display=display) for band in _BANDS[kind])


def checked_size(width: int, height: int, limits: Limits) -> Size:
    """Return the size that a header claims.

    Raises CorruptSourceError when a side is 0, LimitError when it is over ``file_side``.
    """
    if width < 1 or height < 1:
        raise CorruptSourceError("the picture has no pixels")
    if max(width, height) > limits.file_side:
        raise LimitError("file_side", max(width, height), limits.file_side)
    return Size(width, height)


def checked_frames(count: int, limits: Limits) -> int:
    """Return the number of frames. Raises LimitError when it is over ``pages``."""
    if count > limits.pages:
        raise LimitError("pages", count, limits.pages)
    return max(1, count)


def check_decoded(asked: int, limits: Limits) -> None:
    """Raise LimitError when a decode takes more than ``decoded_bytes``."""
    if asked > limits.decoded_bytes:
        raise LimitError("decoded_bytes", asked, limits.decoded_bytes)


def halvings(size: Size, most: int) -> tuple[int, ...]:
    """Return the shrinks 1, 2, 4 … up to ``most`` that are of use for a picture of this size."""
    shrinks = [1]
    while shrinks[-1] < most and max(size.width, size.height) > SMALL_SIDE * shrinks[-1]:
        shrinks.append(shrinks[-1] * 2)
    return tuple(shrinks)


def whole_file(opening: Opening) -> bytes:
    """Return all bytes of the blob. Raises LimitError when they are over ``decoded_bytes``."""
    check_decoded(opening.blob.size, opening.limits)
    return opening.blob.read(0, opening.blob.size)


@contextmanager
def codec_errors(format: str, uri: str) -> Iterator[None]:
    """Turn whatever a codec raises into a SourceError.

    Codecs raise a dozen kinds of errors for damaged bytes, IndexError and struct.error among
    them; with our own errors passed on, all that is left is the file's fault.
    """
    try:
        yield
    except TilewrightError:
        raise
    except (ImportError, NotImplementedError) as error:
        raise UnsupportedSourceError(
            f"this kind of {format} cannot be decoded here", uri=uri
        ) from error
    except Exception as error:
        raise CorruptSourceError(f"the {format} is damaged", uri=uri) from error
