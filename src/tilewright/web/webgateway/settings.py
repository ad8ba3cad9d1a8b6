"""Rendering settings: how one user wants one image shown."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self, cast

from tilewright.errors import ParameterError
from tilewright.image import Band, ImageInfo
from tilewright.look import LIGHTS, PRIMARIES
from tilewright.paint import Named, Solid, check_color, number_text
from tilewright.stretch import Curve, Family
from tilewright.style import MOST_CHANNELS, Channel
from tilewright.web.looks import omero
from tilewright.web.looks.bands import plain_bands
from tilewright.web.webgateway.query import SAVE

Model = Literal["rgb", "greyscale"]
Ranges = Mapping[int, tuple[float, float]]
"""From band to its least and greatest value."""
Luts = Callable[[str], bool]
"""Tells whether there is a lookup table of this name, ``cool.lut``."""

FAMILIES: tuple[Family, ...] = ("linear", "polynomial", "exponential", "logarithmic")
NORMAL = "normal"
_ACTIVE = 3
"""Channels that are on where nothing was saved."""
_COLORED = range(2, 8)
"""Numbers of channels whose model is colour where nothing was saved."""
_MOST_STORED = 1 << 12
_BYTE_TYPES = frozenset({"uint8", "bool"})
_LONGEST_NAME = 80
_PLANES = re.compile(r"[0-9]{1,9}:[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How one channel is shown."""

    active: bool
    start: float
    end: float
    """The values that become dark and bright."""
    color: str
    """``#rrggbb``, or ``#rrggbbaa`` unless opaque; kept below a lookup table."""
    lut: str | None = None
    """The name of a lookup table, ``cool.lut``."""
    inverted: bool = False
    family: Family = "linear"
    coefficient: float = 1.0

    def __post_init__(self) -> None:
        check_color(self.color)
        if not (math.isfinite(self.start) and math.isfinite(self.end)):
            raise ValueError("a window has finite ends")
        if self.family not in FAMILIES:
            raise ValueError("a family is one of OMERO's four")
        # Checked; kept of a logarithm, which has none, as OMERO keeps it.
        Curve(self.family, self.coefficient)
        if self.family == "linear":
            object.__setattr__(self, "coefficient", 1.0)
        if self.lut is not None:
            Named(self.lut)

    def channel(self, band: int, info: ImageInfo) -> Channel:
        """Return the same as a channel of a style."""
        stretch = omero.window_of((self.start, self.end), info)
        if stretch is None:
            raise ValueError("a window has two ends")
        paint = omero.lit(Solid(self.color)) if self.lut is None else Named(self.lut)
        curve = Curve(self.family, self.coefficient)
        return Channel(band, stretch=stretch, curves=(curve,), invert=self.inverted, paint=paint)


@dataclass(frozen=True, slots=True)
class RenderingSettings:
    """How an image is shown where a request does not say."""

    model: Model
    channels: tuple[ChannelSettings, ...]
    """Of the bands that are not alpha, in order."""
    z: int = 0
    t: int = 0
    """The plane to begin with, from 0."""
    projection: str = NORMAL
    """``normal``, ``intmax``, ``intmean`` or ``intsum``, and maybe ``|start:end``."""
    invert_axis: bool = False
    """True: z and t are exchanged by the viewer."""

    def stored(self) -> dict[str, Any]:
        """Return what JSON can hold and `restored` reads."""
        return asdict(self)

    @classmethod
    def restored(cls, document: Mapping[str, Any]) -> Self:
        """Return what `stored` wrote. Raises ValueError for anything else."""
        try:
            rows = document["channels"]
            if len(rows) > _MOST_STORED or document["model"] not in {"rgb", "greyscale"}:
                raise ValueError("not rendering settings")
            channels = tuple(_channel(row) for row in rows)
            return cls(
                document["model"],
                channels,
                _position(document["z"]),
                _position(document["t"]),
                str(document["projection"])[:_LONGEST_NAME],
                document["invert_axis"] is True,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not rendering settings") from error

    def fits(self, info: ImageInfo) -> bool:
        """Tell whether the settings are of an image with as many channels and planes."""
        z, t = axis_size(info, "z"), axis_size(info, "t")
        return len(self.channels) == len(plain_bands(info)) and self.z < z and self.t < t

    def moved_to(self, info: ImageInfo) -> Self:
        """Return the same for another image: of fewer planes they begin with the last."""
        z, t = axis_size(info, "z"), axis_size(info, "t")
        return replace(self, z=min(self.z, z - 1), t=min(self.t, t - 1))


def _channel(row: Mapping[str, Any]) -> ChannelSettings:
    lut = row["lut"]
    return ChannelSettings(
        active=row["active"] is True,
        start=float(row["start"]),
        end=float(row["end"]),
        color=str(row["color"]),
        lut=None if lut is None else str(lut),
        inverted=row["inverted"] is True,
        family=cast("Family", row["family"]),
        coefficient=float(row["coefficient"]),
    )


def _position(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError("a position counts from 0")
    return value


def axis_size(info: ImageInfo, name: str) -> int:
    """Return how many planes an axis has; 1 when the image has no such axis."""
    return next((axis.size for axis in info.axes if axis.name == name), 1)


def label_of(band: Band, place: int) -> str:
    """Return what a channel is called: its name, else its wavelength, else its place."""
    return band.name or (str(place) if band.emission_nm is None else number_text(band.emission_nm))


def measured_bands(info: ImageInfo) -> tuple[int, ...]:
    """Return the bands whose least and greatest value are to be measured; none of 8 bits."""
    if info.dtype in _BYTE_TYPES:
        return ()
    return tuple(plain_bands(info)[:MOST_CHANNELS])


def value_range(info: ImageInfo, band: int, ranges: Ranges) -> tuple[float, float]:
    """Return the least and the greatest value of a band; of its type where they are unknown."""
    low, high = ranges.get(band, (0.0, 0.0))
    if math.isfinite(low) and math.isfinite(high) and low < high:
        return float(low), float(high)
    return omero.type_range(info)


def defaults(info: ImageInfo, ranges: Ranges) -> RenderingSettings:
    """Return the settings of an image for which nothing was saved.

    The plane is the middle of z; the model is colour for 2 to 7 channels; the first three
    are on; a window is the display range of the file, else the band's range.
    """
    bands = plain_bands(info)
    colors = _colors(info, bands)
    return RenderingSettings(
        "rgb" if len(bands) in _COLORED else "greyscale",
        tuple(
            _default_channel(info, band, colors[place], ranges, active=place < _ACTIVE)
            for place, band in enumerate(bands)
        ),
        z=axis_size(info, "z") // 2,
    )


def _default_channel(
    info: ImageInfo, band: int, color: str, ranges: Ranges, *, active: bool
) -> ChannelSettings:
    display = info.bands[band].display
    start, end = display or value_range(info, band, ranges)
    inverted = info.bands[band].interpretation == "white-is-zero"
    return ChannelSettings(active, float(start), float(end), color, inverted=inverted)


def _colors(info: ImageInfo, bands: list[int]) -> list[str]:
    names = [info.interpretations[band] for band in bands]
    stated = [omero.stated_color(info.bands[band]) for band in bands]
    # Where the file knows some of the colours, the others are white.
    others = ["#ffffff"] * len(PRIMARIES) if any(stated) or len(bands) == 1 else list(PRIMARIES)
    found = [color or others[place % len(others)] for place, color in enumerate(stated)]
    if not any(stated) and {*LIGHTS} <= {*names}:
        lights = dict(zip(LIGHTS, PRIMARIES, strict=True))
        found = [lights.get(name, "#ffffff") for name in names]
    return found


def merged(
    saved: RenderingSettings, query: str, info: ImageInfo, *, lut_exists: Luts
) -> RenderingSettings:
    """Return settings changed by the query of ``saveImgRDef``.

    Also channels that are listed as off take their windows and colours. Raises ParameterError.
    """
    values = SAVE.read(query)
    changed = saved
    if "c" in values:
        maps = omero.read_maps(values.get("maps"))
        changed = replace(saved, channels=_changed(saved, values["c"], maps, info, lut_exists))
    if values.get("m") in {"c", "g"}:
        changed = replace(changed, model="rgb" if values["m"] == "c" else "greyscale")
    for name in ("z", "t"):
        size, position = axis_size(info, name), values.get(name, 1)
        if position > size:
            raise ParameterError(name, f"a whole number from 1 to {size}", position)
    return replace(
        changed,
        z=values.get("z", saved.z + 1) - 1,
        t=values.get("t", saved.t + 1) - 1,
        projection=_projection(values.get("p", saved.projection)),
        invert_axis=values["ia"] == "1" if "ia" in values else saved.invert_axis,
    )


def _projection(text: str) -> str:
    word, _, planes = text.partition("|")
    if word not in omero.REDUCTIONS:
        return NORMAL
    # What a client sends is stored: nothing but a range may follow.
    return text if _PLANES.fullmatch(planes) else word


def _changed(
    saved: RenderingSettings,
    c: str,
    maps: tuple[omero.Map, ...],
    info: ImageInfo,
    lut_exists: Luts,
) -> tuple[ChannelSettings, ...]:
    channels = [replace(channel, active=False) for channel in saved.channels]
    for place, text in enumerate(c.split(",")):
        entry = omero.read_entry(text)
        if entry is None or not 1 <= abs(entry.number) <= len(channels):
            continue
        own = _with_entry(channels[abs(entry.number) - 1], entry, info, lut_exists)
        if place < len(maps):
            own = _with_map(own, maps[place])
        channels[abs(entry.number) - 1] = own
    return tuple(channels)


def _with_entry(
    channel: ChannelSettings, entry: omero.Entry, info: ImageInfo, lut_exists: Luts
) -> ChannelSettings:
    channel = replace(channel, active=entry.number > 0)
    window = omero.window_of(entry.window, info)
    if window is not None:
        channel = replace(channel, start=window.low.amount, end=window.high.amount)
    match omero.paint_of(entry.color, lut_exists):
        case Solid(color):
            return replace(channel, color=color, lut=None)
        case Named() as paint:
            return replace(channel, lut=paint.text.removeprefix("@"))
        case _:
            return channel


def _with_map(channel: ChannelSettings, change: omero.Map) -> ChannelSettings:
    channel = replace(channel, inverted=change.invert)
    if change.curve is None:
        return channel
    return replace(channel, family=change.curve.family, coefficient=change.coefficient)
