"""Pictures in a frame of another shape: bars of a colour bring them to just the size asked."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilewright.config import Limits
from tilewright.errors import ParameterError
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.plan import check_output
from tilewright.request import Fit, MapRegion, Region, RenderRequest
from tilewright.web import xyz
from tilewright.web.outputs import OUTPUT
from tilewright.web.params import Parameter, ParameterSet, color

_NONE = "none"


def _fill() -> Parameter[str]:
    hue = color("fill", "", default="ffffff")

    def parse(text: str) -> str:
        return "" if text.lower() == _NONE else hue.parse(text)

    return Parameter(
        "fill",
        "Keep the proportions, and bring the answer to just the width and height that are asked "
        "by bars of this colour; none leaves the bars out.",
        f"{_NONE}, or a colour as six hexadecimal digits",
        parse,
        lambda value: value.removeprefix("#") or _NONE,
        {"type": "string", "default": _NONE},
    )


FILL = _fill()
_ASKED = ParameterSet((FILL, *OUTPUT))
_SIDES = 2


@dataclass(frozen=True, slots=True)
class Bars:
    """A frame, and the colour of what a picture in its middle leaves of it."""

    frame: Size
    color: str


def barred(
    query: str, asked: RenderRequest, info: xyz.Info, limits: Limits
) -> tuple[RenderRequest, Bars | None]:
    """Return the request of the picture inside the frame, and the bars, when ``fill`` asks.

    ``info`` is called only then. Raises ParameterError for a region without both sides,
    LimitError for too large a frame, OutsideError.
    """
    if FILL.name not in query:
        return asked, None
    values, target = _ASKED.read(query), asked.target
    hue: str = values.get(FILL.name, "")
    if not hue:
        return asked, None
    if isinstance(target, Fit):
        frame = Size(target.width, target.height)
    elif isinstance(target, Region | MapRegion):
        if "width" not in values or "height" not in values:
            raise ParameterError(FILL.name, "given with width and height")
        frame = Size(values["width"], values["height"])
        fitted = _fitted(replace(target, width=None, height=None).grid(info()).size, frame)
        target = replace(target, width=fitted.width, height=fitted.height)
    else:
        raise ParameterError(FILL.name, "left out here")
    check_output(frame, 1, info(), limits, channels=1)
    return replace(asked, target=target), Bars(frame, hue)


def _fitted(size: Size, frame: Size) -> Size:
    shrink = max(size.width / frame.width, size.height / frame.height)
    return Size(max(1, round(size.width / shrink)), max(1, round(size.height / shrink)))


def laid(picture: Picture, bars: Bars) -> Picture:
    """Return a picture in the middle of its frame. Raises ParameterError when it is larger."""
    data: Any = picture.data
    height, width, channels = data.shape
    left, top = (bars.frame.width - width) // _SIDES, (bars.frame.height - height) // _SIDES
    if left < 0 or top < 0:
        raise ParameterError(FILL.name, "left out where the look turns the picture")
    hue = np.frombuffer(bytes.fromhex(bars.color.removeprefix("#")) + b"\xff", np.uint8)
    hue = hue[: max(3, channels)]
    whole = np.empty((bars.frame.height, bars.frame.width, len(hue)), np.uint8)
    whole[:] = hue
    # One channel of grey becomes three.
    whole[top : top + height, left : left + width] = data
    return Picture(whole)
