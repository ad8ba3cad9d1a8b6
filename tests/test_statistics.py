import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tilewright.statistics import (
    MOST_CLASSES,
    Wanted,
    WideTally,
    band_statistics,
    histogram,
    tally_of,
)

DTYPES = [
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float16",
    "float32",
    "float64",
]
LARGEST = np.finfo(np.float64).max
WANTED = Wanted(percentiles=(0, 2, 37.5, 98, 100), categorical=True, bins=7)


def tallied(values, wanted, pieces=3):
    """Add up values in pieces, cut in another way in the second pass."""
    tally = tally_of(values.dtype.name, wanted)
    for number in range(tally.passes):
        for piece in np.array_split(values.reshape(-1), pieces + number):
            tally.add(piece, piece.size)
        tally.end_pass()
    return tally.statistics(), tally.histogram()


def drawn(dtype, size=5000, seed=8):
    random = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return random.uniform(size=size) < 0.3
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return random.integers(limits.min, limits.max, size, kind, endpoint=True)
    values = (random.normal(size=size) * 10.0 ** random.integers(-3, 4, size)).astype(kind)
    values[::101], values[5::103], values[7::107] = np.nan, np.inf, -np.inf
    values[9::109] = -0.0
    return values


def compare(told, values, wanted, *, rtol=1e-12):
    """Compare statistics with numpy's own on the whole array."""
    kept = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    assert told.count == kept.size
    assert told.valid_percent == pytest.approx(100 * kept.size / max(1, values.size))
    if not kept.size:
        assert (told.min, told.max, told.mean, told.std, told.median) == (None,) * 5
        return
    wide = kept.astype(np.float64)
    assert (told.min, told.max) == (kept.min(), kept.max())
    spread = float(np.abs(wide).max())
    assert told.mean == pytest.approx(wide.mean(), rel=1e-9, abs=1e-9 * spread)
    assert told.std == pytest.approx(wide.std(), rel=1e-7, abs=1e-9 * spread)
    assert told.median == pytest.approx(np.median(wide), rel=rtol, abs=rtol * 2e-9)
    for share, value in told.percentiles:
        assert value == pytest.approx(np.percentile(wide, share), rel=rtol, abs=rtol * 2e-9)
    values_, counts = np.unique_counts(kept)
    expected = tuple(zip(values_.tolist(), counts.tolist(), strict=True))
    assert told.unique == (expected if wanted.categorical and len(expected) <= 4096 else None)


@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_equal_those_of_numpy(dtype):
    values = drawn(dtype).reshape(50, 100)
    compare(band_statistics(values, values.size, WANTED), values, WANTED)


@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_in_pieces_equal_those_of_numpy(dtype):
    values = drawn(dtype)
    told, _ = tallied(values, WANTED)
    cut = np.dtype(dtype).itemsize == 8
    if not cut:
        compare(told, values, WANTED)
        return
    kept = values[np.isfinite(values)].astype(np.float64)
    for share, value in told.percentiles:
        around = (
            np.percentile(kept, share, method="lower"),
            np.percentile(kept, share, method="higher"),
        )
        error = max(map(abs, around)) * 1e-6
        assert abs(value - np.percentile(kept, share)) <= error
    assert (told.min, told.max) == (values[np.isfinite(values)].min(), kept.max())


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float64"])
def test_small_whole_numbers_of_64_bits_have_exact_percentiles(dtype):
    values = np.random.default_rng(2).integers(0, 2_000_000, 4000).astype(dtype)
    compare(tallied(values, WANTED)[0], values, WANTED)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("asked", [None, (-3.0, 90.0)])
def test_histograms_equal_those_of_numpy(dtype, asked):
    values = drawn(dtype)
    wanted = Wanted(bins=19, range=asked)
    kept = values[np.isfinite(values)].astype(np.float64)
    low, high = (kept.min(), kept.max()) if asked is None else asked
    counts, edges = np.histogram(kept / 2, 19, (low / 2, high / 2))
    for told in (histogram(values, wanted), tallied(values, wanted)[1]):
        assert told.counts == tuple(counts.tolist())
        np.testing.assert_allclose(told.edges, edges * 2, rtol=1e-12)
        assert told.samples == kept.size
        assert told.mean == pytest.approx(kept.mean(), rel=1e-9, abs=1e-6)


def anything(dtype):
    return hnp.arrays(dtype, st.integers(0, 60))


@given(st.sampled_from(DTYPES).flatmap(anything))
def test_any_values_have_statistics_that_json_can_hold(values):
    wanted = Wanted(percentiles=(0, 50, 97), categorical=True, bins=5)
    for told, bins in (
        (band_statistics(values, values.size, wanted), histogram(values, wanted)),
        tallied(values, wanted),
    ):
        kept = values[np.isfinite(values)]
        assert told.count == kept.size == bins.samples
        assert sum(bins.counts) == kept.size
        assert (np.diff(np.array(bins.edges) / 2) > 0).all()
        json.dumps([told.as_document(), bins.as_document()], allow_nan=False)
        if kept.size:
            assert (told.min, told.max) == (kept.min(), kept.max())
            for _, value in told.percentiles:
                assert float(told.min) <= value <= float(told.max)
            assert sum(count for _, count in told.unique) == kept.size


@given(
    hnp.arrays(
        st.sampled_from(["int32", "uint32", "float32"]),
        st.integers(1, 80),
        elements={"allow_nan": False, "allow_infinity": False},
    )
)
def test_percentiles_in_pieces_are_exact_for_32_bits(values):
    told, _ = tallied(values, WANTED)
    wide = np.sort(values.astype(np.float64))
    for share, value in told.percentiles:
        place = (wide.size - 1) * share / 100
        low, high = wide[math.floor(place)], wide[math.ceil(place)]
        part = place - math.floor(place)
        assert value == (low if low == high else low * (1 - part) + high * part)


@pytest.mark.parametrize(
    "values",
    [
        [1e16, 1e16 + 2],
        [7.0, 7.0],
        [LARGEST] * 2,
        [-LARGEST] * 2,
        [np.nextafter(LARGEST, 0), LARGEST],
    ],
)
@pytest.mark.parametrize("bins", [2, 10, 65_536])
def test_a_narrow_range_far_from_zero_can_still_be_cut(values, bins):
    found = histogram(np.array(values), Wanted(bins=bins))
    assert sum(found.counts) == 2
    assert np.isfinite(found.edges).all()
    assert (np.diff(np.array(found.edges) / 2) > 0).all()


def test_densities_are_shares_as_large_image_gives_them():
    told = histogram(drawn("float32"), Wanted(bins=11, range=(-5, 8), density=True))
    document = told.as_document()
    assert sum(document["hist"]) == pytest.approx(1)
    kept = drawn("float32")
    expected, _ = np.histogram(kept[np.isfinite(kept)], 11, (-5, 8))
    np.testing.assert_allclose(document["hist"], expected / expected.sum(), rtol=1e-6)


def test_documents_have_the_names_of_large_image():
    values = np.array([1, 2, 2, 5], np.uint8)
    assert histogram(values, Wanted(bins=2)).as_document() == {
        "min": 1,
        "max": 5,
        "mean": 2.5,
        "stdev": 1.5,
        "range": [1.0, 5.0],
        "hist": [3, 1],
        "bin_edges": [1.0, 3.0, 5.0],
        "bins": 2,
        "density": False,
        "samples": 4,
    }
    told = band_statistics(values, 8, Wanted(percentiles=(25, 97.5), categorical=True))
    assert told.as_document() == {
        "min": 1,
        "max": 5,
        "mean": 2.5,
        "stdev": 1.5,
        "median": 2.0,
        "percentiles": {"25": 1.75, "97.5": pytest.approx(4.775)},
        "count": 4,
        "valid_percent": 50.0,
        "unique": [
            {"value": 1, "count": 1},
            {"value": 2, "count": 2},
            {"value": 5, "count": 1},
        ],
    }


def test_nothing_valid():
    values = np.full((3, 3), np.nan, np.float32)
    told = band_statistics(values, 9)
    assert (told.count, told.valid_percent, told.min, told.unique) == (0, 0.0, None, None)
    assert tallied(values, Wanted())[0] == told
    bins = histogram(values, Wanted(bins=2))
    assert (bins.counts, bins.edges, bins.samples) == ((0, 0), (0.0, 0.5, 1.0), 0)
    assert tallied(values, Wanted(bins=2))[1] == bins


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_too_many_values_are_no_categories(dtype):
    values = np.arange(MOST_CLASSES + 1).astype(dtype)
    wanted = Wanted(categorical=True)
    assert band_statistics(values, values.size, wanted).unique is None
    assert tallied(values, wanted)[0].unique is None
    assert len(tallied(values[1:], wanted)[0].unique) == MOST_CLASSES


def test_many_different_values_leave_no_heap_of_categories():
    tally = WideTally(np.dtype("float64"), Wanted(categorical=True))
    for start in range(0, 50_000, 1000):
        tally.add(np.arange(start, start + 1000, dtype=np.float64), 1000)
    assert tally._classes is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"percentiles": (-1,)},
        {"percentiles": (101,)},
        {"percentiles": (math.nan,)},
        {"percentiles": tuple(range(17))},
        {"bins": 0},
        {"bins": 65_537},
        {"range": (1, 1)},
        {"range": (0, math.inf)},
        {"range": (math.nan, 1)},
    ],
)
def test_what_cannot_be_wanted(wrong):
    with pytest.raises(ValueError, match=r"percentile|bins|range"):
        Wanted(**wrong)
