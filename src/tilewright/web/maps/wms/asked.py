"""GetMap and GetFeatureInfo: the fields of a query to what is to be drawn or read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilewright.config import Limits
from tilewright.crs import northing_first
from tilewright.errors import LimitError, ParameterError
from tilewright.geometry import Affine, Box, Size
from tilewright.image import ImageInfo, Plane
from tilewright.request import MapRegion
from tilewright.web.maps.wms import terms
from tilewright.web.maps.wms.query import NEW, Fields, Version, text_of, version_of

INFO_FORMATS = ("application/json", "application/geo+json", "text/plain")

_SMALLEST = 1e-9
"""Units that a pixel spans at least: less is lost in the numbers of the box."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a map is drawn on."""

    size: Size
    format: str
    """The name of an encoder."""
    transparent: bool
    background: str
    """``#rrggbb``."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Where on the axes of images a map is: ``(("z", 3),)``."""

    indices: tuple[tuple[str, int], ...] = ()

    def plane(self, info: ImageInfo) -> Plane:
        """Return the plane of an image; axes that it does not have do not count.

        Raises ParameterError past an axis's end.
        """
        sizes = {axis.name: axis.size for axis in info.axes}
        for name, index in self.indices:
            if index >= sizes.get(name, index + 1):
                allowed = f"a whole number from 0 to {sizes[name] - 1}"
                raise ParameterError(f"dim_{name}", allowed, index)
        return Plane.of({name: index for name, index in self.indices if name in sizes})


@dataclass(frozen=True, slots=True)
class MapAsk:
    """A map: layers on each other, the lowest first."""

    layers: tuple[str, ...]
    region: MapRegion
    canvas: Canvas
    positions: Positions
    query: str
    """What is left of the query: a look, the resampling, the quality."""


@dataclass(frozen=True, slots=True)
class InfoAsk:
    """The values under one pixel of a map."""

    layers: tuple[str, ...]
    crs: str
    affine: Affine
    """From corners of the map's pixels to the CRS."""
    column: int
    row: int
    info_format: str
    positions: Positions
    query: str
    """What is left of the query."""


def canvas(fields: Fields, formats: Mapping[str, str], limits: Limits) -> Canvas:
    """Return what a map is drawn on; ``formats`` leads from media types to encoders.

    Raises ParameterError, and LimitError for a map of too many pixels.
    """
    return _canvas(terms.CANVAS.read(text_of(fields)), formats, limits)


def map_asked(fields: Fields, formats: Mapping[str, str], limits: Limits) -> MapAsk:
    """Return what GetMap asks for (1.3.0, 7.3; 1.1.1, 7.2).

    Raises ParameterError, and LimitError for a map of too many pixels.
    """
    version = version_of(fields)
    values = terms.get_map(version).read(text_of(fields))
    styles = values.get("styles", ("",))
    layers = values["layers"]
    if len(styles) not in {1, len(layers)}:
        raise ParameterError("styles", "empty, or one for each layer", ",".join(styles))
    drawn_on = _canvas(values, formats, limits)
    region = _region(values, version, drawn_on.size)
    return MapAsk(layers, region, drawn_on, _positions(values), _rest(fields))


def info_asked(fields: Fields, limits: Limits) -> InfoAsk:
    """Return what GetFeatureInfo asks for (1.3.0, 7.4; 1.1.1, 7.3). Raises ParameterError."""
    version = version_of(fields)
    values = terms.get_feature_info(version).read(text_of(fields))
    size = _size(values, limits)
    region = _region(values, version, size)
    info_format = values.get("info_format") or INFO_FORMATS[0]
    if info_format not in INFO_FORMATS:
        raise ParameterError("info_format", f"one of {', '.join(INFO_FORMATS)}", info_format)
    names = terms.place_names(version)
    column, row = (values[name] for name in names)
    for name, place, end in ((names[0], column, size.width), (names[1], row, size.height)):
        if place >= end:
            raise ParameterError(name, f"a whole number from 0 to {end - 1}", place)
    return InfoAsk(
        values["query_layers"],
        region.crs,
        affine_of(region, size),
        column,
        row,
        info_format,
        _positions(values),
        _rest(fields),
    )


def affine_of(region: MapRegion, size: Size) -> Affine:
    """Return the way from corners of a map's pixels, rows from the top, to its CRS."""
    box = region.box
    if box is None:
        raise ValueError("a map has edges")
    return Affine(box.width / size.width, 0.0, box.x, 0.0, -box.height / size.height, box.bottom)


def _canvas(values: Mapping[str, Any], formats: Mapping[str, str], limits: Limits) -> Canvas:
    size = _size(values, limits)
    media_type: str = values.get("format", "")
    if media_type not in formats:
        raise ParameterError("format", f"one of {', '.join(formats)}", media_type)
    return Canvas(
        size,
        formats[media_type],
        values.get("transparent", False),
        values.get("bgcolor", terms.DEFAULT_BACKGROUND),
    )


def _size(values: Mapping[str, Any], limits: Limits) -> Size:
    for name in ("width", "height"):
        if values[name] > limits.output_side:
            allowed = f"a whole number from 1 to {limits.output_side}"
            raise ParameterError(name, allowed, values[name])
    size = Size(values["width"], values["height"])
    if size.pixels > limits.output_pixels:
        raise LimitError("output_pixels", size.pixels, limits.output_pixels)
    return size


def _region(values: Mapping[str, Any], version: Version, size: Size) -> MapRegion:
    """Return the map's place: 1.3.0 has the axes in the order of the CRS's own definition."""
    crs = values[terms.crs_name(version)]
    left, low, right, high = values["bbox"]
    if version == NEW and northing_first(crs):
        left, low, right, high = low, left, high, right
    width, height = right - left, high - low
    if width < size.width * _SMALLEST or height < size.height * _SMALLEST:
        raise ParameterError("bbox", f"so wide that a pixel spans {_SMALLEST} units or more")
    return MapRegion(crs, Box(left, low, width, height), size.width, size.height)


def _rest(fields: Fields) -> str:
    return text_of(fields, without=terms.NAMES)


def _positions(values: Mapping[str, Any]) -> Positions:
    names: Sequence[str] = terms.DIMENSIONS
    return Positions(
        tuple((name.removeprefix("dim_"), values[name]) for name in names if name in values)
    )
