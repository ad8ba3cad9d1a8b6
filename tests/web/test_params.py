import math
from dataclasses import replace

import pytest

from tilewright.errors import ParameterError
from tilewright.web.params import (
    MOST_FIELDS,
    UNSET,
    ParameterSet,
    choice,
    color,
    flag,
    integer,
    number,
    whole,
)

COUNT = integer(
    "count", "How many.", low=1, high=100, default=7, aliases=("n",), misspellings=("cuont",)
)
EDGE = number("edge", "Where.", misspellings=("egde",))
KIND = choice("kind", "Which.", ("round", "square"), default="round")
SHINY = flag("shiny", "Whether it shines.")
PAINT = color("paint", "Its colour.", default="ffffff")
PLACE = integer("place", "Where.", required=True)
THINGS = ParameterSet((COUNT, EDGE, KIND, SHINY, PAINT))


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("count=1", {"count": 1}),
        ("count=100", {"count": 100}),
        ("count=007", {"count": 7}),
        ("n=3", {"count": 3}),
        ("count=3&count=4", {"count": 4}),
        ("edge=-1.5", {"edge": -1.5}),
        ("edge=1e3", {"edge": 1000.0}),
        ("edge=.5", {"edge": 0.5}),
        ("edge=5000.33333", {"edge": 5000 + 341 / 1024}),
        ("edge=1%2E5", {"edge": 1.5}),
        ("kind=square", {"kind": "square"}),
        ("shiny=true", {"shiny": True}),
        ("shiny=True", {"shiny": True}),
        ("shiny=1", {"shiny": True}),
        ("shiny=false", {"shiny": False}),
        ("shiny=0", {"shiny": False}),
        ("paint=FF00aa", {"paint": "#ff00aa"}),
        ("paint=%23ff00aa", {"paint": "#ff00aa"}),
        ("_=1723&rev=abc", {}),
        ("whatever=5&count=2", {"count": 2}),
        ("%ff%fe=1", {}),
    ],
)
def test_good_values_are_read(query, values):
    assert THINGS.read(query) == values


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("count=0", "count"),
        ("count=101", "count"),
        ("count=", "count"),
        ("count", "count"),
        ("count=abc", "count"),
        ("count=1.0", "count"),
        ("count=1_0", "count"),
        ("count=%2B5", "count"),
        ("count=+5", "count"),
        ("count=-", "count"),
        ("count=--5", "count"),
        ("count=%D9%A3", "count"),
        ("count=" + "9" * 5000, "count"),
        ("n=0", "count"),
        ("edge=", "edge"),
        ("edge=nan", "edge"),
        ("edge=inf", "edge"),
        ("edge=1e10", "edge"),
        ("edge=1e999", "edge"),
        ("edge=1_0", "edge"),
        ("edge=+1", "edge"),
        ("edge=0x10", "edge"),
        ("edge=%D9%A3", "edge"),
        ("kind=oval", "kind"),
        ("kind=Round", "kind"),
        ("kind=", "kind"),
        ("shiny=maybe", "shiny"),
        ("shiny=", "shiny"),
        ("paint=red", "paint"),
        ("paint=fff", "paint"),
        ("paint=%23%23ffffff", "paint"),
        ("paint=ffffff%0A", "paint"),
        ("cuont=5", "cuont"),
        ("egde=5", "egde"),
        ("&".join(f"x{index}=1" for index in range(MOST_FIELDS + 1)), "the query"),
    ],
)
def test_bad_values_are_refused_by_name(query, name):
    with pytest.raises(ParameterError) as caught:
        THINGS.read(query)
    assert caught.value.parameter == name
    assert caught.value.allowed


def test_a_misspelling_is_told_the_right_name():
    with pytest.raises(ParameterError, match="did you mean count"):
        THINGS.read("cuont=5")


def test_a_misspelling_that_is_a_name_here_is_no_mistake():
    both = ParameterSet((COUNT, integer("cuont", "A word like another.")))
    assert both.read("cuont=5") == {"cuont": 5}


def test_what_stands_for_nothing_is_left_out():
    open_ended = ParameterSet((replace(COUNT, unset=UNSET),), once=True)
    for text in ("", "None", "null", "undefined", "false"):
        assert open_ended.read(f"count={text}") == {}
        assert open_ended.read(f"count={text}&count=5") == {"count": 5}
        with pytest.raises(ParameterError, match="count must be"):
            THINGS.read(f"count={text}")


def test_a_required_parameter_must_be_there():
    needy = ParameterSet((PLACE,))
    assert needy.read("place=-3") == {"place": -3}
    for query in ("", "other=1"):
        with pytest.raises(ParameterError, match="place must be given"):
            needy.read(query)


def test_the_message_says_what_is_allowed_and_what_came():
    with pytest.raises(ParameterError) as caught:
        THINGS.read("count=101")
    assert str(caught.value) == "count must be a whole number from 1 to 100, not '101'"


@pytest.mark.parametrize(
    ("values", "query"),
    [
        ({}, ""),
        ({"count": 5}, "count=5"),
        ({"edge": 1.5, "count": 5}, "count=5&edge=1.5"),
        ({"edge": 20.0}, "edge=20"),
        ({"shiny": True, "paint": "#00ff00"}, "shiny=true&paint=00ff00"),
    ],
)
def test_values_are_written_so_that_they_can_be_read(values, query):
    assert THINGS.write(values) == query
    assert THINGS.read(query) == values


def test_no_number_is_not_written():
    with pytest.raises(ValueError, match="has no text"):
        EDGE.write(math.nan)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("-0", 0), ("-12", -12), ("000", 0)])
def test_whole_numbers(text, value):
    assert whole(text) == value


def test_the_declaration_carries_the_schema():
    assert COUNT.schema == {"type": "integer", "minimum": 1, "maximum": 100, "default": 7}
    assert KIND.schema == {"type": "string", "enum": ["round", "square"], "default": "round"}
    assert SHINY.schema == {"type": "boolean", "default": False}
