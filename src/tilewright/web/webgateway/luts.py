"""Lookup tables: the documents and the sheet that colour menus are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tilewright.colormaps import Table
from tilewright.image import Picture
from tilewright.web.params import ParameterSet, flag

FOLDER = "luts/"
GRADIENT = "gradient.png"
ROW_PX = 10
"""Height of each table in the sheet."""
_BYTES = 768
_FADE_PX = 180
_NOT_THERE = -1
_RGB = flag("rgb", "Tell the colours of each table too.")
_LUTS = ParameterSet((_RGB,))


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """A lookup table by its name, ``cool.lut``."""

    name: str
    table: Table
    """Shape (256, 4)."""


def luts_rgb(query: str) -> bool:
    """Return whether ``luts/?{query}`` asks for the colours too. Raises ParameterError."""
    asked: bool = _LUTS.read(query).get(_RGB.name, False)
    return asked


def sorted_luts(luts: Sequence[Lut]) -> list[Lut]:
    """Return tables in the order of all documents and of the sheet."""
    return sorted(luts, key=lambda lut: (lut.name.lower(), lut.name))


def luts_document(luts: Sequence[Lut], *, rgb: bool) -> dict[str, Any]:
    """Return the answer of ``luts/``. There is no sheet among the static files."""
    ordered = sorted_luts(luts)
    return {
        "luts": [_row(index, lut, rgb=rgb) for index, lut in enumerate(ordered)],
        "png_luts": [],
        "png_luts_new": [*(FOLDER + lut.name for lut in ordered), GRADIENT],
    }


def _row(index: int, lut: Lut, *, rgb: bool) -> dict[str, Any]:
    row = {
        "id": index + 1,
        "path": FOLDER,
        "name": lut.name,
        "size": _BYTES,
        "png_index": _NOT_THERE,
        "png_index_new": index,
    }
    return {**row, "rgb": lut.table[:, :3].tolist()} if rgb else row


def luts_sheet(luts: Sequence[Lut]) -> Picture:
    """Return all tables, 256 pixels wide and 10 high each, and last a black that fades away."""
    strips = [np.repeat(lut.table[np.newaxis], ROW_PX, axis=0) for lut in sorted_luts(luts)]
    fade = np.zeros((ROW_PX, 256, 4), np.uint8)
    fade[:, :_FADE_PX, 3] = np.linspace(255, 0, _FADE_PX).astype(np.uint8)
    return Picture(np.ascontiguousarray(np.concatenate([*strips, fade])))
