from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pyramids import layout
from tilewright import probe
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box, Size
from tilewright.image import Band, Plane
from tilewright.statistics import Wanted
from tilewright.web import numbers
from tilewright.web.numbers import Measuring

THREE = layout(Size(9, 9), (1,), chunk=9, dtype="uint8", bands=[Band()] * 3)
PARSERS = [
    numbers.overview,
    numbers.band,
    numbers.histogram,
    numbers.statistics,
    numbers.pixel,
    numbers.profile,
]
SETS = [numbers.BAND, numbers.HISTOGRAM, numbers.STATISTICS, numbers.PIXEL, numbers.PROFILE]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", Measuring(Wanted(percentiles=(), bins=256))),
        (
            "bins=7&min=-1.5e3&max=2&density=true",
            Measuring(Wanted(percentiles=(), bins=7, range=(-1500, 2), density=True)),
        ),
        ("onlyMinMax=1&bins=9", Measuring(Wanted(percentiles=(), bins=1), only_ends=True)),
        (
            "band=3,1,3&z=2&left=9&right=1&top=0&bottom=4&exact=true",
            Measuring(
                Wanted(percentiles=()), (3, 1), Plane.of({"z": 2}), Box(1, 0, 8, 4), exact=True
            ),
        ),
        ("format=json&_=5", Measuring(Wanted(percentiles=()))),
    ],
)
def test_histograms(query, asked):
    assert numbers.histogram(query) == asked


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", Wanted(bins=1)),
        ("percentiles=0.5,50,100", Wanted((0.5, 50.0, 100.0), bins=1)),
        ("categorical=true", Wanted(categorical=True, bins=1)),
    ],
)
def test_statistics(query, wanted):
    assert numbers.statistics(query) == Measuring(wanted)


def test_one_band_is_the_first_unless_named():
    assert numbers.band("") == (1, Plane())
    assert numbers.band("band=4&t=2") == (4, Plane.of({"t": 2}))
    assert numbers.overview("z=3") == Plane.of({"z": 3})


def test_a_pixel_has_an_axis():
    target, plane, axis = numbers.pixel("left=4&top=3&t=1&axis=z")
    assert (target.box, plane, axis) == (Box(4, 3, 1, 1), Plane.of({"t": 1}), "z")
    assert numbers.pixel("left=4&top=3")[2] is None
    with pytest.raises(OutsideError):
        numbers.pixel("left=4&top=-3")


def test_a_profile_has_points():
    asked = numbers.profile("points=0,1;2.5,-3;1e2,.5&samples=9&band=2&z=1")
    assert asked.points == ((0, 1), (2.5, -3), (100, 0.5))
    assert (asked.samples, asked.bands, asked.plane) == (9, (2,), Plane.of({"z": 1}))
    assert numbers.profile("points=0,0;1,1").samples is None
    assert numbers.profile("points=0%2C0%3B1%2C1").points == ((0, 0), (1, 1))


def test_as_many_samples_may_be_asked_as_are_given():
    assert numbers.MOST_SAMPLES == probe.MOST_SAMPLES


@pytest.mark.parametrize(
    ("parse", "query", "parameter"),
    [
        (numbers.overview, "z=-1", "z"),
        (numbers.band, "band=0", "band"),
        (numbers.band, "band=", "band"),
        (numbers.band, "band=1,2", "band"),
        (numbers.histogram, "bins=0", "bins"),
        (numbers.histogram, "bins=65537", "bins"),
        (numbers.histogram, "bins=1.5", "bins"),
        (numbers.histogram, "min=1", "max"),
        (numbers.histogram, "max=1", "min"),
        (numbers.histogram, "min=1&max=1", "max"),
        (numbers.histogram, "min=2&max=1", "max"),
        (numbers.histogram, "min=nan&max=1", "min"),
        (numbers.histogram, "min=0&max=inf", "max"),
        (numbers.histogram, "min=0&max=1e999", "max"),
        (numbers.histogram, "min=0&max=1_0", "max"),
        (numbers.histogram, "min=0&max=" + "1" * 41, "max"),
        (numbers.histogram, "density=maybe", "density"),
        (numbers.histogram, "onlyMinMax=2", "onlyMinMax"),
        (numbers.histogram, "only_min_max=1", "only_min_max"),
        (numbers.histogram, "band=0", "band"),
        (numbers.histogram, "band=-1", "band"),
        (numbers.histogram, "band=1,,2", "band"),
        (numbers.histogram, "band=red", "band"),
        (numbers.histogram, "band=65536", "band"),
        (numbers.histogram, "exact=yes", "exact"),
        (numbers.histogram, "left=1", "top"),
        (numbers.histogram, "left=1&right=1&top=0&bottom=2", "right"),
        (numbers.histogram, "units=miles", "units"),
        (numbers.statistics, "percentiles=", "percentiles"),
        (numbers.statistics, "percentiles=-1", "percentiles"),
        (numbers.statistics, "percentiles=100.5", "percentiles"),
        (numbers.statistics, "percentiles=nan", "percentiles"),
        (numbers.statistics, "percentiles=2;98", "percentiles"),
        (numbers.statistics, "percentiles=" + ",".join(map(str, range(17))), "percentiles"),
        (numbers.statistics, "categorical=5", "categorical"),
        (numbers.pixel, "left=1", "top"),
        (numbers.pixel, "left=1&top=1&axis=x", "axis"),
        (numbers.profile, "", "points"),
        (numbers.profile, "points=", "points"),
        (numbers.profile, "points=1,2;3", "points"),
        (numbers.profile, "points=1,2,3;3,4", "points"),
        (numbers.profile, "points=1,2;3,nan", "points"),
        (numbers.profile, "points=1,2;3,4;", "points"),
        (numbers.profile, "points=0,0;1,1&samples=1", "samples"),
        (numbers.profile, "points=0,0;1,1&samples=4097", "samples"),
    ],
)
def test_a_wrong_value_is_named(parse, query, parameter):
    with pytest.raises(ParameterError) as caught:
        parse(query)
    assert caught.value.parameter == parameter
    assert caught.value.allowed


def test_bands_that_are_not_there_are_named():
    assert numbers.chosen(None, THREE) == (0, 1, 2)
    assert numbers.chosen((3, 1), THREE) == (2, 0)
    with pytest.raises(ParameterError, match="band must be from 1 to 3, not '4'"):
        numbers.chosen((1, 4), THREE)


@pytest.mark.parametrize(
    ("query", "bands", "parameter"), [("bins=65536", 17, "bins"), ("bins=4096", 257, "bins")]
)
def test_too_many_bins_over_all_bands_are_refused(query, bands, parameter):
    asked = numbers.histogram(query)
    numbers.check_rows(asked, bands - 1)
    with pytest.raises(ParameterError) as caught:
        numbers.check_rows(asked, bands)
    assert caught.value.parameter == parameter


def test_classes_are_listed_of_few_bands_only():
    asked = numbers.statistics("categorical=true")
    numbers.check_rows(asked, 64)
    with pytest.raises(ParameterError, match="categorical"):
        numbers.check_rows(asked, 65)


NAMES = sorted({parameter.name for one in SETS for parameter in one.parameters})
TEXTS = st.one_of(
    st.text(max_size=12), st.from_regex(r"[-0-9.,;einfa_ ]{0,14}", fullmatch=True), st.just("true")
)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6))
def test_only_typed_errors_come_out(fields):
    query = urlencode(fields)
    for parse in PARSERS:
        try:
            parse(query)
        except ParameterError as error:
            assert error.parameter in NAMES  # noqa: PT017 - an error is one of two good ends
        except OutsideError:
            assert parse is numbers.pixel


FINITE = st.floats(allow_nan=False, allow_infinity=False)
SHARES = st.lists(st.floats(0, 100), min_size=1, max_size=16, unique=True).map(tuple)


@given(
    st.fixed_dictionaries(
        {
            "points": st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=9).map(tuple),
            "band": st.lists(st.integers(1, 65_535), min_size=1, max_size=9, unique=True).map(
                tuple
            ),
        }
    )
)
def test_points_and_bands_survive_being_written(values):
    assert numbers.PROFILE.read(numbers.PROFILE.write(values)) == values


@given(st.fixed_dictionaries({"min": FINITE, "max": FINITE}))
def test_ends_survive_being_written(values):
    assert numbers.HISTOGRAM.read(numbers.HISTOGRAM.write(values)) == values


@given(st.fixed_dictionaries({"percentiles": SHARES}))
def test_percentiles_survive_being_written(values):
    assert numbers.STATISTICS.read(numbers.STATISTICS.write(values)) == values
