"""What the parts of a path say: the numbers of a tile, a pixel or a zoom, and the format."""

from collections.abc import Mapping

from tilewright.errors import OutsideError, ParameterError
from tilewright.web.params import LARGEST, whole

Suffixes = Mapping[str, str]
"""From file suffix to format: ``{"jpg": "jpeg", "jpeg": "jpeg", …}``, preferred ones first."""


def index(name: str, text: str) -> int:
    """Return the number of a zoom, row, column or pixel. Raises ParameterError, OutsideError."""
    try:
        value = whole(text)
    except ValueError:
        raise ParameterError(name, "a whole number", text) from None
    if value > LARGEST:
        raise OutsideError(f"{name} {text} is outside the image")
    return value


def format_of(suffix: str, suffixes: Suffixes) -> str:
    """Return the format that a path ends in. Raises ParameterError."""
    name = suffixes.get(suffix)
    if name is None:
        raise ParameterError("fmt", f"one of {', '.join(suffixes)}", suffix)
    return name
