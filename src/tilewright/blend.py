"""Painted channels laid on each other, as colour with straight alpha."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.style import Blend

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]
Light = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """One channel, in colour."""

    colors: Bytes
    """Shape (y, x, 3)."""
    opacity: Bytes | None
    """Shape (y, x); None: opaque everywhere."""


def blend(layers: Iterable[Painted], how: Blend) -> tuple[Bytes, Bytes | None]:
    """Return colours (y, x, 3) and opacity (y, x) of the layers, the first one lowest.

    ``add`` sums and clamps at 255, ``lighten`` takes the larger value of each component,
    ``over`` covers, ``multiply`` and ``screen`` are those of W3C Compositing, level 1. A pixel
    is as opaque as its most opaque layer; where all layers are clear it is clear. Layers are
    taken one by one: an iterator of many need not hold them all.
    """
    rest = iter(layers)
    first = next(rest)
    second = next(rest, None)
    if second is None:
        return first.colors, first.opacity
    every = _each(first, second, rest)
    if how in {"add", "lighten"}:
        return _brighten(every, how)
    if how == "over":
        return _cover(every)
    return _filter(every, how)


def _each(first: Painted, second: Painted, rest: Iterator[Painted]) -> Iterator[Painted]:
    yield first
    yield second
    yield from rest


def _brighten(layers: Iterable[Painted], how: Blend) -> tuple[Bytes, Bytes | None]:
    join = cv2.add if how == "add" else cv2.max
    total: Light | None = None
    most: Bytes | None = None
    for layer in layers:
        light = _light(layer)
        if total is None:
            total, most = light, layer.opacity
            continue
        if total.dtype != light.dtype:
            total, light = _fine(total), _fine(light)
        total = np.asarray(join(total, light))
        most = _more_opaque(most, layer.opacity)
    if total is None:
        raise ValueError("there is a layer")
    if total.dtype == np.uint8:
        return total.astype(np.uint8, copy=False), None
    if most is None:
        return np.asarray(cv2.convertScaleAbs(total, alpha=1 / 255), np.uint8), None
    # As much light as an opaque pixel would give: who shows it applies the opacity.
    share = cv2.merge([most] * 3).astype(np.uint16)
    return np.asarray(cv2.divide(total, share, dtype=cv2.CV_8U), np.uint8), most


def _light(layer: Painted) -> Light:
    """Return the colours as far as they are opaque, in 255ths where the layer has an opacity."""
    if layer.opacity is None:
        return layer.colors
    opacity = cv2.merge([layer.opacity] * 3)
    return np.asarray(cv2.multiply(layer.colors, opacity, dtype=cv2.CV_16U), np.uint16)


def _fine(light: Light) -> Light:
    return light if light.dtype == np.uint16 else light.astype(np.uint16) * np.uint16(255)


def _more_opaque(one: Bytes | None, other: Bytes | None) -> Bytes | None:
    return None if one is None or other is None else np.maximum(one, other)


def _cover(layers: Iterable[Painted]) -> tuple[Bytes, Bytes | None]:
    """Lay each layer over those before (Porter and Duff's "over")."""
    colors: Floats = np.zeros(0, np.float32)
    covered: Floats = np.zeros(0, np.float32)
    for layer in layers:
        if not colors.size:
            colors = np.zeros(layer.colors.shape, np.float32)
            covered = np.zeros(layer.colors.shape, np.float32)
        share = _share(layer)
        rest = 1 - share
        colors *= rest
        colors += layer.colors * share
        covered *= rest
        covered += share
    opacity = _rounded(covered[..., 0] * 255)
    if (opacity == 255).all():  # noqa: PLR2004
        return _rounded(colors), None
    return _rounded(colors / np.maximum(covered, 1e-6)), opacity


def _filter(layers: Iterable[Painted], how: Blend) -> tuple[Bytes, Bytes | None]:
    kept: Floats | None = None
    most: Bytes | None = None
    for layer in layers:
        share = _share(layer)
        light = layer.colors * (share / 255)
        # A clear pixel leaves what is there: it multiplies by 1, or screens with 0.
        part = light + (1 - share) if how == "multiply" else 1 - light
        if kept is None:
            kept, most = part, layer.opacity
        else:
            kept *= part
            most = _more_opaque(most, layer.opacity)
    if kept is None:
        raise ValueError("there is a layer")
    changed = 1 - kept
    if most is not None:
        # As much as an opaque pixel would change: who shows it applies the opacity.
        changed /= np.maximum(cv2.merge([most] * 3), 1).astype(np.float32) / 255
    return _rounded((1 - changed if how == "multiply" else changed) * 255), most


def _share(layer: Painted) -> Floats:
    """Return the opacity, 0-1, of each component: numpy is slow to spread one over three."""
    if layer.opacity is None:
        return np.ones(layer.colors.shape, np.float32)
    return np.asarray(cv2.merge([layer.opacity] * 3), np.float32) / 255


def _rounded(values: Floats) -> Bytes:
    return (values + 0.5).clip(0, 255).astype(np.uint8)
