from datetime import date
from urllib.parse import urlencode

import pytest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawn import charts
from tilewright.drawn.declared import Declared
from tilewright.drawn.parameters import (
    Boolean,
    Choice,
    Color,
    Date,
    Integer,
    Number,
    Numbers,
    Text,
)
from tilewright.errors import ConfigurationError, ParameterError

EVERYTHING = Declared(charts.Everything.parameters)


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (Integer("a", low=1, high=9), "9", 9),
        (Integer("a"), "-007", -7),
        (Number("a"), "1e3", 1000.0),
        (Number("a"), "-0", 0.0),
        (Text("a"), "é", "é"),
        (Text("a"), "e\u0301", "é"),
        (Text("a", pattern="[ab]+"), "abba", "abba"),
        (Boolean("a"), "TRUE", True),
        (Boolean("a"), "0", False),
        (Color("a"), "#F00", "#ff0000"),
        (Color("a"), "f008", "#ff000088"),
        (Color("a"), "12345678", "#12345678"),
        (Color("a"), "123456ff", "#123456"),
        (Color("a"), "RebeccaPurple", "#663399"),
        (Color("a"), "transparent", "#00000000"),
        (Numbers("a"), "", ()),
        (Numbers("a"), "1,-2.5,3e2", (1.0, -2.5, 300.0)),
        (Date("a"), "2024-02-29", date(2024, 2, 29)),
        (Choice("a", ("x", "y")), "y", "y"),
    ],
)
def test_a_text_becomes_a_value_and_its_canonical_text(declared, text, value):
    assert declared.parse(text) == value
    assert type(declared.parse(text)) is type(value)
    assert declared.parse(declared.write(value)) == value


@pytest.mark.parametrize(
    ("declared", "texts"),
    [
        (
            Integer("a", low=1, high=8192),
            ["0", "-5", "1000000000", "1e3", "½", "²", "١", "1_0", "+7", "1.0", "0x10", "nan"],
        ),
        (Integer("a"), ["", " 7", "7 ", "9" * 5000]),
        (
            Number("a"),
            ["nan", "inf", "-inf", "1e999", "1_0", "", ".", "1.", "٣", "1 ", "1e", "NaN"],
        ),
        (Number("a", low=0, high=1), ["-0.001", "1.001"]),
        (Text("a", max_length=3), ["abcd", "a\n", "\x00", "\x85", "\ud800", "\ufffe"]),
        (Text("a", pattern="[ab]"), ["", "ab", "c", "a\n"]),
        (Boolean("a"), ["", "yes", "2"]),
        (
            Color("a"),
            ["", "#", "#12", "12345", "#1234567", "#ggg", "rgb(0,0,0)", "nocolour", "##fff"],
        ),
        (Numbers("a", most=3, least=1), ["", "1,2,3,4", "1,,2", ",", "1;2", "1,nan"]),
        (
            Date("a", low=date(2024, 1, 1)),
            ["2023-12-31", "2024-02-30", "20240101", "2024-W01-1", ""],
        ),
        (Choice("a", ("x", "y")), ["", "X", "x,y"]),
    ],
    ids=lambda each: type(each).__name__ if not isinstance(each, list) else "",
)
def test_other_texts_are_refused_with_what_is_allowed(declared, texts):
    for text in texts:
        with pytest.raises(ParameterError) as refused:
            declared.value(text)
        assert refused.value.parameter == "a"
        assert refused.value.allowed == declared.allowed


@pytest.mark.parametrize("value", [None, [], object(), float("nan"), 10**400, "x" * 5000])
def test_values_of_python_are_checked_alike(value):
    for declared in (Integer("a", high=9), Number("a"), Color("a"), Date("a")):
        with pytest.raises(ParameterError):
            declared.value(value)


def test_the_schema_tells_bounds_and_default():
    found = {each["name"]: each for each in EVERYTHING.openapi()}
    assert found["count"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 50,
        "default": 3,
    }
    assert found["day"]["schema"]["default"] == "2024-02-29"
    assert found["ink"]["schema"]["default"] == "#000000"
    assert not found["count"]["required"]
    assert Declared((Integer("a"),)).openapi()[0]["required"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Integer("a", low=1, high=5, default=9),
        lambda: Color("a", default="nocolour"),
        lambda: Choice("a", ("x",), default="y"),
    ],
)
def test_a_default_must_be_allowed(make):
    with pytest.raises(ParameterError):
        make()


def test_a_name_must_be_one_of_python():
    with pytest.raises(ConfigurationError):
        Integer("a-b", default=1)


values = st.fixed_dictionaries(
    {},
    optional={
        "count": st.integers(1, 50),
        "scale": st.floats(0.1, 10),
        "title": st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=50),
        "kind": st.sampled_from(["line", "bar"]),
        "grid": st.booleans(),
        "ink": st.from_regex(r"[0-9a-f]{3}|[0-9a-f]{8}", fullmatch=True),
        "values": st.lists(st.floats(-1e9, 1e9), max_size=20),
        "day": st.dates(),
    },
)


@given(values)
def test_values_survive_the_way_to_a_query_and_back(given_values):
    found = EVERYTHING.values(given_values)
    query = EVERYTHING.write(found)
    assert EVERYTHING.read(query, {}) == found
    assert EVERYTHING.write(EVERYTHING.read(query, {})) == query


hostile = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["½", "1e3", "nan", "-0", "٣", "\x00", "%00", "\ud83d", ""]),
)
names = st.one_of(
    st.sampled_from(
        [each.name for each in charts.Everything.parameters]
        + ["format", "quality", "dpr", "download", "expires", "signature", "_"]
    ),
    st.text(max_size=8),
)


@settings(deadline=None)
@given(st.lists(st.tuples(names, hostile), max_size=6), st.text("abc/*;=q.,01 ", max_size=30))
def test_no_query_makes_the_server_fail(pairs, accept):
    query = urlencode(pairs, errors="surrogatepass")
    request = RequestFactory().get(f"/?{query}", headers={"accept": accept})
    response = charts.Everything.as_view()(request)
    assert response.status_code in {200, 400}


@settings(deadline=None)
@given(values)
def test_all_that_is_declared_is_drawn(given_values):
    query = EVERYTHING.write(EVERYTHING.values(given_values))
    response = charts.Everything.as_view()(RequestFactory().get(f"/?{query}"))
    assert response.status_code == 200
