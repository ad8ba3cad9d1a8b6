"""Invented cells under a fluorescence microscope: three channels, five focal planes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from tilewright.site.samples.terrain import noise

Progress = Callable[[float], None]
Plane = npt.NDArray[np.float32]

SIDE = 2048
PLANES = 5
_TILE = 256
_SMALLEST = 256
_MICROMETRES = 0.325
_CELL = 92
"""Pixels from one nucleus to the next, about."""
_OFFSET = 110.0
"""What the camera counts in the dark."""
_CHANNELS = (("DAPI", 0x2E6BFFFF), ("Phalloidin", 0x2FE07AFF), ("MitoTracker", 0xFF4FA0FF))
"""Names and display colours (red, green, blue, alpha in one number)."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """The tissue: maps of one side×side square each."""

    nuclei: Plane
    near: Plane
    """1 at a cell's nucleus, 0 at its border."""
    border: Plane
    bright: Plane
    """How strongly each cell is stained."""


def write_cells(path: Path, side: int, progress: Progress) -> None:
    """Write an OME-TIFF, ``side`` pixels square, pyramidal, beside ``path``; then rename it."""
    beside = path.with_name(f".{path.name}.partial")
    smaller = max(0, (side // _SMALLEST).bit_length() - 1)
    pages = list(_pages(side, progress))
    options: dict[str, Any] = {
        "tile": (_TILE, _TILE),
        "compression": "zlib",
        "compressionargs": {"level": 1},
        "predictor": True,
        "photometric": "minisblack",
        "maxworkers": 2,
    }
    try:
        with tifffile.TiffWriter(beside, ome=True) as file:
            file.write(
                np.stack([full for full, *_ in pages]).reshape(len(_CHANNELS), PLANES, side, side),
                subifds=smaller,
                metadata=_metadata(),
                software="Tilewright",
                resolution=(1e4 / _MICROMETRES, 1e4 / _MICROMETRES),
                resolutionunit="CENTIMETER",
                **options,
            )
            for level in range(1, smaller + 1):
                stack = np.stack([page[level] for page in pages])
                file.write(
                    stack.reshape(len(_CHANNELS), PLANES, *stack.shape[1:]),
                    subfiletype=1,
                    metadata=None,
                    **options,
                )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    progress(1.0)


def _metadata() -> dict[str, Any]:
    # OME counts a colour's four bytes as one signed number
    colors = [color - (1 << 32) if color >> 31 else color for _, color in _CHANNELS]
    return {
        "axes": "CZYX",
        "UUID": "00000000-0000-4000-8000-000000000001",  # tifffile would draw one by lot
        "Name": "Invented cells",
        "Channel": {"Name": [name for name, _ in _CHANNELS], "Color": colors},
        "PhysicalSizeX": _MICROMETRES,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": _MICROMETRES,
        "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 1.5,
        "PhysicalSizeZUnit": "µm",
    }


def _pages(side: int, progress: Progress) -> Iterator[list[npt.NDArray[np.uint16]]]:
    """Yield each channel's focal planes, each with its smaller levels."""
    rng = np.random.Generator(np.random.PCG64(3))
    cells = _tissue(side, rng)
    depth = (noise(side, side, 5, rng) * 0.65 + 0.5) * (PLANES - 1)
    speckle = rng.random((side + 64, side + 64), dtype=np.float32)
    speckle = (speckle - 0.5) * np.float32(2)
    stains = (_chromatin, _fibres, _mitochondria)
    for channel, stain in enumerate(stains):
        sharp = stain(cells, rng)
        soft = [sharp, cv2.GaussianBlur(sharp, (0, 0), 2.2), cv2.GaussianBlur(sharp, (0, 0), 5.5)]
        for z in range(PLANES):
            away = np.clip(np.abs(depth - z) * 0.75, 0, 2)
            light = np.where(
                away < 1,
                soft[0] + (soft[1] - soft[0]) * away,
                soft[1] + (soft[2] - soft[1]) * (away - 1),
            )
            light = light * (1.1 - 0.18 * away)
            # photons arrive by chance: the noise grows with the root of the signal
            at = 7 * (channel * PLANES + z) % 64
            grain = speckle[at : at + side, 63 - at : 63 - at + side]
            counted = _OFFSET + light + grain * np.sqrt(light * 1.6 + 25)
            yield _levels(np.clip(counted, 0, 65535).astype(np.uint16))
            progress(0.8 * (channel * PLANES + z + 1) / (len(stains) * PLANES))


def _levels(plane: npt.NDArray[np.uint16]) -> list[npt.NDArray[np.uint16]]:
    levels: list[Any] = [plane]
    while min(levels[-1].shape) // 2 >= _SMALLEST:
        rows, columns = levels[-1].shape
        levels.append(
            cv2.resize(levels[-1], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        )
    return levels


def _tissue(side: int, rng: np.random.Generator) -> _Cells:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    bend = [noise(side, side, max(3, side // 60), rng) * 9 for _ in range(2)]
    centres = _centres(side, rng)
    seeds = np.full((side, side), 255, np.uint8)
    seeds[centres[:, 1], centres[:, 0]] = 0
    far, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    edges = (
        (labels != np.roll(labels, 1, axis=0)) | (labels != np.roll(labels, 1, axis=1))
    ).astype(np.uint8)
    border = cv2.distanceTransform(1 - edges, cv2.DIST_L2, cv2.DIST_MASK_5)
    stain = (0.35 + 0.65 * rng.random(int(labels.max()) + 1, dtype=np.float32))[labels]
    nuclei = np.zeros((side, side), np.uint8)
    for column, row in centres:
        axes = int(rng.integers(150, 250)), int(rng.integers(105, 165))
        cv2.ellipse(
            nuclei,
            # sixteenths of a pixel, so that outlines are smooth
            (int(column) * 16, int(row) * 16),
            (axes[0] * 16 // 10, axes[1] * 16 // 10),
            float(rng.integers(0, 180)),
            0,
            360,
            255,
            -1,
            cv2.LINE_AA,
            4,
        )

    def bent(array: npt.NDArray[Any]) -> Plane:
        moved = cv2.remap(
            array.astype(np.float32),
            x + bend[0],
            y + bend[1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        return np.asarray(moved, np.float32)

    border = bent(border)
    return _Cells(
        nuclei=np.asarray(cv2.GaussianBlur(bent(nuclei) / 255, (0, 0), 1.3), np.float32),
        near=np.asarray(border / (border + bent(far) + 1e-3), np.float32),
        border=border,
        bright=np.asarray(cv2.GaussianBlur(bent(stain), (0, 0), 2.5), np.float32),
    )


def _centres(side: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return columns and rows, shape (n, 2): a honeycomb, shaken, with gaps."""
    places = []
    for row in range(side * 100 // (87 * _CELL) + 2):
        for column in range(side // _CELL + 2):
            shake = (rng.random(2) - 0.5) * _CELL * 0.62
            gap = rng.random() < 0.09  # noqa: PLR2004
            x = (column + 0.5 * (row % 2)) * _CELL + shake[0]
            y = row * _CELL * 0.87 + shake[1]
            if not gap and 0 <= x < side and 0 <= y < side:
                places.append((int(x), int(y)))
    return np.array(places, np.intp)


def _chromatin(cells: _Cells, rng: np.random.Generator) -> Plane:
    side = cells.near.shape[0]
    clumps = noise(side, side, side // 5, rng) + 0.8 * noise(side, side, side // 11, rng)
    body = cells.nuclei * (0.72 + 0.3 * np.clip(clumps, -0.7, 1.6))
    return np.asarray((3_400 * body * (0.45 + 0.75 * cells.bright) + 90 * cells.near), np.float32)


def _fibres(cells: _Cells, rng: np.random.Generator) -> Plane:
    side = cells.near.shape[0]
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    # threads follow the contours of a slow field, so that they run side by side in each cell
    field = (
        noise(side, side, max(3, side // 130), rng) * 260
        + cells.border * 1.5
        + 7 * noise(side, side, side // 24, rng)
    )
    threads = np.exp(-3.2 * (1 + np.sin(field * 0.44)))
    threads += 0.8 * np.exp(-3.6 * (1 + np.sin(field * 0.27 + (x + y) * 0.05)))
    patchy = np.clip(0.55 + 0.7 * noise(side, side, max(3, side // 45), rng), 0.05, 1.4)
    cortex = np.exp(-((cells.border / 3.2) ** 2))
    inside = np.clip(1 - 0.75 * cells.nuclei, 0, 1)
    light = (threads * patchy * 1_000 + 330) * inside + cortex * 2_300
    return np.asarray(light * (0.35 + 0.8 * cells.bright), np.float32)


def _mitochondria(cells: _Cells, rng: np.random.Generator) -> Plane:
    side = cells.near.shape[0]
    worms = np.abs(noise(side, side, side // 13, rng) + 0.5 * noise(side, side, side // 7, rng))
    thin = np.exp(-((worms / 0.09) ** 2))
    beads = np.clip(noise(side, side, side // 6, rng) + 0.35, 0, 1)
    around = np.clip(cells.near * 1.9 - 0.25, 0, 1) * np.clip(1 - 1.15 * cells.nuclei, 0, 1)
    light = around * (thin * (0.35 + beads) * 4_200 + 210)
    return np.asarray(light * (0.3 + 0.9 * cells.bright[::-1, ::-1]), np.float32)
