import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tilewright.colormaps import Colormaps
from tilewright.geometry import Size
from tilewright.legend import (
    MOST_SWATCHES,
    SWATCH_PX,
    Scale,
    class_labels,
    classes_picture,
    legend_picture,
    nice_ticks,
    strip_picture,
    swatches_size,
    tick_labels,
)
from tilewright.paint import Class, Classes, Named, Ramp

VIRIDIS = Colormaps().table(Named("viridis"))
FADING = Colormaps().table(Ramp(("#ff000000", "#ff0000")))


@pytest.mark.parametrize(
    ("low", "high", "count", "labels"),
    [
        (0, 1, 5, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (0, 255, 5, "0 100 200"),
        (0, 255, 10, "0 50 100 150 200 250"),
        (-10, 10, 4, "-10 -5 0 5 10"),
        (0, 0.003, 3, "0.000 0.001 0.002 0.003"),
        (0.12, 0.29, 3, "0.2"),
        (1000, 65535, 6, "20000 40000 60000"),
        (0, 4e9, 4, "0 1e+09 2e+09 3e+09 4e+09"),
        (0, 3e-9, 3, "0 1e-09 2e-09 3e-09"),
        (1e7, 1e7 + 4, 4, "10000000 10000001 10000002 10000003 10000004"),
        (5, 5 + 1e-12, 4, "5 5.000000000001"),
        (-1e300, 1e300, 4, "-1e+300 1e+300"),
        (0, 5e-324, 4, "0 5e-324"),
    ],
)
def test_numbers_are_round(low, high, count, labels):
    assert " ".join(tick_labels(nice_ticks(low, high, count))) == labels


numbers = st.floats(-1e100, 1e100)


@given(numbers, numbers, st.integers(1, 50))
@example(0.0, 0.1 + 0.2, 3)
@example(1.0, 7.0, 1)
def test_numbers_lie_evenly_within_the_ends(one, other, count):
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high, count)
    assert 1 <= len(ticks) <= count + 2 or high - low < 1e-300
    slack = 1e-8 * (high - low)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    labels = tick_labels(ticks)
    assert all(math.isfinite(float(label)) for label in labels)
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    assert not steps or max(steps) - min(steps) <= 1e-6 * max(abs(low), abs(high), *steps)


@pytest.mark.parametrize("length", [1, 7, 256, 1000])
def test_a_strip_gives_each_colour_its_share(length):
    across = strip_picture(VIRIDIS, Size(length, 3)).data
    assert across.shape == (3, length, 3)
    assert np.array_equal(across[0], VIRIDIS[np.arange(length) * 256 // length, :3])
    assert (across == across[:1]).all()
    up = strip_picture(VIRIDIS, Size(3, length), "vertical").data
    assert np.array_equal(up, across.transpose(1, 0, 2)[::-1])


def test_a_strip_keeps_transparency():
    strip = strip_picture(FADING, Size(256, 1)).data
    assert np.array_equal(strip[0, :, 3], np.arange(256))


@pytest.mark.parametrize("background", ["#ffffff", "#0d1117"])
@pytest.mark.parametrize(("side", "size"), [("horizontal", (256, 48)), ("vertical", (80, 256))])
def test_a_legend_has_its_strip_and_ink_beside_it(side, size, background):
    scale = Scale(Size(*size), side, (0.0, 100.0))
    data = legend_picture(VIRIDIS, scale, background).data
    assert data.shape == (size[1], size[0], 3)
    left, top, width, height = scale.strip
    strip = strip_picture(VIRIDIS, Size(width, height), side).data
    assert np.array_equal(data[top : top + height, left : left + width], strip)
    beside = data[:, left + width :] if side == "vertical" else data[top + height :]
    paper = np.array([int(background[i : i + 2], 16) for i in (1, 3, 5)])
    ink = 0 if background == "#ffffff" else 255
    assert (beside == paper).all(axis=-1).mean() > 0.5
    assert (beside == ink).all(axis=-1).sum() > 20


def test_transparent_colours_lie_on_the_background():
    scale = Scale(Size(300, 48), span=(0.0, 1.0))
    left, _, width, _ = scale.strip
    row = legend_picture(FADING, scale, "#0000ff").data[2]
    assert row[left].tolist() == [0, 0, 255]
    assert row[left + width - 1].tolist() == [255, 0, 0]


def test_numbers_are_left_out_where_there_is_no_room():
    assert len(Scale(Size(600, 48), span=(0.0, 100.0), count=10).ticks) == 11
    assert len(Scale(Size(120, 48), span=(0.0, 100.0), count=10).ticks) <= 4
    for width, height in itertools.product((1, 2, 5, 30), (1, 2, 5, 30)):
        for side in ("horizontal", "vertical"):
            scale = Scale(Size(width, height), side, (0.0, 12345.0), 50)
            assert legend_picture(VIRIDIS, scale).size == Size(width, height)


def test_the_ends_of_the_span_are_the_ends_of_the_strip():
    across = Scale(Size(300, 50), span=(-5.0, 5.0))
    left, _, width, _ = across.strip
    assert (across.place(-5), across.place(0), across.place(5)) == (
        left,
        left + width / 2,
        left + width,
    )
    up = Scale(Size(90, 300), "vertical", (-5.0, 5.0))
    _, top, _, height = up.strip
    assert (up.place(-5), up.place(5)) == (top + height, top)


def test_classes_are_named_by_label_or_by_values():
    classes = Classes(
        (
            Class(1, None, "#ff0000", "forest"),
            Class(2, None, "#00ff00"),
            Class(3, 4.5, "#0000ff"),
            Class(5, None, "#000000", "bad\n\0" + "x" * 100),
        )
    )
    labels = class_labels(classes)
    assert labels[:3] == ("forest", "2", "3 to 4.5")
    assert labels[3].startswith("badxxx")
    assert len(labels[3]) == 60


def test_each_class_has_a_swatch():
    classes = Classes((Class(1, None, "#ff0000", "forest"), Class(2, None, "#00ff00")))
    data = classes_picture(classes).data
    assert data.shape[:2] == (swatches_size(class_labels(classes)).height, data.shape[1])
    for place, color in enumerate(((255, 0, 0), (0, 255, 0))):
        assert (data == color).all(axis=-1).sum() >= (SWATCH_PX - 1) ** 2, place


def test_a_legend_of_very_many_classes_is_cut():
    classes = Classes(tuple(Class(value, None, "#123456") for value in range(1000)))
    labels = class_labels(classes)
    assert len(labels) == MOST_SWATCHES + 1
    assert labels[-1] == "and 800 more"
    assert classes_picture(classes).size == swatches_size(labels)
