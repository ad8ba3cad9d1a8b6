"""Polygons that a client sends: what is asked of them, and the GeoJSON that answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilewright.errors import ParameterError
from tilewright.image import ImageInfo, Plane
from tilewright.outline import bounds_in
from tilewright.polygon import Polygon, Shapes, parse_shapes
from tilewright.request import MapRegion, georeference
from tilewright.statistics import Wanted
from tilewright.statistics.weighted import WeightedStatistics
from tilewright.web import numbers
from tilewright.web.maps.places import COORD_CRS, CRS84
from tilewright.web.maps.tiles import PROJECTION
from tilewright.web.outputs import OUTPUT
from tilewright.web.params import Parameter, ParameterSet, flag
from tilewright.web.places import PLANE, plane_of

MEDIA_TYPE = "application/geo+json"
BINS = 10
"""As numpy's histogram has, and titiler's."""


def _taken(parameters: ParameterSet, *names: str) -> tuple[Parameter[Any], ...]:
    return tuple(one for one in parameters.parameters if one.name in names)


TOUCHED = flag(
    "all_touched",
    "Keep every pixel that the polygon touches, not only those whose centre lies inside.",
    misspellings=("allTouched", "touched"),
)
CROP: tuple[Parameter[Any], ...] = (COORD_CRS, TOUCHED, PROJECTION, *OUTPUT)
"""What a region cut out by a polygon takes besides a look and an encoding."""
STATISTICS = ParameterSet(
    (
        COORD_CRS,
        *_taken(numbers.STATISTICS, "percentiles", "categorical"),
        *_taken(numbers.HISTOGRAM, "bins", "min", "max"),
        numbers.BANDS,
        *PLANE,
    )
)

STATISTICS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "The GeoJSON that was sent, with ``statistics`` among its properties: by "
    "band (b1, b2, …), each pixel weighed by the share of it that lies in the polygon.",
}


@dataclass(frozen=True, slots=True)
class Zoning:
    """What is to be measured in which polygons."""

    shapes: Shapes
    wanted: Wanted
    bands: tuple[int, ...] | None
    """Count from 1; None: all."""
    plane: Plane


@dataclass(frozen=True, slots=True)
class Crop:
    """A region and the polygon that it is cut out by."""

    region: MapRegion
    polygon: Polygon
    touched: bool


@dataclass(frozen=True, slots=True)
class ZoneFound:
    """What was found in one polygon."""

    bands: Sequence[int]
    """Count from 0."""
    statistics: Sequence[WeightedStatistics]
    exact: bool


def zoning(query: str, body: bytes) -> Zoning:
    """Return what ``POST statistics?{query}`` asks for. Raises ParameterError, LimitError."""
    values = STATISTICS.read(query)
    low, high = values.get("min"), values.get("max")
    if (low is None) != (high is None):
        raise ParameterError("max" if high is None else "min", "given when the other end is")
    if low is not None and high is not None and not low < high:
        raise ParameterError("max", f"above min, which is {low:g}", f"{high:g}")
    wanted = Wanted(
        percentiles=values.get("percentiles", numbers.PERCENTILES),
        categorical=values.get("categorical", False),
        bins=values.get("bins", BINS),
        range=None if low is None or high is None else (low, high),
    )
    shapes = parse_shapes(body, values.get("coord_crs", CRS84))
    return Zoning(shapes, wanted, values.get("band"), plane_of(values))


def check_rows(asked: Zoning, bands: int) -> None:
    """Refuse what would make too long an answer over so many bands. Raises ParameterError."""
    shown = numbers.Measuring(asked.wanted)
    numbers.check_rows(shown, bands * len(asked.shapes.features))


def crop(values: Mapping[str, Any], body: bytes, info: ImageInfo) -> Crop:
    """Return the region that the values of `CROP` and a polygon ask for.

    The region is the polygon's box in ``projection``, without it in the image's own CRS.
    Raises ParameterError, LimitError.
    """
    shapes = parse_shapes(body, values.get("coord_crs", CRS84))
    if len(shapes.features) != 1:
        raise ParameterError("geometry", "one Polygon, MultiPolygon or Feature")
    polygon = shapes.features[0].polygon
    crs = values.get("projection") or georeference(info).crs
    box = bounds_in(polygon, crs)
    if box is None:
        raise ParameterError("geometry", "a polygon with an area in the CRS of the answer")
    region = MapRegion(crs, box, values.get("width"), values.get("height"))
    return Crop(region, polygon, values.get("all_touched", False))


def statistics_document(shapes: Shapes, found: Sequence[ZoneFound]) -> dict[str, Any]:
    """Return the GeoJSON that was sent with what was found in each of its polygons."""
    features = []
    for feature, one in zip(shapes.features, found, strict=True):
        statistics = {
            f"b{band + 1}": told.as_document() | {"exact": one.exact}
            for band, told in zip(one.bands, one.statistics, strict=True)
        }
        document: dict[str, Any] = {
            "type": "Feature",
            "geometry": feature.geometry,
            "properties": {**feature.properties, "statistics": statistics},
        }
        features.append(document if feature.id is None else document | {"id": feature.id})
    if shapes.collected:
        return {"type": "FeatureCollection", "features": features}
    return features[0]
