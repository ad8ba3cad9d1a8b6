"""Computations over neighbouring values, by name: what hillshades and indices are made of.

An algorithm is an entry point of the group ``tilewright.algorithms``, or is registered::

    algorithms.register(Algorithm("doubled", "Doubles.", compute=double, result=(Band(),)))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tilewright.errors import ParameterError
from tilewright.image import Array, Band, ImageInfo, Mask
from tilewright.paint import number_text
from tilewright.registry import Registry

Compute = Callable[
    [Array, Mask | None, tuple[float, float], Mapping[str, float]], tuple[Array, Mask | None]
]
"""Given data (band, y, x), where it is valid (y, x), a pixel's width and height in the unit of
the values, and every parameter: a result of the same height and width, and where it is valid.

What is given is not changed. A result near the edges, as far as the margin, may be wrong."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that an algorithm takes."""

    name: str
    help: str
    default: float
    low: float
    high: float
    """Both bounds are allowed values."""

    @property
    def allowed(self) -> str:
        """What the number may be, in words."""
        return f"{self.name} from {number_text(self.low)} to {number_text(self.high)}"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One computation, and all that is to be known of it before it runs."""

    name: str
    help: str
    """What it shows, one sentence."""
    compute: Compute
    result: tuple[Band, ...]
    """The bands that come out; red, green and blue when the result is a picture."""
    dtype: str = "float32"
    """Of what comes out."""
    bands: int = 1
    """How many bands go in."""
    margin: int = 0
    """Pixels around a pixel that its result depends on."""
    parameters: tuple[Parameter, ...] = ()

    def settle(self, asked: Mapping[str, float]) -> dict[str, float]:
        """Return every parameter's value, defaults filled in. Raises ParameterError."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in asked.items():
            if name not in known:
                allowed = f"made of {', '.join(known)}" if known else "left out"
                raise ParameterError("algorithm_params", f"{allowed} for {self.name}", name)
            if not known[name].low <= value <= known[name].high:
                raise ParameterError("algorithm_params", known[name].allowed, value)
        return {name: asked.get(name, parameter.default) for name, parameter in known.items()}

    def run(
        self,
        data: Array,
        mask: Mask | None,
        pixel_size: tuple[float, float],
        parameters: Mapping[str, float],
    ) -> tuple[Array, Mask | None]:
        """Return the result (band, y, x) for the first bands of ``data``, and where it is valid.

        ``data`` has `margin` more pixels on each side than the result is used of. Raises
        ParameterError.
        """
        settled = self.settle(parameters)
        if len(data) < self.bands:
            raise ParameterError("algorithm", f"given {self.bands} bands for {self.name}")
        with np.errstate(all="ignore"):
            return self.compute(data[: self.bands], mask, pixel_size, settled)

    def described(self, info: ImageInfo) -> ImageInfo:
        """Return the layout of an image whose pixels are this result."""
        return replace(info, bands=self.result, dtype=self.dtype, palette=None)


_REGISTRY: Registry[Algorithm] = Registry("tilewright.algorithms")


def register(algorithm: Algorithm) -> None:
    """Add an algorithm, or replace the one of its name."""
    _REGISTRY.register(algorithm.name, algorithm)


def names() -> tuple[str, ...]:
    """Return the names of all algorithms, sorted."""
    return _REGISTRY.names()


def get(name: str) -> Algorithm | None:
    """Return the algorithm of that name; None when there is none."""
    return _REGISTRY.get(name)
