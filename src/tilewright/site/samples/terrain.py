"""An invented island: noise for its shape, falling rain for its valleys."""

import cv2
import numpy as np
import numpy.typing as npt

Heights = npt.NDArray[np.float32]

ASPECT = 3, 2
"""Width to height of the map."""
CELLS_DOWN = 2048
"""Height cells from north to south, in full size; 40 m each."""
_SUMMIT_M = 3_400.0
_SEED = 6
_DROPS_A_CELL = 0.09


def island(cells_down: int = CELLS_DOWN) -> Heights:
    """Return heights in metres, shape (cells_down, 1.5 × cells_down); the sea lies below 0.

    The same size gives the same island, whatever the number of cores.
    """
    rng = np.random.Generator(np.random.PCG64(_SEED))
    rows = max(32, cells_down // 8)
    heights = _eroded(_outline(rows, rng), rng, steps=48, rounds=3)
    steps = 48
    while rows < cells_down:
        rows = min(cells_down, rows * 2)
        # long valleys are there already; what finer maps add is short
        steps = max(16, steps * 2 // 3)
        heights = _eroded(_finer(heights, rows, rng), rng, steps=steps, rounds=1)
    top = float(heights.max())
    return np.asarray(heights * np.float32(_SUMMIT_M / top), np.float32)


def noise(rows: int, columns: int, cells: int, rng: np.random.Generator) -> Heights:
    """Return smooth values in about -1 … 1 with ``cells`` humps from top to bottom."""
    across = max(2, round(cells * columns / rows))
    knots = rng.random((cells + 2, across + 2), dtype=np.float32) * 2 - 1
    step = rows / cells
    wide = cv2.resize(
        knots,
        (round((across + 2) * step), round((cells + 2) * step)),
        interpolation=cv2.INTER_CUBIC,
    )
    edge = round(step / 2)
    return np.asarray(wide[edge : edge + rows, edge : edge + columns], np.float32)


def _outline(rows: int, rng: np.random.Generator) -> Heights:
    columns = rows * ASPECT[0] // ASPECT[1]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    total = np.zeros((rows, columns), np.float32)
    strength, cells = 1.0, 3
    while cells <= rows // 4:
        octave = noise(rows, columns, cells, rng)
        # ridges from the second octave on: mountains have crests, not humps
        total += strength * (octave if cells == 3 else 1 - 2 * np.abs(octave))  # noqa: PLR2004
        strength, cells = strength * 0.5, cells * 2
    u = (x / columns - 0.5) * 2 + 0.3 * noise(rows, columns, 3, rng)
    v = (y / rows - 0.5) * 2 + 0.3 * noise(rows, columns, 3, rng)
    shape = 0.62 * total + 1.12 - 1.9 * np.sqrt(1.05 * u * u + 1.3 * v * v)
    # the knots of the noise lie on a lattice; bending the map hides it
    bend = rows / 17
    return np.asarray(
        cv2.remap(
            shape.astype(np.float32),
            x + bend * noise(rows, columns, 5, rng),
            y + bend * noise(rows, columns, 5, rng),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _finer(heights: Heights, rows: int, rng: np.random.Generator) -> Heights:
    columns = rows * ASPECT[0] // ASPECT[1]
    finer = cv2.resize(heights, (columns, rows), interpolation=cv2.INTER_CUBIC)
    grain = noise(rows, columns, rows // 3, rng)
    steep = cv2.magnitude(
        cv2.Sobel(finer, cv2.CV_32F, 1, 0, scale=0.125),
        cv2.Sobel(finer, cv2.CV_32F, 0, 1, scale=0.125),
    )
    return np.asarray(finer + grain * steep * 0.7, np.float32)


def _eroded(heights: Heights, rng: np.random.Generator, *, steps: int, rounds: int) -> Heights:
    """Let drops run downhill: each takes soil where it is fast and leaves it where it slows."""
    rows, columns = heights.shape
    flat = heights.reshape(-1).copy()
    drops = max(64, round(rows * columns * _DROPS_A_CELL))
    # as fine maps have gentler steps from cell to cell, speeds are told per map, not per cell
    fall = rows / 512
    for _ in range(rounds):
        x = rng.random(drops, dtype=np.float32) * (columns - 2)
        y = rng.random(drops, dtype=np.float32) * (rows - 2)
        go_x, go_y, soil = (np.zeros(drops, np.float32) for _ in range(3))
        speed, water = np.ones(drops, np.float32), np.float32(1)
        for _ in range(steps):
            corners, weights = _corners(x, y, columns)
            nw, ne, sw, se = (flat[corner] for corner in corners)
            right, down = x % 1, y % 1
            here = nw * weights[0] + ne * weights[1] + sw * weights[2] + se * weights[3]
            go_x = go_x * 0.1 - 0.9 * ((ne - nw) * (1 - down) + (se - sw) * down)
            go_y = go_y * 0.1 - 0.9 * ((sw - nw) * (1 - right) + (se - ne) * right)
            length = np.sqrt(go_x * go_x + go_y * go_y) + np.float32(1e-9)
            go_x, go_y = go_x / length, go_y / length
            x = np.clip(x + go_x, 0, columns - 2.01).astype(np.float32)
            y = np.clip(y + go_y, 0, rows - 2.01).astype(np.float32)
            after, after_weights = _corners(x, y, columns)
            there = sum(
                flat[corner] * weight for corner, weight in zip(after, after_weights, strict=True)
            )
            rise = there - here
            carries = np.maximum(-rise, 0.0006 / fall) * speed * water * 6
            left = np.where(
                rise > 0,
                np.minimum(rise, soil),
                np.where(
                    soil > carries,
                    (soil - carries) * 0.3,
                    -np.minimum((carries - soil) * 0.3, -rise),
                ),
            )
            left[here < 0] = 0  # the sea stops the drop
            soil = soil - left
            for corner, weight in zip(corners, weights, strict=True):
                np.add.at(flat, corner, left * weight)
            speed = np.sqrt(np.maximum(speed * speed - rise * 40 * fall, 0.01))
            water *= np.float32(0.985)
    return flat.reshape(rows, columns)


def _corners(
    x: Heights, y: Heights, columns: int
) -> tuple[tuple[npt.NDArray[np.intp], ...], tuple[Heights, ...]]:
    """Return the four cells around each point, and how much each of them counts."""
    column, row = x.astype(np.intp), y.astype(np.intp)
    right, down = (x - column).astype(np.float32), (y - row).astype(np.float32)
    cell = row * columns + column
    return (
        (cell, cell + 1, cell + columns, cell + columns + 1),
        (
            (1 - right) * (1 - down),
            right * (1 - down),
            (1 - right) * down,
            right * down,
        ),
    )
