"""The documents ``info.json`` of IIIF Image API 3.0 and 2.1.1."""

from collections.abc import Mapping
from typing import Any

from tilewright.geometry import Size
from tilewright.pyramid import pyramid
from tilewright.web.http import JSON
from tilewright.web.iiif.segments import QUALITIES, Version
from tilewright.web.iiif.sizes import Subject, most_of, sizes_of

PROTOCOL = "http://iiif.io/api/image"
INFO_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "info.json of the IIIF Image API: 3.0 has id and type, 2.1.1 has @id.",
    "required": ["@context", "protocol", "profile", "width", "height", "sizes", "tiles"],
    "properties": {
        "@context": {"type": "string"},
        "id": {"type": "string"},
        "@id": {"type": "string"},
        "type": {"type": "string"},
        "protocol": {"type": "string"},
        "profile": {"description": "A word in 3.0, a list in 2.1.1."},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "maxWidth": {"type": "integer"},
        "maxHeight": {"type": "integer"},
        "maxArea": {"type": "integer"},
        "sizes": {"type": "array", "items": {"type": "object"}},
        "tiles": {"type": "array", "items": {"type": "object"}},
    },
}
JSON_LD = "application/ld+json"

_FORMATS = ("jpg", "png", "webp", "avif", "jxl", "gif", "tif", "jp2")
"""Suffixes, of those that there may be, that viewers know."""
_OF_LEVEL_2 = ("jpg", "png")
_FEATURES_3 = (
    "canonicalLinkHeader",
    "mirroring",
    "profileLinkHeader",
    "rotationArbitrary",
    "sizeUpscaling",
)
_FEATURES_2 = (
    "baseUriRedirect",
    "canonicalLinkHeader",
    "cors",
    "jsonldMediaType",
    "mirroring",
    "profileLinkHeader",
    "regionSquare",
    "rotationArbitrary",
    "sizeAboveFull",
)


def context(version: Version) -> str:
    """Return the URI of the JSON-LD context."""
    return f"{PROTOCOL}/{version}/context.json"


def profile(version: Version) -> str:
    """Return the URI of the compliance level that is kept."""
    return f"{PROTOCOL}/{version}/level2.json"


def media_types(version: Version) -> dict[str, str]:
    """Return what a document may be sent as, by what Accept calls it, the preferred one first."""
    described = {JSON_LD: f'{JSON_LD};profile="{context(version)}"'}
    plain = {JSON: JSON}
    # 2.1.1, section 5: JSON unless JSON-LD is asked for. 3.0, section 5.1: the other way round.
    return plain | described if version == 2 else described | plain  # noqa: PLR2004 - of the API


def info_document(version: Version, base: str, subject: Subject) -> dict[str, Any]:
    """Return the description of an image whose base URI is ``base``."""
    info, most = subject.info, most_of(subject, subject.look)
    formats = [suffix for suffix in _FORMATS if suffix in subject.suffixes]
    whole = _plain(info.size)
    common = {
        "sizes": [_plain(size) for size in sizes_of(info, most)],
        "tiles": [
            {
                "width": info.tile_size,
                "scaleFactors": [1 << zoom for zoom in range(pyramid(info).max_zoom + 1)],
            }
        ],
    }
    limits = {"maxWidth": most.side, "maxHeight": most.side, "maxArea": most.area}
    if version == 2:  # noqa: PLR2004 - of the API
        more = {"formats": formats, "qualities": [*QUALITIES], "supports": [*_FEATURES_2]}
        return {
            "@context": context(version),
            "@id": base,
            "@type": "iiif:Image",
            "protocol": PROTOCOL,
            **whole,
            "profile": [profile(version), {**more, **limits}],
            **common,
        }
    return {
        "@context": context(version),
        "id": base,
        "type": "ImageService3",
        "protocol": PROTOCOL,
        "profile": "level2",
        **whole,
        **limits,
        **common,
        "extraQualities": [*QUALITIES[1:]],
        "extraFormats": [suffix for suffix in formats if suffix not in _OF_LEVEL_2],
        "extraFeatures": [*_FEATURES_3],
    }


def _plain(size: Size) -> dict[str, int]:
    return {"width": size.width, "height": size.height}
