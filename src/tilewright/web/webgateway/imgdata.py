"""``imgData``: all that a viewer must know of an image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tilewright.image import ImageInfo
from tilewright.web.looks import omero
from tilewright.web.looks.bands import plain_bands
from tilewright.web.webgateway.areas import levels_of, tile_side
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.rdefs import look_of
from tilewright.web.webgateway.settings import (
    Ranges,
    RenderingSettings,
    axis_size,
    label_of,
    value_range,
)
from tilewright.web.webgateway.split import PanelGrid

MANY = "Multiple"
"""The name of a project or dataset where an image is not in exactly one."""
_PIXEL_TYPES = {"float32": "float", "float16": "float", "float64": "double", "bool": "bit"}
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class About:
    """What a catalogue knows of an image."""

    id: int
    name: str
    description: str = ""
    author: str = ""
    archived: bool = False
    timestamp: float | None = None
    """Seconds since 1970: when it was taken, else imported."""
    project_name: str = MANY
    project_id: int | None = None
    project_description: str = ""
    dataset_name: str = MANY
    dataset_id: int | None = None
    dataset_description: str = ""
    well_sample_id: int | str = ""
    well_id: int | str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the user may do with an image."""

    annotate: bool = False
    edit: bool = False
    delete: bool = False
    link: bool = False


def image_data(
    about: About,
    info: ImageInfo,
    settings: RenderingSettings,
    ranges: Ranges,
    *,
    rights: Rights,
    limits: GatewayLimits,
    interpolate: bool = True,
    init_zoom: int = 0,
) -> dict[str, Any]:
    """Return the document of ``imgData/{id}/``.

    ``init_zoom`` counts from the coarsest level, below 0 from behind full resolution.
    """
    low, high = omero.type_range(info)
    signed = low < 0
    levels = levels_of(info, limits)
    start = init_zoom if init_zoom >= 0 else max(0, len(levels) + init_zoom)
    document: dict[str, Any] = {
        "id": about.id,
        "meta": _meta(about, info),
        "perms": {
            "canAnnotate": rights.annotate,
            "canEdit": rights.edit,
            "canDelete": rights.delete,
            "canLink": rights.link,
        },
        "tiles": len(levels) > 1,
        **_pyramid(info, limits),
        "interpolate": interpolate,
        "size": {
            "width": info.size.width,
            "height": info.size.height,
            "z": axis_size(info, "z"),
            "t": axis_size(info, "t"),
            "c": len(plain_bands(info)),
        },
        "pixel_size": _pixel_size(info),
        "init_zoom": start,
    }
    if info.magnification is not None:
        document["nominalMagnification"] = info.magnification
    return {
        **document,
        "pixel_range": [low, high] if signed else [int(low), int(high)],
        "channels": _channels(info, settings, ranges),
        "split_channel": _split_channel(info),
        "rdefs": {
            "model": "color" if settings.model == "rgb" else "greyscale",
            "projection": settings.projection.partition("|")[0],
            "defaultZ": settings.z,
            "defaultT": settings.t,
            "invertAxis": settings.invert_axis,
        },
    }


def dotted(document: Mapping[str, Any], key: str) -> Any:
    """Return what lies under ``size.width`` or ``channels.0.label``; None where nothing does."""
    found: Any = document
    for name in key.strip("/").split(".", _DEEPEST):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isascii() and name.isdigit() and len(name) < _DEEPEST:
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return None
    return found


def _meta(about: About, info: ImageInfo) -> dict[str, Any]:
    return {
        "imageName": about.name,
        "imageDescription": about.description,
        "imageAuthor": about.author,
        "imageArchived": about.archived,
        "projectName": about.project_name,
        "projectId": about.project_id,
        "projectDescription": about.project_description,
        "datasetName": about.dataset_name,
        "datasetId": about.dataset_id,
        "datasetDescription": about.dataset_description,
        "wellSampleId": about.well_sample_id,
        "wellId": about.well_id,
        "imageTimestamp": about.timestamp,
        "imageId": about.id,
        "pixelsType": _PIXEL_TYPES.get(info.dtype, info.dtype),
    }


def _pyramid(info: ImageInfo, limits: GatewayLimits) -> dict[str, Any]:
    """Return what only an image with levels has."""
    levels = levels_of(info, limits)
    if len(levels) == 1:
        return {}
    side = tile_side(info, limits)
    sizes = [level.size for level in levels]
    return {
        "tile_size": {"width": side, "height": side},
        "levels": len(levels),
        "resolutions": {
            str(index): {"sizeX": size.width, "sizeY": size.height}
            for index, size in enumerate(sizes)
        },
        "zoomLevelScaling": {
            str(index): size.width / info.size.width for index, size in enumerate(sizes)
        },
    }


def _pixel_size(info: ImageInfo) -> dict[str, float | None]:
    x, y = info.micrometres_per_pixel or (None, None)
    z = next((axis.micrometres for axis in info.axes if axis.name == "z"), None)
    return {"x": x, "y": y, "z": z}


def _channels(info: ImageInfo, settings: RenderingSettings, ranges: Ranges) -> list[dict[str, Any]]:
    documents = []
    for place, (band, channel) in enumerate(zip(plain_bands(info), settings.channels, strict=True)):
        low, high = value_range(info, band, ranges)
        document = {
            "emissionWave": info.bands[band].emission_nm,
            "label": label_of(info.bands[band], place),
            **look_of(channel),
            "window": {"min": low, "max": high, "start": channel.start, "end": channel.end},
            "active": channel.active,
        }
        documents.append(document if channel.lut is None else {**document, "lut": channel.lut})
    return documents


def _split_channel(info: ImageInfo) -> dict[str, Any]:
    channels = len(plain_bands(info))
    grids = {"g": PanelGrid(info.size, channels), "c": PanelGrid(info.size, channels + 1)}
    return {
        name: {
            "width": grid.size.width,
            "height": grid.size.height,
            "border": grid.border,
            "gridx": grid.across,
            "gridy": grid.down,
        }
        for name, grid in grids.items()
    }
