"""Ranges of intensity, and the curves inside them."""

import math
from dataclasses import dataclass
from typing import Literal

from tilewright.paint import number_text

LimitKind = Literal["value", "percentile", "deviations", "dtype", "auto"]
Family = Literal[
    "linear",
    "polynomial",
    "exponential",
    "logarithmic",
    "square-root",
    "sigmoidal",
    "equalize",
]
_COEFFICIENT = frozenset({"polynomial", "exponential", "sigmoidal"})


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of an intensity range."""

    kind: LimitKind
    amount: float = 0.0
    """The value; the percentile (0-100); how many standard deviations from the mean. ``dtype``
    (the end of the data type) and ``auto`` (the default look's own choice) have none."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.amount):
            raise ValueError("a limit is a finite number")
        if self.kind == "percentile" and not 0 <= self.amount <= 100:  # noqa: PLR2004
            raise ValueError(f"a percentile lies from 0 to 100, not {self.amount}")
        if self.kind in {"dtype", "auto"} and self.amount:
            raise ValueError(f"the limit {self.kind} has no amount")

    @property
    def text(self) -> str:
        """``12.5``, ``p2``, ``sd-2``, ``dtype`` or ``auto``."""
        prefix = {"value": "", "percentile": "p", "deviations": "sd"}.get(self.kind)
        return self.kind if prefix is None else f"{prefix}{number_text(self.amount)}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """An intensity range: ``low`` becomes the paint's first colour, ``high`` its last."""

    low: Limit
    high: Limit

    def __post_init__(self) -> None:
        comparable = self.low.kind == self.high.kind and self.low.kind not in {"dtype", "auto"}
        if comparable and not self.low.amount < self.high.amount:
            raise ValueError(f"a range rises: {self.low.text} is not below {self.high.text}")

    @classmethod
    def of(cls, low: float, high: float) -> "Stretch":
        """Return the range between two values."""
        return cls(Limit("value", float(low)), Limit("value", float(high)))

    @property
    def measured(self) -> bool:
        """True when the data must be looked at to know the range."""
        return any(end.kind not in {"value", "dtype"} for end in (self.low, self.high))

    @property
    def text(self) -> str:
        """``low~high``."""
        return f"{self.low.text}~{self.high.text}"


AUTO = Stretch(Limit("auto"), Limit("auto"))
FULL = Stretch(Limit("dtype"), Limit("dtype"))


@dataclass(frozen=True, slots=True)
class Curve:
    """How brightness follows intensity inside the range.

    With v from 0 to 255 and f(v) brought back to 0-255, as OMERO defines them: ``linear`` v;
    ``polynomial`` v^k (gamma); ``exponential`` e^(v^k); ``logarithmic`` ln v, k ignored.
    Further ``square-root`` v^½, ``sigmoidal`` (contrast k around the middle ``bias``, 0-1) and
    ``equalize``, which follows the histogram.
    """

    family: Family = "linear"
    coefficient: float = 1.0
    bias: float = 0.5

    def __post_init__(self) -> None:
        if not (math.isfinite(self.coefficient) and 0 < self.coefficient <= 100):  # noqa: PLR2004
            raise ValueError(f"a coefficient lies above 0 and up to 100, not {self.coefficient}")
        if not 0 < self.bias < 1:
            raise ValueError(f"a bias lies between 0 and 1, not {self.bias}")
        # What a family does not use is set back, so that equal curves are equal values.
        if self.family not in _COEFFICIENT:
            object.__setattr__(self, "coefficient", 1.0)
        if self.family != "sigmoidal":
            object.__setattr__(self, "bias", 0.5)

    @property
    def neutral(self) -> bool:
        """True when every value stays what it is."""
        return self.family in {"linear", "polynomial"} and self.coefficient == 1

    @property
    def text(self) -> str:
        """The family and what it takes."""
        if self.family in {"polynomial", "exponential"}:
            return f"{self.family}:{number_text(self.coefficient)}"
        if self.family == "sigmoidal":
            return f"sigmoidal:{number_text(self.coefficient)}:{number_text(self.bias)}"
        return self.family
