"""What ``draw`` may return, and how each becomes a file of the asked format.

Kinds of other libraries are known by their names: none is imported for it.
"""

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import cv2
import numpy as np

from tilewright.drawn import animation, charts, figures
from tilewright.encode import Encoder, PictureEncoder
from tilewright.errors import DrawError, LimitError
from tilewright.geometry import Size
from tilewright.image import Encoded, Picture
from tilewright.request import Encoding


@dataclass(frozen=True, slots=True)
class Format:
    """A format that no encoder of pictures makes."""

    media_type: str
    suffixes: tuple[str, ...]


SPECIAL: Mapping[str, Format] = MappingProxyType(
    {
        "svg": Format("image/svg+xml", ("svg",)),
        "pdf": Format("application/pdf", ("pdf",)),
        "gif": Format("image/gif", ("gif",)),
        "apng": Format("image/apng", ("apng",)),
    }
)
LOSSY = frozenset({"jpeg", "webp", "avif"})
"""The formats for which a quality has a meaning."""
LONGEST_SIDE: Mapping[str, int] = MappingProxyType(
    {"webp": 16_382, "jpeg": 65_500, "avif": 32_768, "gif": 65_535}
)
"""The most pixels a side, known before anything is drawn."""

_MODES = {
    "1": "L",
    "L": "L",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "LA": "RGBA",
    "La": "RGBA",
    "PA": "RGBA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
    "LAB": "RGB",
}
_CAIRO_ARGB32, _CAIRO_RGB24, _CAIRO_A8 = 0, 1, 2
_SVG = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>]*>\s*)*<(\w+:)?svg\b", re.DOTALL
)
_SIDE = re.compile(r"""\b(width|height)\s*=\s*["'](\d{1,7})(?:\.\d*)?(?:px)?["']""")
_HEAD = 2000
_STRIP_PIXELS = 1 << 16

Encoders = Callable[[str], Encoder]


def encoded(
    drawn: object,
    format: str,
    *,
    quality: int | None,
    dpr: float,
    max_pixels: int,
    encoder: Encoders,
) -> Encoded:
    """Return what was drawn as a file of a format.

    ``encoder`` returns the encoder of a name. Raises DrawError for what is no picture, or one
    that the format cannot show; LimitError for one that is too large; EncodeError.
    """
    if isinstance(drawn, Encoded):
        return _finished(drawn, format, encoder)
    if figures.is_figure(drawn):
        figure = cast("Any", drawn)
        dpi = float(figure.dpi) * dpr
        width, height = figure.get_size_inches() * dpi
        _check_pixels(int(width) * int(height), max_pixels)
        return figures.encode_figure(figure, format, dpi=dpi, quality=quality)
    if isinstance(drawn, animation.Animation):
        return animation.encode_animation(drawn, format, quality=quality, max_pixels=max_pixels)
    if isinstance(drawn, charts.Chart):
        return charts.encode_chart(
            drawn, format, quality=quality, dpr=dpr, max_pixels=max_pixels, encoder=encoder
        )
    if isinstance(drawn, str):
        return _svg(drawn, format)
    picture = as_picture(drawn, max_pixels)
    found = None if format in SPECIAL else encoder(format)
    if not isinstance(found, PictureEncoder):
        raise _wrong(f"pixels cannot be shown as {format}")
    return found.encode(picture, Encoding(format, quality=quality))


def media_type(format: str, encoder: Encoders) -> str:
    """Return the media type of a format."""
    special = SPECIAL.get(format)
    return encoder(format).media_type if special is None else special.media_type


def suffixes(format: str, encoder: Encoders) -> tuple[str, ...]:
    """Return the suffixes of a format, the preferred one first."""
    special = SPECIAL.get(format)
    return encoder(format).suffixes if special is None else special.suffixes


def as_picture(drawn: object, max_pixels: int) -> Picture:
    """Return the pixels of what was drawn.

    Raises DrawError for what has none; LimitError for too many, before they are copied.
    """
    if isinstance(drawn, Picture):
        _check_pixels(drawn.size.pixels, max_pixels)
        return drawn
    if isinstance(drawn, np.ndarray):
        _check_pixels(math.prod(drawn.shape[:2]), max_pixels)
        return _from_array(drawn)
    if _is_a(drawn, "PIL.Image", "Image"):
        image = cast("Any", drawn)
        _check_pixels(image.width * image.height, max_pixels)
        return _from_pillow(image)
    library = type(drawn).__module__.partition(".")[0]
    if library in {"cairo", "cairocffi"} and hasattr(drawn, "get_stride"):
        return _from_cairo(drawn, max_pixels)
    if library == "skia":
        return _from_skia(drawn, max_pixels)
    raise _wrong(f"draw() returned {type(drawn).__name__}, which is no picture")


def _finished(drawn: Encoded, format: str, encoder: Encoders) -> Encoded:
    expected = media_type(format, encoder)
    if drawn.media_type != expected:
        raise _wrong(f"draw() returned {drawn.media_type} where {expected} was asked")
    if not isinstance(drawn.data, bytes) or not drawn.data:
        raise _wrong("draw() returned a file without bytes")
    return drawn


def _is_a(drawn: object, module: str, name: str) -> bool:
    """Tell whether a thing is of a library's class; one that is not loaded has made none."""
    kind = getattr(sys.modules.get(module), name, None)  # or is just being loaded
    return kind is not None and isinstance(drawn, kind)


def _svg(drawn: str, format: str) -> Encoded:
    if not _SVG.match(drawn[:_HEAD]):
        raise _wrong("draw() returned a text that is no SVG")
    if format != "svg":
        raise _wrong(f"draw() returned SVG where {format} was asked")
    sides = {name: int(side) for name, side in _SIDE.findall(drawn[:_HEAD])}
    size = Size(max(1, sides.get("width", 1)), max(1, sides.get("height", 1)))
    return Encoded(drawn.encode(), SPECIAL["svg"].media_type, size)


def _from_array(array: "np.ndarray[Any, Any]") -> Picture:
    flat = array[..., np.newaxis] if array.ndim == 2 else array  # noqa: PLR2004
    good = flat.ndim == 3 and flat.shape[2] in {1, 3, 4} and flat.size  # noqa: PLR2004
    masked = isinstance(array, np.ma.MaskedArray)  # what is masked would be shown
    if masked or not good or flat.dtype != np.uint8:
        kind = "a masked array" if masked else f"an array of {array.dtype}"
        raise _wrong(f"draw() returned {kind} of shape {array.shape}")
    return Picture(np.ascontiguousarray(flat))


def _from_pillow(image: Any) -> Picture:
    if image.mode == "P":
        mode: str | None = "RGBA" if "transparency" in image.info else "RGB"
    else:
        mode = _MODES.get(image.mode)
    if mode is None:
        raise _wrong(f"draw() returned a Pillow image of mode {image.mode}")
    return _from_array(_pixels(image if image.mode == mode else image.convert(mode)))


def _pixels(image: Any) -> "np.ndarray[Any, Any]":
    """Return a Pillow image as an array, strip by strip: at once Pillow takes far longer."""
    width, height = image.size
    if not width or not height:
        return np.asarray(image)
    step = max(1, _STRIP_PIXELS // width)
    strips = (
        image.crop((0, top, width, min(height, top + step))) for top in range(0, height, step)
    )
    pixels = np.empty((height, width, len(image.getbands())), np.uint8)
    for number, strip in enumerate(strips):
        top = number * step
        pixels[top : top + strip.height] = np.asarray(strip).reshape(strip.height, width, -1)
    return pixels


def _from_cairo(surface: Any, max_pixels: int) -> Picture:
    """Return the pixels of an ImageSurface: 32 bits each in the machine's order, or 8."""
    surface.flush()
    width, height, kind = surface.get_width(), surface.get_height(), int(surface.get_format())
    _check_pixels(width * height, max_pixels)
    rows = np.frombuffer(surface.get_data(), np.uint8).reshape(height, surface.get_stride())
    if kind == _CAIRO_A8:
        return _from_array(rows[:, :width])
    if kind not in {_CAIRO_ARGB32, _CAIRO_RGB24}:
        raise _wrong(f"draw() returned a cairo surface of format {kind}")
    words = rows[:, : 4 * width].reshape(height, width, 4)
    bgra = words if sys.byteorder == "little" else words[..., ::-1]
    if kind == _CAIRO_RGB24:
        return _from_array(bgra[..., 2::-1])
    return _from_array(cv2.cvtColor(_straight(bgra), cv2.COLOR_BGRA2RGBA))


def _straight(bgra: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return colours that were multiplied by their alpha as they were before."""
    alpha = bgra[..., 3:].astype(np.uint16)
    color = (bgra[..., :3].astype(np.uint16) * 255 + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate((np.minimum(color, 255).astype(np.uint8), bgra[..., 3:]), axis=2)


def _from_skia(drawn: Any, max_pixels: int) -> Picture:
    """Return the pixels of a skia Image, or of the Surface that makes one."""
    make = getattr(drawn, "makeImageSnapshot", None)
    image = drawn if make is None else make()
    if not hasattr(image, "toarray"):
        raise _wrong(f"draw() returned {type(drawn).__name__}, which is no picture")
    _check_pixels(image.width() * image.height(), max_pixels)
    return _from_array(image.toarray(colorType=sys.modules["skia"].kRGBA_8888_ColorType))


def _check_pixels(asked: int, allowed: int) -> None:
    if asked > allowed:
        raise LimitError("max_pixels", asked, allowed)


def _wrong(detail: str) -> DrawError:
    """Return the error of a view that draws what it should not; the detail is for the log."""
    error = DrawError("the picture could not be drawn")
    error.__cause__ = TypeError(detail)
    return error
