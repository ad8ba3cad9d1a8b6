"""The documents of what was found in the pixels, under large_image's names where it has any."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tilewright.errors import LimitError
from tilewright.image import Array, Band, ImageInfo, Mask, Raster
from tilewright.statistics import BandStatistics, Histogram
from tilewright.web.looks.bands import frame_count, frame_plane
from tilewright.web.metadata import pixel_document

MOST_FRAME_ROWS = 1 << 18
"""Frames times bands that one answer lists."""

_ENDS = ("min", "max", "mean", "stdev")
_LETTERS = {"red": "r", "green": "g", "blue": "b", "alpha": "a", "gray": "l"}
_PICTURES = (("gray",), ("red", "green", "blue"), ("red", "green", "blue", "alpha"))

_NUMBER = {"type": "number", "nullable": True}
_NUMBERS = {"type": "array", "items": _NUMBER}
_ENDS_SCHEMA = dict.fromkeys(_ENDS, _NUMBER)

BAND_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        **_ENDS_SCHEMA,
        "nodata": _NUMBER,
        "scale": {"type": "number"},
        "offset": {"type": "number"},
        "interpretation": {"type": "string"},
        "name": {"type": "string"},
        "color": {"type": "string"},
        "display": _NUMBERS,
        "colortable": {"type": "array", "items": _NUMBERS},
    },
}
BANDS_SCHEMA: Mapping[str, Any] = {"type": "object", "additionalProperties": BAND_SCHEMA}
FRAMES_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"frames": {"type": "array", "items": {"type": "object"}}},
}
HISTOGRAM_SCHEMA: Mapping[str, Any] = {
    "oneOf": [
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "band": {"type": "integer"},
                    **_ENDS_SCHEMA,
                    "range": _NUMBERS,
                    "hist": _NUMBERS,
                    "bin_edges": _NUMBERS,
                    "bins": {"type": "integer"},
                    "density": {"type": "boolean"},
                    "samples": {"type": "integer"},
                    "exact": {"type": "boolean"},
                },
            },
        },
        {"type": "object", "properties": dict.fromkeys(_ENDS, _NUMBERS)},
    ],
}
STATISTICS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            **_ENDS_SCHEMA,
            "median": _NUMBER,
            "percentiles": {"type": "object", "additionalProperties": _NUMBER},
            "count": {"type": "integer"},
            "valid_percent": {"type": "number"},
            "unique": {"type": "array", "items": {"type": "object"}},
            "exact": {"type": "boolean", "description": "Every pixel was counted."},
        },
    },
}
PROFILE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "distances": _NUMBERS | {"description": "From the first point, in pixels."},
        "points": {"type": "array", "items": _NUMBERS},
        "bands": {"type": "object", "additionalProperties": _NUMBERS},
    },
}
PIXEL_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "value": _NUMBERS,
        "bands": {"type": "object", "additionalProperties": _NUMBER},
        **{letter: {"type": "integer"} for letter in _LETTERS.values()},
        "axis": {"type": "string"},
        "planes": {
            "type": "array",
            "items": _NUMBERS,
            "description": "The values of all bands in each plane of the axis.",
        },
    },
}

Told = Mapping[int, BandStatistics]
"""By band, from 0."""


def bands_document(info: ImageInfo, told: Told) -> dict[str, Any]:
    """Return the document of ``info/bands``: bands by number, ``"1"`` first."""
    return {str(band + 1): band_document(info, band, told[band]) for band in told}


def band_document(info: ImageInfo, index: int, told: BandStatistics) -> dict[str, Any]:
    """Return the document of ``info/band``; what the file does not state is left out."""
    band: Band = info.bands[index]
    document = _ends(told)
    if band.nodata is not None:
        document["nodata"] = _finite(band.nodata)
    document |= {
        "scale": band.scale,
        "offset": band.offset,
        "interpretation": band.interpretation,
    }
    if band.name:
        document["name"] = band.name
    if band.color is not None:
        document["color"] = band.color
    if band.display is not None:
        document["display"] = [_finite(end) for end in band.display]
    if info.palette is not None and band.interpretation == "palette":
        document["colortable"] = [list(entry) for entry in info.palette]
    return document


def frames_document(info: ImageInfo) -> dict[str, Any]:
    """Return the document of ``info/frames``: all planes, the last axis fastest.

    Raises LimitError when there are more than `MOST_FRAME_ROWS` bands in them.
    """
    count = frame_count(info)
    rows = count * len(info.bands)
    if rows > MOST_FRAME_ROWS:
        raise LimitError("frames", rows, MOST_FRAME_ROWS)
    return {"frames": [_frame(info, frame) for frame in range(count)]}


def histogram_document(found: Mapping[int, Histogram], *, exact: bool) -> list[dict[str, Any]]:
    """Return the document of ``data/histogram``: one object for each band."""
    return [
        {"band": band + 1, **histogram.as_document(), "exact": exact}
        for band, histogram in found.items()
    ]


def ends_document(told: Told) -> dict[str, list[float | None]]:
    """Return the document of ``data/histogram?onlyMinMax=true``: lists with a value per band."""
    documents = [_ends(one) for one in told.values()]
    return {name: [document[name] for document in documents] for name in _ENDS}


def statistics_document(told: Told, *, exact: bool) -> dict[str, Any]:
    """Return the document of ``data/statistics``: bands by number."""
    return {str(band + 1): one.as_document() | {"exact": exact} for band, one in told.items()}


def shown_pixel_document(info: ImageInfo, raster: Raster) -> dict[str, Any]:
    """Return the document of ``data/pixel``, with r, g, b or l of what is already a picture."""
    document = pixel_document(raster)
    if info.dtype == "uint8" and info.interpretations in _PICTURES:
        letters = [_LETTERS[meaning] for meaning in info.interpretations]
        document |= {
            letter: value
            for letter, value in zip(letters, document["value"], strict=True)
            if value is not None
        }
    return document


def planes_document(axis: str, values: Array, valid: Mask) -> dict[str, Any]:
    """Return what ``data/pixel?axis=`` adds; both arrays are (plane, band)."""
    return {"axis": axis, "planes": _known(values, valid)}


def profile_document(
    distances: Array, places: Array, bands: Sequence[int], values: Array, valid: Mask
) -> dict[str, Any]:
    """Return the document of ``data/profile``; values and valid are (band, sample)."""
    rows = _known(values, valid)
    return {
        "distances": distances.tolist(),
        "points": places.tolist(),
        "bands": {str(band + 1): row for band, row in zip(bands, rows, strict=True)},
    }


def _frame(info: ImageInfo, frame: int) -> dict[str, Any]:
    plane = frame_plane(frame, info)
    return {
        "frame": f"Frame {frame}",
        "position": {axis.name: plane.index(axis.name) for axis in info.axes},
        "bands": [
            {"index": index, "frame": frame, "name": _called(band, index)}
            for index, band in enumerate(info.bands, 1)
        ],
    }


def _called(band: Band, index: int) -> str:
    """Return the band's name; without one its colour, such as red, or its number."""
    return band.name or (
        f"Band {index}" if band.interpretation == "undefined" else band.interpretation
    )


def _ends(told: BandStatistics) -> dict[str, Any]:
    document = told.as_document()
    return {name: document[name] for name in _ENDS}


def _known(values: Array, valid: Mask) -> list[list[float | None]]:
    """Return rows of numbers, null where nothing was measured."""
    return [
        [value if known else None for value, known in zip(row, knowns, strict=True)]
        for row, knowns in zip(values.tolist(), valid.tolist(), strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
