"""Averages and interpolation against plain numpy, with masks, alpha and every dtype."""

import numpy as np
import pytest

from tests.memory import takes_less
from tilewright.geometry import Affine, Size
from tilewright.resample import block_average, interpolate

DTYPES = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64",
]  # fmt: skip


def bilinear(data, onto, size):
    """The textbook, in float64, the last pixel repeated past the edge."""
    x = onto.a * (np.arange(size.width) + 0.5) + onto.c - 0.5
    y = onto.e * (np.arange(size.height) + 0.5) + onto.f - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - left, (y - top)[:, np.newaxis]
    high, wide = data.shape[1:]
    columns = [np.clip(left + step, 0, wide - 1) for step in (0, 1)]
    rows = [np.clip(top + step, 0, high - 1)[:, np.newaxis] for step in (0, 1)]
    values = data.astype(np.float64)
    upper = values[:, rows[0], columns[0]] * (1 - fx) + values[:, rows[0], columns[1]] * fx
    lower = values[:, rows[1], columns[0]] * (1 - fx) + values[:, rows[1], columns[1]] * fx
    return upper * (1 - fy) + lower * fy


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_of_every_dtype_keep_their_dtype_and_mean(dtype):
    generator = np.random.default_rng(3)
    data = generator.integers(0, 2 if dtype == "bool" else 120, (5, 12, 18)).astype(dtype)
    out, mask = block_average(data, None, (3, 2), nearest=False, alpha=None)
    means = data.astype(np.float64).reshape(5, 6, 2, 6, 3).mean(axis=(2, 4))
    assert (out.dtype, out.shape, mask) == (np.dtype(dtype), (5, 6, 6), None)
    tolerance = 0.5000001 if out.dtype.kind in "uib" else 0.06 if dtype == "float16" else 1e-4
    assert np.abs(out.astype(np.float64) - means).max() <= tolerance


def test_a_block_cut_by_the_edge_counts():
    data = np.arange(7, dtype=np.float32).reshape(1, 1, 7)
    out, _ = block_average(data, None, (3, 1), nearest=False, alpha=None)
    assert out.tolist() == [[[1.0, 4.0, 6.0]]]


def test_stripes_change_nothing(monkeypatch):
    generator = np.random.default_rng(0)
    data = generator.integers(0, 256, (4, 53, 31), dtype=np.uint8)
    mask = generator.random((53, 31)) < 0.8
    whole = block_average(data, mask, (3, 4), nearest=False, alpha=3)
    monkeypatch.setattr("tilewright.resample._STRIPE_VALUES", 1000)
    for one, other in zip(
        block_average(data, mask, (3, 4), nearest=False, alpha=3), whole, strict=True
    ):
        assert np.array_equal(one, other)


def test_what_is_masked_does_not_enter_a_mean():
    data = np.array([[[10, 10, 250, 30], [10, 10, 250, 250]]], np.uint8)
    mask = data[0] != 250
    out, valid = block_average(data, mask, (2, 2), nearest=False, alpha=None)
    assert out.tolist() == [[[10, 30]]]
    assert valid.tolist() == [[True, False]]  # only a quarter of the second block is valid


def test_nan_under_the_mask_does_not_spread():
    data = np.array([[[1.0, np.nan], [3.0, np.nan]]], np.float32)
    out, valid = block_average(data, ~np.isnan(data[0]), (2, 2), nearest=False, alpha=None)
    assert out.tolist() == [[[2.0]]]
    assert valid.tolist() == [[True]]


def test_colour_under_transparency_does_not_bleed():
    red, clear_green = (255, 0, 0, 255), (0, 255, 0, 0)
    data = np.array([[red, clear_green]], np.uint8).transpose(2, 0, 1)
    out, _ = block_average(data, None, (2, 1), nearest=False, alpha=3)
    assert out[:, 0, 0].tolist() == [255, 0, 0, 128]


@pytest.mark.parametrize("bands", [1, 3, 4, 5, 9])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_interpolation_is_bilinear(bands, dtype):
    generator = np.random.default_rng(bands)
    data = generator.integers(0, 250, (bands, 40, 50)).astype(dtype)
    onto, size = Affine.scale(1.3, 0.7, left=2.25, top=3.5), Size(30, 45)
    out, _ = interpolate(data, None, onto, size, nearest=False, alpha=None)
    # OpenCV counts positions in 1/32 of a pixel: up to 1/64 off, times a step of 250, on
    # each axis, and the rounding of integers.
    tolerance = 250 * 2 / 64 + 0.5
    assert np.abs(out - bilinear(data, onto, size)).max() <= tolerance
    assert np.abs(out - bilinear(data, onto, size)).mean() <= tolerance / 6


def test_blocks_of_interpolation_meet_without_a_seam(monkeypatch):
    data = np.random.default_rng(0).random((3, 70, 90)).astype(np.float32)
    onto, size = Affine.scale(1.21, 1.37, left=0.3, top=-0.2), Size(70, 50)
    whole, _ = interpolate(data, None, onto, size, nearest=False, alpha=None)
    monkeypatch.setattr("tilewright.resample._BLOCK", 16)
    parts, _ = interpolate(data, None, onto, size, nearest=False, alpha=None)
    # Positions are rounded to 1/32 of a pixel afresh in each block.
    assert np.abs(whole - parts).max() <= 2 / 32


def test_a_side_past_what_opencv_can_address():
    data = np.broadcast_to(np.arange(40_000, dtype=np.float32), (1, 2, 40_000))
    onto, size = Affine.scale(1.6, 1.0, left=0.3), Size(24_990, 2)
    out, _ = interpolate(data, None, onto, size, nearest=False, alpha=None)
    assert np.abs(out - bilinear(data, onto, size)).max() <= 1 / 16


def test_nearest_takes_values_as_they_are():
    data = np.array([[[7, 200], [30, 9]]], np.uint8)
    out, mask = interpolate(
        data, data[0] > 8, Affine.scale(0.5, 0.5), Size(4, 4), nearest=True, alpha=None
    )
    assert out.tolist() == [[[7, 7, 200, 200]] * 2 + [[30, 30, 9, 9]] * 2]
    assert mask.tolist() == [[False, False, True, True]] * 2 + [[True] * 4] * 2


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("dtype", "value"), [("uint8", 255), ("uint16", 60_001), ("float32", 16_777.215)]
)
def test_a_mean_of_very_many_values_neither_runs_over_nor_drifts(dtype, value, masked):
    data = np.full((1, 4096, 4096), value, dtype)
    mask = None
    if masked:
        mask = np.ones((4096, 4096), np.bool_)
        mask[:, :7] = False
    out, valid = block_average(data, mask, (4096, 4096), nearest=False, alpha=None)
    assert out[0, 0, 0] == data[0, 0, 0]
    assert valid is None or valid.all()


@pytest.mark.parametrize("factor", [(1, 2000), (70, 33), (5, 40)])
@pytest.mark.parametrize("bands", [1, 3, 6])
def test_large_blocks_that_the_edge_cuts(factor, bands):
    wide, high = factor
    data = np.random.default_rng(1).integers(0, 9999, (bands, 210, 100)).astype(np.uint16)
    out, _ = block_average(data, None, factor, nearest=False, alpha=None)
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            block = data[:, y * high : (y + 1) * high, x * wide : (x + 1) * wide]
            assert np.abs(out[:, y, x] - block.mean((1, 2))).max() <= 0.51


@pytest.mark.parametrize("alpha", [None, 5])
@pytest.mark.parametrize("how", ["blocks", "large blocks", "places"])
def test_each_band_has_its_own_mask(how, alpha):
    generator = np.random.default_rng(2)
    data = generator.integers(1, 250, (6, 60, 80)).astype(np.uint8)
    mask = generator.random((6, 60, 80)) < 0.7
    if alpha is not None:
        mask[alpha] = True

    def run(layers, known, opacity):
        if how == "places":
            onto = Affine.scale(1.7, 1.3, left=0.2)
            size = Size(40, 40)
            return interpolate(layers, known, onto, size, nearest=False, alpha=opacity)
        factor = (4, 3) if how == "blocks" else (40, 30)
        return block_average(layers, known, factor, nearest=False, alpha=opacity)

    out, valid = run(data, mask, alpha)
    for row in range(5 if alpha is not None else 6):
        rows = [row] if alpha is None else [row, alpha]
        one, known = run(data[rows], mask[row], None if alpha is None else 1)
        assert np.array_equal(out[row], one[0])
        assert np.array_equal(valid[row], known)


def test_a_mask_for_each_band_is_picked_with_its_values():
    data = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    onto = Affine.scale(0.5, 0.5)
    out, valid = interpolate(data, data % 2 == 0, onto, Size(6, 4), nearest=True, alpha=None)
    assert np.array_equal(valid, out % 2 == 0)
    out, valid = block_average(data, data % 2 == 0, (2, 2), nearest=True, alpha=None)
    assert np.array_equal(valid, out % 2 == 0)


def test_values_picked_for_a_large_grid_take_room_for_themselves_only():
    data, onto, size = np.zeros((1, 500, 500), np.uint8), Affine.scale(0.25, 0.25), Size(2000, 2000)

    def work():
        return interpolate(data, None, onto, size, nearest=True, alpha=None)[0]

    assert takes_less(work, 4 * work().nbytes)


def test_weights_take_room_for_a_block_only(monkeypatch):
    monkeypatch.setattr("tilewright.resample._BLOCK", 128)
    data = np.full((4, 1500, 1500), 9, np.uint8)
    mask = np.ones((4, 1500, 1500), np.bool_)
    mask[:, ::7] = False

    def work():
        onto, size = Affine.scale(1.5, 1.5), Size(1000, 1000)
        return interpolate(data, mask, onto, size, nearest=False, alpha=None)[0]

    assert {*np.unique(work())} == {9}
    assert takes_less(work, 2 * data.nbytes)
