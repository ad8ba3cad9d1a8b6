"""How much a run measures: all of it, or just enough to prove that it still works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of inputs and the number of repetitions."""

    mosaic_side: int
    """Of the file that is panned, in pixels."""
    cold_side: int
    """Of the file that is opened cold."""
    sparse_sides: tuple[int, ...]
    strip_side: int
    """Of the file without a pyramid."""
    picture_size: tuple[int, int]
    draws: int
    """Fresh processes of the comparison with the bare codec."""
    tiles: int
    """Random tiles of one comparison."""
    panned: int
    """Random tiles of the memory benchmark."""
    opens: int
    starts: int
    """Fresh processes of one comparison."""
    asked: int
    """Tiles that a server is asked for in turn."""
    rounds: int
    """Turns of each server."""
    round_s: float
    """How long a server is loaded in one turn. All turns of a slow server ask for few tiles twice."""


FULL = Scale(
    mosaic_side=12_288,
    cold_side=10_000,
    sparse_sides=(1_000, 4_000, 16_000, 100_000),
    strip_side=30_000,
    picture_size=(10_000, 5_000),
    draws=7,
    tiles=1_500,
    panned=2_000,
    opens=60,
    starts=7,
    asked=2_304,
    rounds=7,
    round_s=1.0,
)
TINY = Scale(
    mosaic_side=1_024,
    cold_side=1_000,
    sparse_sides=(1_000, 4_000),
    strip_side=1_000,
    picture_size=(1_000, 500),
    draws=1,
    tiles=8,
    panned=20,
    opens=2,
    starts=1,
    asked=16,
    rounds=1,
    round_s=0.5,
)
