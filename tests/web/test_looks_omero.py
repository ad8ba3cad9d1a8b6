import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.styles import styles
from tests.web.looks import CELLS, GREY, RGBA, SCENE, layout
from tilewright.image import Band
from tilewright.paint import Solid
from tilewright.stretch import Curve, Stretch
from tilewright.style import Channel, Projection, Style
from tilewright.style_text import parse_style
from tilewright.web.looks.omero import NOTHING, parse_omero

PLAIN = layout(Band(), Band(), Band(), Band(), Band())
SAVED = Style(
    (
        Channel(1, stretch=Stretch.of(10, 20), curves=(Curve("polynomial", 2),), invert=True),
        Channel(2, paint=Solid("#ffff00")),
    )
)


def omero(c=None, m=None, maps=None, p=None, *, info=PLAIN, saved=None):
    maps = maps if maps is None or isinstance(maps, str) else json.dumps(maps)
    return parse_omero(
        *(c, m, maps, p), info=info, saved=saved or Style(), lut_exists="known.lut".__eq__
    )


RED, GREEN, BLUE = "0|auto~auto|#ff0000", "1|auto~auto|#00ff00", "2|auto~auto|#0000ff"


@pytest.mark.parametrize(
    ("c", "expected"),
    [
        ("1", RED),
        ("1,2,3", f"{RED}+{GREEN}+{BLUE}"),
        ("1,-2,3,4", f"{RED}+{BLUE}+3|auto~auto|#ff0000"),
        ("3,1", f"{RED}+{BLUE}"),
        (" 1 , 3 ", f"{RED}+{BLUE}"),
        ("1|$FF8800", "0|auto~auto|#ff8800"),
        ("1$FF8800", "0|auto~auto|#ff8800"),
        ("1$111111|$FF8800", "0|auto~auto|#ff8800"),
        ("2|463:2409", "1|463~2409|#00ff00"),
        ("2|463.5:2409.25$fff", "1|463.5~2409.25|#ffffff"),
        ("2|463:2409$fff8", "1|463~2409|#888888"),
        ("2|463:2409$ff00ff80", "1|463~2409|#800080"),
        ("2|463:2409$ff00ffFF", "1|463~2409|#ff00ff"),
        # Each keeps its own, in any order; the last of two counts.
        ("3|5:6$FFF,1|7:8$888", "0|7~8|#888888+2|5~6|#ffffff"),
        ("1|5:6,1|7:8", "0|7~8|#ff0000"),
        ("1|5:6,-1", None),
        ("-1,1|5:6", "0|5~6|#ff0000"),
        # What cannot be read is passed over.
        ("", None),
        (",,", None),
        ("-1,-2", None),
        ("0", None),
        ("6", None),
        ("x|1:2", None),
        ("x,1", RED),
        ("1.5,2", GREEN),
        ("1|12:1386r$0000FF", "0|auto~auto|#0000ff"),
        ("1|5", RED),
        ("1|5:6:7", RED),
        ("1|nan:7", RED),
        ("1|0:inf", RED),
        ("1|:", RED),
        ("1$1$2|$3", RED),
        ("1|5:6$FFFFF", "0|5~6|#ff0000"),
        ("1|5:6$red", "0|5~6|#ff0000"),
        ("1|5:6$known.lut", "0|5~6|@known.lut"),
        ("1|5:6$unknown.lut", "0|5~6|#ff0000"),
        ("1|5:6$known.LUT", "0|5~6|#ff0000"),
        ("1|5:6$../known.lut", "0|5~6|#ff0000"),
        # A window that falls is the whole type; one that hangs over is cut off.
        ("1|9:8", "0|0~65535|#ff0000"),
        ("1|-5:70000", "0|0~65535|#ff0000"),
        ("1|-5:700", "0|0~700|#ff0000"),
        ("1|60000:70000", "0|60000~65535|#ff0000"),
    ],
)
def test_channels(c, expected):
    found = omero(c, "c")
    assert found == NOTHING if expected is None else found.text == f"{expected};background=#000000"


def test_an_empty_window_is_bright_from_its_value_up():
    stretch = omero("1|7:7", "c").channels[0].stretch
    assert stretch.low.amount < stretch.high.amount == 7
    assert stretch.low.amount > 6.999999


def test_a_window_of_floats_may_have_any_ends():
    assert omero("1|-0.5:0.5", "c", info=SCENE).channels[0].stretch == Stretch.of(-0.5, 0.5)
    whole = Stretch.of(-2147483648, 2147483647)
    assert omero("1|1:0", "c", info=SCENE).channels[0].stretch == whole


def test_nothing_on_is_a_black_picture():
    assert NOTHING.text == "0|dtype~dtype|opacity=0|#ffffff;background=#000000"


def test_without_channels_the_saved_look_is_shown():
    assert omero() == Style()
    assert omero(m="c", maps=[{"inverted": {"enabled": True}}]) == Style()
    assert omero(saved=SAVED) == SAVED


def test_what_an_entry_does_not_say_is_as_saved():
    found = omero("1,2|5:6,3|$FF0000", saved=SAVED)
    assert found.text == (
        "0|auto~auto|#ff0000+1|5~6|polynomial:2|invert|#ffffff+2|auto~auto|#ff0000"
        ";background=#000000"
    )


def test_colours_are_the_files_own():
    found = omero("1,2,3", "c", info=CELLS)
    assert [channel.paint.color for channel in found.channels] == ["#0000ff", "#00ff00", "#ffffff"]
    # Alpha is no channel.
    assert len(omero("1,2,3,4", "c", info=RGBA).channels) == 3


@pytest.mark.parametrize(
    ("c", "m", "info", "expected"),
    [
        ("2|5:6$FF0000,1|7:8$FF0000", "g", PLAIN, "0|7~8|#ffffff"),
        ("-1,2|5:6$known.lut", "g", PLAIN, "1|5~6|#ffffff"),
        (None, "g", CELLS, "0|auto~auto|#ffffff"),
        (None, "g", RGBA, "0|auto~auto|#ffffff"),
        ("1|$FF0000", None, GREY, "0|auto~auto|#ffffff"),
        ("1|$FF0000", "c", GREY, "0|auto~auto|#ff0000"),
        ("1|$FF0000", "x", PLAIN, "0|auto~auto|#ff0000"),
        ("1|$FF0000,2", None, SCENE, "0|auto~auto|#ffffff"),
    ],
)
def test_the_greyscale_model_shows_the_first_channel_in_white(c, m, info, expected):
    assert omero(c, m, info=info).text == f"{expected};background=#000000"


ON = {"inverted": {"enabled": True}}


@pytest.mark.parametrize(
    ("maps", "inverted"),
    [
        (None, [True, False]),
        ([], [True, False]),
        ([ON, ON], [True, True]),
        ([{}, ON], [False, True]),
        ([{}], [False, False]),
        ([None, 5], [False, False]),
        ([{"reverse": {"enabled": True}}], [True, False]),
        ([{"inverted": {"enabled": False}, "reverse": {"enabled": True}}], [False, False]),
        ([{"inverted": {"enabled": "true"}}], [True, False]),
        ([{"inverted": {"enabled": 1}}], [False, False]),
        ([{"inverted": True}], [False, False]),
        ("{", [True, False]),
        ('{"a": 1}', [True, False]),
        ("[" * 10_000, [True, False]),
    ],
)
def test_maps_invert(maps, inverted):
    found = omero("2,3", "c", maps, saved=SAVED)
    assert [channel.invert for channel in found.channels] == inverted


def _quantization(family, *coefficient):
    return {
        "quantization": {"family": family, **dict(zip(["coefficient"], coefficient, strict=False))}
    }


@pytest.mark.parametrize(
    ("maps", "curves"),
    [
        ([], [(Curve("polynomial", 2),), ()]),
        ([{}], [(Curve("polynomial", 2),), ()]),
        ([_quantization("linear", 3)], [(), ()]),
        ([_quantization("exponential", 0.5)], [(Curve("exponential", 0.5),), ()]),
        ([_quantization("exponential")], [(Curve("exponential", 1),), ()]),
        ([_quantization("logarithmic", 7)], [(Curve("logarithmic"),), ()]),
        (
            [_quantization("polynomial", "1.5"), _quantization("polynomial", 0.5)],
            [(Curve("polynomial", 1.5),), (Curve("polynomial", 0.5),)],
        ),
        # From the first that is wrong on they are as saved.
        (
            [_quantization("wavy", 1), _quantization("polynomial", 0.5)],
            [(Curve("polynomial", 2),), ()],
        ),
        ([_quantization("polynomial", 0)], [(Curve("polynomial", 2),), ()]),
        ([_quantization("polynomial", -1)], [(Curve("polynomial", 2),), ()]),
        ([_quantization("polynomial", "x")], [(Curve("polynomial", 2),), ()]),
        ([_quantization("polynomial", [])], [(Curve("polynomial", 2),), ()]),
        ([_quantization("polynomial", 10**400)], [(Curve("polynomial", 2),), ()]),
        ([_quantization(["linear"])], [(Curve("polynomial", 2),), ()]),
        ([{"quantization": 3}], [(Curve("polynomial", 2),), ()]),
    ],
)
def test_maps_bend(maps, curves):
    found = omero("2,3", "c", maps, saved=SAVED)
    assert [channel.curves for channel in found.channels] == curves


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (None, None),
        ("normal", None),
        ("split", None),
        ("intmax", Projection("z", "max")),
        ("intmean|1:3", Projection("z", "mean", 1, 3)),
        ("intsum|-4:99", Projection("z", "sum")),
        ("intsum|0:4", Projection("z", "sum")),
        ("intmax|2:2", Projection("z", "max", 2, 2)),
        ("intmax|3:1", Projection("z", "max")),
        ("intmax|1", Projection("z", "max")),
        ("intmax|a:b", Projection("z", "max")),
        ("intmax|7:9", Projection("z", "max")),
    ],
)
def test_projection(p, expected):
    assert omero("1", "c", p=p, info=CELLS).projection == expected
    assert omero(p=p, info=CELLS).projection == expected
    assert omero("1", "c", p=p, info=GREY).projection is None


texts = st.none() | st.text(max_size=40)
channels = st.lists(
    st.text(st.sampled_from("-0123456789|:$.AFaflut "), max_size=15), max_size=5
).map(",".join)


@settings(deadline=None)
@given(
    texts | channels,
    texts | st.sampled_from(["g", "c"]),
    texts,
    texts,
    st.sampled_from([GREY, RGBA, CELLS, PLAIN]),
    st.just(Style()) | styles,
)
def test_any_parameters_are_a_look(c, m, maps, p, info, saved):
    found = omero(c, m, maps, p, info=info, saved=saved)
    assert parse_style(found.text) == found
