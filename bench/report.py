"""What a benchmark found, beside what it has to reach, as a line of a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

HEAD = ("what", "ours", "peer", "ratio", "target", "met")
_WIDTHS = (58, 14, 48, 8, 20, 4)


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to reach."""

    of: Literal["ours", "ratio"]
    bound: Literal["≤", "≥"]
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement: a median of ours and, where there is one, that of the peer."""

    what: str
    ours: float
    unit: str
    peer: str = ""
    """What the peer is; empty when there is none."""
    theirs: float | None = None
    target: Target | None = None
    """None: for information."""

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's; None without a peer."""
        return None if self.theirs is None else self.ours / self.theirs

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target."""
        if self.target is None:
            return None
        value = self.ours if self.target.of == "ours" else self.ratio
        if value is None:
            raise ValueError(f"{self.what}: a ratio needs a peer")
        return (
            value <= self.target.value if self.target.bound == "≤" else value >= self.target.value
        )

    def cells(self) -> tuple[str, ...]:
        """Return the texts of `HEAD`'s columns."""
        peer = "" if self.theirs is None else f"{_number(self.theirs)} {self.unit} {self.peer}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        ours = f"{_number(self.ours)} {self.unit}"
        return (
            self.what,
            ours,
            peer,
            ratio,
            self._wanted(),
            {True: "yes", False: "NO", None: ""}[self.met],
        )

    def _wanted(self) -> str:
        if self.target is None:
            return ""
        unit = f" {self.unit}" if self.target.of == "ours" else ""
        return f"{self.target.of} {self.target.bound} {self.target.value:g}{unit}"


def line(cells: Iterable[str]) -> str:
    """Return a line of the table."""
    padded = (cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return "  ".join(padded).rstrip()


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"
