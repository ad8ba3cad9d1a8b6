"""Tiles at the right and lower border of an image: padded, cropped, or filled with a colour."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from tilewright.errors import ParameterError
from tilewright.geometry import Box, Size
from tilewright.image import ImageInfo, Picture
from tilewright.request import Region, RenderRequest, Tile
from tilewright.web import xyz
from tilewright.web.downloads import DOWNLOAD
from tilewright.web.params import Parameter, ParameterSet, color

CROP = "crop"


def _edge() -> Parameter[str]:
    hue = color("edge", "", default="ffffff")

    def parse(text: str) -> str:
        if text.lower() == "false":
            return ""
        return text if text == CROP else hue.parse(text)

    return Parameter(
        "edge",
        "What a tile does past the border of the image: false leaves it transparent, crop cuts "
        "it off, a colour fills it.",
        "crop, false, or a colour as six hexadecimal digits",
        parse,
        lambda value: value.removeprefix("#") or "false",
        {"type": "string", "default": "false", "example": CROP},
    )


EDGE = _edge()
TILE = ParameterSet((*xyz.TILE.parameters, EDGE, DOWNLOAD))
"""The parameters of a tile."""
_ONLY = ParameterSet((EDGE,))


@dataclass(frozen=True, slots=True)
class Fill:
    """The part of a tile that the image covers, and the colour of the rest."""

    inside: Size
    color: str


def bordered(
    query: str, asked: RenderRequest, info: Callable[[], ImageInfo]
) -> tuple[RenderRequest, Fill | None]:
    """Return a tile's request as ``edge`` wants it, and what is to be filled when it is drawn.

    A tile that ends at the border, or before it, stays as it is; ``info`` is called only when
    the query has an edge. Raises ParameterError for a tile of the earth, OutsideError.
    """
    edge = _edge_of(query)
    target = asked.target
    if not edge:
        return asked, None
    if not isinstance(target, Tile):
        raise ParameterError("edge", "left out for tiles of the earth")
    layout = info()
    grid = target.grid(layout)
    inside = _inside(grid.box, grid.size, layout.size)
    if inside == grid.size:
        return asked, None
    if edge != CROP:
        return asked, Fill(inside, edge)
    return replace(asked, target=_cropped(grid.box, inside)), None


@lru_cache(maxsize=1024)
def _edge_of(query: str) -> str:
    """Read a tile's query. A viewer repeats the same one for thousands of tiles."""
    edge: str = _ONLY.read(query).get("edge", "")
    return edge


def _inside(box: Box, tile: Size, image: Size) -> Size:
    """Return how much of a tile lies in the image, in output pixels."""
    wide = (image.width - box.x) * tile.width / box.width
    high = (image.height - box.y) * tile.height / box.height
    # A last column of which less than half is covered is no column.
    return Size(
        min(tile.width, max(1, math.floor(wide + 0.5))),
        min(tile.height, max(1, math.floor(high + 0.5))),
    )


def _cropped(box: Box, inside: Size) -> Region:
    return Region(box, inside.width, inside.height)


def filled(picture: Picture, fill: Fill) -> Picture:
    """Return a picture whose border has the colour; what the image covers is left as it is."""
    data: Any = picture.data
    if data.shape[2] == 1:
        data = np.repeat(data, 3, axis=2)
    channels = bytes.fromhex(fill.color.removeprefix("#")) + b"\xff"
    hue = np.frombuffer(channels, np.uint8)[: data.shape[2]]
    data = data.copy()
    data[fill.inside.height :] = hue
    data[:, fill.inside.width :] = hue
    return Picture(np.ascontiguousarray(data))
