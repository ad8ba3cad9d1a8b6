"""Intensities against OMERO's checked values and against plain numpy, for every dtype."""

import math

import numpy as np
import pytest

from tilewright.look import Span
from tilewright.lookup import bend, intensity
from tilewright.stretch import Curve, Stretch
from tilewright.style import Channel

# omero-renderer, window 0:255 (docs: looks; our reference table).
OMERO = [
    ("polynomial", 2.0, {64: 16, 128: 64, 192: 145}),
    ("polynomial", 0.5, {64: 128, 128: 181}),
    ("logarithmic", 1.0, {1: 0, 2: 32, 16: 128, 64: 191, 128: 223}),
    ("exponential", 1.0, {250: 2, 253: 35, 254: 94, 255: 255}),
    ("exponential", 0.5, {128: 2, 192: 31, 254: 247}),
]
DTYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
          "float16", "float32", "float64"]  # fmt: skip


def shown(values, dtype, span, **channel):
    layer = np.array([values]).astype(dtype)
    return intensity(layer, Channel(**channel), span)[0].tolist()


@pytest.mark.parametrize(("family", "coefficient", "values"), OMERO)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "int32", "float64"])
def test_omero_curves(family, coefficient, values, dtype):
    result = shown(list(values), dtype, Span(0, 255), curves=(Curve(family, coefficient),))
    # 1 for 8 and 16 bits; OMERO bins wider types, so 2 there.
    tolerance = 1 if dtype in {"uint8", "uint16", "int16"} else 2
    assert np.abs(np.array(result) - list(values.values())).max() <= tolerance


def test_omero_artefacts_are_clamped():
    """OMERO wraps a logarithm below 1 around, and overflows from k = 1.18."""
    log = (Curve("logarithmic"),)
    assert shown([50], "uint16", Span(0, 65535), curves=log) == [0]
    steep = (Curve("exponential", 1.8),)
    assert shown([0, 254, 255], "uint8", Span(0, 255), curves=steep) == [0, 0, 255]


@pytest.mark.parametrize("curves", [(), (Curve("linear"),)])
@pytest.mark.parametrize("at", [0.0, 5.0, -3.0])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float16", "float32", "float64"])
def test_a_span_shorter_than_the_steps_of_its_type(dtype, at, curves):
    span = Span(math.nextafter(at, -math.inf), at)
    assert shown([at - 1, at, at + 1], dtype, span, curves=curves) == [0, 255, 255]


def test_the_ends_and_the_half():
    assert shown([0, 99, 100, 150, 199, 200, 999], "uint16", Span(100, 200)) == [
        0, 0, 0, 128, 252, 255, 255,
    ]  # fmt: skip
    assert shown([0.0, 0.25, 0.5, 0.75, 1.0], "float32", Span(0, 1)) == [0, 64, 128, 191, 255]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("curves", [(), (Curve("polynomial", 2.2),), (Curve("square-root"),)])
@pytest.mark.parametrize("invert", [False, True])
def test_every_dtype_equals_plain_numpy(dtype, curves, invert):
    generator = np.random.default_rng(0)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        layer = (generator.standard_normal((40, 40)) * 100).astype(kind)
        low, high = -50.0, 120.0
    elif kind.kind == "b":
        layer, low, high = generator.random((40, 40)) < 0.5, 0.0, 1.0
    else:
        limits = np.iinfo(kind)
        layer = generator.integers(limits.min, limits.max, (40, 40), kind.type, endpoint=True)
        low, high = limits.min * 0.6 + 3, limits.max * 0.7
    result = intensity(layer, Channel(curves=curves, invert=invert), Span(low, high))
    share = ((layer.astype(np.float64) - low) / (high - low)).clip(0, 1) * 255
    expected = np.floor(bend(share, curves, ()) + 0.5).clip(0, 255)
    expected = 255 - expected if invert else expected
    # float32 arithmetic may fall on the other side of a half.
    tolerance = 1 if kind.kind == "f" or kind.itemsize > 2 else 0
    assert result.dtype == np.uint8
    assert np.abs(result - expected).max() <= tolerance
    assert (np.abs(result - expected) > 0).mean() < 0.01


def test_nan_and_infinities():
    values = [np.nan, -np.inf, np.inf, 5.0]
    for dtype in ("float16", "float32", "float64"):
        assert shown(values, dtype, Span(0, 10)) == [0, 0, 255, 128]
        assert shown(values, dtype, Span(0, 10), invert=True) == [255, 255, 0, 127]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
def test_the_identity_returns_the_input(dtype):
    limits = np.iinfo(dtype)
    layer = np.arange(limits.min, limits.max + 1).astype(dtype).reshape(16, -1)
    result = intensity(layer, Channel(), Span(float(limits.min), float(limits.max)))
    steps = (layer.astype(np.int64) - limits.min) * 255 / (limits.max - limits.min)
    assert np.array_equal(result, np.floor(steps + 0.5).astype(np.uint8))


def test_equalisation_follows_the_histogram():
    span = Span(0, 100, equalizer=(0.0, 0.9, 1.0))
    assert shown([0, 50, 100], "uint8", span, curves=(Curve("equalize"),)) == [0, 230, 255]


def test_sigmoidal_keeps_the_ends_and_steepens_the_middle():
    curve = (Curve("sigmoidal", 10, 0.5),)
    low, quarter, middle, high = shown([0, 64, 128, 255], "uint8", Span(0, 255), curves=curve)
    assert (low, high) == (0, 255)
    assert quarter < 32
    assert abs(middle - 128) <= 2


def test_a_stretch_rises():
    with pytest.raises(ValueError, match="rises"):
        Stretch.of(5, 5)
