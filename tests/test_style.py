import math
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.styles import styles
from tilewright.errors import ParameterError
from tilewright.paint import Class, Classes, Named, Ramp, Solid
from tilewright.stretch import AUTO, FULL, Curve, Limit, Stretch
from tilewright.style import MOST_CHANNELS, Algorithm, Channel, Orientation, Projection, Style
from tilewright.style_text import LONGEST, parse_style

TEXTS = [
    (Style(), ""),
    (Style((Channel(),)), "0|auto~auto|#ffffff"),
    (Style((Channel(2, stretch=Stretch.of(0, 0.5)),)), "2|0~0.5|#ffffff"),
    (
        Style((Channel(0, paint=Solid("#ff0000")), Channel(1, paint=Solid("#00ff0080")))),
        "0|auto~auto|#ff0000+1|auto~auto|#00ff0080",
    ),
    (
        Style((Channel(stretch=Stretch(Limit("percentile", 2), Limit("deviations", 2.5))),)),
        "0|p2~sd2.5|#ffffff",
    ),
    (
        Style((Channel(expression="(b1|b2)+b3", stretch=FULL, paint=Named("magma_r")),)),
        "[(b1|b2)+b3]|dtype~dtype|@magma_r",
    ),
    (
        Style(
            (
                Channel(
                    curves=(Curve("polynomial", 0.5), Curve("sigmoidal", 10, 0.25)),
                    invert=True,
                    discard=True,
                    unscale=True,
                    nodata=-9999,
                    opacity=0.5,
                ),
            )
        ),
        (
            "0|auto~auto|polynomial:0.5|sigmoidal:10:0.25|invert|discard|unscale|nodata=-9999"
            "|opacity=0.5|#ffffff"
        ),
    ),
    (
        Style((Channel(paint=Ramp(("#000000", "#ff0000"), discrete=True)),)),
        "0|auto~auto|steps(#000000 #ff0000)",
    ),
    (
        Style(
            (Channel(paint=Classes((Class(-1, None, "#000000"), Class(0, math.inf, "#ffffff")))),)
        ),
        "0|dtype~dtype|classes(-1=#000000 0~inf=#ffffff)",
    ),
    (
        Style(
            (Channel(), Channel(1)),
            blend="screen",
            saturation=0,
            bilevel=True,
            background="#000000",
            algorithm=Algorithm("hillshade", (("azimuth", 45.0),)),
            projection=Projection("z", "max", 1, None, 2),
            orientation=Orientation(mirror=True, rotation=22.5),
        ),
        (
            "0|auto~auto|#ffffff+1|auto~auto|#ffffff;blend=screen;saturation=0;bilevel=1"
            ";background=#000000;algorithm=hillshade(azimuth=45);projection=z:max:1::2;orientation=!22.5"
        ),
    ),
]


@pytest.mark.parametrize(("style", "text"), TEXTS)
def test_a_style_has_one_text(style, text):
    assert style.text == text
    assert parse_style(text) == style


@settings(deadline=None)
@given(styles)
def test_the_text_is_the_style(style):
    assert parse_style(style.text) == style


@settings(deadline=None)
@given(styles, styles)
def test_equal_looks_have_equal_texts_and_others_do_not(one, other):
    assert (one == other) == (one.text == other.text)


def _check(text):
    try:
        style = parse_style(text)
    except ParameterError as error:
        parameter = error.parameter
    else:
        assert parse_style(style.text) == style
        return
    assert parameter == "look"


@settings(deadline=None)
@given(styles, st.data())
def test_a_damaged_text_is_refused_or_is_a_style(style, data):
    text = style.text
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    damaged = text[:start] + data.draw(st.text(max_size=3)) + text[stop:]
    _check(damaged)


@settings(deadline=None)
@given(st.text())
@example("[")
@example("[]|auto~auto|#ffffff")
@example("0|auto~auto|@")
def test_any_text_is_refused_or_is_a_style(text):
    _check(text)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "0|auto~auto",
        "-1|auto~auto|#ffffff",
        "x|auto~auto|#ffffff",
        "٣|auto~auto|#ffffff",
        "0|5~5|#ffffff",
        "0|7~5|#ffffff",
        "0|nan~5|#ffffff",
        "0|p-1~p101|#ffffff",
        "0|auto~1e999|#ffffff",
        "0|auto|#ffffff",
        "0|auto~auto|#fff",
        "0|auto~auto|#FFFFFF",
        "0|auto~auto|red",
        "0|auto~auto|@no/such",
        "0|auto~auto|ramp(#000000)",
        "0|auto~auto|ramp()",
        "0|auto~auto|classes(nan=#000000)",
        "0|auto~auto|classes(5~4=#000000)",
        "0|auto~auto|function(os.system)",
        "0|auto~auto|polynomial|#ffffff",
        "0|auto~auto|polynomial:0|#ffffff",
        "0|auto~auto|polynomial:1000|#ffffff",
        "0|auto~auto|sigmoidal:1:1|#ffffff",
        "0|auto~auto|invert:1|#ffffff",
        "0|auto~auto|opacity=2|#ffffff",
        "0|auto~auto|opacity=nan|#ffffff",
        "0|auto~auto|size=3|#ffffff",
        ";blend=dodge",
        ";blend=add;blend=add",
        ";saturation=11",
        ";saturation=nan",
        ";background=black",
        ";algorithm=hillshade",
        ";algorithm=a.b(c=1)",
        ";algorithm=a(c=inf)",
        ";algorithm=a(c=1,c=2)",
        ";projection=z:median:::1",
        ";projection=z:max:::0",
        ";projection=z:max",
        ";orientation=360",
        ";orientation=-1",
        ";orientation=nan",
        ";bilevel",
        ";bilevel=0",
        ";colour=red",
        ";",
        "+",
        "+".join(["0|auto~auto|#ffffff"] * (MOST_CHANNELS + 1)),
        "0" * (LONGEST + 1),
    ],
)
def test_what_is_no_style_is_refused(text):
    with pytest.raises(ParameterError, match=r"^look must be"):
        parse_style(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Curve("linear", 3, 0.2), Curve()),
        (Curve("logarithmic", 3), Curve("logarithmic")),
        (Curve("polynomial", 3, 0.2), Curve("polynomial", 3)),
        (Channel(curves=(Curve(), Curve("polynomial", 1))), Channel()),
        (Channel(nodata=math.nan), Channel()),
        (Channel(5, expression="b1"), Channel(expression="b1")),
        (Named("viridis_r"), Named("viridis", reverse=True)),
        (Named("viridis_r", reverse=True), Named("viridis")),
        (Style((Channel(),), blend="multiply"), Style((Channel(),))),
        (Algorithm("a", (("y", 1.0), ("x", 2.0))), Algorithm("a", (("x", 2.0), ("y", 1.0)))),
    ],
)
def test_what_changes_nothing_makes_no_other_value(one, other):
    assert one == other


def test_classes_know_neither_range_nor_curves():
    paint = Classes((Class(1, None, "#ff0000"),))
    plain = Channel(paint=paint)
    assert plain.stretch == FULL
    assert not plain.stretch.measured
    curved = replace(plain, stretch=AUTO, curves=(Curve("square-root"),), invert=True, discard=True)
    assert curved == plain


def test_a_label_is_no_part_of_the_text():
    rows = (Class(1, None, "#ff0000", "water"),)
    style = Style((Channel(paint=Classes(rows)),))
    unlabelled = (Class(1, None, "#ff0000"),)
    assert parse_style(style.text) == Style((Channel(paint=Classes(unlabelled)),))


def test_an_opaque_colour_is_written_without_alpha():
    assert parse_style("0|auto~auto|#ff0000ff").text == "0|auto~auto|#ff0000"
