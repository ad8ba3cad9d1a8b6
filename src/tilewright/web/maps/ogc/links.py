"""Links of OGC API documents, and the addresses below a service's root."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tilewright.web.http import JSON

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
CONFORMANCE = f"{_REL}/conformance"
DATA = f"{_REL}/data"
GEODATA = f"{_REL}/geodata"
MAP = f"{_REL}/map"
TILESETS_MAP = f"{_REL}/tilesets-map"
TILING_SCHEME = f"{_REL}/tiling-scheme"
TILING_SCHEMES = f"{_REL}/tiling-schemes"

Link = dict[str, Any]


def link(rel: str, href: str, title: str, media_type: str = JSON) -> Link:
    """Return a link (RFC 8288) as OGC API – Common writes it (19-072, 7.2)."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


@dataclass(frozen=True, slots=True)
class Addresses:
    """The absolute addresses of a service."""

    root: str
    """Of the landing page, with a slash at its end."""

    @property
    def conformance(self) -> str:
        """Where the conformance classes are listed."""
        return f"{self.root}conformance"

    @property
    def api(self) -> str:
        """Where the service is described by OpenAPI."""
        return f"{self.root}api"

    @property
    def collections(self) -> str:
        """Where the layers are listed."""
        return f"{self.root}collections"

    @property
    def matrix_sets(self) -> str:
        """Where the tile matrix sets are listed."""
        return f"{self.root}tileMatrixSets"

    def collection(self, name: str) -> str:
        """Return where a layer is described."""
        return f"{self.collections}/{quote(name, safe='')}"

    def map(self, name: str) -> str:
        """Return where a layer is drawn."""
        return f"{self.collection(name)}/map"

    def tilesets(self, name: str) -> str:
        """Return where a layer's tilesets are listed."""
        return f"{self.map(name)}/tiles"

    def tileset(self, name: str, tile_set: str) -> str:
        """Return where a tileset is described."""
        return f"{self.tilesets(name)}/{quote(tile_set, safe='')}"

    def tile_template(self, name: str, tile_set: str, suffix: str) -> str:
        """Return a tileset's template (20-057, 7.1); its braces are not percent-encoded."""
        return f"{self.tileset(name, tile_set)}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f={suffix}"

    def matrix_set(self, name: str) -> str:
        """Return where a tile matrix set is defined."""
        return f"{self.matrix_sets}/{quote(name, safe='')}"
