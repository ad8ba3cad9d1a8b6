"""Polygons of GeoJSON (RFC 7946) as frozen values: read with care, as anyone may send one.

A Polygon, MultiPolygon, Feature, or a FeatureCollection of them is taken. What lies inside is
told by the even-odd rule over all rings, so holes are holes whichever way they run, and a ring
that crosses itself has a meaning and is taken too. Heights are ignored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from tilewright.coordinates import Doubles
from tilewright.crs import WGS84, canonical_crs, convert, is_geographic, period
from tilewright.errors import LimitError, ParameterError

CRS84 = "OGC:CRS84"
MOST_BYTES = 8 << 20
MOST_FEATURES = 100
MOST_VERTICES = 1_000_000
MOST_RINGS = 100_000
"""Of all features together, as the vertices are."""

_NAME = "geometry"
_SAME_AS_CRS84 = {CRS84, WGS84}
_LEAST_PLACES = 4
_PARTS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True, eq=False)
class Polygon:
    """An area of a CRS's plane. Equal rings make equal values."""

    crs: str
    rings: tuple[Doubles, ...]
    """Closed; each of shape (place, 2), x to the east first; read-only."""
    key: str = field(init=False, repr=False)
    """The same for equal polygons, and for no others: for caches and entity tags."""

    def __post_init__(self) -> None:
        digest = blake2b(self.crs.encode(), digest_size=16)
        for ring in self.rings:
            ring.flags.writeable = False
            digest.update(len(ring).to_bytes(8, "little"))
            digest.update(ring.tobytes())
        object.__setattr__(self, "key", digest.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polygon) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Clip:
    """What of a picture is kept: pixels whose centre lies in a polygon, or all it touches."""

    polygon: Polygon
    touched: bool = False

    @property
    def text(self) -> str:
        """The canonical text."""
        return f"{self.polygon.key},{self.touched}"


@dataclass(frozen=True, slots=True)
class Feature:
    """A polygon, and what its sender says of it."""

    polygon: Polygon
    geometry: Mapping[str, Any]
    """As it came, to be given back."""
    properties: Mapping[str, Any]
    id: str | int | float | None = None


@dataclass(frozen=True, slots=True)
class Shapes:
    """What a GeoJSON document holds."""

    features: tuple[Feature, ...]
    collected: bool
    """True when it was a FeatureCollection: the answer is one as well."""


def parse_shapes(document: bytes | Mapping[str, Any], crs: str = CRS84) -> Shapes:
    """Return the polygons of a GeoJSON document whose coordinates are those of a CRS.

    x comes before y, longitude before latitude, whatever the CRS's own order. Raises
    ParameterError for ``geometry`` that says what is wrong, LimitError for too much of it.
    """
    value = _decoded(document) if isinstance(document, bytes) else document
    if not isinstance(value, Mapping):
        raise _bad("a GeoJSON object")
    _check_crs(value, crs)
    budget = _Budget()
    if value.get("type") != "FeatureCollection":
        return Shapes((_feature(value, crs, budget),), collected=False)
    members = value.get("features")
    if not isinstance(members, Sequence) or isinstance(members, str) or not members:
        raise _bad("a FeatureCollection with features")
    if len(members) > MOST_FEATURES:
        raise LimitError("features", len(members), MOST_FEATURES)
    return Shapes(tuple(_feature(member, crs, budget) for member in members), collected=True)


def parse_polygon(document: bytes | Mapping[str, Any], crs: str = CRS84) -> Polygon:
    """Return the polygon of a document that has just one. Raises as `parse_shapes`."""
    shapes = parse_shapes(document, crs)
    if len(shapes.features) != 1:
        raise _bad("one Polygon, MultiPolygon or Feature")
    return shapes.features[0].polygon


@dataclass(slots=True)
class _Budget:
    """What the limits still allow: counted over a whole document."""

    vertices: int = 0
    rings: int = 0

    def spend(self, places: int) -> None:
        self.rings += 1
        self.vertices += places
        if self.rings > MOST_RINGS:
            raise LimitError("polygon_rings", self.rings, MOST_RINGS)
        if self.vertices > MOST_VERTICES:
            raise LimitError("polygon_vertices", self.vertices, MOST_VERTICES)


def _decoded(data: bytes) -> object:
    if len(data) > MOST_BYTES:
        raise LimitError("geometry_bytes", len(data), MOST_BYTES)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise _bad("valid JSON in UTF-8") from None


def _check_crs(document: Mapping[str, Any], crs: str) -> None:
    """Refuse a document that names another CRS, as drafts before RFC 7946 could."""
    named = document.get("crs")
    if named is None:
        return
    properties = named.get("properties") if isinstance(named, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    found = canonical_crs(name, _NAME) if isinstance(name, str) else None
    if found != crs and not {found, crs} <= _SAME_AS_CRS84:
        raise _bad("without a member crs, or with the CRS of the coordinates")


def _feature(value: object, crs: str, budget: _Budget) -> Feature:
    if not isinstance(value, Mapping):
        raise _bad("a GeoJSON object")
    if value.get("type") != "Feature":
        return Feature(_polygon(value, crs, budget), value, {})
    geometry, properties, name = value.get("geometry"), value.get("properties"), value.get("id")
    if not isinstance(geometry, Mapping):
        raise _bad("a Feature with a geometry")
    if properties is not None and not isinstance(properties, Mapping):
        raise _bad("a Feature whose properties are an object or null")
    if name is not None and (isinstance(name, bool) or not isinstance(name, str | int | float)):
        raise _bad("a Feature whose id is text or a number")
    return Feature(_polygon(geometry, crs, budget), geometry, properties or {}, name)


def _polygon(geometry: Mapping[str, Any], crs: str, budget: _Budget) -> Polygon:
    kind = geometry.get("type")
    if kind not in _PARTS:
        raise ParameterError(_NAME, "a Polygon, MultiPolygon, Feature or FeatureCollection", kind)
    parts = geometry.get("coordinates")
    if kind == "Polygon":
        parts = [parts]
    rings = []
    for part in _filled(parts, "a MultiPolygon with polygons"):
        for ring in _filled(part, "a polygon with rings"):
            budget.spend(len(_filled(ring, "rings of places")))
            rings.append(_ring(ring))
    _check_domain(np.concatenate(rings), rings, crs)
    return Polygon(crs, tuple(rings))


def _filled(value: object, allowed: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise _bad(allowed)
    return value


def _ring(places: Sequence[Any]) -> Doubles:
    """Return a ring of shape (place, 2)."""
    numbers = _numbers(places)
    if len(numbers) < _LEAST_PLACES:
        raise _bad(
            f"rings of at least {_LEAST_PLACES} places, the first one being the last as well"
        )
    ring = np.array(numbers[:, :2], np.float64)
    if not np.isfinite(ring).all():
        raise _bad("finite coordinates")
    if (ring[0] != ring[-1]).any():
        raise _bad("closed rings: the last place is the first one")
    return ring


def _numbers(places: Sequence[Any]) -> Any:
    """Return the coordinates of places as numpy understands them, once they are numbers."""
    try:
        numbers = np.array(places)
    except ValueError:
        # Some places have a height and some have none.
        if not all(isinstance(place, list | tuple) for place in places):
            raise _bad("places that are lists of numbers") from None
        try:
            numbers = np.array([place[:2] for place in places])
        except ValueError:
            raise _bad("places of two or three numbers") from None
    # Text and booleans would be taken for numbers if a type were named.
    if numbers.ndim != 2 or numbers.shape[1] < 2 or numbers.dtype.kind not in "iuf":  # noqa: PLR2004 - x and y
        raise _bad("places of two or three numbers")
    return numbers


def _check_domain(places: Doubles, rings: Sequence[Doubles], crs: str) -> None:
    """Raise ParameterError for coordinates that the CRS does not have."""
    around = period(crs)
    if is_geographic(crs) and around is not None:
        if (np.abs(places[:, 1]) > around / 4).any():
            raise _bad("latitudes from -90 to 90, after the longitude")
        if (np.abs(places[:, 0]) > around).any():
            raise _bad("longitudes from -360 to 360")
    elif not all(np.isfinite(axis).all() for axis in convert(crs, WGS84, *places.T)):
        raise _bad("coordinates in the domain of their CRS")
    if around is not None and any(np.ptp(ring[:, 0]) > around * (1 + 1e-9) for ring in rings):
        raise _bad("no wider than the earth")


def _bad(allowed: str) -> ParameterError:
    return ParameterError(_NAME, allowed)
