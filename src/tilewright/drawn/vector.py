"""Figures of matplotlib as SVG and PDF. Loads matplotlib: imported when a figure is there."""

import hashlib
from io import BytesIO, TextIOWrapper
from typing import Any, cast

from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure

from tilewright.drawn.formulas import read_in_turn

_POINTS_PER_INCH = 72


class _StableRenderer(RendererSVG):
    """Names clips and markers by what they are, not by chance.

    `FigureCanvasSVG.print_svg` does so only by a setting that the whole process shares.
    """

    def _make_id(self, type: str, content: object) -> str:
        return type + hashlib.sha256(f"tilewright{content}".encode()).hexdigest()[:10]


_renderer, _mixed = cast("Any", _StableRenderer), cast("Any", MixedModeRenderer)


def svg_bytes(figure: Figure, dpi: float) -> bytes:
    """Return a figure as SVG, its sides in points; ``dpi`` is that of pixels inside it."""
    read_in_turn()
    FigureCanvasSVG(figure)
    figure.dpi = _POINTS_PER_INCH
    width, height = map(float, figure.get_size_inches())
    file = BytesIO()
    text = TextIOWrapper(file, "utf-8", write_through=True)
    sides = width * _POINTS_PER_INCH, height * _POINTS_PER_INCH
    drawing = _renderer(*sides, text, image_dpi=dpi, metadata={"Date": None, "Creator": None})
    renderer = _mixed(figure, width, height, dpi, drawing)
    figure.draw(renderer)
    renderer.finalize()
    return file.getvalue()


def pdf_bytes(figure: Figure, dpi: float) -> bytes:
    """Return a figure as PDF of one page; ``dpi`` is that of pixels inside it."""
    read_in_turn()
    figure.dpi = dpi
    file = BytesIO()
    canvas: Any = FigureCanvasPdf(figure)
    metadata = {"CreationDate": None, "Creator": None, "Producer": None}
    canvas.print_pdf(file, metadata=metadata)
    return file.getvalue()
