"""Rendering settings: groups 6-8, 15-17, 21, 22, 27 and 32."""

import json
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from tests.web.webgateway.samples import RGB, layout, subject
from tilewright.errors import ParameterError
from tilewright.image import Band
from tilewright.paint import Named, Solid
from tilewright.web.looks.omero import type_range
from tilewright.web.webgateway.looks import style_of
from tilewright.web.webgateway.rdefs import SavedRow, copied_document, rdefs_document
from tilewright.web.webgateway.settings import (
    ChannelSettings,
    RenderingSettings,
    defaults,
    measured_bands,
    merged,
)
from tilewright.web.webgateway.strict import check_complete, check_savable

INFO = layout(100, 80, axes=[("z", 5), ("t", 2)])
SAVED = defaults(INFO, {0: (0.0, 10.0), 1: (0.0, 20.0), 2: (0.0, 30.0)})
WHOLE = "1|0:9$FF0000,2|0:8$00FF00,3|0:7$0000FF"
THREE = json.dumps([{}, {}, {}])


def saved_by(saved=SAVED, info=INFO, **query):
    return merged(saved, urlencode(query), info, lut_exists="cool.lut".__eq__)


def curves(settings):
    return [(one.family, one.coefficient) for one in settings.channels]


def quantized(family, coefficient):
    return {"quantization": {"family": family, "coefficient": coefficient}}


def test_case_6_settings_are_copied_to_another_image():
    first = saved_by(m="c", c=WHOLE, maps=json.dumps([quantized("logarithmic", 0.5)] * 3))
    copied = copied_document(first, INFO)
    grey = replace(SAVED, model="greyscale")
    second = saved_by(grey, **{name: copied[name] for name in ("c", "m", "maps", "z", "t")})
    assert second.model == "rgb"
    assert curves(second) == [("logarithmic", 0.5)] * 3
    assert second == first


def test_case_7_settings_are_copied_from_a_query():
    found = saved_by(c=WHOLE, m="c", maps=json.dumps([quantized("exponential", 0.8)] * 3))
    assert [(one.start, one.end, one.color) for one in found.channels] == [
        (0, 9, "#ff0000"),
        (0, 8, "#00ff00"),
        (0, 7, "#0000ff"),
    ]
    assert found.model == "rgb"
    assert curves(found) == [("exponential", 0.8)] * 3


def test_case_8_documents_of_saved_settings():
    first = {"inverted": {"enabled": True}, **quantized("logarithmic", 0.45)}
    settings = saved_by(c=WHOLE, maps=json.dumps([first, quantized("exponential", 0.9), {}]))
    document = rdefs_document([SavedRow(4, 7, "Ada", "Byron", settings)])
    (row,) = document["rdefs"]
    assert (row["id"], row["model"], row["z"], row["t"]) == (4, "rgb", 2, 0)
    assert row["owner"] == {"id": 7, "firstName": "Ada", "lastName": "Byron"}
    assert [one["inverted"] for one in row["c"]] == [True, False, False]
    assert [one["reverseIntensity"] for one in row["c"]] == [True, False, False]
    assert [one["family"] for one in row["c"]] == ["logarithmic", "exponential", "linear"]
    assert [one["coefficient"] for one in row["c"]] == [0.45, 0.9, 1.0]
    assert row["c"][1] == {
        "active": True,
        "start": 0.0,
        "end": 8.0,
        "color": "00FF00",
        "inverted": False,
        "reverseIntensity": False,
        "family": "exponential",
        "coefficient": 0.9,
        "rgb": {"red": 0, "green": 255, "blue": 0},
    }
    assert json.dumps(document)


@pytest.mark.parametrize("word", ["inverted", "reverse"])
def test_case_15_maps(word):
    def turned(*maps):
        start = replace(
            SAVED, channels=tuple(replace(one, inverted=True) for one in SAVED.channels)
        )
        found = saved_by(start, c="1,2,3", maps=json.dumps(maps))
        return [one.inverted for one in found.channels]

    def on(value):
        return {word: {"enabled": value}}

    # Of a missing entry the saved value is kept; one that says nothing turns it off.
    assert turned(on("true"), on("false")) == [True, False, True]
    assert turned({}, on("true"), on(True)) == [False, True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"m": "x"},
        {"m": None},
        {"m": ""},
        {"c": None},
        {"c": "1|$FF0000,2|0:8$00FF00,3|0:7$0000FF"},
        {"c": "1|0:9$FF0000,2|0:255,3|0:7$0000FF"},
        {"c": "1|0:9$FF0000,2|0:8$00FF00,3|0:7$green"},
        {"c": "1|0:9$FF0000,-2,3|0:7$0000FF"},
        {"c": "1|0:9$FF0000,x|0:8$00FF00,3|0:7$0000FF"},
        {"c": "1|0:9$FF0000,2|0:y$00FF00,3|0:7$0000FF"},
        {"c": "1|0:9$FF0000,2|0:8$00FF00,"},
        {"maps": json.dumps([{}, {}])},
        {"maps": json.dumps([{}] * 4)},
        {"maps": json.dumps({"0": 1, "1": 2, "2": 3})},
        {"maps": "[1,2,3]"},
        {"maps": "[{},{},"},
        {"maps": "[" * 60_000},
        {"maps": ""},
    ],
)
def test_case_16_incomplete_settings(wrong):
    query = {"c": WHOLE, "m": "c", "maps": THREE, **wrong}
    text = urlencode({name: value for name, value in query.items() if value is not None})
    with pytest.raises(ParameterError) as caught:
        check_complete(text)
    assert caught.value.parameter in wrong
    with pytest.raises(ParameterError):
        check_savable(text)


def test_case_16_complete_settings():
    for m in ("c", "g"):
        check_complete(urlencode({"c": WHOLE, "m": m, "maps": THREE}))
    # No channel at all, as iviewer asks it; and tables.
    check_complete("c=&maps=[]&m=c")
    check_complete("c=1|0:9$cool.lut,-2|0:8$abc&maps=[{},{}]&m=g&_=7")


def test_maps_may_be_left_out_of_what_is_saved():
    query = urlencode({"c": WHOLE, "m": "c"})
    check_savable(query)
    with pytest.raises(ParameterError) as caught:
        check_complete(query)
    assert caught.value.parameter == "maps"


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("abc", "#aabbcc"),
        ("abcd", "#aabbccdd"),
        ("abbccd", "#abbccd"),
        ("abbccdde", "#abbccdde"),
        ("#$%&%", "#ff0000"),
    ],
)
def test_case_17_colours(text, color):
    assert saved_by(c=f"1|0:9${text}").channels[0].color == color


def test_case_21_an_entry_changes_no_other_channel():
    found = saved_by(c="2|409:5015$F0F0F0")
    assert [one.active for one in found.channels] == [False, True, False]
    assert [one.color for one in found.channels] == ["#ff0000", "#f0f0f0", "#0000ff"]
    assert (found.channels[1].start, found.channels[1].end) == (409, 5015)


def test_a_channel_that_is_off_is_changed_too_when_it_is_saved():
    found = saved_by(c="-1|3:4$888888,2")
    assert not found.channels[0].active
    assert (found.channels[0].start, found.channels[0].color) == (3, "#888888")


def test_a_table_lies_over_the_colour_and_a_colour_takes_it_off():
    first = saved_by(c="1|0:9$cool.lut,2|0:9$none.lut")
    assert (first.channels[0].lut, first.channels[0].color) == ("cool.lut", "#ff0000")
    assert (first.channels[1].lut, first.channels[1].color) == (None, "#00ff00")
    seen = subject(INFO, first)
    assert style_of({"c": "1"}, seen).channels[0].paint == Named("cool.lut")
    # A table that was taken away leaves the colour.
    gone = replace(seen, lut_exists="other.lut".__eq__)
    assert style_of({"c": "1"}, gone).channels[0].paint == Solid("#ff0000")
    assert style_of({}, gone).channels[0].paint == Solid("#ff0000")
    assert saved_by(first, c="1|$00FF00").channels[0].lut is None
    assert saved_by(first, c="1").channels[0].lut == "cool.lut"


@pytest.mark.parametrize(
    ("dtype", "ends"),
    [
        ("int8", (-128, 127)),
        ("uint8", (0, 255)),
        ("int16", (-32768, 32767)),
        ("uint16", (0, 65535)),
        ("int32", (-2147483648, 2147483647)),
        ("uint32", (0, 4294967295)),
        ("float32", (-2147483648, 2147483647)),
        ("float64", (-2147483648, 2147483647)),
        ("bool", (0, 1)),
    ],
)
def test_case_22_and_27_ranges_of_types(dtype, ends):
    info = layout(9, 9, bands=1, dtype=dtype)
    assert type_range(info) == ends
    window = defaults(info, {}).channels[0]
    assert (window.start, window.end) == ends


@pytest.mark.parametrize(
    ("dtype", "bits", "ends"),
    [
        ("uint16", 12, (0, 4095)),
        ("uint16", 16, (0, 65535)),
        ("uint16", 32, (0, 65535)),
        ("int16", 12, (-2048, 2047)),
        ("uint8", 1, (0, 1)),
        ("int8", 1, (-1, 0)),
        ("uint32", 24, (0, 16777215)),
        ("float32", 12, (-2147483648, 2147483647)),
        ("bool", 8, (0, 1)),
    ],
)
def test_case_27_ranges_of_the_bits_that_count(dtype, bits, ends):
    info = replace(layout(9, 9, bands=1, dtype=dtype), significant_bits=bits)
    assert type_range(info) == ends
    window = defaults(info, {}).channels[0]
    assert (window.start, window.end) == ends


@pytest.mark.parametrize(
    ("window", "ends"),
    [("0:65535", (0, 4095)), ("9:8", (0, 4095)), ("100:4150", (100, 4095)), ("0:9", (0, 9))],
)
def test_case_27_windows_lie_within_the_bits_that_count(window, ends):
    info = replace(INFO, significant_bits=12)
    stretch = style_of({"c": f"1|{window}$FF0000"}, subject(info)).channels[0].stretch
    assert (stretch.low.amount, stretch.high.amount) == ends
    saved = saved_by(info=info, c=f"1|{window}$FF0000").channels[0]
    assert (saved.start, saved.end) == ends
    assert copied_document(defaults(info, {}), info)["pixel_range"] == "0:4095"
    # The same query on an image of all its bits is another look.
    assert style_of({"c": "1|0:65535$FF0000"}, subject(INFO)).channels[0].stretch.high.amount > 4095


@pytest.mark.parametrize(
    ("quantization", "curve"),
    [
        ({"family": "linear", "coefficient": 1.8}, ("linear", 1.0)),
        ({"family": "polynomial", "coefficient": 1.8}, ("polynomial", 1.8)),
        ({"family": "exponential", "coefficient": 1.8}, ("exponential", 1.8)),
        ({"family": "logarithmic", "coefficient": 1.8}, ("logarithmic", 1.8)),
        ({"family": "polynomial", "coefficient": 1}, ("polynomial", 1.0)),
        ({"family": "logarithmic"}, ("logarithmic", 1.0)),
        ({"family": "polynomial", "coefficient": -1}, ("linear", 1.0)),
        ({"family": "polynomial", "coefficient": 0}, ("linear", 1.0)),
        ({"family": "polynomial", "coefficient": "NaN"}, ("linear", 1.0)),
        ({"family": "square", "coefficient": 2}, ("linear", 1.0)),
        ({}, ("linear", 1.0)),
    ],
)
def test_case_32_quantization(quantization, curve):
    maps = json.dumps([{"quantization": quantization}])
    assert curves(saved_by(c="1", maps=maps))[0] == curve


def test_the_coefficient_of_a_logarithm_is_in_no_key():
    half, whole = (
        saved_by(c="1", maps=json.dumps([quantized("logarithmic", coefficient)]))
        for coefficient in (0.5, 1)
    )
    assert half != whole
    assert style_of({}, subject(INFO, half)).text == style_of({}, subject(INFO, whole)).text


def test_defaults():
    found = defaults(INFO, {0: (3.0, 90.0), 1: (4.0, 4.0), 2: (float("nan"), 1.0)})
    assert (found.model, found.z, found.t, found.projection) == ("rgb", 2, 0, "normal")
    assert [(one.start, one.end) for one in found.channels] == [(3, 90), (0, 65535), (0, 65535)]
    many = defaults(layout(9, 9, bands=9), {})
    assert many.model == "greyscale"
    assert [one.active for one in many.channels] == [True] * 3 + [False] * 6
    assert defaults(layout(9, 9, bands=1), {}).channels[0].color == "#ffffff"


def test_default_colours_are_the_files_own():
    info = replace(INFO, bands=(Band("A", color="#0000ff"), Band("B", display=(5, 6)), Band("C")))
    found = defaults(info, {})
    assert [one.color for one in found.channels] == ["#0000ff", "#ffffff", "#ffffff"]
    assert (found.channels[1].start, found.channels[1].end) == (5, 6)
    turned = layout(9, 9, bands=("blue", "green", "red"), dtype="uint8")
    assert [one.color for one in defaults(turned, {}).channels] == ["#0000ff", "#00ff00", "#ff0000"]
    film = layout(9, 9, bands=("white-is-zero",), dtype="uint8")
    assert defaults(film, {}).channels[0].inverted


def test_which_bands_are_measured():
    assert measured_bands(INFO) == (0, 1, 2)
    assert measured_bands(layout(9, 9, bands=RGB, dtype="uint8")) == ()
    assert measured_bands(layout(9, 9, bands=(*RGB, "alpha"))) == (0, 1, 2)
    assert len(measured_bands(layout(9, 9, bands=500))) == 64


def test_the_model_is_kept_unless_the_query_says_another():
    grey = replace(SAVED, model="greyscale")
    assert len(style_of({"c": "2,3"}, subject(INFO, grey)).channels) == 1
    assert len(style_of({"c": "2,3", "m": "c"}, subject(INFO, grey)).channels) == 2
    assert len(style_of({}, subject(INFO, grey)).channels) == 1
    assert len(style_of({"m": "c"}, subject(INFO, grey)).channels) == 3
    assert len(style_of({"m": "x"}, subject(INFO, SAVED)).channels) == 3
    white = style_of({"m": "g", "c": "2|0:9$FF0000"}, subject(INFO, SAVED)).channels[0]
    assert (white.band, white.paint) == (1, Solid("#ffffff"))


def test_no_channel_on_is_black_in_either_model():
    off = replace(SAVED, channels=tuple(replace(one, active=False) for one in SAVED.channels))
    for m in ("c", "g", None):
        channel = style_of({"m": m}, subject(INFO, off)).channels[0]
        assert channel.opacity == 0


def test_what_is_saved_of_the_viewer():
    found = saved_by(z="5", t="2", p="intmax|0:2", ia="1")
    assert (found.z, found.t, found.projection, found.invert_axis) == (4, 1, "intmax|0:2", True)
    assert saved_by(found, p="split").projection == "normal"
    assert saved_by(found, c="1").projection == "intmax|0:2"
    assert saved_by(found, ia="0").invert_axis is False
    for wrong in ({"z": "6"}, {"t": "0"}, {"z": "x"}, {"t": "3"}):
        with pytest.raises(ParameterError) as caught:
            saved_by(**wrong)
        assert caught.value.parameter in wrong


def test_what_is_stored_is_restored():
    settings = saved_by(
        c="1|0.5:9.25$cool.lut,-3|1:2$ff000080",
        m="g",
        z="2",
        maps=json.dumps([quantized("polynomial", 2)]),
    )
    document = json.loads(json.dumps(settings.stored()))
    assert RenderingSettings.restored(document) == settings


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"model": "purple"},
        {"channels": None},
        {"channels": 5},
        {"channels": [None]},
        {"channels": [{}]},
        {"channels": [{"active": True}] * 5000},
        {"z": -1},
        {"z": "1"},
    ],
)
def test_what_is_damaged_is_not_restored(damage):
    with pytest.raises(ValueError, match=r"not rendering|counts from 0"):
        RenderingSettings.restored({**SAVED.stored(), **damage} if damage else {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"color": "red"},
        {"start": float("nan")},
        {"end": float("inf")},
        {"family": "equalize"},
        {"family": "polynomial", "coefficient": -1.0},
        {"lut": "../x.lut"},
    ],
)
def test_settings_of_a_channel_are_checked(wrong):
    values = {"active": True, "start": 0.0, "end": 1.0, "color": "#ffffff", **wrong}
    with pytest.raises(ValueError, match=r"colour|finite|coefficient|four|colormap"):
        ChannelSettings(**values)


def test_settings_fit_an_image_of_as_many_channels_and_planes():
    assert SAVED.fits(INFO)
    assert not SAVED.fits(layout(9, 9, bands=2))
    assert not SAVED.fits(layout(9, 9))  # the plane is gone


def test_what_is_copied_is_a_query():
    settings = saved_by(c="1|0.5:9.25$cool.lut,-3|1:2$ff000080", m="g")
    copied = copied_document(settings, INFO)
    assert copied["c"] == "1|0.5:9.25$cool.lut,-2|0:20$00FF00,-3|1:2$FF000080"
    assert (copied["m"], copied["pixel_range"], copied["z"]) == ("g", "0:65535", 3)
    query = "&".join(f"{name}={quote(str(copied[name]))}" for name in ("c", "m", "maps"))
    check_complete(query)
    assert merged(SAVED, query, INFO, lut_exists="cool.lut".__eq__) == settings
