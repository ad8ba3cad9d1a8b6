"""A small picture that says what went wrong, for pages that show nothing else."""

from dataclasses import replace

import numpy as np

from tilewright.encode.png import ENCODER
from tilewright.image import Picture
from tilewright.request import Encoding
from tilewright.web.http import Reply

_WIDTH, _HEIGHT, _MARGIN = 320, 80, 10
_PAPER, _INK, _EDGE = "#f6f6f4", "#333333", "#b3261e"
_LINE, _LINES = 48, 3


def as_picture(problem: Reply, title: str, detail: str) -> Reply:
    """Return a problem's reply with a PNG of 320×80 pixels in place of its document."""
    from textwrap import wrap  # noqa: PLC0415 - needed for errors alone

    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - likewise

    image = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, 0, _WIDTH - 1, _HEIGHT - 1), outline=_EDGE)
    font = ImageFont.load_default()
    lines = wrap(detail, _LINE)[:_LINES]
    canvas.text((_MARGIN, _MARGIN - 2), title, _EDGE, font)
    canvas.text((_MARGIN, 2 * _MARGIN + 4), "\n".join(lines), _INK, font)
    made = ENCODER.encode(Picture(np.asarray(image)), Encoding("png"))
    headers = {
        **problem.headers,
        "Content-Type": made.media_type,
        "Content-Length": str(len(made.data)),
    }
    return replace(problem, headers=headers, body=made.data)
