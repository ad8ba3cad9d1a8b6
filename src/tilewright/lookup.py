"""From measured values to 0-255, by tables that are made once.

Small integers go through a table with a place for each of their values; everything else is
brought linearly to 16 bits first, and the curve is a table over those.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.image import Array
from tilewright.look import Span
from tilewright.stretch import Curve
from tilewright.style import Channel

Bytes = npt.NDArray[np.uint8]
Doubles = npt.NDArray[np.float64]

_FINE = 65_535


def intensity(layer: Array, channel: Channel, span: Span) -> Bytes:
    """Return a channel's brightness, 0-255, shape (y, x); NaN becomes that of the low end."""
    if layer.dtype.kind in "ui" and layer.dtype.itemsize <= 2:  # noqa: PLR2004
        table = _integer_table(channel.curves, channel.invert, span, layer.dtype.name)
        # OpenCV's tables count from 0: signed values are read by their bits.
        unsigned = np.ascontiguousarray(layer).view(f"u{layer.dtype.itemsize}")
        return np.asarray(cv2.LUT(unsigned, table), np.uint8).reshape(layer.shape)
    if layer.dtype.kind == "b":
        layer = layer.astype(np.uint8)
    if not channel.curves:
        linear = _linear(layer, span, 255)
        return 255 - linear if channel.invert else linear
    table = _curve_table(channel.curves, channel.invert, span.equalizer)
    return np.asarray(cv2.LUT(_linear(layer, span, _FINE), table), np.uint8)


def _linear(layer: Array, span: Span, top: int) -> npt.NDArray[np.unsignedinteger]:
    """Bring the span to 0…top, clamped and rounded half up."""
    narrow = layer.dtype.itemsize <= 4 and layer.dtype.kind == "f"  # noqa: PLR2004
    # A span that is empty in single precision has two ends in double.
    precise = np.float32 if narrow and np.float32(span.low) < np.float32(span.high) else np.float64
    with np.errstate(invalid="ignore", over="ignore"):  # a signalling NaN is a NaN like any other
        values = np.subtract(layer, precise(span.low), dtype=precise)
        values *= precise(top / (span.high - span.low))
        values += precise(0.5)
        # fmax and fmin take the number where the other is NaN.
        np.fmax(values, 0, out=values)
        np.fmin(values, top, out=values)
    return values.astype(np.uint8 if top < 256 else np.uint16)  # noqa: PLR2004


@lru_cache(maxsize=256)
def _integer_table(curves: tuple[Curve, ...], invert: bool, span: Span, dtype: str) -> Bytes:  # noqa: FBT001
    """Return the brightness of every value of an 8- or 16-bit type, in the order of its bits."""
    limits = np.iinfo(dtype)
    # The rest of the type repeats the ends of the span: only what lies in it is computed.
    first = max(limits.min, min(math.floor(span.low), limits.max))
    last = min(limits.max, max(math.ceil(span.high), limits.min))
    values = np.arange(first, last + 1, dtype=np.float64)
    values -= span.low
    with np.errstate(over="ignore"):  # a span may be shorter than any number that is not 0
        values /= span.high - span.low
    np.clip(values, 0, 1, out=values)
    values *= 255
    table = _finish(bend(values, curves, span.equalizer), invert=invert)
    whole = np.pad(table, (first - limits.min, limits.max - last), mode="edge")
    return np.roll(whole, limits.min).reshape(-1, 1)


@lru_cache(maxsize=256)
def _curve_table(curves: tuple[Curve, ...], invert: bool, equalizer: tuple[float, ...]) -> Bytes:  # noqa: FBT001
    fractions = np.arange(_FINE + 1) / _FINE
    return _finish(bend(fractions * 255, curves, equalizer), invert=invert).reshape(-1, 1)


def _finish(values: Doubles, *, invert: bool) -> Bytes:
    rounded = values + 0.5
    np.clip(rounded, 0, 255, out=rounded)
    table = rounded.astype(np.uint8)
    return 255 - table if invert else table


def bend(values: Doubles, curves: Sequence[Curve], equalizer: Sequence[float]) -> Doubles:
    """Apply curves to values from 0 to 255; the ends stay where they are."""
    for curve in curves:
        values = _bent(values, curve, equalizer)
    return values


def _bent(v: Doubles, curve: Curve, equalizer: Sequence[float]) -> Doubles:
    k = curve.coefficient
    bent = v
    match curve.family:
        case "polynomial":
            bent = 255 * (v / 255) ** k
        case "square-root":
            bent = 255 * np.sqrt(v / 255)
        case "exponential":
            # e^(v^k) overflows from k = 1.18 on: both sides are divided by e^(255^k).
            top = 255.0**k
            floor = math.exp(-top)
            bent = 255 * (np.exp(v**k - top) - floor) / (1 - floor)
        case "logarithmic":
            # Below 1 the logarithm is negative; OMERO lets it wrap around, we clamp.
            bent = 255 * np.log(np.maximum(v, 1)) / math.log(255)
        case "sigmoidal":
            bent = 255 * _sigmoid(v / 255, k, curve.bias)
        case "equalize" if equalizer:
            bent = 255 * np.interp(v, np.linspace(0, 255, len(equalizer)), equalizer)
    return bent


def _sigmoid(x: Doubles, contrast: float, bias: float) -> Doubles:
    """Return rio-color's sigmoidal contrast, 0 to 1."""

    def logistic(at: Doubles | float) -> Doubles:
        return np.asarray(1 / (1 + np.exp(contrast * (bias - at))), np.float64)

    low, high = logistic(0.0), logistic(1.0)
    return np.asarray((logistic(x) - low) / (high - low), np.float64)
