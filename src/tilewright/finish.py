"""What concerns a picture as a whole, once its channels are painted: tone, paper, orientation."""

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from tilewright.blend import Bytes
from tilewright.errors import LimitError
from tilewright.geometry import Size
from tilewright.image import Array, Picture
from tilewright.paint import WHITE
from tilewright.style import Orientation, Style

_UNTOUCHED = (1.0, False, None, Orientation())
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Of red, green and blue (ITU-R BT.709)."""
_LIGHT = 128
_WIDEST = 32_766
"""Pixels along a side that OpenCV turns."""
_STRIP = 256
"""Rows that are turned at a time."""
_TURNS: Mapping[float, int] = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def finished(picture: Picture, style: Style) -> Picture:
    """Apply a style's saturation, background, orientation, and black and white."""
    tone = (style.saturation, style.bilevel, style.background, style.orientation)
    if tone == _UNTOUCHED:
        return picture
    data = picture.data
    if style.saturation != 1 and data.shape[2] > 1:
        data = _saturated(data, style.saturation)
    if style.background is not None and data.shape[2] == 4:  # noqa: PLR2004
        data = _laid_on(data, style.background)
        if _is_grey(style):
            data = data[..., :1]
    data = _turned(data, style.orientation)
    # Last, as turning mixes neighbours.
    return Picture(np.ascontiguousarray(_bilevel(data) if style.bilevel else data))


def turned_size(size: Size, orientation: Orientation) -> Size:
    """Return the size of a picture once it is turned: it grows to hold all of itself."""
    if orientation.rotation in {0, 180}:
        return size
    if orientation.rotation in _TURNS:
        return Size(size.height, size.width)
    angle = math.radians(orientation.rotation)
    across, down = abs(math.cos(angle)), abs(math.sin(angle))
    return Size(
        max(1, round(size.width * across + size.height * down)),
        max(1, round(size.width * down + size.height * across)),
    )


def _is_grey(style: Style) -> bool:
    """Tell whether every channel is painted from black to white, on paper that is grey."""
    grey_paper = style.background is not None and len({*_components(style.background)}) == 1
    painted = bool(style.channels) and all(channel.paint == WHITE for channel in style.channels)
    return grey_paper and painted


def _components(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def _laid_on(data: Bytes, paper: str) -> Bytes:
    """Return colours without transparency, on paper of one colour."""
    color = np.array(_components(paper), np.float32)
    share = data[..., 3:].astype(np.float32) / 255
    return np.rint(data[..., :3] * share + color * (1 - share)).astype(np.uint8)


def _saturated(data: Bytes, saturation: float) -> Bytes:
    """Move colours away from, or towards, the grey of the same luma: to within 1 of 255."""
    if saturation == 0:
        return _toned(_luma(data), data)
    kept = saturation * np.eye(3, dtype=np.float32) + (1 - saturation) * _LUMA
    return _toned(cv2.transform(_colors(data), kept), data)


def _bilevel(data: Bytes) -> Bytes:
    """Return each pixel black or white, whichever its luma is nearer; opacity stays."""
    luma = data[..., 0] if data.shape[2] == 1 else _luma(data)
    return _toned(cv2.threshold(luma, _LIGHT - 1, 255, cv2.THRESH_BINARY)[1], data)


def _luma(data: Bytes) -> Array:
    """Return the luma of colours, shape (y, x)."""
    return np.asarray(cv2.transform(_colors(data), _LUMA[np.newaxis]))


def _colors(data: Bytes) -> Array:
    """Return three channels of three, or of four."""
    if data.shape[2] == 3:  # noqa: PLR2004
        return np.ascontiguousarray(data)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(data), cv2.COLOR_RGBA2RGB))


def _toned(shown: Any, data: Bytes) -> Bytes:
    """Return one or three channels of colour, with the opacity of the data where that has one.

    What is grey and opaque has one component.
    """
    colors = np.asarray(shown, np.uint8)
    if data.shape[2] < 4:  # noqa: PLR2004
        return colors.reshape(*data.shape[:2], -1)
    layers = [colors] * 3 if colors.ndim < 3 else [colors]  # noqa: PLR2004
    return np.asarray(np.dstack([*layers, data[..., 3]]), np.uint8)


def _turned(data: Bytes, orientation: Orientation) -> Bytes:
    if orientation.mirror:
        data = data[:, ::-1]
    if orientation.rotation == 0:
        return data
    turn = _TURNS.get(orientation.rotation)
    if turn is None:
        return _rotated(np.ascontiguousarray(data), orientation)
    turned = cv2.rotate(np.ascontiguousarray(data), turn)
    return np.asarray(turned, np.uint8).reshape(*turned.shape[:2], data.shape[2])


def _rotated(data: Bytes, orientation: Orientation) -> Bytes:
    """Return a picture turned by any angle, around its centre: the corners are clear.

    Raises LimitError for one that is too long.
    """
    rows, columns = data.shape[:2]
    size = turned_size(Size(columns, rows), orientation)
    longest = max(columns, rows, size.width, size.height)
    if longest > _WIDEST:
        raise LimitError("output_side", longest, _WIDEST)
    # OpenCV counts from the centres of pixels, and degrees against the clock.
    middle = ((columns - 1) / 2, (rows - 1) / 2)
    onto = cv2.getRotationMatrix2D(middle, -orientation.rotation, 1.0)
    onto[:, 2] += ((size.width - columns) / 2, (size.height - rows) / 2)

    def moved(plane: Array, border: int, top: int = 0, height: int = size.height) -> Array:
        """Return rows of the turned picture."""
        down = onto - np.array([[0, 0, 0], [0, 0, top]])
        part = (size.width, height)
        return np.asarray(
            cv2.warpAffine(plane, down, part, flags=cv2.INTER_LINEAR, borderMode=border)
        )

    opaque = data.shape[2] < 4  # noqa: PLR2004
    if opaque:
        colors = data if data.shape[2] > 1 else np.repeat(data, 3, axis=2)
        opacity = moved(np.full((rows, columns), 255, np.uint8), cv2.BORDER_CONSTANT)
        shown = moved(colors, cv2.BORDER_REPLICATE)
        return np.asarray(np.dstack([shown, opacity]), np.uint8)
    # Colours weigh as much as they are opaque, or what is clear would bleed over edges: products
    # of two bytes, which two bytes hold.
    weighed = data.astype(np.uint16)
    weighed[..., :3] *= weighed[..., 3:]
    weighed[..., 3] *= 255
    out = np.empty((size.height, size.width, 4), np.uint8)
    # In strips, as fractions take four times the room of bytes.
    for top in range(0, size.height, _STRIP):
        strip = out[top : top + _STRIP]
        fine = moved(weighed, cv2.BORDER_CONSTANT, top, len(strip)).astype(np.float32)
        fine[..., 3] /= 255
        fine[..., :3] /= np.maximum(fine[..., 3:], 1)
        strip[:] = np.rint(fine).clip(0, 255)
    return out
