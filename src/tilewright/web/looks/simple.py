"""The simple parameters of django-large-image: one band, a range and a palette."""

from dataclasses import dataclass, replace

from tilewright.image import ImageInfo
from tilewright.paint import Paint, Solid
from tilewright.stretch import AUTO, Limit
from tilewright.style import Channel, Style
from tilewright.web.looks import colors, ranges
from tilewright.web.looks.bands import Look, needed, shown_channels


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters of this dialect say, each parsed on its own."""

    band: int = 0
    """Counts from 1; 0 names none."""
    low: Limit = AUTO.low
    high: Limit = AUTO.high
    palette: Paint | None = None
    nodata: float | None = None
    discrete: bool = False


def parse(asked: Asked, info: ImageInfo | None) -> Look:
    """Return the look. Raises ParameterError.

    Without ``band`` a palette is put on the first band; a range or nodata without either
    goes to each band of the default look, for which the image is needed.
    """
    if asked == replace(Asked(), discrete=asked.discrete):
        return Look(Style())
    stretch = ranges.stretch(asked.low, asked.high, "min", "below max")
    channels: tuple[Channel, ...]
    if asked.band or asked.palette is not None:
        paint = colors.in_scheme(asked.palette or Solid(), discrete=asked.discrete)
        channels = (Channel(max(asked.band - 1, 0), paint=paint),)
    else:
        channels = shown_channels(needed(info))
    return Look(
        Style(tuple(replace(channel, stretch=stretch, nodata=asked.nodata) for channel in channels))
    )
