"""What a look must know of the image: bands by name, and frames by number."""

from dataclasses import dataclass

from tilewright.image import ImageInfo, Plane
from tilewright.look import LIGHTS, PRIMARIES, default_style
from tilewright.paint import Solid
from tilewright.style import Channel, Style

MOST_BANDS = 65_535
_COLORS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What a query asks of the colours."""

    style: Style
    plane: Plane | None = None
    """The plane, when the look itself says which (``frame`` in large_image's JSON)."""


class ImageNeededError(Exception):
    """The look cannot be told without the image's layout. Never leaves this package."""


def needed(info: ImageInfo | None) -> ImageInfo:
    """Return the layout. Raises ImageNeededError when it is not known yet."""
    if info is None:
        raise ImageNeededError
    return info


def plain_bands(info: ImageInfo) -> list[int]:
    """Return the bands that are not alpha."""
    names = enumerate(info.interpretations)
    return [index for index, name in names if "alpha" not in name] or [0]


def shown_channels(info: ImageInfo) -> tuple[Channel, ...]:
    """Return the bands of the default look with their colours, 8-bit pictures' too."""
    channels = default_style(info).channels
    if channels:
        return channels
    names, plain = info.interpretations, plain_bands(info)
    if {*LIGHTS} <= {*names}:
        plain = [names.index(light) for light in LIGHTS]
    if len(plain) < _COLORS or "palette" in names:
        return (Channel(plain[0]),)
    pairs = zip(plain, PRIMARIES, strict=False)
    return tuple(Channel(band, paint=Solid(color)) for band, color in pairs)


def named_band(name: str, info: ImageInfo) -> int:
    """Return the band of a name of its own, or of its meaning. Raises ValueError.

    ``gray`` of a colour picture is its green, as large_image has it.
    """
    names = [band.name for band in info.bands]
    if name in names:
        return names.index(name)
    meanings: list[str] = list(info.interpretations)
    word = name.lower()
    if word in {"gray", "grey"}:
        return next((meanings.index(it) for it in ("gray", "green") if it in meanings), 0)
    word = "premultiplied-alpha" if word == "alpha" and word not in meanings else word
    if word not in meanings:
        raise ValueError(f"there is no band {name[:40]!r}")
    return meanings.index(word)


def frame_plane(frame: int, info: ImageInfo) -> Plane:
    """Return the plane of a frame, counted from 0, the last axis fastest. Raises ValueError."""
    indices, rest = {}, frame
    for axis in reversed(info.axes):
        rest, indices[axis.name] = divmod(rest, axis.size)
    if rest:
        raise ValueError(f"there is no frame {frame}")
    return Plane.of(indices)


def frame_count(info: ImageInfo) -> int:
    """Return how many planes the image has."""
    count = 1
    for axis in info.axes:
        count *= axis.size
    return count
