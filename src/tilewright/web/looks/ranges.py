"""The ends of an intensity range as people write them."""

import math
import re

from tilewright.errors import ParameterError
from tilewright.paint import number_text
from tilewright.stretch import Limit, Stretch

LIMIT = (
    "a number, min, max, auto, full, or a share of the pixels to cut off as min:0.02, max:0.02 "
    "or auto:0.02"
)
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
)


def finite(text: str) -> float:
    """Return a finite number written in plain digits. Raises ValueError otherwise."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large")
    return value


def nodata(text: str) -> float | None:
    """Return a number, an infinity, or None for nan: it means nothing in any case."""
    word = text.lower()
    if word in {"inf", "-inf"}:
        return float(word)
    return None if word == "nan" else finite(text)


def limit(text: str, *, upper: bool) -> Limit:
    """Return one end of a range. Raises ValueError.

    ``min`` and ``max`` are those of the data, ``full`` is the end of the data type, ``auto``
    the default look's choice; a share of 0.02 is the 2nd or the 98th percentile.
    """
    if text == "auto":
        return Limit("auto")
    if text == "full":
        return Limit("dtype")
    word, colon, share = text.partition(":")
    if word not in {"min", "max", "auto"}:
        return Limit("value", finite(text))
    cut = 100 * finite(share) if colon else 0.0
    if not 0 <= cut <= 100:  # noqa: PLR2004
        raise ValueError("a share lies from 0 to 1")
    top = upper if word == "auto" else word == "max"
    # Rounded, because 100 · 0.07 is not 7 in binary.
    return Limit("percentile", round(100 - cut if top else cut, 9))


def stretch(low: Limit, high: Limit, parameter: str, allowed: str) -> Stretch:
    """Return the range. Raises ParameterError, with these words, when it does not rise."""
    try:
        return Stretch(low, high)
    except ValueError:
        shown = f"{_shown(low)} and {_shown(high)}"
        raise ParameterError(parameter, allowed, shown) from None


def _shown(end: Limit) -> str:
    return number_text(end.amount) if end.kind == "value" else end.text
