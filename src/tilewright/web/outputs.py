"""How an answer is encoded, and how large it is: the same parameters on all routes."""

from collections.abc import Mapping
from typing import Any, cast

from tilewright.request import COMPRESSIONS, SUBSAMPLINGS, Compression, Encoding, Subsampling
from tilewright.web.params import Parameter, choice, color, flag, integer

DEFAULT = Encoding()
THUMBNAIL_SIDE = 256

ENCODING: tuple[Parameter[Any], ...] = (
    integer(
        "quality",
        "Quality of JPEG, lossy WebP and AVIF.",
        low=1,
        high=100,
        misspellings=("q", "qualtiy", "qulaity", "jpegQuality", "jpeg_quality"),
    ),
    choice(
        "subsampling",
        "Colour resolution of JPEG: full, half across, or half both ways.",
        SUBSAMPLINGS,
        misspellings=("sub_sampling", "jpegSubsampling", "jpeg_subsampling"),
    ),
    flag(
        "lossless",
        "Keep every value where the format can: WebP.",
        misspellings=("loseless", "lossles"),
    ),
    color(
        "background",
        "What lies under transparent pixels when the format has no transparency.",
        default=DEFAULT.background.removeprefix("#"),
        misspellings=("bg", "bgcolor", "backgroundColor", "background_color"),
    ),
    choice(
        "compression",
        "How a TIFF is compressed, without loss.",
        COMPRESSIONS,
        default=DEFAULT.compression,
        misspellings=("compress", "tiffCompression", "tiff_compression"),
    ),
)
FRAME = (
    integer(
        "max_width",
        "Width of the frame that the picture is fitted into, in pixels. It is never enlarged.",
        low=1,
        default=THUMBNAIL_SIDE,
        aliases=("width",),
        misspellings=("maxWidth", "maxwidth", "max-width"),
    ),
    integer(
        "max_height",
        "Height of that frame, in pixels.",
        low=1,
        default=THUMBNAIL_SIDE,
        aliases=("height",),
        misspellings=("maxHeight", "maxheight", "max-height"),
    ),
)
OUTPUT = (
    integer(
        "width",
        "Width of the answer in pixels. When one side is given the other follows; when none, "
        "the answer has full resolution.",
        low=1,
        misspellings=("w", "regionWidth", "output_width"),
    ),
    integer(
        "height",
        "Height of the answer in pixels.",
        low=1,
        misspellings=("h", "regionHeight", "output_height"),
    ),
)


def encoding_of(format: str, values: Mapping[str, Any]) -> Encoding:
    """Return the encoding that the values of a query ask for. Raises ParameterError."""
    return Encoding(
        format,
        quality=values.get("quality"),
        subsampling=cast("Subsampling | None", values.get("subsampling")),
        lossless=values.get("lossless", False),
        background=values.get("background", DEFAULT.background),
        compression=cast("Compression", values.get("compression", DEFAULT.compression)),
    )
