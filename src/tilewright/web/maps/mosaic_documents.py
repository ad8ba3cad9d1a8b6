"""Several images as one picture: what its routes tell of it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tilewright.assets import AssetList
from tilewright.image import ImageInfo, Raster
from tilewright.tms import WEB_MERCATOR_QUAD
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.mosaics import Members

_SHOWN = 200


def point_document(
    place: tuple[float, float],
    joined: Raster,
    names: Sequence[str],
    each: Sequence[Raster | None],
) -> dict[str, Any]:
    """Return the values of a place (longitude, latitude): of the whole, and of each image."""
    return {
        "coordinates": list(place),
        "values": _values(joined),
        "images": [
            {"name": name, "values": None if raster is None else _values(raster)}
            for name, raster in zip(names, each, strict=True)
        ],
    }


def _values(raster: Raster) -> list[float | int | bool | None] | None:
    """Return the values of one pixel; None where nothing was measured."""
    if raster.mask is not None and not raster.mask[0, 0]:
        return None
    values = raster.data[:, 0, 0].tolist()
    return [None if isinstance(one, float) and not math.isfinite(one) else one for one in values]


def info_document(
    asked_for: Members, titles: Sequence[str], infos: Sequence[ImageInfo], whole: ImageInfo
) -> dict[str, Any]:
    """Return what the images are together, and which they are."""
    document: dict[str, Any] = {
        "count": len(infos),
        "method": asked_for.method,
        "sizeX": whole.size.width,
        "sizeY": whole.size.height,
        "bandCount": len(whole.bands),
        "dtype": whole.dtype,
        "bands": [_band(number, whole) for number in range(1, len(whole.bands) + 1)],
        "images": [
            {"name": name, "title": title, **_bounds(info)}
            for name, title, info in zip(asked_for.names, titles, infos, strict=True)
        ],
    }
    return document | _bounds(whole)


def _band(number: int, whole: ImageInfo) -> dict[str, Any]:
    band = whole.bands[number - 1]
    return {"band": number, "name": band.name, "interpretation": band.interpretation}


def _bounds(info: ImageInfo) -> dict[str, Any]:
    """Return where an image lies, in degrees: its east is above 180 across the antimeridian."""
    if info.geo is None:
        return {}
    box = Layer("", "", info).bounds
    return {"crs": info.geo.crs, "bounds": [box.x, box.y, box.right, box.bottom]}


def matched(listed: AssetList, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the images that a document's assets are, and the names of those that are none.

    ``names`` leads from what an asset may be called to the image's name. Each image comes
    once, in the order of the document.
    """
    found: dict[str, None] = {}
    missing: dict[str, None] = {}
    for asset in listed.assets:
        name = names.get(asset.name) or names.get(asset.key)
        if name is None:
            missing[asset.name[:_SHOWN]] = None
        else:
            found[name] = None
    return list(found), list(missing)


def listing_document(
    asked_for: Members | None, missing: Sequence[str], root: str
) -> dict[str, Any]:
    """Return the answer to a document: which images it names, and where their mosaic is.

    ``root`` is the address of the mosaics, without a slash at the end; ``asked_for`` is None
    when no image was found.
    """
    document: dict[str, Any] = {
        "images": [] if asked_for is None else list(asked_for.names),
        "missing": list(missing),
    }
    if asked_for is None:
        return document
    return document | {
        "method": asked_for.method,
        "tiles": f"{root}/tiles/{WEB_MERCATOR_QUAD}/{{z}}/{{x}}/{{y}}.png?{asked_for.query}",
        "tilejson": f"{root}/tilejson.json?{asked_for.query}",
        "info": f"{root}/info?{asked_for.query}",
    }
