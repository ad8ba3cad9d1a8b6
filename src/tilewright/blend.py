"""Painted channels laid on each other, as colour with straight alpha."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.style import Blend

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """One channel, in colour."""

    colors: Bytes
    """Shape (y, x, 3)."""
    opacity: Bytes | None
    """Shape (y, x); None: opaque everywhere."""


def blend(layers: Sequence[Painted], how: Blend) -> tuple[Bytes, Bytes | None]:
    """Return colours (y, x, 3) and opacity (y, x) of the layers, the first one lowest.

    ``add`` sums and clamps at 255, ``lighten`` takes the larger value of each component,
    ``over`` covers, ``multiply`` and ``screen`` are those of W3C Compositing, level 1. A pixel
    is as opaque as its most opaque layer; where all layers are clear it is clear.
    """
    if len(layers) == 1:
        return layers[0].colors, layers[0].opacity
    if how in {"add", "lighten"}:
        return _brighten(layers, how), _most_opaque(layers)
    if how == "over":
        return _cover(layers)
    return _filter(layers, how), _most_opaque(layers)


def _brighten(layers: Sequence[Painted], how: Blend) -> Bytes:
    join = cv2.add if how == "add" else cv2.max
    total = _dimmed(layers[0])
    for layer in layers[1:]:
        total = np.asarray(join(total, _dimmed(layer)), np.uint8)
    return total


def _dimmed(layer: Painted) -> Bytes:
    """Return the colours as far as they are opaque: clear ones bring no light."""
    if layer.opacity is None:
        return layer.colors
    opacity = cv2.merge([layer.opacity] * 3)
    return np.asarray(cv2.multiply(layer.colors, opacity, scale=1 / 255), np.uint8)


def _most_opaque(layers: Sequence[Painted]) -> Bytes | None:
    most: Bytes | None = None
    for layer in layers:
        if layer.opacity is None:
            return None
        most = layer.opacity if most is None else np.maximum(most, layer.opacity)
    return most


def _cover(layers: Sequence[Painted]) -> tuple[Bytes, Bytes | None]:
    """Lay each layer over those before (Porter and Duff's "over")."""
    colors = np.zeros(layers[0].colors.shape, np.float32)
    covered = np.zeros(colors.shape, np.float32)
    for layer in layers:
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


def _filter(layers: Sequence[Painted], how: Blend) -> Bytes:
    total = np.ones(layers[0].colors.shape, np.float32)
    for layer in layers:
        share = _share(layer)
        light = layer.colors * (share / 255)
        # A clear pixel leaves what is there: it multiplies by 1, or screens with 0.
        total *= light + (1 - share) if how == "multiply" else 1 - light
    return _rounded((total if how == "multiply" else 1 - total) * 255)


def _share(layer: Painted) -> Floats:
    """Return the opacity, 0-1, of each component: numpy is slow to spread one over three."""
    if layer.opacity is None:
        return np.ones(layer.colors.shape, np.float32)
    return np.asarray(cv2.merge([layer.opacity] * 3), np.float32) / 255


def _rounded(values: Floats) -> Bytes:
    return (values + 0.5).clip(0, 255).astype(np.uint8)
