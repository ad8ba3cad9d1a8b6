"""The look of an image when none is asked: fixed for a version of the file.

1. 8-bit, bilevel, palette and CMYK data are shown as they are.
2. A band with a display range of its own in the file is shown in that range.
3. Any other band runs from its 2nd to its 98th percentile, measured on the coarsest level
   that has `ENOUGH_PIXELS`, in the middle of every axis; of a larger level on nine windows
   spread over it. The bands of an RGB picture share one range, so that colours keep their hue.
4. Bands with a display colour in the file are added up in these colours. Without any: three
   bands and more show the first three as red, green and blue, fewer the first one as grey.
"""

from collections.abc import Sequence

import numpy as np

from tilewright.geometry import Window
from tilewright.image import Array, Axis, ImageInfo, Plane
from tilewright.style import Channel, Stretch, Style

ENOUGH_PIXELS = 1 << 16
"""A level this large is measured instead of a finer one."""
MOST_PIXELS = 1 << 22
"""A level larger than this is measured on windows."""
PERCENTILES = (2.0, 98.0)
MOST_CHANNELS = 16
_WINDOW_SIDE = 512
_PRIMARIES = ("#ff0000", "#00ff00", "#0000ff")


def look_colors(info: ImageInfo) -> dict[int, str]:
    """Return the bands that the default look shows, each with its colour."""
    names = info.interpretations
    rgb = [names.index(name) for name in ("red", "green", "blue") if name in names]
    if len(rgb) == len(_PRIMARIES):
        return dict(zip(rgb, _PRIMARIES, strict=True))
    plain = [index for index, name in enumerate(names) if "alpha" not in name]
    if any(info.bands[index].color for index in plain):
        return {index: info.bands[index].color or "#ffffff" for index in plain[:MOST_CHANNELS]}
    if len(plain) >= len(_PRIMARIES):
        return dict(zip(plain, _PRIMARIES, strict=False))
    return {plain[0]: "#ffffff"}


def sampled_windows(info: ImageInfo) -> tuple[int, tuple[Window, ...]]:
    """Return the level to measure and the windows in it."""
    enough = [i for i, level in enumerate(info.levels) if level.size.pixels >= ENOUGH_PIXELS]
    index = enough[-1] if enough else 0
    size = info.levels[index].size
    if size.pixels <= MOST_PIXELS:
        return index, (Window.whole(size),)
    wide, high = min(_WINDOW_SIDE, size.width), min(_WINDOW_SIDE, size.height)
    return index, tuple(
        Window((size.width - wide) * x // 2, (size.height - high) * y // 2, wide, high)
        for y in range(3)
        for x in range(3)
    )


def middle_plane(axes: Sequence[Axis]) -> Plane:
    """Return the plane in the middle of each axis: a stack is in focus there, if anywhere."""
    return Plane.of({axis.name: axis.size // 2 for axis in axes})


def default_style(info: ImageInfo, samples: dict[int, Array]) -> Style:
    """Return the default look of data that are not shown as they are.

    ``samples`` holds the valid values measured of each band of `look_colors`, flat.
    """
    colors = look_colors(info)
    if all(info.bands[band].interpretation in {"red", "green", "blue"} for band in colors):
        joint = np.concatenate([samples[band] for band in colors])
        samples = dict.fromkeys(colors, joint)
    return Style(
        tuple(
            Channel(band, _range(info.bands[band].display, samples[band]), color)
            for band, color in colors.items()
        )
    )


def _range(display: tuple[float, float] | None, values: Array) -> Stretch:
    if display is not None and display[0] < display[1]:
        return Stretch(*display)
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        return Stretch(0.0, 1.0)
    low, high = (float(value) for value in np.percentile(finite.astype(np.float64), PERCENTILES))
    return (
        Stretch(low, high)
        if low < high
        else Stretch(low, max(low + 1.0, np.nextafter(low, np.inf)))
    )
