"""How numbers become colours, as one frozen value with one canonical text."""

import re
from dataclasses import dataclass

_HEX_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """An intensity range: ``low`` becomes black, ``high`` the full colour."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"a stretch rises: {self.low} is not below {self.high}")


@dataclass(frozen=True, slots=True)
class Channel:
    """One band, its range and its colour."""

    band: int
    """Counts from 0."""
    stretch: Stretch
    color: str = "#ffffff"
    """The colour of the highest value, as ``#rrggbb``."""

    def __post_init__(self) -> None:
        if self.band < 0:
            raise ValueError("bands count from 0")
        if not _HEX_COLOR.fullmatch(self.color):
            raise ValueError(f"a colour is #rrggbb, not {self.color!r}")


@dataclass(frozen=True, slots=True)
class Style:
    """Channels that are added up. ``Style()`` asks for the default look of the image."""

    channels: tuple[Channel, ...] = ()

    @property
    def text(self) -> str:
        """The canonical text: equal looks give equal text."""
        return "+".join(
            f"{channel.band}:{channel.stretch.low!r}:{channel.stretch.high!r}:{channel.color}"
            for channel in self.channels
        )
