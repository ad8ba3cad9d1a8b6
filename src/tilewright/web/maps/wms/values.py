"""GetFeatureInfo of several layers, as GeoJSON for machines and as text for people."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilewright.web.maps import feature_info
from tilewright.web.maps.wms.asked import InfoAsk

PLAIN = "text/plain"


@dataclass(frozen=True, slots=True)
class Found:
    """One layer's values by name of the band, as `feature_info.values_of` gives them."""

    name: str
    title: str
    values: dict[str, float | None]
    """Empty where the layer does not lie."""


def document(asked: InfoAsk, layers: Sequence[Found]) -> tuple[bytes, str]:
    """Return the answer and its media type; a layer that is not there has no feature."""
    if asked.info_format == PLAIN:
        parts = (_plain(layer) for layer in layers)
        return "".join(parts).encode("utf-8", "replace"), f"{PLAIN}; charset=utf-8"
    where = feature_info.place(asked.affine, asked.crs, asked.column, asked.row)
    point = {"type": "Point", "coordinates": list(where)} if np.isfinite(where).all() else None
    features = [
        {
            "type": "Feature",
            "id": layer.name,
            "geometry": point,
            "properties": {"layer": layer.name, **layer.values},
        }
        for layer in layers
        if layer.values
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, allow_nan=False).encode(), asked.info_format


def _plain(layer: Found) -> str:
    title = "".join(letter for letter in layer.title if letter.isprintable())
    return f"{title} ({layer.name})\n{feature_info.text_document(layer.values).decode()}\n"
