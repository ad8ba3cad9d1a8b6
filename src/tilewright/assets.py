"""Documents that list images: MosaicJSON 0.0.1 to 0.0.3, and STAC Items (1.x).

Only names are taken from them. No address in a document is ever opened.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import unquote, urlsplit

from tilewright.errors import LimitError, ParameterError
from tilewright.geometry import Box

MOST_BYTES = 8 << 20
MOST_ASSETS = 10_000
PARAMETER = "document"
Kind = Literal["mosaicjson", "stac-item"]
_LONGEST = 4096
_DEEPEST_QUADKEY = 30
_BESIDES = frozenset({"metadata", "thumbnail", "overview"})
"""Roles of assets that are no data (STAC, common asset roles)."""
_CORNERS, _CORNERS_WITH_HEIGHT = 4, 6


@dataclass(frozen=True, slots=True)
class Asset:
    """An image that a document names."""

    key: str
    """As the document calls it: STAC's key of the asset; else the name."""
    name: str
    """The last part of its address: ``B04.tif``."""
    bounds: Box | None = None
    """Where it lies or may be looked for, in degrees, x to the east; None: not told."""


@dataclass(frozen=True, slots=True)
class AssetList:
    """What a document says, in its order."""

    kind: Kind
    assets: tuple[Asset, ...]


def parse_assets(body: bytes) -> AssetList:
    """Return the images that a MosaicJSON or a STAC Item lists.

    Raises ParameterError that says what is wrong, LimitError for more than `MOST_BYTES` or
    `MOST_ASSETS`.
    """
    if len(body) > MOST_BYTES:
        raise LimitError("document_bytes", len(body), MOST_BYTES)
    try:
        document = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # UnicodeDecodeError is a ValueError, and so are a NaN and a number of 5000 digits.
        _wrong("JSON")
    if not isinstance(document, dict):
        _wrong("an object")
    if "mosaicjson" in document:
        return AssetList("mosaicjson", tuple(_mosaic_assets(document)))
    if document.get("type") != "Feature" or "assets" not in document:
        _wrong("a MosaicJSON or a STAC Item")
    return AssetList("stac-item", tuple(_item_assets(document)))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _wrong(allowed: str) -> NoReturn:
    raise ParameterError(PARAMETER, allowed)


def _mosaic_assets(document: Mapping[str, Any]) -> Iterator[Asset]:
    """Yield each address once, as the tiles name them; its bounds are those of its tiles."""
    tiles = document.get("tiles")
    if not isinstance(tiles, dict):
        _wrong("a MosaicJSON with tiles, an object")
    prefix = document.get("asset_prefix") or ""
    if not isinstance(prefix, str):
        _wrong("a MosaicJSON whose asset_prefix is text")
    found: dict[str, Box] = {}
    for quadkey, hrefs in tiles.items():
        box = quadkey_bounds(quadkey)
        if not isinstance(hrefs, list):
            _wrong("a MosaicJSON whose tiles list addresses")
        for href in hrefs:
            if not isinstance(href, str):
                _wrong("a MosaicJSON whose assets are addresses")
            known = found.get(href)
            found[href] = box if known is None else _both(known, box)
            if len(found) > MOST_ASSETS:
                raise LimitError("document_assets", len(found), MOST_ASSETS)
    for href, box in found.items():
        name = _name(f"{prefix}{href}")
        yield Asset(name, name, box)


def _item_assets(document: Mapping[str, Any]) -> Iterator[Asset]:
    assets = document["assets"]
    if not isinstance(assets, dict):
        _wrong("a STAC Item whose assets are an object")
    if len(assets) > MOST_ASSETS:
        raise LimitError("document_assets", len(assets), MOST_ASSETS)
    bounds = _item_bounds(document.get("bbox"))
    for key, asset in assets.items():
        href = asset.get("href") if isinstance(asset, dict) else None
        if not isinstance(href, str):
            _wrong("a STAC Item whose assets have an href")
        if _is_data(asset):
            yield Asset(key[:_LONGEST], _name(href), bounds)


def _is_data(asset: Mapping[str, Any]) -> bool:
    """Tell whether an asset may be an image, as far as its role and media type say."""
    roles, media_type = asset.get("roles"), asset.get("type")
    if isinstance(roles, list) and any(isinstance(role, str) for role in roles):
        words = {role for role in roles if isinstance(role, str)}
        if "data" not in words and words & _BESIDES:
            return False
    return not (isinstance(media_type, str) and media_type.startswith(("text/", *_DOCUMENTS)))


_DOCUMENTS = ("application/json", "application/geo+json", "application/xml", "application/pdf")


def _item_bounds(bbox: object) -> Box | None:
    """Return the box of a STAC Item; its east is below its west across the antimeridian."""
    if bbox is None:
        return None
    allowed = "a STAC Item whose bbox is 4 or 6 numbers in order"
    if not isinstance(bbox, list) or len(bbox) not in {_CORNERS, _CORNERS_WITH_HEIGHT}:
        _wrong(allowed)
    half = len(bbox) // 2
    corners = [_degrees(value, allowed) for value in (*bbox[:2], *bbox[half : half + 2])]
    west, south, east, north = corners
    east += 360.0 if east < west else 0.0
    if not (west < east and south < north):
        # A place has no area, and is of no use here.
        return None
    return Box(west, south, east - west, north - south)


def _degrees(value: object, allowed: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _wrong(allowed)
    if not -360 <= value <= 360:  # noqa: PLR2004
        _wrong(allowed)
    return float(value)


def quadkey_bounds(quadkey: str) -> Box:
    """Return the degrees of a tile of Web Mercator, named by its quadkey.

    Raises ParameterError for what is none.
    """
    if len(quadkey) > _DEEPEST_QUADKEY or not {*quadkey} <= {*"0123"}:
        _wrong("a MosaicJSON whose tiles are named by quadkeys")
    column = row = 0
    for digit in quadkey:
        column = column * 2 + int(digit) % 2
        row = row * 2 + int(digit) // 2
    count = 2 ** len(quadkey)
    north, south = (_latitude(edge / count) for edge in (row, row + 1))
    return Box(column / count * 360 - 180, south, 360 / count, north - south)


def _latitude(down: float) -> float:
    """Return the latitude of a share of Web Mercator's height, from the top."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))


def _both(one: Box, other: Box) -> Box:
    left, low = min(one.x, other.x), min(one.y, other.y)
    return Box(left, low, max(one.right, other.right) - left, max(one.bottom, other.bottom) - low)


def _name(href: str) -> str:
    """Return the last part of an address or a path, of whatever system."""
    if len(href) > _LONGEST:
        _wrong(f"made of addresses of at most {_LONGEST:,} characters")
    try:
        # A bucket's scheme, a query and a fragment are no part of the name.
        path = urlsplit(href).path
    except ValueError:
        path = href
    return unquote(path).replace("\\", "/").rstrip("/").rpartition("/")[2]
