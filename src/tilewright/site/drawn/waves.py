"""Pictures for the page that puts some aside: waves by chance, so that none is drawn twice."""

import numpy as np

from tilewright.drawn import ephemeral
from tilewright.drawn.ephemeral import Ephemeral
from tilewright.image import Array

TTL_S = 15

_WIDTH, _HEIGHT = 640, 400
_WAVES = 5
_COLORS = np.array(
    [(22, 40, 66), (42, 98, 158), (125, 179, 232), (236, 205, 140), (196, 92, 74), (64, 122, 104)],
    np.float32,
)


def put_aside() -> Ephemeral:
    """Draw a picture, and put it aside for `TTL_S` seconds."""
    return ephemeral.put(waves(np.random.default_rng()), ttl=TTL_S)


def waves(chance: np.random.Generator) -> Array:
    """Return waves that run through each other, in two colours, shape (y, x, 3)."""
    y, x = np.mgrid[:_HEIGHT, :_WIDTH].astype(np.float32)
    height = np.zeros((_HEIGHT, _WIDTH), np.float32)
    for across, down, phase in chance.normal(size=(_WAVES, 3)).astype(np.float32):
        height += np.sin((x * across + y * down) / 60 + phase * 3)
    share = (0.5 + 0.5 * np.tanh(height / 2))[..., np.newaxis]
    low, high = chance.choice(_COLORS, 2, replace=False)
    return np.asarray(np.round(low + (high - low) * share), np.uint8)
