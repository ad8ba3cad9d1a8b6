"""Paints: what brightness, or a value itself, is coloured with."""

import math
import re
from dataclasses import dataclass

_HEX_COLOR = re.compile(r"#[0-9a-f]{6}([0-9a-f]{2})?")
_NAME = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
MOST_COLORS = 4096


def number_text(value: float) -> str:
    """Return the shortest text of a number; whole ones without a point."""
    if value == int(value) if math.isfinite(value) else False:
        return str(int(value))
    return repr(float(value))


def check_color(color: str) -> None:
    """Raise ValueError unless a text is a colour."""
    if not _HEX_COLOR.fullmatch(color):
        raise ValueError(f"a colour is #rrggbb or #rrggbbaa, not {color[:40]!r}")


@dataclass(frozen=True, slots=True)
class Solid:
    """A paint: black at the low end, this colour at the high end."""

    color: str = "#ffffff"
    """``#rrggbb`` or ``#rrggbbaa``."""

    def __post_init__(self) -> None:
        check_color(self.color)

    @property
    def text(self) -> str:
        """The colour."""
        return self.color


WHITE = Solid()


@dataclass(frozen=True, slots=True)
class Named:
    """A paint: a colormap by its name, from the catalogue or a lookup-table file.

    ``_r`` at the end of a name reverses it.
    """

    name: str
    reverse: bool = False

    def __post_init__(self) -> None:
        while self.name.endswith("_r"):
            object.__setattr__(self, "name", self.name.removesuffix("_r"))
            object.__setattr__(self, "reverse", not self.reverse)
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"not the name of a colormap: {self.name[:40]!r}")

    @property
    def text(self) -> str:
        """The name, with ``_r`` when reversed."""
        return f"@{self.name}{'_r' if self.reverse else ''}"


@dataclass(frozen=True, slots=True)
class Ramp:
    """A paint: a list of colours spread over the range."""

    colors: tuple[str, ...]
    discrete: bool = False
    """True: equal steps, each of one colour; False: blended from colour to colour."""

    def __post_init__(self) -> None:
        if not 2 <= len(self.colors) <= MOST_COLORS:  # noqa: PLR2004
            raise ValueError(f"a ramp has 2 to {MOST_COLORS} colours")
        for color in self.colors:
            check_color(color)

    @property
    def text(self) -> str:
        """The colours."""
        return f"{'steps' if self.discrete else 'ramp'}({' '.join(self.colors)})"


@dataclass(frozen=True, slots=True)
class Class:
    """One row of a legend: the values from ``low`` up to ``high``, or ``low`` alone."""

    low: float
    high: float | None
    color: str
    label: str = ""

    def __post_init__(self) -> None:
        check_color(self.color)
        if math.isnan(self.low):
            raise ValueError("a class is of a number or an interval")
        if self.high is not None and not self.low < self.high:
            raise ValueError(f"an interval rises: {self.low} is not below {self.high}")

    @property
    def text(self) -> str:
        """The interval and its colour; a label changes no pixel."""
        end = "" if self.high is None else f"~{number_text(self.high)}"
        return f"{number_text(self.low)}{end}={self.color}"


@dataclass(frozen=True, slots=True)
class Classes:
    """A paint: intervals ``[low, high)`` and single values; what is in none is transparent.

    The measured values themselves are looked up: range and curves do not apply.
    """

    rows: tuple[Class, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.rows) <= MOST_COLORS:
            raise ValueError(f"a legend has 1 to {MOST_COLORS} rows")

    @property
    def text(self) -> str:
        """The rows."""
        return f"classes({' '.join(row.text for row in self.rows)})"


Paint = Solid | Named | Ramp | Classes
