"""Pictures of several layers laid on each other."""

import numpy as np

from tilewright.blend import Bytes, Painted, blend
from tilewright.image import Picture

_BAND_PIXELS = 1 << 20
"""Pixels that are blended at once: their floats are many times the size of the picture."""
_ALPHA = 4


def over(lower: Picture, upper: Picture) -> Picture:
    """Return the upper picture on the lower one, of the same size; straight alpha."""
    height, width = lower.data.shape[:2]
    if upper.data.shape[2] != _ALPHA:
        return upper
    out = np.empty((height, width, _ALPHA), np.uint8)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        part = slice(top, top + rows)
        painted = [_painted(lower.data[part]), _painted(upper.data[part])]
        colors, opacity = blend(painted, "over")
        out[part, :, :3] = colors
        out[part, :, 3] = 255 if opacity is None else opacity
    return Picture(out)


def flat(picture: Picture, background: str) -> Picture:
    """Return the picture on one colour, ``#rrggbb``: three channels, or one."""
    if picture.data.shape[2] != _ALPHA:
        return picture
    paper = np.empty((*picture.data.shape[:2], 3), np.uint8)
    paper[:] = list(bytes.fromhex(background[1:]))
    # A copy also where numpy sees no need: codecs refuse the strides of a view of one pixel.
    return Picture(over(Picture(paper), picture).data[..., :3].copy())


def _painted(data: Bytes) -> Painted:
    if data.shape[2] == 1:
        return Painted(np.repeat(data, 3, axis=2), None)
    colors = np.ascontiguousarray(data[..., :3])
    return Painted(colors, np.ascontiguousarray(data[..., 3]) if data.shape[2] == _ALPHA else None)
