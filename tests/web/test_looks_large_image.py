import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.looks import CELLS, GREY, RGBA, look
from tilewright.errors import ParameterError
from tilewright.image import Plane
from tilewright.style_text import parse_style

WHITE = "|auto~auto|#ffffff"
RED, GREEN, BLUE = "|auto~auto|#ff0000", "|auto~auto|#00ff00", "|auto~auto|#0000ff"


def styled(style, info=None):
    return look(("style", style if isinstance(style, str) else json.dumps(style)), info=info)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ({}, ""),
        ({"icc": True}, ""),
        ({"dtype": "uint8", "icc": "perceptual"}, ""),
        ({"band": 1}, "0" + WHITE),
        ({"band": "2"}, "1" + WHITE),
        ({"band": 2, "palette": None, "nodata": None, "frame": None}, "1" + WHITE),
        ({"bands": [{"band": 3}], "dtype": "uint8"}, "2" + WHITE),
        ({"band": 1, "min": 1, "max": 2.5}, "0|1~2.5|#ffffff"),
        ({"band": 1, "min": "1", "max": "2.5"}, "0|1~2.5|#ffffff"),
        ({"band": 1, "min": "auto", "max": "full"}, "0|auto~dtype|#ffffff"),
        ({"band": 1, "min": "10", "max": ""}, "0|10~auto|#ffffff"),
        ({"band": 1, "min": "min:0.02", "max": "max:0.02"}, "0|p2~p98|#ffffff"),
        ({"band": 1, "min": "min", "max": "auto:0"}, "0|p0~p100|#ffffff"),
        ({"band": 1, "nodata": 0}, "0|auto~auto|nodata=0|#ffffff"),
        ({"band": 1, "nodata": "auto"}, "0" + WHITE),
        ({"band": 1, "clamp": True}, "0" + WHITE),
        ({"band": 1, "clamp": False}, "0|auto~auto|discard|#ffffff"),
        ({"band": 1, "palette": "lime"}, "0" + GREEN),
        ({"band": 1, "palette": ["#000", "#0f0"]}, "0" + GREEN),
        ({"band": 1, "palette": ["#000f", [0, 1.0, 0]]}, "0" + GREEN),
        ({"band": 1, "palette": "viridis"}, "0|auto~auto|@viridis"),
        ({"band": 1, "palette": "cmocean.thermal"}, "0|auto~auto|@thermal"),
        (
            {"band": 1, "palette": ["k", "tab:blue", "rgba(255,0,0,0.5)"]},
            "0|auto~auto|ramp(#000000 #1f77b4 #ff000080)",
        ),
        (
            {"band": 1, "palette": ["red", "blue"], "scheme": "discrete"},
            "0|auto~auto|steps(#ff0000 #0000ff)",
        ),
        ({"band": 1, "axis": 0}, "0" + RED),
        (
            {"band": 1, "axis": 2, "palette": ["#102030", "#405060"]},
            "0|auto~auto|ramp(#000030 #000060)",
        ),
        (
            {"bands": [{"band": 1, "palette": "#f00"}, {"band": 2, "palette": "#0f0"}]},
            f"0{RED}+1{GREEN}",
        ),
        (
            {"bands": [{"band": 1, "axis": 0}, {"band": 2, "axis": 1}, {"band": 3, "axis": 2}]},
            f"0{RED}+1{GREEN}+2{BLUE}",
        ),
        (
            {"bands": [{"band": 1, "palette": "#ff0"}, {"band": 2, "palette": "#0f0"}]},
            f"0|auto~auto|#ffff00+1{GREEN};blend=lighten",
        ),
        (
            {"bands": [{"band": 1}, {"band": 2, "composite": "multiply"}]},
            f"0{WHITE}+1{WHITE};blend=multiply",
        ),
        ({"bands": [{"band": 1, "composite": "multiply"}]}, "0" + WHITE),
    ],
)
def test_what_is_told_without_opening_the_image(style, expected):
    found = styled(style)
    assert found.style.text == expected
    assert found.plane is None


@pytest.mark.parametrize(
    ("style", "info", "expected", "plane"),
    [
        ({"palette": "viridis"}, GREY, "0|auto~auto|@viridis", None),
        ({"band": -1}, RGBA, "1" + WHITE, None),
        ({"band": "gray"}, GREY, "0" + WHITE, None),
        ({"band": "blue"}, RGBA, "2" + WHITE, None),
        ({"band": "GFP"}, CELLS, "1" + WHITE, None),
        (
            {
                "bands": [
                    {"band": "red", "palette": ["#000", "#f00"]},
                    {"band": "green", "palette": ["#000", "#0f0"]},
                    {"band": "blue", "palette": ["#000", "#00f"]},
                    {"band": "alpha", "palette": ["#fff0", "#ffff"]},
                ]
            },
            RGBA,
            f"0{RED}+1{GREEN}+2{BLUE}",
            None,
        ),
        # Planes are counted with the last axis fastest: t 1, z 2.
        ({"band": 2, "frame": 7}, CELLS, "1" + WHITE, Plane.of({"t": 1, "z": 2})),
        ({"band": 2, "frame": 0}, CELLS, "1" + WHITE, Plane()),
        ({"band": 2, "framedelta": 0}, CELLS, "1" + WHITE, None),
        (
            {"bands": [{"band": 1, "frame": 3}, {"band": 2, "frame": 3}]},
            CELLS,
            f"0{WHITE}+1{WHITE};blend=lighten",
            Plane.of({"z": 3}),
        ),
        # Without a band each channel is a frame, as large_image counts.
        (
            {"bands": [{"frame": 0, "palette": "#f00"}, {"frame": 2, "palette": "#00f"}]},
            CELLS,
            f"0{RED}+2{BLUE}",
            Plane(),
        ),
        (
            {"bands": [{"frame": 22, "palette": "#f00"}, {"frame": 23, "palette": "#00f"}]},
            CELLS,
            f"1{RED}+2{BLUE}",
            Plane.of({"t": 1, "z": 2}),
        ),
        (
            {"bands": [{"framedelta": 0, "palette": "#f00"}, {"framedelta": 1, "palette": "#00f"}]},
            CELLS,
            None,
            None,
        ),
        ({"framedelta": 2}, CELLS, "2" + WHITE, None),
    ],
)
def test_what_only_the_image_can_tell(style, info, expected, plane):
    found = styled(style, info)
    expected = expected or f"0{RED}+1{BLUE}"
    assert found.style.text == expected
    assert found.plane == plane


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("{", "a JSON object of at most"),
        ("[1]", "object"),
        ("5", "object"),
        ('"band"', "object"),
        ("null ", "object"),
        ('{"band": 1, "min": NaN}', "JSON"),
        ('{"band": 1, "min": 1e999}', "min is a number"),
        ('{"band": 1, "min": ' + "9" * 5000 + "}", "JSON"),
        ("[" * 5000, "JSON"),
        ('{"band": ' + "[" * 100 + "]" * 100 + "}", "JSON"),
        ('{"band": 1}' + " " * (1 << 16), "at most 65,536 characters"),
        ({"band": 0}, "band is a number from 1"),
        ({"band": -2}, "band"),
        ({"band": 1.5}, "band"),
        ({"band": True}, "band"),
        ({"band": [1]}, "band"),
        ({"band": 10**9}, "band"),
        ({"band": "nir"}, "gray"),
        ({"bands": {}}, "bands is a list"),
        ({"bands": []}, "bands is a list"),
        ({"bands": [1]}, r"bands\[0\] is an object"),
        ({"bands": [{"band": 1}] * 65}, "list of 1 to 64"),
        ({"bands": [{"band": 1}] * 10_000}, "at most 65,536 characters"),
        ({"bands": [{"band": 1}], "min": 3}, "keys"),
        ({"band": 1, "colour": "red"}, "keys"),
        ({"band": 1, "function": {"name": "os.system"}}, "without function"),
        ({"function": "os.system"}, "without function"),
        ({"bands": [{"band": 1}], "function": []}, "without function"),
        ({"bands": [{"band": 1}, {"band": 1, "function": []}]}, r"without bands\[1\]\.function"),
        ({"band": 1, "min": 5, "max": 5}, "min is below its max"),
        ({"band": 1, "min": "max", "max": "min"}, "min is below its max"),
        ({"bands": [{"band": 1}, {"band": 2, "min": 6, "max": 5}]}, r"bands\[1\]\.min is below"),
        ({"band": 1, "min": "low"}, "min is a number"),
        ({"band": 1, "max": [3]}, "max is a number"),
        ({"band": 1, "max": True}, "max is a number"),
        ({"band": 1, "max": "max:2"}, "max is a number"),
        ({"band": 1, "palette": "nosuchmap"}, "palette"),
        ({"band": 1, "palette": []}, "palette"),
        ({"band": 1, "palette": ["red"]}, "palette"),
        ({"band": 1, "palette": ["red", 3]}, "palette"),
        ({"band": 1, "palette": ["red", [255, 0, 0]]}, "palette"),
        ({"band": 1, "palette": ["red"] * 5000}, "palette"),
        ({"band": 1, "palette": {"red": 1}}, "palette"),
        ({"band": 1, "scheme": "wavy"}, "scheme"),
        ({"band": 1, "scheme": []}, "scheme"),
        ({"band": 1, "nodata": "none"}, "nodata"),
        ({"band": 1, "clamp": 1}, "clamp"),
        ({"band": 1, "composite": "screen"}, "composite"),
        ({"band": 1, "composite": {}}, "composite"),
        (
            {"bands": [{"band": 1}, {"band": 2, "composite": "multiply"}, {"band": 3}]},
            "same composite",
        ),
        ({"band": 1, "dtype": "uint16"}, "dtype is uint8"),
        ({"bands": [{"band": 1}], "dtype": ["float"]}, "dtype is uint8"),
        ({"bands": [{"band": 1}], "icc": []}, "icc"),
        ({"band": 1, "axis": 3}, "axis"),
        ({"band": 1, "axis": True}, "axis"),
        ({"band": 1, "axis": 0, "palette": "viridis"}, "axis"),
        ({"band": 1, "frame": -1}, "frame"),
        ({"band": 1, "frame": 1.5}, "frame"),
        ({"band": 1, "frame": 1}, "from 0 to 0"),
        ({"band": 1, "frame": 10**10}, "frame"),
        ({"band": 1, "framedelta": 1}, "framedelta"),
        ({"band": 1, "framedelta": 0, "frame": 0}, "framedelta"),
        ({"framedelta": 1}, "framedelta"),
        ({"frame": 1}, "frame"),
        ({"band": "alpha"}, "gray"),
    ],
)
def test_a_wrong_style_is_refused(style, words):
    with pytest.raises(ParameterError, match=words) as caught:
        styled(style, GREY)
    assert caught.value.parameter == "style"


def test_one_plane_is_drawn():
    bands = [{"band": 1, "frame": 0}, {"band": 2, "frame": 1}]
    with pytest.raises(ParameterError, match="same frame"):
        styled({"bands": bands}, CELLS)
    with pytest.raises(ParameterError, match="same frame"):
        styled({"bands": [{"band": 1, "frame": 0}, {"band": 2}]}, CELLS)


def test_alpha_alone_is_no_picture():
    with pytest.raises(ParameterError, match="besides alpha"):
        styled({"band": "alpha"}, RGBA)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-3, 300)
    | st.text(max_size=5)
    | st.sampled_from(["auto", "min:0.1", "red", "viridis", "multiply", "discrete", "GFP"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
entries = st.dictionaries(
    st.sampled_from(
        [
            *("band", "frame", "framedelta", "min", "max", "palette", "scheme", "nodata"),
            *("composite", "clamp", "axis", "dtype", "icc", "function"),
        ]
    ),
    json_values,
    max_size=4,
)


@settings(deadline=None)
@given(
    json_values | entries | st.builds(lambda bands: {"bands": bands}, st.lists(entries)),
    st.sampled_from([GREY, RGBA, CELLS]),
)
def test_any_json_is_a_look_or_is_refused(style, info):
    try:
        found = styled(json.dumps(style), info).style
    except ParameterError as error:
        parameter = error.parameter
    else:
        assert parse_style(found.text) == found
        return
    assert parameter == "style"
