"""What figures, ellipses and drawn tiles cost beside the bare libraries that draw them."""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Plot
from PIL import Image, ImageDraw

from bench.clock import race
from bench.report import Figure, Target
from bench.scale import Scale
from tilewright.drawn import outputs
from tilewright.drawn.figures import encode_figure
from tilewright.drawn.source import drawn_source, pixel_centers
from tilewright.encode import Encoder
from tilewright.engine import Engine
from tilewright.geometry import Window
from tilewright.image import Array, Encoded
from tilewright.request import Encoding, RenderRequest, Tile

_WIDE = (1920, 1080)


@drawn_source("bench-waves", size=(1 << 16, 1 << 16))
def waves(window: Window, level: int) -> Array:
    x, y = pixel_centers(window, level)
    return ((x.astype(np.uint32) * y.astype(np.uint32)) >> 16).astype(np.uint8)


def run(scale: Scale, folder: Path) -> Iterator[Figure]:  # noqa: ARG001 - no file is needed
    """Measure what is drawn in this process, on one core."""
    cases = range(max(3, min(60, scale.tiles // 10)))
    found = race({"ours": _encoded, "bare": _bare}, cases)
    yield Figure(
        "a line plot of 400×300 as PNG, plotted anew",
        found["ours"],
        "ms",
        "matplotlib's Agg and its PNG",
        found["bare"],
        Target("ratio", "≤", 1.05),
    )
    yield Figure("the same, a second", 1e3 / found["ours"], "/s", target=Target("ours", "≥", 20))
    for kind in ("svg", "pdf"):
        found = race({"ours": partial(_encoded, format=kind)}, cases)
        yield Figure(f"the same as {kind.upper()}", found["ours"], "ms")
    engine = Engine()
    bare = race({"bare": _pillow_png}, cases)["bare"]
    for tool, draw in (("OpenCV", _smooth_ellipse), ("Pillow", _ellipse)):
        ours = race({"ours": partial(_as_png, draw=draw, encoder=engine.encoder)}, cases)["ours"]
        yield Figure(
            f"an ellipse of 1920×1080 by {tool} as PNG, a second",
            1e3 / ours,
            "/s",
            "Pillow's ellipse and its PNG at level 1",
            1e3 / bare,
            Target("ours", "≥", 100) if draw is _smooth_ellipse else None,
        )

    def tile(case: int) -> Encoded:
        asked = RenderRequest(Tile(8, case % 256, case // 256), Encoding("png"))
        return engine.render(waves.source(), asked)

    found = race({"ours": tile, "bare": lambda case: waves.draw(_window(case), 0)}, cases)
    yield Figure("a drawn tile as PNG, beyond its function", found["ours"] - found["bare"], "ms")
    engine.close()


def _plot() -> Plot:
    made = Plot(figsize=(4, 3), dpi=100)
    made.add_subplot().plot(range(100))
    return made


def _encoded(_: int, format: str = "png") -> Encoded:
    return encode_figure(_plot(), format, dpi=100, quality=None)


def _bare(_: int) -> bytes:
    file = BytesIO()
    FigureCanvasAgg(_plot()).print_png(file)
    return file.getvalue()


def _ellipse() -> Image.Image:
    width, height = _WIDE
    made = Image.new("RGBA", _WIDE)
    ImageDraw.Draw(made).ellipse((0, 0, width - 1, height - 1), "#ff000080")
    return made


def _smooth_ellipse() -> Array:
    """Return an ellipse with smooth edges: clear red, and half clear red inside."""
    (width, height), fine = _WIDE, 16
    made = np.empty((height, width, 4), np.uint8)
    made.view(np.uint32)[...] = np.frombuffer(bytes((255, 0, 0, 0)), np.uint32)
    middle, radii = (width * fine // 2, height * fine // 2), (width * fine // 2, height * fine // 2)
    cv2.ellipse(made, middle, radii, 0, 0, 360, (255, 0, 0, 128), -1, cv2.LINE_AA, 4)
    return made


def _as_png(_: int, draw: Callable[[], object], encoder: Callable[[str], Encoder]) -> Encoded:
    return outputs.encoded(draw(), "png", quality=None, dpr=1, max_pixels=1 << 24, encoder=encoder)


def _pillow_png(_: int) -> bytes:
    file = BytesIO()
    _ellipse().save(file, "PNG", compress_level=1)
    return file.getvalue()


def _window(case: int) -> Window:
    return Window(256 * (case % 256), 256 * (case // 256), 256, 256)
