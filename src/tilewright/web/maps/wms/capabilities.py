"""What the service offers: the capabilities of both versions, from one set of values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tilewright.config import Limits
from tilewright.crs import WEB_MERCATOR, WGS84, area_of_use, northing_first, period
from tilewright.geometry import Box
from tilewright.image import Axis
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.wms.asked import INFO_FORMATS
from tilewright.web.maps.wms.query import NEW, OLD, Version
from tilewright.web.maps.wms.report import XSI
from tilewright.web.maps.wms.terms import LAYER_LIMIT
from tilewright.web.maps.xml import MEDIA_TYPE, document, element, leaf
from tilewright.web.params import FARTHEST

LONGITUDE_FIRST = "OGC:CRS84"
WORLD = (WEB_MERCATOR, WGS84, LONGITUDE_FIRST)
REGIONAL = ("EPSG:3395", "EPSG:3031", "EPSG:3995", "EPSG:3035", "EPSG:5070")
"""Offered where their area holds the image: other CRSs that maps are often drawn in. Every CRS
that PROJ knows is served, listed or not."""

_MEDIA_TYPES = {OLD: "application/vnd.ogc.wms_xml", NEW: MEDIA_TYPE}
_EDGES = ("minx", "miny", "maxx", "maxy")
_DOCTYPE = (
    '<!DOCTYPE WMT_MS_Capabilities SYSTEM "http://schemas.opengis.net/wms/1.1.1/'
    'WMS_MS_Capabilities.dtd">\n'
)
_NAMESPACE = "http://www.opengis.net/wms"
_SCHEMA = "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"
_FIRST_UTM, _FIRST_SOUTHERN_UTM = 32601, 32701
_ZONE_DEGREES, _ZONES, _UTM_END = 6.0, 60, 80.0
_EXCEPTIONS = {
    OLD: tuple(f"application/vnd.ogc.se_{kind}" for kind in ("xml", "inimage", "blank")),
    NEW: ("XML", "INIMAGE", "BLANK"),
}


@dataclass(frozen=True, slots=True)
class Service:
    """What a service says of itself."""

    title: str
    url: str
    """Of all operations, without a query."""
    formats: tuple[str, ...]
    """Media types of maps."""
    limits: Limits


def capabilities(service: Service, layers: Sequence[Layer], version: Version) -> tuple[bytes, str]:
    """Return the document and its media type (1.3.0, 7.2 and annex E.1; 1.1.1, 7.1)."""
    writer = _Writer(service, version)
    return writer.document(layers), _MEDIA_TYPES[version]


def crs_text(crs: str) -> str:
    """Return what WMS calls a CRS: longitude before latitude is its own CRS:84 (1.3.0, B.3)."""
    return "CRS:84" if crs == LONGITUDE_FIRST else crs


def offered(layer: Layer) -> tuple[str, ...]:
    """Return the CRSs that a layer is announced in, its own one first; all have a short name."""
    own = (layer.geo.crs,) if _has_short_name(layer.geo.crs) else ()
    degrees = layer.bounds
    near = (crs for crs in REGIONAL if _holds(crs, degrees))
    return tuple(dict.fromkeys((*own, *WORLD, *near, *_utm(degrees))))


def degrees_of(layer: Layer) -> Box:
    """Return the layer's bounds in degrees; the whole turn where it lies across 180."""
    box = layer.bounds
    south, north = max(box.y, -90.0), min(box.bottom, 90.0)
    if box.x < -180 or box.right > 180:  # noqa: PLR2004 - the antimeridian
        return Box(-180.0, south, 360.0, max(north - south, 1e-9))
    return Box(box.x, south, box.width, max(north - south, 1e-9))


@dataclass(frozen=True, slots=True)
class _Writer:
    service: Service
    version: Version

    @property
    def new(self) -> bool:
        return self.version == NEW

    def document(self, layers: Sequence[Layer]) -> bytes:
        attributes: dict[str, str] = {"version": self.version}
        if self.new:
            attributes |= {
                "xmlns": _NAMESPACE,
                "xmlns:xsi": XSI,
                "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
            }
        exceptions = (leaf("Format", name) for name in _EXCEPTIONS[self.version])
        capability = element(
            "Capability",
            None,
            [element("Request", None, self.operations())],
            [element("Exception", None, exceptions)],
            [self.root_layer(layers)],
        )
        name = "WMS_Capabilities" if self.new else "WMT_MS_Capabilities"
        whole = element(name, attributes, [element("Service", None, self.about()), capability])
        return document(whole if self.new else _DOCTYPE + whole)

    def about(self) -> Iterator[str]:
        # The schema of 1.3.0 allows this one name; 1.1.1 wants the other (7.1.4.2).
        yield leaf("Name", "WMS" if self.new else "OGC:WMS")
        yield leaf("Title", self.service.title)
        yield _link(self.service.url)
        yield leaf("Fees", "none")
        yield leaf("AccessConstraints", "none")
        if self.new:
            yield leaf("LayerLimit", LAYER_LIMIT)
            yield leaf("MaxWidth", self.service.limits.output_side)
            yield leaf("MaxHeight", self.service.limits.output_side)

    def operations(self) -> Iterator[str]:
        for name, formats in (
            ("GetCapabilities", (_MEDIA_TYPES[self.version],)),
            ("GetMap", self.service.formats),
            ("GetFeatureInfo", INFO_FORMATS),
        ):
            # Clients append their parameters (1.3.0, 6.3.3).
            get = element("Get", None, [_link(f"{self.service.url}?")])
            way = element("DCPType", None, [element("HTTP", None, [get])])
            yield element(name, None, (leaf("Format", one) for one in formats), [way])

    def root_layer(self, layers: Sequence[Layer]) -> str:
        inside = [leaf("Title", self.service.title), *map(self.crs, WORLD)]
        boxes = [degrees_of(layer) for layer in layers]
        if boxes:
            west, south = min(box.x for box in boxes), min(box.y for box in boxes)
            east, north = max(box.right for box in boxes), max(box.bottom for box in boxes)
            inside.append(self.degrees(Box(west, south, east - west, north - south)))
        return element("Layer", None, inside, map(self.layer, layers))

    def layer(self, layer: Layer) -> str:
        # Some clients do not look at what a layer inherits: each says all.
        offers = offered(layer)
        inside = [leaf("Name", layer.name), leaf("Title", layer.title or layer.name)]
        if layer.abstract:
            inside.append(leaf("Abstract", layer.abstract))
        inside += map(self.crs, offers)
        inside.append(self.degrees(degrees_of(layer)))
        inside += (self.bounds(layer, crs) for crs in offers)
        inside += self.axes(layer)
        style = element("Style", None, [leaf("Name", "default"), leaf("Title", "default")])
        return element("Layer", {"queryable": 1, "opaque": 0}, inside, [style])

    def crs(self, crs: str) -> str:
        return leaf("CRS" if self.new else "SRS", crs_text(crs))

    def degrees(self, box: Box) -> str:
        edges = (box.x, box.y, box.right, box.bottom)
        if not self.new:
            return element("LatLonBoundingBox", dict(zip(_EDGES, edges, strict=True)))
        west, south, east, north = edges
        inside = (
            leaf("westBoundLongitude", west),
            leaf("eastBoundLongitude", east),
            leaf("southBoundLatitude", south),
            leaf("northBoundLatitude", north),
        )
        return element("EX_GeographicBoundingBox", None, inside)

    def bounds(self, layer: Layer, crs: str) -> str:
        box = _bounds_in(layer, crs)
        if box is None:
            return ""
        edges = (box.x, box.y, box.right, box.bottom)
        if self.new and northing_first(crs):
            edges = (box.y, box.x, box.bottom, box.right)
        attributes: dict[str, object] = {"CRS" if self.new else "SRS": crs_text(crs)}
        return element("BoundingBox", attributes | dict(zip(_EDGES, edges, strict=True)))

    def axes(self, layer: Layer) -> Iterator[str]:
        """Announce the image's further axes, by position (annex C of both)."""
        found = layer.info.axes
        for axis in found:
            attributes = {"name": axis.name, "units": ""}
            if self.new:
                yield element("Dimension", attributes | {"default": "0"}, [_positions(axis)])
            else:
                yield element("Dimension", attributes)
        if not self.new:
            for axis in found:
                yield element("Extent", {"name": axis.name, "default": "0"}, [_positions(axis)])


def _positions(axis: Axis) -> str:
    return f"0/{axis.size - 1}/1"


def _link(url: str) -> str:
    attributes = {
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "xlink:type": "simple",
        "xlink:href": url,
    }
    return element("OnlineResource", attributes)


def _bounds_in(layer: Layer, crs: str) -> Box | None:
    """Return the layer's bounds as a map can ask for them; None where they have no end."""
    box = layer.bounds_in(crs)
    around = period(crs)
    if box is None or max(map(abs, (box.x, box.y, box.right, box.bottom))) > FARTHEST:
        return None
    if around is None or (box.x >= -around / 2 and box.right <= around / 2):
        return box
    # Across the antimeridian a box would run past the CRS's domain.
    return Box(-around / 2, box.y, around, box.height)


def _has_short_name(crs: str) -> bool:
    authority, _, number = crs.partition(":")
    return authority.replace("_", "").isalnum() and number.isalnum()


@lru_cache(maxsize=64)
def _area(crs: str) -> tuple[float, float, float, float] | None:
    return area_of_use(crs)


def _holds(crs: str, degrees: Box) -> bool:
    """Tell whether all of an image lies where a CRS is meant for: elsewhere it has no end."""
    area = _area(crs)
    if area is None:
        return False
    west, south, east, north = area
    across = west <= degrees.x and degrees.right <= east
    return across and south <= degrees.y and degrees.bottom <= north


def _utm(degrees: Box) -> tuple[str, ...]:
    """Return the UTM zone of an image that lies in about one."""
    latitude = degrees.y + degrees.height / 2
    if degrees.width > _ZONE_DEGREES or abs(latitude) > _UTM_END:
        return ()
    middle = degrees.x + degrees.width / 2
    zone = int((middle + 180.0) // _ZONE_DEGREES) % _ZONES
    return (f"EPSG:{(_FIRST_UTM if latitude >= 0 else _FIRST_SOUTHERN_UTM) + zone}",)
