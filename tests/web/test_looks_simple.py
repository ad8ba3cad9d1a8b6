import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.styles import styles
from tests.web.looks import CELLS, GREY, RGBA, SCENE, look, text
from tilewright.errors import ParameterError
from tilewright.style import Style
from tilewright.style_text import parse_style
from tilewright.web.looks import PARAMETERS, parse_look, write_look
from tilewright.web.params import ParameterSet

NAMES = [parameter.name for parameter in PARAMETERS]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], ""),
        ([("left", "5"), ("_", "17")], ""),
        ([("band", "0")], ""),
        ([("scheme", "discrete")], ""),
        ([("band", "")], ""),
        ([("palette", "None"), ("min", "undefined"), ("max", "null"), ("band", "false")], ""),
        ([("band", "3")], "2|auto~auto|#ffffff"),
        ([("band", "1"), ("band", "2")], "1|auto~auto|#ffffff"),
        ([("palette", "viridis")], "0|auto~auto|@viridis"),
        ([("palette", "viridis_r")], "0|auto~auto|@viridis_r"),
        ([("palette", "Viridis")], "0|auto~auto|@viridis"),
        ([("cmap", "matplotlib:viridis")], "0|auto~auto|@viridis"),
        ([("palette", "gray")], "0|auto~auto|#808080"),
        ([("cmap", "gray")], "0|auto~auto|@gray"),
        ([("cmap", "crimson")], "0|auto~auto|#dc143c"),
        ([("palette", "16_colors.lut")], "0|auto~auto|@16_colors.lut"),
        ([("palette", "#F00")], "0|auto~auto|#ff0000"),
        ([("palette", "ff000080")], "0|auto~auto|#ff000080"),
        ([("palette", "rgb(255, 0, 0)")], "0|auto~auto|#ff0000"),
        ([("palette", "hsl(120, 100%, 50%)")], "0|auto~auto|#00ff00"),
        ([("palette", "hsv(240,100%,100%)")], "0|auto~auto|#0000ff"),
        ([("palette", "black,red")], "0|auto~auto|#ff0000"),
        ([("palette", "red, #00ff00,rgb(0,0,255)")], "0|auto~auto|ramp(#ff0000 #00ff00 #0000ff)"),
        ([("palette", "red"), ("scheme", "discrete")], "0|auto~auto|steps(#000000 #ff0000)"),
        (
            [("palette", "Set1_3")],
            "0|auto~auto|ramp(#e41a1c #377eb8 #4daf4a)",
        ),
        ([("palette", "Set1_3"), ("scheme", "discrete")], "0|auto~auto|@colorbrewer:set1_3"),
        ([("band", "2"), ("min", "0"), ("max", "1e3")], "1|0~1000|#ffffff"),
        ([("band", "2"), ("min", "auto"), ("max", "9.5")], "1|auto~9.5|#ffffff"),
        ([("band", "2"), ("min", "full"), ("max", "full")], "1|dtype~dtype|#ffffff"),
        ([("band", "2"), ("min", "min"), ("max", "max")], "1|p0~p100|#ffffff"),
        ([("band", "2"), ("min", "min:0.07"), ("max", "max:0.02")], "1|p7~p98|#ffffff"),
        ([("band", "2"), ("min", "auto:0.01"), ("max", "auto:0.01")], "1|p1~p99|#ffffff"),
        ([("band", "2"), ("nodata", "-9999")], "1|auto~auto|nodata=-9999|#ffffff"),
        ([("band", "2"), ("nodata", "nan")], "1|auto~auto|#ffffff"),
        ([("band", "2"), ("nodata", "-inf")], "1|auto~auto|nodata=-inf|#ffffff"),
        ([("look", "4|p2~p98|@Magma_r")], "4|p2~p98|@magma_r"),
        ([("look", "[ b1 + b2 ]|0~1|#ffffff")], "[b1+b2]|0~1|#ffffff"),
        ([("look", ";orientation=90")], ";orientation=90"),
    ],
)
def test_what_is_told_without_opening_the_image(pairs, expected):
    assert text(*pairs) == expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (GREY, "0|0~99|nodata=0|#ffffff"),
        (
            RGBA,
            "0|0~99|nodata=0|#ff0000+1|0~99|nodata=0|#00ff00+2|0~99|nodata=0|#0000ff",
        ),
        (
            CELLS,
            "0|0~99|nodata=0|#0000ff+1|0~99|nodata=0|#00ff00+2|0~99|nodata=0|#ffffff",
        ),
        (
            SCENE,
            "0|0~99|nodata=0|#ff0000+1|0~99|nodata=0|#00ff00+2|0~99|nodata=0|#0000ff",
        ),
    ],
)
def test_a_range_alone_is_for_the_bands_of_the_default_look(info, expected):
    assert text(("min", "0"), ("max", "99"), ("nodata", "0"), info=info) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("band", "-1"),
        ("band", "1.5"),
        ("band", "abc"),
        ("band", "65536"),
        ("band", "9" * 5000),
        ("min", "low"),
        ("min", "nan"),
        ("min", "1e999"),
        ("min", "9" * 5000),
        ("max", "max:1.5"),
        ("max", "max:-0.1"),
        ("max", "max:"),
        ("max", "infinity"),
        ("palette", "nosuchmap"),
        ("palette", "red,nosuchcolour"),
        ("palette", ","),
        ("palette", "rgb(1,2)"),
        ("palette", "rgb(0,0,0" + "0" * 9999),
        ("palette", "#12345"),
        ("palette", "../etc.lut"),
        ("palette", ",".join(["red"] * 5000)),
        ("cmap", "nosuchmap"),
        ("cmap", "x" * 9999),
        ("scheme", "wavy"),
        ("nodata", "nothing"),
        ("look", "nonsense"),
        ("look", "0|auto~auto|@nosuchmap"),
        ("style", "1"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(ParameterError, match=f"^{name} must be") as caught:
        look(("band", "1"), (name, value)) if name not in {"look", "style"} else look((name, value))
    assert caught.value.parameter == name
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ([("band", "1"), ("min", "5"), ("max", "5")], "min"),
        ([("band", "1"), ("min", "6"), ("max", "5")], "min"),
        ([("band", "1"), ("min", "max"), ("max", "min")], "min"),
        ([("look", "0|auto~auto|#ffffff"), ("band", "1")], "band"),
        ([("look", "0|auto~auto|#ffffff"), ("style", "{}")], "style"),
        ([("look", "[os.system]|0~1|#ffffff")], "expression"),
        ([("look", "[b1;b2]|0~1|#ffffff")], "expression"),
        ([("bidx", "1"), ("band", "1")], "band"),
        ([("rescale", "0,1"), ("palette", "red")], "palette"),
        ([("style", "{}"), ("bidx", "1")], "bidx"),
    ],
)
def test_what_does_not_go_together_is_refused(pairs, name):
    with pytest.raises(ParameterError) as caught:
        look(*pairs)
    assert caught.value.parameter == name


def test_the_simple_parameters_do_not_count_beside_a_style():
    assert text(("style", '{"band": 2}'), ("band", "9"), ("min", "oops")) == "1|auto~auto|#ffffff"


def test_equal_looks_of_all_languages_have_one_text():
    assert (
        text(("band", "1"), ("palette", "viridis"), ("min", "0"), ("max", "99"))
        == text(("style", '{"band": 1, "palette": "viridis", "min": 0, "max": 99.0}'))
        == text(("bidx", "1"), ("colormap_name", "viridis"), ("rescale", "0,99"))
        == text(("look", "0|0~99|@viridis"))
    )


@settings(deadline=None)
@given(styles)
def test_our_own_urls_round_trip(style):
    fields = write_look(style)
    assert parse_style(dict(fields).get("look", "")) == style
    assert (fields == ()) == (style == Style())


def test_a_look_survives_the_way_through_a_url():
    style = parse_style("[(b2-b1)/(b2+b1)]|-1~1|@RdYlGn+1|p2~p98|ramp(#000000 #ff0000);blend=over")
    declared = ParameterSet(PARAMETERS)
    query = declared.write(dict(write_look(style)))
    assert not {*query} & {*" #+;|"}
    assert look(*declared.read(query).items()).style == style


words = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["1", "viridis", "red,blue", "0,1", "b1+b2", "Gamma RGB 2", "true", "{}"]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ).map(str),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), words), max_size=4),
    st.sampled_from([GREY, RGBA, CELLS]),
)
def test_any_query_is_a_look_or_is_refused(pairs, info):
    try:
        found = parse_look(pairs, lambda: info)
    except ParameterError as error:
        parameter = error.parameter
    else:
        assert parse_style(found.style.text) == found.style
        return
    assert parameter in NAMES


def test_every_parameter_is_declared_for_the_schema():
    for parameter in PARAMETERS:
        assert parameter.help.endswith(".")
        assert parameter.schema["type"] in {"string", "integer", "number", "boolean", "array"}
    assert len({*NAMES}) == len(NAMES)


@pytest.mark.parametrize("word", ["", "None", "null", "undefined", "false"])
def test_what_clients_send_for_nothing_is_declared_good(word):
    declared = ParameterSet(PARAMETERS)
    query = "&".join(f"{name}={word}" for name in ("band", "min", "palette", "style", "look"))
    assert look(*declared.read(query).items()).style == Style()
