"""Figures of matplotlib as files: without pyplot, in any thread, the same bytes each time.

Only the object API is used. pyplot keeps every figure in one list of the process, and may ask for
a window. No setting of matplotlib's (``rcParams``) is changed, as all threads share them.
"""

import re
import sys
from typing import TYPE_CHECKING, Any

from tilewright.encode import PictureEncoder
from tilewright.errors import DrawError
from tilewright.geometry import Size
from tilewright.image import Encoded, Picture
from tilewright.registry import Registry
from tilewright.request import Encoding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG, PDF = "image/svg+xml", "application/pdf"

_ENCODERS: Registry[PictureEncoder] = Registry("tilewright.encoders")


def is_figure(drawn: object) -> bool:
    """Tell whether a thing is a figure. Where matplotlib is not loaded, nothing is."""
    # Another thread may just be loading it: then the class is not there yet.
    kind = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    return kind is not None and isinstance(drawn, kind)


def encode_figure(figure: "Figure", format: str, *, dpi: float, quality: int | None) -> Encoded:
    """Return a figure as ``svg``, ``pdf``, or what an encoder of pictures makes (``png``, …).

    Equal figures give equal bytes: no date, no random name, no version of a library is in them.
    The figure's size is its inches times ``dpi``; an SVG is shown as large as ``figure.dpi``
    says, and ``dpi`` is that of pixels inside it. A figure belongs to one thread at a time; it
    is left as it was. Raises DrawError, EncodeError.
    """
    own_dpi = float(figure.dpi)
    try:
        if format == "svg":
            return _svg(figure, dpi, own_dpi)
        if format == "pdf":
            return _pdf(figure, dpi)
        picture = figure_picture(figure, dpi=dpi)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        # Such as a formula that mathtext cannot read: matplotlib finds out when it draws.
        raise DrawError("the picture could not be drawn") from error
    finally:
        _let_go(figure, own_dpi)
    encoder = _ENCODERS.get(format)
    if encoder is None or encoder.kind != "picture":
        raise DrawError("the picture could not be drawn") from TypeError(
            f"a figure cannot be shown as {format}"
        )
    return encoder.encode(picture, Encoding(format, quality=quality))


def figure_picture(figure: "Figure", *, dpi: float) -> Picture:
    """Return a figure's pixels; RGB when no part of it can be seen through, else RGBA.

    The figure keeps the canvas and the ``dpi``.
    """
    import numpy as np  # noqa: PLC0415 - matplotlib is loaded here, and not before
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    from tilewright.drawn.formulas import read_in_turn  # noqa: PLC0415 - likewise

    read_in_turn()
    figure.dpi = dpi
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    opaque = bool((pixels[..., 3] == 255).all())  # noqa: PLR2004
    return Picture(np.ascontiguousarray(pixels[..., :3] if opaque else pixels.copy()))


def literal(text: str) -> str:
    """Return a text that matplotlib shows as it is: else two ``$`` begin and end a formula.

    A formula that cannot be read fails the whole figure, so what a client sent goes through this.
    """
    return text.replace("$", r"\$")


def warm() -> None:
    """Load matplotlib and its fonts now, so that the first figure need not wait for them.

    That takes half a second; a machine where matplotlib never ran also searches its fonts, for
    seconds. Nothing happens a second time. Call it in ``wsgi.py``, or build it into an image.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(1, 1))
    figure.add_subplot().set_title("Tilewright $x^2$")
    for kind in ("png", "svg"):
        encode_figure(figure, kind, dpi=figure.dpi, quality=None)


def _svg(figure: "Figure", dpi: float, own_dpi: float) -> Encoded:
    from tilewright.drawn.vector import svg_bytes  # noqa: PLC0415 - loads matplotlib

    size = _pixels(figure, own_dpi)
    return Encoded(_as_large_as(svg_bytes(figure, dpi), size), SVG, size)


def _as_large_as(svg: bytes, size: Size) -> bytes:
    """Return an SVG with its sides in CSS pixels: matplotlib's points make another size."""
    start = svg.index(b"<svg")
    end = svg.index(b">", start)
    head = re.sub(rb' (width|height)="[^"]*"', b"", svg[start:end])
    sides = f'<svg width="{size.width}" height="{size.height}"'.encode()
    return svg[:start] + head.replace(b"<svg", sides, 1) + svg[end:]


def _pdf(figure: "Figure", dpi: float) -> Encoded:
    from tilewright.drawn.vector import pdf_bytes  # noqa: PLC0415 - likewise

    return Encoded(pdf_bytes(figure, dpi), PDF, _pixels(figure, dpi))


def _pixels(figure: "Figure", dpi: float) -> Size:
    width, height = (max(1, int(side * dpi)) for side in figure.get_size_inches())
    return Size(width, height)


def _let_go(figure: "Figure", dpi: float) -> None:
    """Give the figure a canvas without pixels: they would live until Python looks for cycles."""
    from matplotlib.backend_bases import FigureCanvasBase  # noqa: PLC0415

    FigureCanvasBase(figure)
    figure.dpi = dpi
