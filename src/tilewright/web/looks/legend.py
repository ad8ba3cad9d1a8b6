"""A colormap given value by value, as titiler takes it in JSON."""

import math
from collections.abc import Iterator
from typing import Any

from tilewright.errors import ParameterError
from tilewright.paint import MOST_COLORS, Class, Classes, Ramp
from tilewright.stretch import Stretch
from tilewright.web.looks import colors
from tilewright.web.looks.ranges import finite

ALLOWED = (
    'JSON such as {"1": "#ff0000", "2": [0, 0, 255]} or [[[0, 10], "#ff0000"]], of at most '
    f"{MOST_COLORS} colours"
)
_STEPS = 256


def classes(colormap: Any, stretch: Stretch | None) -> Classes | Ramp:
    """Return the legend of a decoded ``colormap``. Raises ParameterError.

    With a range, a colormap is of the 256 steps that the range has been cut into, as in
    rio-tiler: each is brought back to the values that it came from.
    """
    try:
        rows = tuple(_rows(colormap))
        if stretch is None:
            return Classes(rows)
        if [row.low for row in rows] == [*range(_STEPS)] and all(row.high is None for row in rows):
            return Ramp(tuple(row.color for row in rows), discrete=True)
        stretched = (_unstretched(row, stretch) for row in rows)
        return Classes(tuple(row for row in stretched if row is not None))
    except (ValueError, OverflowError):
        raise ParameterError("colormap", ALLOWED, colormap) from None


def _rows(colormap: Any) -> Iterator[Class]:
    if not isinstance(colormap, dict | list) or not 1 <= len(colormap) <= MOST_COLORS:
        raise ValueError("neither an object nor a list")
    if isinstance(colormap, dict):
        rows = [(finite(value), color) for value, color in colormap.items()]
        for value, color in sorted(rows, key=lambda row: row[0]):
            yield Class(value, None, _color(color))
        return
    for row in colormap:
        interval, color = _pair(row)
        low, high = (float(end) for end in map(_number, _pair(interval)))
        yield Class(low, high, _color(color))


def _pair(value: Any) -> list[Any]:
    if not (isinstance(value, list) and len(value) == 2):  # noqa: PLR2004
        raise ValueError("not two values")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a number")
    return value


def _color(value: Any) -> str:
    if isinstance(value, str):
        return colors.color(value)
    if not isinstance(value, list):
        raise ValueError("not a colour")  # noqa: TRY004 - caught with its brothers
    return colors.levels(value)


def _unstretched(row: Class, stretch: Stretch) -> Class | None:
    """Return the values that a row's steps came from; None when it has none from 0 to 255."""
    first = math.ceil(row.low)
    if row.high is None:
        last = first if first == row.low else first - 1
    else:
        last = math.ceil(row.high) - 1
    first, last = max(first, 0), min(last, _STEPS - 1)
    if first > last:
        return None
    low, high = stretch.low.amount, stretch.high.amount
    step = (high - low) / (_STEPS - 1)
    start = -math.inf if first == 0 else low + first * step
    # Step 255 is the end of the range alone, and all above it.
    stop = math.inf if last == _STEPS - 1 else low + (last + 1) * step
    return Class(start, stop, row.color)
