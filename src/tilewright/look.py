"""The look of an image when none is asked, and what a range comes to on its data.

The default look is fixed for a version of the file:

1. 8-bit, bilevel, palette and CMYK data are shown as they are.
2. A band with a display range of its own in the file is shown in that range.
3. Any other band runs from its 2nd to its 98th percentile, measured on the coarsest level
   that has `ENOUGH_PIXELS`, in the middle of every axis; of a larger level on nine windows
   spread over it, or, where it is stored in strips, on three bands of rows. The bands of an RGB picture share one range, so that colours keep their hue.
4. Bands with a display colour in the file are added up in these colours. Without any: three
   bands and more show the first three as red, green and blue, fewer the first one as grey.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilewright.geometry import Window
from tilewright.image import Array, Axis, ColorInterpretation, ImageInfo, Plane
from tilewright.paint import Solid
from tilewright.stretch import AUTO, Limit, Stretch
from tilewright.style import Channel, Style

ENOUGH_PIXELS = 1 << 16
"""A level this large is measured instead of a finer one."""
MOST_PIXELS = 1 << 22
"""A level larger than this is measured on windows."""
PERCENTILES = (2.0, 98.0)
MOST_CHANNELS = 16
INKS: tuple[ColorInterpretation, ...] = ("cyan", "magenta", "yellow", "black")
LIGHTS: tuple[ColorInterpretation, ...] = ("red", "green", "blue")
PRIMARIES = ("#ff0000", "#00ff00", "#0000ff")
_WINDOW_SIDE = 512
_WIDEST_CHUNK = 4 * _WINDOW_SIDE
_STEPS = 256
_MOST_KEPT = 50_001
_AS_IT_IS = Style()


@dataclass(frozen=True, slots=True)
class Span:
    """What a `Stretch` comes to on an image."""

    low: float
    high: float
    equalizer: tuple[float, ...] = ()
    """For the curve ``equalize``: the share of values (0-1) at most each 256th of the span."""


def shown_as_is(info: ImageInfo) -> bool:
    """Return True when the data are a picture already: nothing is to be stretched."""
    names = {*info.interpretations}
    if "palette" in names or names >= {*INKS}:
        return True
    stated = any(band.display or band.color for band in info.bands)
    return info.dtype == "bool" or (info.dtype == "uint8" and not stated)


def default_style(info: ImageInfo) -> Style:
    """Return the default look; without channels for what is shown as it is."""
    if shown_as_is(info):
        return _AS_IT_IS
    return Style(
        tuple(
            Channel(
                band,
                stretch=AUTO,
                paint=Solid(color),
                invert=info.bands[band].interpretation == "white-is-zero",
            )
            for band, color in _look_colors(info).items()
        )
    )


def _look_colors(info: ImageInfo) -> dict[int, str]:
    names = info.interpretations
    if {*LIGHTS} <= {*names}:
        return {names.index(light): color for light, color in zip(LIGHTS, PRIMARIES, strict=True)}
    plain = [index for index, name in enumerate(names) if "alpha" not in name] or [0]
    if any(info.bands[index].color for index in plain):
        return {index: info.bands[index].color or "#ffffff" for index in plain[:MOST_CHANNELS]}
    if len(plain) >= len(PRIMARIES):
        return dict(zip(plain, PRIMARIES, strict=False))
    return {plain[0]: "#ffffff"}


def sampled_windows(info: ImageInfo) -> tuple[int, tuple[Window, ...]]:
    """Return the level to measure and the windows in it."""
    enough = [i for i, level in enumerate(info.levels) if level.size.pixels >= ENOUGH_PIXELS]
    index = enough[-1] if enough else 0
    size = info.levels[index].size
    if size.pixels <= MOST_PIXELS:
        return index, (Window.whole(size),)
    if info.levels[index].chunk.width > _WIDEST_CHUNK:
        # Strips are decoded from edge to edge: three bands of rows cost no more than is looked at.
        high = max(1, min(size.height // 3, MOST_PIXELS // (3 * size.width)))
        return index, tuple(
            Window(0, (size.height - high) * y // 2, size.width, high) for y in range(3)
        )
    wide, high = min(_WINDOW_SIDE, size.width), min(_WINDOW_SIDE, size.height)
    return index, tuple(
        Window((size.width - wide) * x // 2, (size.height - high) * y // 2, wide, high)
        for y in range(3)
        for x in range(3)
    )


def middle_plane(axes: Sequence[Axis]) -> Plane:
    """Return the plane in the middle of each axis: a stack is in focus there, if anywhere."""
    return Plane.of({axis.name: axis.size // 2 for axis in axes})


def sampled_bands(channel: Channel, info: ImageInfo) -> tuple[int, ...]:
    """Return the bands whose values an automatic range of a channel's band is made from."""
    names = info.interpretations
    if names[channel.band] in LIGHTS and {*LIGHTS} <= {*names} and _automatic(channel.stretch):
        return tuple(names.index(light) for light in LIGHTS)
    return (channel.band,)


def needs_samples(channel: Channel, info: ImageInfo) -> bool:
    """Tell whether the data must be looked at before a channel can be drawn."""
    if any(curve.family == "equalize" for curve in channel.curves):
        return True
    if not _automatic(channel.stretch) or channel.expression is not None:
        return channel.stretch.measured
    return info.dtype not in {"uint8", "bool"} and info.bands[channel.band].display is None


def _automatic(stretch: Stretch) -> bool:
    return stretch == AUTO


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """What is kept of sampled values: enough for any range over them."""

    ordered: npt.NDArray[np.float64]
    """All values from the smallest up; of very many the quantiles at `_MOST_KEPT` equal steps."""
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Array) -> "Samples":
        """Keep valid values, flat; what is not finite is left out."""
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if finite.size == 0:
            return cls(np.zeros(0), 0.0, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):  # values near a double's end
            mean = float(np.nan_to_num(finite.mean(dtype=np.float64)))
            deviation = float(np.nan_to_num(finite.std(dtype=np.float64)))
        ordered = np.sort(finite)
        if ordered.size <= _MOST_KEPT:
            return cls(ordered.astype(np.float64), mean, deviation)
        ranks = np.linspace(0, ordered.size - 1, _MOST_KEPT)
        below = np.minimum(ranks.astype(np.intp), ordered.size - 2)
        low, high = ordered[below].astype(np.float64), ordered[below + 1].astype(np.float64)
        share = ranks - below
        return cls(low * (1 - share) + high * share, mean, deviation)


def span(channel: Channel, info: ImageInfo, samples: Samples | None) -> Span:
    """Return what a channel's range comes to.

    The samples are needed when `needs_samples` says so.
    """
    known = Samples.of(np.zeros(0)) if samples is None else samples
    low = _end(channel, channel.stretch.low, info, known, upper=False)
    high = _end(channel, channel.stretch.high, info, known, upper=True)
    if not low < high:
        # A constant image, or ends of two kinds that crossed.
        high = max(low + 1.0, float(np.nextafter(low, np.inf)))
    if any(curve.family == "equalize" for curve in channel.curves):
        return Span(low, high, _equalizer(known.ordered, low, high))
    return Span(low, high)


def _end(
    channel: Channel, limit: Limit, info: ImageInfo, samples: Samples, *, upper: bool
) -> float:
    if limit.kind == "value":
        return limit.amount
    display = None if channel.expression is not None else info.bands[channel.band].display
    if limit.kind == "auto" and display is not None and display[0] < display[1]:
        return _shown_end(display, channel, info, upper=upper)
    if limit.kind == "dtype" or (limit.kind == "auto" and _is_byte(channel, info)):
        return _shown_end(_dtype_ends(info.dtype), channel, info, upper=upper)
    if samples.ordered.size == 0:
        return float(upper)
    if limit.kind == "deviations":
        return samples.mean + limit.amount * samples.deviation
    percentile = PERCENTILES[upper] if limit.kind == "auto" else limit.amount
    return float(np.percentile(samples.ordered, percentile))


def _shown_end(
    ends: tuple[float, float], channel: Channel, info: ImageInfo, *, upper: bool
) -> float:
    """Return an end of a range of stored values, in the unit that the channel shows."""
    if not channel.unscale or channel.expression is not None:
        return ends[upper]
    band = info.bands[channel.band]
    scaled = sorted(end * band.scale + band.offset for end in ends)
    return scaled[upper]


def _is_byte(channel: Channel, info: ImageInfo) -> bool:
    return info.dtype in {"uint8", "bool"} and channel.expression is None


def _dtype_ends(dtype: str) -> tuple[float, float]:
    kind = np.dtype(dtype)
    if kind.kind in "fb":
        return 0.0, 1.0
    limits = np.iinfo(kind)
    return float(limits.min), float(limits.max)


def _equalizer(samples: npt.NDArray[np.float64], low: float, high: float) -> tuple[float, ...]:
    """Return the share of values at or below each step from low to high."""
    if samples.size == 0:
        return ()
    counts, _ = np.histogram(samples.clip(low, high), bins=_STEPS - 1, range=(low, high))
    shares = np.concatenate([[0.0], np.cumsum(counts) / samples.size])
    return tuple(shares.tolist())
