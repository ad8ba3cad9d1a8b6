import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.looks import CELLS, GREY, RGBA, look, text
from tilewright.errors import ParameterError
from tilewright.paint import Class, Classes, Ramp
from tilewright.stretch import Curve, Stretch
from tilewright.style_text import parse_style
from tilewright.web.looks import formula
from tilewright.web.looks.legend import classes

RGB = [("bidx", "3"), ("bidx", "2"), ("bidx", "1")]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("return_mask", "true")], ""),
        ([("return_mask", "false")], ";background=#000000"),
        ([("unscale", "false")], ""),
        ([("color_formula", "saturation 0.5")], ";saturation=0.5"),
        ([("bidx", "2")], "1|auto~auto|#ffffff"),
        (RGB, "2|auto~auto|#ff0000+1|auto~auto|#00ff00+0|auto~auto|#0000ff"),
        (
            [*RGB, ("rescale", "0,3000")],
            "2|0~3000|#ff0000+1|0~3000|#00ff00+0|0~3000|#0000ff",
        ),
        (
            [*RGB, ("rescale", "0,1"), ("rescale", "0, 2"), ("rescale", "-3,3e2")],
            "2|0~1|#ff0000+1|0~2|#00ff00+0|-3~300|#0000ff",
        ),
        ([("colormap_name", "viridis_r")], "0|auto~auto|@viridis_r"),
        ([("colormap_name", "gray")], "0|auto~auto|@gray"),
        (
            [("bidx", "4"), ("nodata", "0"), ("unscale", "true")],
            "3|auto~auto|unscale|nodata=0|#ffffff",
        ),
        (
            [("expression", "(b2-b1)/(b2+b1)"), ("rescale", "-1,1"), ("colormap_name", "rdylgn")],
            "[(b2-b1)/(b2+b1)]|-1~1|@RdYlGn",
        ),
        (
            [("expression", "b1; b2 ;b3*2"), ("bidx", "7")],
            "[b1]|auto~auto|#ff0000+[b2]|auto~auto|#00ff00+[b3*2]|auto~auto|#0000ff",
        ),
        (
            [*RGB, ("color_formula", "Gamma R 2 sigmoidal BG 10 0.35 gamma RGB 0.5")],
            (
                "2|auto~auto|polynomial:0.5|polynomial:2|#ff0000"
                "+1|auto~auto|sigmoidal:10:0.35|polynomial:2|#00ff00"
                "+0|auto~auto|sigmoidal:10:0.35|polynomial:2|#0000ff"
            ),
        ),
        (
            [("bidx", "1"), ("color_formula", "gamma RGB 2, saturation 1.5")],
            "0|auto~auto|polynomial:0.5|#ffffff;saturation=1.5",
        ),
        (
            [("bidx", "1"), ("colormap", '{"7": "#f00", "3": [0, 255, 0], "5": [0, 0, 0, 0]}')],
            "0|dtype~dtype|classes(3=#00ff00 5=#00000000 7=#ff0000)",
        ),
        (
            [("bidx", "1"), ("colormap", '[[[0.5, 10], "red"], [[10, 20], [0, 0, 255, 255]]]')],
            "0|dtype~dtype|classes(0.5~10=#ff0000 10~20=#0000ff)",
        ),
        (
            [("algorithm", "hillshade"), ("algorithm_params", '{"azimuth": 45, "altitude": 1.5}')],
            ";algorithm=hillshade(altitude=1.5,azimuth=45)",
        ),
        (
            [("algorithm", "normalizedIndex"), ("bidx", "1")],
            "0|auto~auto|#ffffff;algorithm=normalizedIndex()",
        ),
    ],
)
def test_what_is_told_without_opening_the_image(pairs, expected):
    assert text(*pairs) == expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (GREY, "0|0~9|#ffffff"),
        (RGBA, "0|0~9|#ff0000+1|0~9|#00ff00+2|0~9|#0000ff"),
        (CELLS, "0|0~9|#0000ff+1|0~9|#00ff00+2|0~9|#ffffff"),
    ],
)
def test_without_bands_those_of_the_default_look_are_taken(info, expected):
    assert text(("rescale", "0,9"), info=info) == expected


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ([("bidx", "0")], "bidx"),
        ([("bidx", "-1")], "bidx"),
        ([("bidx", "1,2")], "bidx"),
        ([("bidx", "1"), ("bidx", "2")], "bidx"),
        ([("bidx", "1")] * 4, "bidx"),
        ([("bidx", "1")] * 10_000, "bidx"),
        ([("bidx", "1"), ("rescale", "1")], "rescale"),
        ([("bidx", "1"), ("rescale", "1,2,3")], "rescale"),
        ([("bidx", "1"), ("rescale", "2,1")], "rescale"),
        ([("bidx", "1"), ("rescale", "1,1")], "rescale"),
        ([("bidx", "1"), ("rescale", "0,nan")], "rescale"),
        ([("bidx", "1"), ("rescale", "0,inf")], "rescale"),
        ([*RGB, ("rescale", "0,1"), ("rescale", "0,1")], "rescale"),
        ([("bidx", "1"), ("colormap_name", "nosuchmap")], "colormap_name"),
        ([("bidx", "1"), ("colormap_name", "crimson")], "colormap_name"),
        ([*RGB, ("colormap_name", "viridis")], "colormap_name"),
        ([("colormap_name", "viridis"), ("colormap", '{"1": "red"}')], "colormap"),
        ([*RGB, ("colormap", '{"1": "red"}')], "colormap"),
        ([("colormap", "{")], "colormap"),
        ([("colormap", "3")], "colormap"),
        ([("colormap", "[]")], "colormap"),
        ([("colormap", "{}")], "colormap"),
        ([("colormap", '{"a": "red"}')], "colormap"),
        ([("colormap", '{"nan": "red"}')], "colormap"),
        ([("colormap", '{"1": "nosuchcolour"}')], "colormap"),
        ([("colormap", '{"1": [0, 0]}')], "colormap"),
        ([("colormap", '{"1": [0, 0, 256]}')], "colormap"),
        ([("colormap", '{"1": [0, 0, true]}')], "colormap"),
        ([("colormap", '[[[5, 4], "red"]]')], "colormap"),
        ([("colormap", '[[[5], "red"]]')], "colormap"),
        ([("colormap", '[[["a", 4], "red"]]')], "colormap"),
        ([("colormap", "[" * 1000)], "colormap"),
        ([("colormap", json.dumps({str(i): "red" for i in range(5000)}))], "colormap"),
        ([("colormap", '{"300": "red"}'), ("rescale", "0,9")], "colormap"),
        ([("expression", "b1.real")], "expression"),
        ([("expression", "open(b1)")], "expression"),
        ([("expression", "b1;b2")], "expression"),
        ([("expression", ";".join(["b1"] * 10_000))], "expression"),
        ([("color_formula", "gamma")], "color_formula"),
        ([("color_formula", "gamma RGB 0")], "color_formula"),
        ([("color_formula", "gamma RGBA 1")], "color_formula"),
        ([("color_formula", "gamma RGB nan")], "color_formula"),
        ([("color_formula", "sigmoidal RGB -5 0.5")], "color_formula"),
        ([("color_formula", "sigmoidal RGB 5 1")], "color_formula"),
        ([("color_formula", "saturation 11")], "color_formula"),
        ([("color_formula", "exec RGB 1")], "color_formula"),
        ([("color_formula", "gamma RGB 2 " * 1000)], "color_formula"),
        ([("algorithm", "os.system")], "algorithm"),
        ([("algorithm", "a" * 99)], "algorithm"),
        ([("algorithm_params", "{}")], "algorithm_params"),
        ([("algorithm", "slope"), ("algorithm_params", "[]")], "algorithm_params"),
        ([("algorithm", "slope"), ("algorithm_params", '{"a": "b"}')], "algorithm_params"),
        ([("algorithm", "slope"), ("algorithm_params", '{"a": 1e999}')], "algorithm_params"),
        ([("algorithm", "slope"), ("algorithm_params", '{"a(": 1}')], "algorithm_params"),
        ([("bidx", "1"), ("nodata", "x")], "nodata"),
        ([("unscale", "maybe")], "unscale"),
        ([("return_mask", "2")], "return_mask"),
    ],
)
def test_a_wrong_value_is_refused_by_name(pairs, name):
    with pytest.raises(ParameterError, match=f"^{name} must be") as caught:
        look(*pairs)
    assert caught.value.parameter == name


def test_a_legend_of_a_stretched_band_goes_back_to_its_values():
    stretch = Stretch.of(100, 355)  # one value to a step
    rows = classes({"0": "#000000", "7": "#ff0000", "255": "#ffffff", "900": "#00ff00"}, stretch)
    assert rows == Classes(
        (
            Class(-math.inf, 101, "#000000"),
            Class(107, 108, "#ff0000"),
            Class(355, math.inf, "#ffffff"),
        )
    )
    assert classes([[[0.5, 10], "#ff0000"], [[300, 301], "#00ff00"]], stretch) == Classes(
        (Class(101, 110, "#ff0000"),)
    )


@settings(deadline=None)
@given(
    st.integers(-1000, 1000),
    st.integers(1, 5000),
    st.lists(st.integers(0, 255), min_size=1, max_size=20, unique=True),
    st.integers(-2000, 7000),
)
def test_a_stretched_value_finds_the_row_that_rio_tiler_finds(low, span, keys, value):
    rows = classes({str(key): f"#{key:06x}" for key in keys}, Stretch.of(low, low + span)).rows
    # rio-tiler clips, scales to 0-255 and cuts the fraction off.
    step = int((min(max(value, low), low + span) - low) / span * 255)
    found = [row.color for row in rows if row.low <= value < row.high]
    exact = (value - low) * 255 % span == 0
    if not exact:  # at the very edge of a step rounding decides
        assert found == ([f"#{step:06x}"] if step in keys else [])
    assert len(found) <= 1


def test_all_256_steps_are_a_list_of_colours():
    everything = {str(step): [step, 0, 0] for step in range(256)}
    paint = classes(everything, Stretch.of(0, 5000))
    assert isinstance(paint, Ramp)
    assert paint.discrete
    assert paint.colors[:2] == ("#000000", "#010000")
    assert isinstance(classes(everything, None), Classes)


def test_a_formula_without_effect_is_none():
    assert formula.parse("gamma RGB 1 sigmoidal RGB 0 0.5 saturation 1") == formula.PLAIN
    assert formula.parse("") == formula.PLAIN
    assert formula.parse("gamma g 2").curves == ((), (Curve("polynomial", 0.5),), ())


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-3, 300) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.integers(0, 300).map(str) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values, st.none() | st.just("0,100"))
def test_any_colormap_is_a_look_or_is_refused(colormap, rescale):
    pairs = [("bidx", "1"), ("colormap", json.dumps(colormap)), ("rescale", rescale or "")]
    try:
        found = look(*pairs).style
    except ParameterError as error:
        parameter = error.parameter
    else:
        assert parse_style(found.text) == found
        return
    assert parameter == "colormap"


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["gamma", "Sigmoidal", "saturation", "RGB", "rg", "1", "0.5", "-3", "1e9"])
        | st.text(max_size=4),
        max_size=8,
    ).map(" ".join)
)
def test_any_formula_is_a_look_or_is_refused(words):
    try:
        found = look(("bidx", "1"), ("color_formula", words)).style
    except ParameterError as error:
        parameter = error.parameter
    else:
        assert parse_style(found.text) == found
        return
    assert parameter == "color_formula"
