"""Where in an image: the parameters of planes and of rectangles, the same on all routes."""

from collections.abc import Mapping
from typing import Any

from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.image import Plane
from tilewright.request import Region
from tilewright.web.params import ParameterSet, choice, integer, number

PLANE = (
    integer("z", "Position along the focal axis, from 0.", low=0, default=0),
    integer("t", "Position in time, from 0.", low=0, default=0),
    integer(
        "frame",
        "Number of the plane, from 0, counted over all axes, the last one fastest; instead of "
        "positions along them.",
        low=0,
        default=0,
        misspellings=("frames",),
    ),
)
EDGES = (
    number(
        "left",
        "Left edge in pixels of full resolution. The four edges are given together; without "
        "them the region is the whole image. Swapped edges are put in order.",
        misspellings=("xmin", "minx"),
    ),
    number("top", "Upper edge, counted downwards from 0.", misspellings=("ymin", "miny")),
    number("right", "Right edge.", misspellings=("xmax", "maxx")),
    number("bottom", "Lower edge.", misspellings=("ymax", "maxy")),
)
UNITS = choice(
    "units",
    "What the edges count.",
    ("pixels",),
    default="pixels",
    misspellings=("unit",),
)

PIXEL = ParameterSet(
    (
        integer(
            "left",
            "Column, from 0 at the left.",
            required=True,
            example=0,
            misspellings=("x", "column"),
        ),
        integer(
            "top",
            "Row, from 0 at the top.",
            required=True,
            example=0,
            misspellings=("y", "row"),
        ),
        *PLANE,
    )
)

PLANE_NAMES = tuple(parameter.name for parameter in PLANE)
_EDGE_NAMES = tuple(parameter.name for parameter in EDGES)


def plane_of(values: Mapping[str, Any]) -> Plane:
    """Return the plane that the values of a query name."""
    return Plane.of({name: values[name] for name in PLANE_NAMES if name in values})


def edges_of(values: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """Return the left, top, right and bottom edges as given; None without them.

    Raises ParameterError when one is missing.
    """
    given = [name for name in _EDGE_NAMES if name in values]
    if not given:
        return None
    for name in _EDGE_NAMES:
        if name not in values:
            raise ParameterError(name, f"given together with {', '.join(given)}")
    return values["left"], values["top"], values["right"], values["bottom"]


def box_of(values: Mapping[str, Any]) -> Box | None:
    """Return the rectangle that the four edges make; None without them.

    Raises ParameterError when one is missing, or when nothing lies between two of them.
    """
    edges = edges_of(values)
    if edges is None:
        return None
    left, right = sorted((edges[0], edges[2]))
    top, bottom = sorted((edges[1], edges[3]))
    if left == right:
        raise ParameterError("right", "apart from left", values["right"])
    if top == bottom:
        raise ParameterError("bottom", "apart from top", values["bottom"])
    return Box(left, top, right - left, bottom - top)


def pixel(query: str) -> tuple[Region, Plane]:
    """Return the one pixel that ``data/pixel?{query}`` asks for.

    Raises ParameterError, and OutsideError left of or above the image.
    """
    values = PIXEL.read(query)
    left, top = values["left"], values["top"]
    if left < 0 or top < 0:
        raise OutsideError(f"pixel {left},{top} is outside the image")
    return Region(Box(left, top, 1, 1), 1, 1), plane_of(values)
