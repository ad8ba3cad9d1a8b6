"""Tables of colours, and how lists of colours become one."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tilewright.paint import Ramp, Solid

Table = npt.NDArray[np.uint8]
"""Shape (n, 4): red, green, blue, alpha, straight. Read-only; n is 256 unless said otherwise."""

ROWS = 256
"""Rows of a finished table: one for each brightness that a channel may have."""


def frozen(colors: npt.ArrayLike) -> Table:
    """Return a read-only table of its own of 3 or 4 columns; three get full opacity."""
    given = np.asarray(colors, np.uint8)
    table = np.full((len(given), 4), 255, np.uint8)
    table[:, : given.shape[1]] = given
    table.flags.writeable = False
    return table


def parsed(colors: Sequence[str]) -> Table:
    """Return colours, each ``#rrggbb`` or ``#rrggbbaa``, as a table of as many rows."""
    return frozen([tuple(bytes.fromhex(f"{color[1:]:f<8}")) for color in colors])


def spread(colors: Table) -> Table:
    """Return the 256 rows in which each colour has an equal share, in order."""
    if len(colors) == ROWS:
        return colors
    # The row of brightness v is the colour in which v / 255 lies, as in matplotlib.
    picked = np.arange(ROWS) * len(colors) // (ROWS - 1)
    return frozen(colors[np.minimum(picked, len(colors) - 1)])


def blend(colors: Table) -> Table:
    """Return the 256 rows that run evenly from the first colour to the last, in sRGB."""
    places = np.arange(ROWS) * ((len(colors) - 1) / (ROWS - 1))
    known = np.arange(len(colors))
    columns = [np.interp(places, known, column) for column in colors.T.astype(np.float64)]
    return frozen(np.floor(np.stack(columns, axis=1) + 0.5))


@lru_cache(maxsize=1024)
def solid_table(paint: Solid) -> Table:
    """Return black to a colour: each row holds the colour's parts times i / 255, rounded down.

    The colour's opacity is that of every row.
    """
    table = np.empty((ROWS, 4), np.uint8)
    color = parsed([paint.color])[0].astype(np.intp)
    table[:, :3] = np.arange(ROWS)[:, np.newaxis] * color[:3] // 255
    table[:, 3] = color[3]
    return frozen(table)


@lru_cache(maxsize=256)
def ramp_table(paint: Ramp) -> Table:
    """Return a list of colours as a table: equal steps when it is discrete, else blended."""
    colors = parsed(paint.colors)
    return spread(colors) if paint.discrete else blend(colors)
