"""Regions in millimetres, at a magnification or by fractions, and answers at a scale."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.image import ImageInfo
from tilewright.request import Region, RenderRequest
from tilewright.web import xyz
from tilewright.web.bars import FILL
from tilewright.web.downloads import DOWNLOAD
from tilewright.web.maps import tiles
from tilewright.web.maps.asked import without
from tilewright.web.numbers import decimal
from tilewright.web.outputs import OUTPUT
from tilewright.web.params import Parameter, ParameterSet
from tilewright.web.paths import Suffixes
from tilewright.web.places import EDGES, box_of

MM, MAGNIFICATION, FRACTION = "mm", "magnification", "fraction"
UNITS_OF_THE_IMAGE = (MM, MAGNIFICATION, FRACTION)

_MICROMETRES = 1000.0
_LARGEST = 1000.0


def _units() -> Parameter[str]:
    plain, words = tiles.UNITS, ", ".join(UNITS_OF_THE_IMAGE)
    allowed = f"{tiles.PIXELS}, {words}, {plain.allowed.partition(', ')[2]}"

    def parse(text: str) -> str:
        name = MAGNIFICATION if text == "mag_pixels" else text
        return name if name in UNITS_OF_THE_IMAGE else tiles.units_of(name, allowed)

    return Parameter(
        plain.name,
        f"{plain.help} Also mm, counted from the upper left corner; magnification, for pixels of "
        "the magnification that is asked; and fraction, of the image's width and height.",
        allowed,
        parse,
        str,
        plain.schema,
        misspellings=plain.misspellings,
        unset=plain.unset,
    )


def _factor(name: str, help: str) -> Parameter[float]:
    def parse(text: str) -> float:
        value = decimal(text)
        if not 1 / _LARGEST <= value <= _LARGEST:
            raise ValueError
        return value

    return Parameter(
        name,
        help,
        f"a number from {1 / _LARGEST} to {_LARGEST:g}",
        parse,
        repr,
        {"type": "number", "minimum": 1 / _LARGEST, "maximum": _LARGEST},
    )


UNITS = _units()
SCALE = _factor("scale", "Output pixels for each pixel of full resolution: 0.5 is half as wide.")
POWER = _factor(
    "magnification", "Magnification of the answer, such as 10 for what a tenfold lens shows."
)

REGION = ParameterSet(
    (
        *(UNITS if each is tiles.UNITS else each for each in xyz.REGION.parameters),
        SCALE,
        POWER,
        FILL,
        DOWNLOAD,
    )
)
"""The parameters of ``data/region``."""
_WHERE = ParameterSet((*EDGES, UNITS, *OUTPUT, SCALE, POWER))
_TAKEN = frozenset((*(edge.name for edge in EDGES), UNITS.name))
_OF_THE_EARTH = "left out where units or projection name a coordinate reference system"


def region(suffix: str, query: str, suffixes: Suffixes, info: xyz.Info) -> RenderRequest:
    """Return what ``data/region.{suffix}?{query}`` asks for, in any units and at any scale.

    ``info`` opens the image; it is called only for units and scales that need it. Raises
    ParameterError, also when the image states no size of its pixels or no magnification;
    OutsideError.
    """
    values = _WHERE.read(query)
    units = values.get("units", tiles.PIXELS)
    if units not in UNITS_OF_THE_IMAGE and not {"scale", "magnification"} & values.keys():
        return xyz.region(suffix, query, suffixes, info)
    given = [name for name in ("width", "height", "scale", "magnification") if name in values]
    # Pixels of a magnification may be asked at any size.
    sizes = [name for name in given if name != "magnification" or units != MAGNIFICATION]
    if len(sizes) > 1 and sizes != ["width", "height"]:
        raise ParameterError(sizes[-1], f"left out where {sizes[0]} is given")
    asked = xyz.region(suffix, without(query, _TAKEN), suffixes, info)
    if not isinstance(asked.target, Region) or units not in (tiles.PIXELS, *UNITS_OF_THE_IMAGE):
        raise ParameterError(given[0] if given else "units", _OF_THE_EARTH)
    layout = info()
    box = _in_pixels(box_of(values), units, values, layout)
    target = replace(asked.target, box=box)
    if sizes and sizes[0] in {"width", "height"}:
        return replace(asked, target=target)
    return replace(asked, target=_scaled(target, _scale(values, layout), layout))


def with_units(query: str, units: str, info: xyz.Info) -> str:
    """Return a query whose edges count ``units``, where it says nothing of them.

    So it is for an image that lies on the earth alone; ``info`` is called to know.
    """
    if units == tiles.PIXELS:
        return query
    given = dict(parse_qsl(query, keep_blank_values=True))
    stated = given.get(UNITS.name, "").lower() not in UNITS.unset
    if stated or not given.keys() & {edge.name for edge in EDGES} or info().geo is None:
        return query
    return f"{query}&{urlencode({UNITS.name: units})}"


def _in_pixels(
    box: Box | None, units: str, values: Mapping[str, Any], info: ImageInfo
) -> Box | None:
    """Return a box in pixels of full resolution."""
    if units == MAGNIFICATION and "magnification" not in values:
        raise ParameterError("magnification", f"given where units are {MAGNIFICATION}")
    if box is None or units == tiles.PIXELS:
        return box
    across, down = _pixels_per_unit(units, values, info)
    return Box(box.x * across, box.y * down, box.width * across, box.height * down)


def _pixels_per_unit(units: str, values: Mapping[str, Any], info: ImageInfo) -> tuple[float, float]:
    if units == FRACTION:
        return float(info.size.width), float(info.size.height)
    if units == MAGNIFICATION:
        ratio = _native(info) / values["magnification"]
        return ratio, ratio
    if info.micrometres_per_pixel is None:
        raise ParameterError("units", "pixels: the image does not state how large its pixels are")
    across, down = info.micrometres_per_pixel
    return _MICROMETRES / across, _MICROMETRES / down


def _native(info: ImageInfo) -> float:
    if not info.magnification:
        raise ParameterError("magnification", "left out: the image does not state its own")
    return info.magnification


def _scale(values: Mapping[str, Any], info: ImageInfo) -> float:
    """Return how many output pixels a pixel of full resolution becomes."""
    if "magnification" in values and "scale" not in values:
        shrunk: float = values["magnification"] / _native(info)
        return shrunk
    scale: float = values.get("scale", 1.0)
    return scale


def _scaled(target: Region, scale: float, info: ImageInfo) -> Region:
    # What hangs over is cut off first, so that the rest keeps its scale.
    box = Box.whole(info.size) if target.box is None else target.box.clip(info.size)
    if box is None:
        raise OutsideError("the region lies outside the image")
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    return Region(box, width, height)
