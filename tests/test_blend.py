"""Blends against their formulas, pixel by pixel."""

import weakref

import numpy as np
import pytest

from tilewright.blend import Painted, blend


def painted(color, opacity=None, size=(2, 3)):
    colors = np.full((*size, 3), color, np.uint8)
    return Painted(colors, None if opacity is None else np.full(size, opacity, np.uint8))


RED, GREY = (200, 0, 0), (100, 100, 100)

TABLE = [
    ("add", [painted(RED), painted(GREY)], (255, 100, 100), 255),
    ("lighten", [painted(RED), painted(GREY)], (200, 100, 100), 255),
    ("multiply", [painted(RED), painted(GREY)], (78, 0, 0), 255),
    ("screen", [painted(RED), painted(GREY)], (222, 100, 100), 255),
    ("over", [painted(RED), painted(GREY)], GREY, 255),
    ("over", [painted(RED), painted(GREY, 0)], RED, 255),
    ("over", [painted((200, 0, 0), 255), painted((0, 0, 200), 51)], (160, 0, 40), 255),
    ("over", [painted(RED, 0), painted(GREY, 51)], GREY, 51),
    ("add", [painted(RED, 0), painted(GREY, 255)], GREY, 255),
    ("add", [painted(RED, 0), painted(GREY, 51)], GREY, 51),
    ("add", [painted((100, 0, 0), 128), painted((0, 100, 0), 128)], (100, 100, 0), 128),
    ("add", [painted(RED, 128), painted(RED, 128)], (255, 0, 0), 128),
    ("add", [painted(GREY), painted(GREY, 51)], (120, 120, 120), 255),
    ("add", [painted(GREY, 51), painted(GREY)], (120, 120, 120), 255),
    ("add", [painted(GREY, 1), painted(GREY, 2)], (150, 150, 150), 2),
    ("lighten", [painted(RED, 128), painted(GREY, 64)], (200, 50, 50), 128),
    ("screen", [painted(RED, 0), painted(GREY, 51)], GREY, 51),
    ("multiply", [painted(RED, 0), painted(GREY, 51)], GREY, 51),
    ("lighten", [painted(RED, 0), painted(GREY, 0)], (0, 0, 0), 0),
    ("multiply", [painted(RED, 0), painted(GREY)], GREY, 255),
    ("screen", [painted(RED, 0), painted(GREY)], GREY, 255),
]


@pytest.mark.parametrize(("how", "layers", "color", "opacity"), TABLE)
def test_two_layers(how, layers, color, opacity):
    colors, cover = blend(layers, how)
    assert colors.shape == (2, 3, 3)
    assert np.abs(colors[0, 0].astype(int) - color).max() <= 1
    assert (255 if cover is None else cover[0, 0]) == opacity


@pytest.mark.parametrize("how", ["add", "lighten", "over", "multiply", "screen"])
def test_one_layer_is_itself(how):
    one = painted(RED, 77)
    colors, cover = blend([one], how)
    assert colors is one.colors
    assert cover is one.opacity


@pytest.mark.parametrize("how", ["add", "lighten", "multiply", "screen"])
def test_order_does_not_matter_but_for_over(how):
    generator = np.random.default_rng(0)
    layers = [
        Painted(
            generator.integers(0, 256, (9, 9, 3), dtype=np.uint8),
            generator.integers(0, 256, (9, 9), dtype=np.uint8),
        )
        for _ in range(3)
    ]
    forth, back = blend(layers, how), blend(layers[::-1], how)
    assert np.abs(forth[0].astype(int) - back[0]).max() <= 1
    assert np.array_equal(forth[1], back[1])


@pytest.mark.parametrize("how", ["add", "lighten", "over", "multiply", "screen"])
def test_layers_are_made_and_dropped_one_by_one(how):
    alive = weakref.WeakValueDictionary()
    counts = []

    def made():
        for number in range(20):
            layer = painted(GREY, 100 + number, (8, 8))
            alive[number] = layer.opacity
            counts.append(len(alive))
            yield layer

    blend(made(), how)
    assert len(counts) == 20
    assert max(counts) <= 4
