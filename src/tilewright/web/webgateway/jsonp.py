"""JSON for a page of another origin: wrapped into a call."""

import json
import re

from tilewright.web.http import JSON
from tilewright.web.webgateway.query import CALLBACK, JSONP, SentenceError

JAVASCRIPT = "application/javascript"
_NAME = re.compile(r"[a-zA-Z_$][0-9a-zA-Z_$]*")


def callback_name(query: str) -> str | None:
    """Return the function that a query names; None without. Raises ParameterError."""
    name: str | None = JSONP.read(query).get(CALLBACK.name)
    if name is not None and not _NAME.fullmatch(name):
        raise SentenceError(CALLBACK.name, "the name of a function", "Invalid callback")
    return name


def wrapped(value: object, callback: str | None) -> tuple[bytes, str]:
    """Return a document as bytes, and its media type; in a call where a function is named."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    if callback is None:
        return text.encode(), JSON
    return f"{callback}({text})".encode(), JAVASCRIPT
