"""Charts of Vega-Lite, Vega, Altair and Plotly, through their own exporters where installed.

``draw`` returns a `VegaChart` (package ``vl-convert-python``, which needs no browser) or a
`PlotlyChart` (``plotly`` and ``kaleido``, which start a Chrome for each picture: seconds).
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tilewright.drawn import plotly_export
from tilewright.encode import Encoder, PictureEncoder
from tilewright.errors import DrawError, LimitError
from tilewright.geometry import Size
from tilewright.image import Encoded, Picture
from tilewright.request import Encoding

_MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
_SIDES = re.compile(r'<svg[^>]*? width="(\d{1,7})(?:\.\d+)?"[^>]*? height="(\d{1,7})(?:\.\d+)?"')
_DATA = ("values", "datasets")
"""Under these names there are a spec's own numbers and texts."""


@dataclass(frozen=True, slots=True, eq=False)
class VegaChart:
    """A chart of Altair, or a spec of Vega-Lite or Vega; its ``$schema`` tells which.

    Data stand in it. What names an address or a file (``url``) is refused: the exporter would
    read files of the server.
    """

    chart: Any
    """A mapping, or what has ``to_dict()``."""

    def export(self, format: str, *, dpr: float, max_pixels: int) -> tuple[bytes, Size]:
        """Return the chart as ``svg``, ``png`` or ``pdf``, and its size in pixels."""
        import vl_convert  # noqa: PLC0415 - a hundred megabytes, loaded by the first chart

        spec = self.chart if isinstance(self.chart, Mapping) else self.chart.to_dict()
        if any(key == "url" for key in _keys(spec)):
            raise TypeError("the spec names an address or a file; put the data into it")
        vega = "/vega/" in str(spec.get("$schema", ""))
        convert = vl_convert.vega_to_svg if vega else vl_convert.vegalite_to_svg
        svg = convert(dict(spec), allowed_base_urls=[])
        sides = _SIDES.match(svg)
        if sides is None:
            raise TypeError("the exporter wrote no size")
        size = _checked(int(sides[1]), int(sides[2]), 1 if format == "svg" else dpr, max_pixels)
        if format == "svg":
            return svg.encode(), size
        if format == "pdf":
            return bytes(vl_convert.svg_to_pdf(svg)), size
        return bytes(vl_convert.svg_to_png(svg, scale=dpr)), size


@dataclass(frozen=True, slots=True, eq=False)
class PlotlyChart:
    """A figure of Plotly, of so many CSS pixels.

    Chrome loads what the figure names, such as ``layout.images``: let no client name anything.
    Formulas need MathJax, whose file or address `plotly.io.defaults.mathjax` has.
    """

    figure: Any
    """A ``Figure``, or a mapping that has its parts."""
    width: int = 700
    height: int = 500
    time_limit_s: float = 30.0
    """What takes longer is ended, the browser too."""

    def export(self, format: str, *, dpr: float, max_pixels: int) -> tuple[bytes, Size]:
        """Return the figure as ``svg``, ``png`` or ``pdf``, and its size in pixels."""
        scale = 1 if format == "svg" else dpr
        size = _checked(self.width, self.height, scale, max_pixels)
        sides = self.width, self.height
        return plotly_export.export(self.figure, format, sides, scale, self.time_limit_s), size


Chart = VegaChart | PlotlyChart


def encode_chart(
    chart: Chart,
    format: str,
    *,
    quality: int | None,
    dpr: float,
    max_pixels: int,
    encoder: Callable[[str], Encoder],
) -> Encoded:
    """Return a chart as a file of a format; formats that no exporter knows are made of its PNG.

    Raises DrawError, LimitError, EncodeError.
    """
    native = format if format in _MEDIA_TYPES else "png"
    found = None if format == native else encoder(format)
    try:
        if found is not None and not isinstance(found, PictureEncoder):
            raise TypeError(f"a chart cannot be shown as {format}")  # noqa: TRY301 - told alike
        data, size = chart.export(native, dpr=dpr, max_pixels=max_pixels)
    except (LimitError, DrawError):
        raise
    except Exception as error:
        # Exporters are other programs, with errors of their own.
        raise DrawError("the picture could not be drawn") from error
    if found is None:
        return Encoded(data, _MEDIA_TYPES[native], size)
    return found.encode(_opened(data), Encoding(format, quality=quality))


def _opened(png: bytes) -> Picture:
    from PIL import Image  # noqa: PLC0415 - few charts are other than PNG or SVG

    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        return Picture(np.array(image.convert("RGBA")))


def _checked(width: int, height: int, scale: float, max_pixels: int) -> Size:
    size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    if size.pixels > max_pixels:
        raise LimitError("max_pixels", size.pixels, max_pixels)
    return size


def _keys(part: object) -> Iterator[str]:
    """Yield the names in a spec, at all depths, but for those of data rows."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield str(key)
            if key not in _DATA:
                yield from _keys(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _keys(value)
