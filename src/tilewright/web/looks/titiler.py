"""The query parameters of titiler and rio-tiler."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tilewright import expression
from tilewright.errors import ParameterError
from tilewright.image import ImageInfo
from tilewright.look import PRIMARIES
from tilewright.paint import Paint, Solid
from tilewright.stretch import AUTO, Stretch
from tilewright.style import Algorithm, Channel, Style
from tilewright.web.looks.bands import Look, needed, shown_channels
from tilewright.web.looks.formula import PLAIN, Formula
from tilewright.web.looks.legend import classes

BLACK = "#000000"
RGB = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters of this dialect say, each parsed on its own."""

    bands: tuple[int, ...] = ()
    """Count from 0."""
    expression: str | None = None
    ranges: tuple[Stretch, ...] = ()
    named: Paint | None = None
    colormap: Any = None
    """Decoded JSON."""
    formula: Formula = PLAIN
    algorithm: str | None = None
    algorithm_params: dict[str, Any] | None = None
    nodata: float | None = None
    unscale: bool = False
    mask: bool = True

    @property
    def touches_channels(self) -> bool:
        """False when the bands are left as the default look has them."""
        return replace(
            self, formula=PLAIN, algorithm=None, algorithm_params=None, mask=True
        ) != Asked() or any(self.formula.curves)


def parse(asked: Asked, info: ImageInfo | None) -> Look:
    """Return the look. Raises ParameterError.

    The image is needed when neither ``bidx`` nor ``expression`` tells the bands: those of the
    default look are taken. One band is grey or has a colormap; three are red, green and blue.
    Ranges come first, then the formula's curves, then the colormap; saturation is last,
    wherever it stands in the formula. ``return_mask=false`` puts black below transparency.
    """
    below = None if asked.mask else BLACK
    saturation, algorithm = asked.formula.saturation, _algorithm(asked)
    if not asked.touches_channels:
        plain = Style(saturation=saturation, background=below, algorithm=algorithm)
        return Look(plain)
    operands = _operands(asked, info)
    ranges = _ranges(asked.ranges, len(operands))
    paints = _paints(asked, operands, ranges)
    curves = asked.formula.curves if len(operands) == RGB else asked.formula.curves[:1]
    channels = tuple(
        Channel(
            operand.band,
            operand.expression,
            stretch,
            curve,
            paint=paint,
            nodata=asked.nodata,
            unscale=asked.unscale,
        )
        for operand, stretch, paint, curve in zip(operands, ranges, paints, curves, strict=True)
    )
    style = Style(channels, saturation=saturation, background=below, algorithm=algorithm)
    return Look(style)


def _operands(asked: Asked, info: ImageInfo | None) -> tuple[Channel, ...]:
    """Return the bands or expressions; the latter win over the former, as in rio-tiler."""
    if asked.expression is not None:
        outputs = [Channel(expression=text) for text in expression.split(asked.expression)]
        return _one_or_three(outputs, "expression", "one output, or three between ;")
    if asked.bands:
        bands = [Channel(band) for band in asked.bands]
        return _one_or_three(bands, "bidx", "given once, or three times for red, green and blue")
    if asked.named is not None or asked.colormap is not None:
        return (Channel(0),)
    return shown_channels(needed(info))


def _one_or_three(operands: Sequence[Channel], parameter: str, allowed: str) -> tuple[Channel, ...]:
    if len(operands) not in {1, RGB}:
        raise ParameterError(parameter, allowed, f"{len(operands)} of them")
    return tuple(operands)


def _ranges(ranges: tuple[Stretch, ...], count: int) -> tuple[Stretch, ...]:
    if not ranges:
        return (AUTO,) * count
    if len(ranges) not in {1, count}:
        raise ParameterError("rescale", f"given once or {count} times", f"{len(ranges)} of them")
    return ranges if len(ranges) == count else ranges * count


def _paints(
    asked: Asked, operands: Sequence[Channel], ranges: tuple[Stretch, ...]
) -> tuple[Paint, ...]:
    name = "colormap" if asked.named is None else "colormap_name"
    if asked.named is None and asked.colormap is None:
        if asked.expression is None and not asked.bands:
            return tuple(operand.paint for operand in operands)
        if len(operands) == 1:
            return (Solid(),)
        return tuple(Solid(color) for color in PRIMARIES)
    if len(operands) > 1:
        raise ParameterError(name, "left out beside three bands")
    if asked.named is not None and asked.colormap is not None:
        raise ParameterError("colormap", "left out beside colormap_name")
    if asked.named is not None:
        return (asked.named,)
    return (classes(asked.colormap, ranges[0] if asked.ranges else None),)


def _algorithm(asked: Asked) -> Algorithm | None:
    parameters = asked.algorithm_params or {}
    if asked.algorithm is None:
        if asked.algorithm_params is not None:
            raise ParameterError("algorithm_params", "given together with algorithm")
        return None
    try:
        algorithm = Algorithm(asked.algorithm)
    except ValueError:
        raise ParameterError("algorithm", "the name of an algorithm", asked.algorithm) from None
    try:
        pairs = tuple((name, _amount(value)) for name, value in parameters.items())
        return Algorithm(algorithm.name, pairs)
    except (ValueError, OverflowError):
        allowed = "a JSON object of numbers by name"
        raise ParameterError("algorithm_params", allowed, parameters) from None


def _amount(value: object) -> float:
    if not isinstance(value, int | float):
        raise ValueError("not a number")  # noqa: TRY004 - caught with its brothers
    return float(value)
