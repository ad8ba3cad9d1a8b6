"""The document of ``info/validate``, which tells whether the file is a COG."""

from collections.abc import Mapping
from typing import Any

from tilewright.cog import Verdict
from tilewright.web.params import ParameterSet, flag

_TEXT = {"type": "string"}
_TEXT_OR_NULL = _TEXT | {"nullable": True}
_TRUTH = {"type": "boolean"}
_WHOLE = {"type": "integer"}
_SENTENCES = {"type": "array", "items": _TEXT}
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_NUMBER_OR_NAME = {
    "oneOf": [{"type": "number"}, {"type": "string", "enum": ["nan", "inf", "-inf"]}],
}
_NUMBERS_OR_NAMES = {"type": "array", "items": _NUMBER_OR_NAME}

PARAMETERS = ParameterSet((flag("strict", "Let a warning count as an error."),))

VALIDATION_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["valid", "strict", "errors", "warnings", "details"],
    "properties": {
        "valid": _TRUTH | {"description": "The file is a Cloud Optimized GeoTIFF."},
        "strict": _TRUTH | {"description": "Warnings counted as errors."},
        "errors": _SENTENCES,
        "warnings": _SENTENCES,
        "details": {
            "type": "object",
            "description": "What the file is; empty when it is no TIFF.",
            "properties": {
                "format": {"type": "string", "enum": ["TIFF", "BigTIFF"]},
                "compression": _TEXT_OR_NULL,
                "color_space": _TEXT_OR_NULL,
                "tiled": _TRUTH,
                "profile": {
                    "type": "object",
                    "properties": {
                        "bands": _WHOLE,
                        "width": _WHOLE,
                        "height": _WHOLE,
                        "dtype": _TEXT_OR_NULL,
                        "interleave": {"type": "string", "enum": ["pixel", "band"]},
                        "alpha_band": _TRUTH,
                        "internal_mask": _TRUTH,
                        "nodata": _NUMBER_OR_NAME | {"nullable": True},
                        "color_interpretation": _SENTENCES,
                        "colormap": _TRUTH,
                        "scales": _NUMBERS_OR_NAMES,
                        "offsets": _NUMBERS_OR_NAMES,
                    },
                },
                "geo": {
                    "type": "object",
                    "nullable": True,
                    "properties": {
                        "crs": _TEXT,
                        "bounding_box": _NUMBERS,
                        "origin": _NUMBERS,
                        "resolution": _NUMBERS,
                    },
                },
                "tags": {"type": "object", "additionalProperties": _TEXT},
                "band_metadata": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {
                            "description": _TEXT_OR_NULL,
                            "color_interpretation": _TEXT,
                            "scale": _NUMBER_OR_NAME,
                            "offset": _NUMBER_OR_NAME,
                        },
                    },
                },
                "ghost_header": {
                    "type": "object",
                    "nullable": True,
                    "additionalProperties": _TEXT,
                },
                "ifds": {
                    "type": "array",
                    "description": "The image and its overviews; offsets are bytes of the file.",
                    "items": {
                        "type": "object",
                        "properties": {
                            "level": _WHOLE,
                            "width": _WHOLE,
                            "height": _WHOLE,
                            "blocksize": {"type": "array", "items": _WHOLE},
                            "decimation": _WHOLE,
                            "offset": _WHOLE,
                            "data_offset": _WHOLE | {"nullable": True},
                        },
                    },
                },
            },
        },
    },
}


def validation_document(verdict: Verdict, *, strict: bool) -> dict[str, Any]:
    """Return the document of ``info/validate``, ready for JSON."""
    return {
        "valid": verdict.passes(strict=strict),
        "strict": strict,
        "errors": list(verdict.errors),
        "warnings": list(verdict.warnings),
        "details": dict(verdict.details),
    }
