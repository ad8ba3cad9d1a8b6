"""How numbers become colours: one frozen value with one canonical text.

A `Style` is channels that are blended; a channel is a band (or an expression over bands), a
range, curves, and a paint. Every dialect (simple parameters, large_image's JSON, titiler's and
OMERO's languages) is parsed to this value in `tilewright.web`, and nothing else is rendered.
"""

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

from tilewright.paint import WHITE, Classes, Paint, check_color, number_text
from tilewright.stretch import AUTO, FULL, Curve, Stretch

Blend = Literal["add", "lighten", "over", "multiply", "screen"]
Reduction = Literal["max", "min", "mean", "sum"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,39}")
MOST_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class Channel:
    """One layer of the picture."""

    band: int = 0
    """Counts from 0."""
    expression: str | None = None
    """Arithmetic over bands ``b1``, ``b2``, … instead of a band; canonical text."""
    stretch: Stretch = AUTO
    curves: tuple[Curve, ...] = ()
    """Applied in order."""
    invert: bool = False
    """Turns the result around, before it is painted."""
    paint: Paint = WHITE
    nodata: float | None = None
    """A further value that means "nothing was measured here"."""
    discard: bool = False
    """True: what lies outside the range is transparent; False: it is clamped."""
    opacity: float = 1.0
    unscale: bool = False
    """True: the file's scale and offset are applied first."""

    def __post_init__(self) -> None:
        if self.band < 0:
            raise ValueError("bands count from 0")
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"an opacity lies from 0 to 1, not {self.opacity}")
        self._settle()

    def _settle(self) -> None:
        """Drop what changes nothing, so that equal looks are equal values."""
        classes = isinstance(self.paint, Classes)
        curves = () if classes else tuple(curve for curve in self.curves if not curve.neutral)
        object.__setattr__(self, "curves", curves)
        if classes:
            for name, value in (("stretch", FULL), ("invert", False), ("discard", False)):
                object.__setattr__(self, name, value)
        if self.nodata is not None and math.isnan(self.nodata):
            object.__setattr__(self, "nodata", None)
        if self.expression is not None:
            if not self.expression or {*"[]"} & {*self.expression}:
                raise ValueError("an expression has no brackets and is not empty")
            object.__setattr__(self, "band", 0)

    @property
    def text(self) -> str:
        """The canonical text: defaults are left out."""
        operand = str(self.band) if self.expression is None else f"[{self.expression}]"
        parts = [operand, self.stretch.text, *(curve.text for curve in self.curves)]
        parts += ["invert"] * self.invert + ["discard"] * self.discard
        parts += ["unscale"] * self.unscale
        if self.nodata is not None:
            parts.append(f"nodata={number_text(self.nodata)}")
        if self.opacity != 1:
            parts.append(f"opacity={number_text(self.opacity)}")
        return "|".join([*parts, self.paint.text])


@dataclass(frozen=True, slots=True)
class Projection:
    """One plane made of many along an axis, before anything is styled."""

    axis: str
    reduction: Reduction
    start: int | None = None
    stop: int | None = None
    """Both inclusive; None: the end of the axis."""
    step: int = 1

    def __post_init__(self) -> None:
        if self.step < 1:
            raise ValueError(f"a step is at least 1, not {self.step}")
        if not _WORD.fullmatch(self.axis):
            raise ValueError(f"not the name of an axis: {self.axis[:40]!r}")

    @property
    def text(self) -> str:
        """``axis:reduction:start:stop:step``."""
        ends = ("" if end is None else str(end) for end in (self.start, self.stop))
        return ":".join((self.axis, self.reduction, *ends, str(self.step)))


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the finished picture is turned: mirrored first, then rotated clockwise."""

    mirror: bool = False
    """Left and right exchanged. A flip upside down is this and 180°."""
    rotation: float = 0
    """Degrees, from 0 to below 360. By what is no quarter of a turn the picture grows, and is
    transparent in its corners."""

    def __post_init__(self) -> None:
        if not 0 <= self.rotation < 360:  # noqa: PLR2004
            raise ValueError(f"a rotation is 0 to below 360 degrees, not {self.rotation}")

    @property
    def text(self) -> str:
        """As IIIF writes it: ``!90``."""
        return f"{'!' if self.mirror else ''}{number_text(self.rotation)}"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A computation over neighbouring values, by name, before anything is styled."""

    name: str
    parameters: tuple[tuple[str, float], ...] = ()
    """Sorted by name."""

    def __post_init__(self) -> None:
        names = [name for name, _ in self.parameters]
        for word in (self.name, *names):
            if not _WORD.fullmatch(word):
                raise ValueError(f"not the name of an algorithm or of its parameter: {word[:40]!r}")
        if len({*names}) < len(names):
            raise ValueError("each parameter of an algorithm is given once")
        if not all(math.isfinite(value) for _, value in self.parameters):
            raise ValueError("the parameters of an algorithm are finite numbers")
        object.__setattr__(self, "parameters", tuple(sorted(self.parameters)))

    @property
    def text(self) -> str:
        """``name(parameter=value,…)``."""
        inner = ",".join(f"{name}={number_text(value)}" for name, value in self.parameters)
        return f"{self.name}({inner})"


@dataclass(frozen=True, slots=True)
class Style:
    """A look. ``Style()`` asks for the default look of the image."""

    channels: tuple[Channel, ...] = ()
    blend: Blend = "add"
    saturation: float = 1.0
    """1 leaves colours as they are, 0 is grey."""
    bilevel: bool = False
    """Each pixel is black or white, whichever is nearer to how light it is."""
    background: str | None = None
    """What lies under the channels, ``#rrggbb``; None: transparent where nothing is."""
    algorithm: Algorithm | None = None
    projection: Projection | None = None
    orientation: Orientation = Orientation()

    def __post_init__(self) -> None:
        if len(self.channels) > MOST_CHANNELS:
            raise ValueError(f"a style has at most {MOST_CHANNELS} channels")
        if self.background is not None:
            check_color(self.background)
        if not 0 <= self.saturation <= 10:  # noqa: PLR2004
            raise ValueError(f"a saturation lies from 0 to 10, not {self.saturation}")
        if len(self.channels) < 2:  # noqa: PLR2004 - one alone is blended with nothing
            object.__setattr__(self, "blend", "add")

    @property
    def upright(self) -> "Style":
        """The same look, which turns nothing: for what has its place, as tiles and maps have."""
        return replace(self, orientation=Orientation())

    @property
    def text(self) -> str:
        """The canonical text: equal looks give equal text; empty for the default look."""
        parts = ["+".join(channel.text for channel in self.channels)]
        if self.blend != "add":
            parts.append(f"blend={self.blend}")
        if self.saturation != 1:
            parts.append(f"saturation={number_text(self.saturation)}")
        if self.bilevel:
            parts.append("bilevel=1")
        if self.background is not None:
            parts.append(f"background={self.background}")
        if self.algorithm is not None:
            parts.append(f"algorithm={self.algorithm.text}")
        if self.projection is not None:
            parts.append(f"projection={self.projection.text}")
        if self.orientation != Orientation():
            parts.append(f"orientation={self.orientation.text}")
        return ";".join(parts)
