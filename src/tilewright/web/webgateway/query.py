"""The query parameters of the webgateway, each declared once, and the sets of its routes."""

from typing import Any

from tilewright.errors import ParameterError
from tilewright.web.looks import omero
from tilewright.web.looks.json_text import LONGEST as LONGEST_JSON
from tilewright.web.numbers import decimal
from tilewright.web.params import Parameter, ParameterSet, choice, integer

FORMATS = ("jpeg", "png", "webp", "tif")
DEFAULT_QUALITY = 85
"""What OMERO's engine takes where no quality is given."""
_MOST_NUMBERS = 200
_PERCENT = 100


class SentenceError(ParameterError):
    """A parameter is at fault, said in OMERO's own words."""

    def __init__(self, parameter: str, allowed: str, sentence: str) -> None:
        super().__init__(parameter, allowed)
        self.args = (sentence,)


def _text(
    name: str,
    help: str,
    *,
    most: int,
    schema: dict[str, Any] | None = None,
) -> Parameter[str]:
    """Declare a text whose meaning is told by several parameters together."""

    def parse(text: str) -> str:
        if len(text) > most:
            raise ValueError
        return text

    return Parameter(
        name,
        help,
        f"at most {most:,} characters long",
        parse,
        str,
        {"type": "string", "maxLength": most, **(schema or {})},
    )


def _quality(text: str) -> int:
    share = decimal(text)
    if not 0 < share <= 1:
        raise ValueError
    return max(1, round(share * _PERCENT))


C = _text(
    "c",
    "The channels that are on: ``N|start:end$colour`` with commas between, N from 1; a minus "
    "sign means off, the colour is hexadecimal or the name of a lookup table, ``cool.lut``.",
    most=omero.LONGEST,
)
M = _text("m", "``c`` for colour, ``g`` for the first channel in grey.", most=_MOST_NUMBERS)
MAPS = _text(
    "maps",
    "A JSON list with an object for each channel of ``c``: ``inverted`` and ``quantization``.",
    most=LONGEST_JSON,
    schema={"contentMediaType": "application/json"},
)
P = _text(
    "p",
    "Projection over z: ``intmax``, ``intmean`` or ``intsum``, and ``|start:end`` of planes "
    "from 0, both included.",
    most=_MOST_NUMBERS,
)
Q = Parameter(
    "q",
    "Quality of JPEG and WebP.",
    "a number above 0 and up to 1",
    _quality,
    lambda quality: f"{quality / _PERCENT:g}",
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": DEFAULT_QUALITY / _PERCENT},
)
IA = _text("ia", "``1`` when z and t are exchanged; kept with the settings.", most=_MOST_NUMBERS)
FORMAT = choice("format", "The format of the picture.", FORMATS, default="jpeg")
TILE = _text(
    "tile",
    "``level,x,y`` or ``level,x,y,width,height``: level 0 is full resolution, x and y count "
    "tiles. Counts before region.",
    most=_MOST_NUMBERS,
)
REGION = _text("region", "``x,y,width,height`` in pixels of full resolution.", most=_MOST_NUMBERS)
FLIP = _text("flip", "``h``, ``v`` or both: mirrors the image.", most=_MOST_NUMBERS)
CALLBACK = _text("callback", "Wraps the answer into a call of this function.", most=_MOST_NUMBERS)

LOOK = (C, M, MAPS, P)
RENDER = ParameterSet((*LOOK, Q, FORMAT, TILE, REGION, FLIP))
RENDER_AT_QUALITY = ParameterSet((*LOOK, FORMAT, TILE, REGION, FLIP))
"""The quality stands in the path and wins."""
IMAGE = ParameterSet((*LOOK, Q, FORMAT, FLIP))
PANELS = ParameterSet((*LOOK, Q))
CHANNELS = ParameterSet(LOOK)
THUMBNAIL = ParameterSet(
    (
        integer("z", "Position along the focal axis, from 0.", low=0),
        integer("t", "Position in time, from 0.", low=0),
        integer("rdefId", "Which saved settings.", low=0),
    )
)
SAVE = ParameterSet(
    (
        *LOOK,
        IA,
        integer("z", "The focal plane to begin with, from 1.", low=1),
        integer("t", "The time to begin with, from 1.", low=1),
    )
)
JSONP = ParameterSet((CALLBACK,))


def quality_in_path(quality: int) -> int:
    """Return the quality of a path. Raises ParameterError outside 1 to 100."""
    if not 1 <= quality <= _PERCENT:
        raise ParameterError("q", f"a whole number from 1 to {_PERCENT}", quality)
    return quality
