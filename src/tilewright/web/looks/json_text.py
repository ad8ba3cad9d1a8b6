"""JSON from a client."""

import json
import re
from typing import Any

LONGEST = 1 << 16
"""Characters of a text."""
DEEPEST = 32
"""Brackets open at once."""
_BRACKET = re.compile(r"[\[\]{}]")


def decode(text: str) -> Any:
    """Return what JSON says. Raises ValueError for what is none, too long or deep, or NaN."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise ValueError("nested too deep")
    return json.loads(text, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(word)
