"""The orientation tag (TIFF 6.0, section 8): how stored rows and columns are to be shown."""

import numpy as np

from tilewright.geometry import Size, Window
from tilewright.image import Array

SWAPPED = frozenset({5, 6, 7, 8})
"""Stored rows are shown as columns."""
_MIRRORED_X = frozenset({2, 3, 7, 8})
_MIRRORED_Y = frozenset({3, 4, 6, 7})


def shown_size(orientation: int, stored: Size) -> Size:
    """Return the size as shown."""
    return Size(stored.height, stored.width) if orientation in SWAPPED else stored


def stored_window(orientation: int, shown: Window, stored: Size) -> Window:
    """Return the stored pixels of a window of the shown image."""
    x, y, width, height = shown.x, shown.y, shown.width, shown.height
    if orientation in SWAPPED:
        x, y, width, height = y, x, height, width
    if mirrors_x(orientation):
        x = stored.width - x - width
    if mirrors_y(orientation):
        y = stored.height - y - height
    return Window(x, y, width, height)


def mirrors_x(orientation: int) -> bool:
    """Tell whether stored columns run against the direction in which they are shown."""
    return orientation in _MIRRORED_X


def mirrors_y(orientation: int) -> bool:
    """Tell whether stored rows run against the direction in which they are shown."""
    return orientation in _MIRRORED_Y


def show(orientation: int, data: Array) -> Array:
    """Turn stored pixels (…, y, x) into shown ones; a view."""
    if mirrors_x(orientation):
        data = data[..., ::-1]
    if mirrors_y(orientation):
        data = data[..., ::-1, :]
    return np.swapaxes(data, -1, -2) if orientation in SWAPPED else data
