"""Whether the screen shows what an image holds there, in the colours that were asked for."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tests.browser.clients.cells import CELL, Shown, colors_at
from tests.browser.page import Page, View

JPEG_ERROR = 16
"""Of 255, in the middle of a cell; neighbours differ by 51 in one colour at least."""
FEWEST = 20

Box = tuple[float, float, float, float]
"""Left, top, width and height on the screen."""


def assert_seen(
    page: Page,
    stage: str,
    view: View,
    size: tuple[int, int],
    channels: Sequence[tuple[int, Shown]],
    *,
    z: int | range = 0,
    t: int = 0,
) -> None:
    """Compare the screen with the image at points in the middle of its cells, until it is right.

    The view says which point of the image lies in the middle of the stage, an element. Of a range
    of planes the greatest value is expected.
    """
    page.until_right(lambda: _check_seen(page, stage, view, size, channels, z=z, t=t))


def _check_seen(
    page: Page,
    stage: str,
    view: View,
    size: tuple[int, int],
    channels: Sequence[tuple[int, Shown]],
    *,
    z: int | range,
    t: int,
) -> None:
    left, top, width, height = page.run(
        "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return [b.x, b.y, b.width, b.height]",
        stage,
    )
    xs = np.arange(left + 9, left + width, 11).astype(int)
    ys = np.arange(top + 7, top + height, 13).astype(int)
    grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    x = view.x + (grid[:, 0] + 0.5 - left - width / 2) / view.scale
    y = view.y + (grid[:, 1] + 0.5 - top - height / 2) / view.scale
    margin = 3 / view.scale
    # PanoJS lays a pane of glass, the surface, over its tiles; OpenSeadragon one around its canvas.
    glass = f"{stage} .surface, {stage} .openseadragon-canvas"
    clear = page.bare(grid, f"{stage} canvas, {stage} img, img{stage}, {glass}")
    for place, end in ((x, size[0]), (y, size[1])):
        clear &= (place > margin) & (place < end - margin)
        clear &= (place % CELL > margin) & (place % CELL < CELL - margin)
    assert clear.sum() >= FEWEST
    shown = page.screenshot()[grid[clear, 1], grid[clear, 0]].astype(int)
    wanted = colors_at(x[clear], y[clear], channels, z, t)
    wrong = np.abs(shown - wanted).max(-1) > JPEG_ERROR
    assert not wrong.any(), (
        grid[clear][wrong][:5].tolist(),
        shown[wrong][:5].tolist(),
        wanted[wrong][:5].tolist(),
    )


def assert_pixels(
    picture: Image.Image,
    origin: tuple[int, int],
    channels: Sequence[tuple[int, Shown]],
    *,
    shrink: int = 1,
    z: int | range = 0,
    t: int = 0,
    error: int = JPEG_ERROR,
) -> None:
    """Compare a picture with the image in the middle of cells.

    The origin is that of the picture, in pixels of a level that is smaller by ``shrink``.
    """
    half, width, height = CELL // 2, *picture.size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    place = [(v + o) * shrink + shrink // 2 for v, o in ((x, origin[0]), (y, origin[1]))]
    middle = np.ones((height, width), bool)
    for along in place:
        middle &= abs(along % CELL - half) <= half // 4
    assert middle.any()
    shown = np.asarray(picture.convert("RGB"))[middle].astype(int)
    wanted = colors_at(place[0][middle], place[1][middle], channels, z, t)
    assert np.abs(shown - wanted).max() <= error
