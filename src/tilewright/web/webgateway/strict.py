"""Queries that must tell all, so that the URL alone fixes the pixels: the ``_rdef`` forms."""

import re
from typing import Any

from tilewright.errors import ParameterError
from tilewright.web.looks import omero
from tilewright.web.looks.colors import LUT
from tilewright.web.looks.json_text import decode
from tilewright.web.webgateway.query import SAVE

_HEX = re.compile(r"[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")
_CHANNEL = "N|start:end$colour for each channel"


def check_complete(query: str) -> None:
    """Raise ParameterError unless a query tells windows, colours, model and maps of ``c``."""
    _check(query, maps_required=True)


def check_savable(query: str) -> None:
    """Raise ParameterError likewise; ``maps`` may be left out, as QuPath does."""
    _check(query, maps_required=False)


def says_all(query: str) -> bool:
    """Tell whether nothing but a query has a say in its picture, now and later.

    A map without a quantization leaves the curve to the saved settings; the file of a lookup
    table may change, or go.
    """
    try:
        values = _check(query, maps_required=True)
    except ParameterError:
        return False
    maps = omero.read_maps(values["maps"])
    return LUT not in values["c"] and all(one.curve is not None for one in maps)


def _check(query: str, *, maps_required: bool) -> dict[str, Any]:
    """Return the values of a query that is complete. Raises ParameterError."""
    values = SAVE.read(query)
    entries = _count_channels(values.get("c"))
    if values.get("m") not in {"c", "g"}:
        raise ParameterError("m", "g or c", values.get("m"))
    if maps_required or "maps" in values:
        _check_maps(values.get("maps"), entries)
    return values


def _count_channels(c: str | None) -> int:
    """Return how many channels are listed, all of them complete. Raises ParameterError."""
    if c is None:
        raise ParameterError("c", f"given: {_CHANNEL}")
    texts = c.split(",") if c.strip() else []
    for text in texts:
        entry = omero.read_entry(text)
        if entry is None:
            raise ParameterError("c", f"{_CHANNEL}, N being a number", text)
        if entry.window is None:
            raise ParameterError("c", f"{_CHANNEL}: the window is wanting", text)
        color = entry.color or ""
        if not (_HEX.fullmatch(color) or color.endswith(LUT)):
            raise ParameterError("c", f"{_CHANNEL}: the colour is wanting", text)
    return len(texts)


def _check_maps(text: str | None, entries: int) -> None:
    allowed = f"a JSON list of {entries} objects, one for each channel of c"
    try:
        maps = decode(text or "")
    except ValueError:
        raise ParameterError("maps", allowed, text) from None
    if not isinstance(maps, list) or not all(isinstance(one, dict) for one in maps):
        raise ParameterError("maps", allowed, text)
    if len(maps) != entries:
        raise ParameterError("maps", allowed, f"{len(maps)} of them")
