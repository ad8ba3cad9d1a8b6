"""Rendering settings as OMERO's clients read and write them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tilewright.image import ImageInfo
from tilewright.paint import number_text
from tilewright.web.looks import omero
from tilewright.web.webgateway.settings import ChannelSettings, RenderingSettings


@dataclass(frozen=True, slots=True)
class SavedRow:
    """Settings that a user saved of an image."""

    id: int
    owner_id: int | str | None
    """None: they are nobody's, and shown to all who have none."""
    first_name: str
    last_name: str
    settings: RenderingSettings


def rdefs_document(rows: Iterable[SavedRow]) -> dict[str, Any]:
    """Return the answer of ``get_image_rdefs_json``."""
    return {"rdefs": [_row(row) for row in rows]}


def _row(row: SavedRow) -> dict[str, Any]:
    settings = row.settings
    owner = {"id": row.owner_id, "firstName": row.first_name, "lastName": row.last_name}
    return {
        "id": row.id,
        "owner": owner,
        "z": settings.z,
        "t": settings.t,
        "model": settings.model,
        "c": [_channel(channel) for channel in settings.channels],
    }


def _channel(channel: ChannelSettings) -> dict[str, Any]:
    red, green, blue = (int(channel.color[i : i + 2], 16) for i in (1, 3, 5))
    document = {
        "active": channel.active,
        "start": channel.start,
        "end": channel.end,
        **look_of(channel),
        "rgb": {"red": red, "green": green, "blue": blue},
    }
    return document if channel.lut is None else {**document, "lut": channel.lut}


def look_of(channel: ChannelSettings) -> dict[str, Any]:
    """Return what all documents tell of a channel's colour and curve."""
    return {
        "color": rgb_text(channel),
        "inverted": channel.inverted,
        "reverseIntensity": channel.inverted,
        "family": channel.family,
        "coefficient": channel.coefficient,
    }


def rgb_text(channel: ChannelSettings) -> str:
    """Return the colour as OMERO writes it: ``RRGGBB``."""
    return channel.color[1:7].upper()


def copied_document(settings: RenderingSettings, info: ImageInfo) -> dict[str, Any]:
    """Return what ``copyImgRDef`` keeps and ``getImgRDef`` tells: fields of a query."""
    low, high = omero.type_range(info)
    maps = [
        {
            "inverted": {"enabled": channel.inverted},
            "quantization": {"family": channel.family, "coefficient": channel.coefficient},
        }
        for channel in settings.channels
    ]
    return {
        "c": ",".join(_entry(place, one) for place, one in enumerate(settings.channels, 1)),
        "m": "c" if settings.model == "rgb" else "g",
        "maps": json.dumps(maps, separators=(",", ":")),
        "pixel_range": f"{number_text(low)}:{number_text(high)}",
        "z": settings.z + 1,
        "t": settings.t + 1,
    }


def _entry(number: int, channel: ChannelSettings) -> str:
    sign = "" if channel.active else "-"
    window = f"{number_text(channel.start)}:{number_text(channel.end)}"
    return f"{sign}{number}|{window}${channel.lut or channel.color[1:].upper()}"
