"""The colour formula of rio-color: ``Gamma RGB 1.5 Sigmoidal RG 10 0.4 Saturation 1.2``."""

import re
from dataclasses import dataclass

from tilewright.stretch import Curve
from tilewright.web.looks.ranges import finite

LONGEST = 500
"""Characters of a formula."""
ALLOWED = (
    "steps like Gamma RGB 1.5 (0.01 and more), Sigmoidal RGB 10 0.5 (contrast 0 to 100, bias "
    "between 0 and 1) or Saturation 1.2 (0 to 10)"
)
_BANDS = re.compile(r"[rgb]{1,3}")
_ARGUMENTS = {"gamma": 2, "sigmoidal": 3, "saturation": 1}
_MOST_SATURATION = 10


@dataclass(frozen=True, slots=True)
class Formula:
    """What a colour formula says."""

    curves: tuple[tuple[Curve, ...], ...] = ((), (), ())
    """Of red, green and blue, in the order in which they are applied."""
    saturation: float = 1.0


PLAIN = Formula()
"""No formula."""


def parse(text: str) -> Formula:
    """Return what a formula says. Raises ValueError."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    words = text.lower().replace(",", " ").split()
    curves: dict[str, list[Curve]] = {"r": [], "g": [], "b": []}
    saturation = 1.0
    while words:
        step, *words = words
        count = _ARGUMENTS.get(step)
        if count is None or len(words) < count:
            raise ValueError(f"{step[:40]!r} is not a whole step")
        arguments, words = words[:count], words[count:]
        if step == "saturation":
            saturation *= finite(arguments[0])
            continue
        if not _BANDS.fullmatch(arguments[0]):
            raise ValueError(f"{arguments[0][:40]!r} are not bands")
        curve = _curve(step, [finite(argument) for argument in arguments[1:]])
        for band in sorted({*arguments[0]}):
            curves[band] += [] if curve.neutral else [curve]
    if not 0 <= saturation <= _MOST_SATURATION:
        raise ValueError("a saturation lies from 0 to 10")
    return Formula(tuple(tuple(steps) for steps in curves.values()), saturation)


def _curve(step: str, amounts: list[float]) -> Curve:
    if step == "gamma":
        if amounts[0] <= 0:
            raise ValueError("a gamma lies above 0")
        return Curve("polynomial", 1 / amounts[0])
    contrast, bias = amounts
    return Curve() if contrast == 0 and 0 < bias < 1 else Curve("sigmoidal", contrast, bias)
