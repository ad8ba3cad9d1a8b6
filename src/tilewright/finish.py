"""What concerns a picture as a whole, once its channels are painted: tone, paper, orientation."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from tilewright.blend import Bytes, Floats
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
    """Move colours away from, or towards, the grey of the same luma."""
    luma = _luma(data)[..., np.newaxis]
    if saturation == 0 and data.shape[2] == 3:  # noqa: PLR2004 - opaque: one component says it
        return np.rint(luma).astype(np.uint8)
    out = data.copy()
    colors = data[..., :3].astype(np.float32)
    out[..., :3] = np.rint(luma + (colors - luma) * saturation).clip(0, 255)
    return out


def _bilevel(data: Bytes) -> Bytes:
    """Return each pixel black or white, whichever its luma is nearer; opacity stays."""
    if data.shape[2] == 1:
        return np.where(data >= _LIGHT, 255, 0).astype(np.uint8)
    shown = np.where(_luma(data) >= _LIGHT, 255, 0).astype(np.uint8)[..., np.newaxis]
    if data.shape[2] == 3:  # noqa: PLR2004
        return shown
    out = data.copy()
    out[..., :3] = shown
    return out


def _luma(data: Bytes) -> Floats:
    return np.asarray(data[..., :3].astype(np.float32) @ _LUMA, np.float32)


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

    def moved(plane: Array, border: int) -> Array:
        whole = (size.width, size.height)
        out = cv2.warpAffine(plane, onto, whole, flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(out)

    opaque = data.shape[2] < 4  # noqa: PLR2004
    if opaque:
        colors = data if data.shape[2] > 1 else np.repeat(data, 3, axis=2)
        opacity = moved(np.full((rows, columns), 255, np.uint8), cv2.BORDER_CONSTANT)
        shown = moved(colors, cv2.BORDER_REPLICATE)
        return np.asarray(np.dstack([shown, opacity]), np.uint8)
    # Colours weigh as much as they are opaque, or what is clear would bleed over edges.
    share = data[..., 3:].astype(np.float32) / 255
    light = moved(np.dstack([data[..., :3] * share, share * 255]), cv2.BORDER_CONSTANT)
    shown = light[..., :3] / np.maximum(light[..., 3:] / 255, 1 / 255)
    fine = np.rint(np.dstack([shown, light[..., 3:]]))
    return np.asarray(fine.clip(0, 255), np.uint8)
