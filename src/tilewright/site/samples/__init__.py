"""Images for a first look, drawn on the first run: always the same ones."""

from collections.abc import Callable
from pathlib import Path

from tilewright.site.samples.cells import SIDE, write_cells
from tilewright.site.samples.relief import FINER, write_terrain
from tilewright.site.samples.terrain import CELLS_DOWN

Progress = Callable[[float], None]

RELIEF = "island-relief.tif"
ELEVATION = "island-elevation.tif"
CELLS = "cells.ome.tif"
NAMES = (RELIEF, ELEVATION, CELLS)

_TERRAIN_SHARE = 0.75


def missing(folder: Path) -> bool:
    """Return True when a sample is not there yet."""
    return not all((folder / name).is_file() for name in NAMES)


def write_samples(folder: Path, progress: Progress, *, shrink: int = 1) -> None:
    """Draw the samples into a folder, each written beside its place and renamed.

    The relief has 12288×8192 pixels, the others less; ``shrink`` (a power of two up to 32)
    divides each side. ``progress`` is told the finished part, 0 to 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_terrain(
        folder / RELIEF,
        folder / ELEVATION,
        CELLS_DOWN * FINER // shrink,
        lambda part: progress(_TERRAIN_SHARE * part),
    )
    write_cells(
        folder / CELLS,
        SIDE // shrink,
        lambda part: progress(_TERRAIN_SHARE + (1 - _TERRAIN_SHARE) * part),
    )
