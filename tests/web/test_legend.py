import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.colormaps import Colormaps
from tilewright.errors import ParameterError
from tilewright.geometry import Size
from tilewright.legend import Scale
from tilewright.paint import Class, Classes, Named, Ramp
from tilewright.web.legend import classes_svg, legend, scale_svg

SVG = "{http://www.w3.org/2000/svg}"
COLORMAPS = Colormaps()


def root_of(text):
    return ET.fromstring(text)  # noqa: S314 - our own text


@pytest.mark.parametrize(
    ("query", "scale"),
    [
        ("", Scale(Size(256, 24))),
        ("orientation=vertical", Scale(Size(24, 256), "vertical")),
        ("min=0&max=1", Scale(Size(256, 48), span=(0.0, 1.0))),
        (
            "orientation=vertical&min=-2.5&max=1e3&ticks=3",
            Scale(Size(80, 256), "vertical", (-2.5, 1000.0), 3),
        ),
        ("width=500&height=9&_=5", Scale(Size(500, 9))),
        ("min=1e-9&max=2e-9", Scale(Size(256, 48), span=(1e-9, 2e-9))),
    ],
)
def test_a_url_becomes_a_scale(query, scale):
    assert legend("png", query) == (scale, "#ffffff")


def test_the_background_is_given_as_digits():
    assert legend("svg", "background=00FF00")[1] == "#00ff00"


@pytest.mark.parametrize(
    ("suffix", "query", "parameter"),
    [
        ("tif", "", "fmt"),
        ("png", "width=0", "width"),
        ("png", "width=5000", "width"),
        ("png", "height=x", "height"),
        ("png", "orientation=diagonal", "orientation"),
        ("png", "min=0", "max"),
        ("png", "max=0", "min"),
        ("png", "min=0&max=nan", "max"),
        ("png", "min=-inf&max=0", "min"),
        ("png", "min=1_0&max=20", "min"),
        ("png", "min=5&max=5", "max"),
        ("png", "min=6&max=5", "max"),
        ("png", "ticks=0", "ticks"),
        ("png", "ticks=51", "ticks"),
        ("png", "background=red", "background"),
        ("png", "vmin=5", "vmin"),
    ],
)
def test_a_wrong_value_is_named(suffix, query, parameter):
    with pytest.raises(ParameterError) as caught:
        legend(suffix, query)
    assert caught.value.parameter == parameter


@given(st.text(alphabet="minaxwdthegorcks=&0123456789.-e%", max_size=60))
def test_any_query_gives_a_scale_or_a_typed_error(query):
    try:
        scale, _ = legend("svg", query)
    except ParameterError:
        return
    root_of(scale_svg(COLORMAPS.table(Named("gray")), scale, "grey"))


@pytest.mark.parametrize("name", ["viridis", "jet", "tab10", "prism", "flag", "gist_stern"])
def test_the_gradient_has_the_colours_of_the_table(name):
    table = COLORMAPS.table(Named(name))
    root = root_of(scale_svg(table, Scale(Size(256, 24)), name))
    stops = root.findall(f".//{SVG}stop")
    offsets = [float(stop.get("offset")) for stop in stops]
    colors = np.array([list(bytes.fromhex(stop.get("stop-color")[1:])) for stop in stops])
    places = np.arange(256) / 255
    drawn = np.stack([np.interp(places, offsets, column) for column in colors.T], axis=-1)
    assert abs(drawn - table[:, :3]).max() < 1
    assert len(stops) < 256 or name in {"prism", "flag"}


def test_transparency_is_kept():
    table = COLORMAPS.table(Ramp(("#ff000000", "#ff0000")))
    stops = root_of(scale_svg(table, Scale(Size(256, 24)), "x")).findall(f".//{SVG}stop")
    assert [stop.get("stop-opacity") for stop in stops] == ["0", None]


@pytest.mark.parametrize("side", ["horizontal", "vertical"])
def test_a_legend_speaks_and_shows_its_numbers(side):
    scale = Scale(Size(300, 300), side, (0.0, 1.0))
    text = scale_svg(COLORMAPS.table(Named("viridis")), scale, "Depth <m> & \x00more")
    root = root_of(text)
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert root.get("aria-labelledby") == title.get("id")
    assert title.text == "Depth <m> & more, from 0 to 1"
    assert [label.text for label in root.iter(f"{SVG}text")] == [
        "0.0",
        "0.2",
        "0.4",
        "0.6",
        "0.8",
        "1.0",
    ]
    assert "prefers-color-scheme:dark" in text
    assert (root.get("width"), root.get("height")) == ("300", "300")


def test_two_legends_on_a_page_do_not_share_names():
    table = COLORMAPS.table(Named("viridis"))
    one = scale_svg(table, Scale(Size(256, 24)), "a")
    other = scale_svg(table, Scale(Size(256, 24), "vertical"), "a")
    names = [{*re.findall(r'id="([^"]+)"', text)} for text in (one, other)]
    assert names[0].isdisjoint(names[1])


def test_classes_are_swatches_with_names():
    classes = Classes(
        (Class(1, None, "#ff0000", "<b>forest</b>"), Class(2, 5, "#00ff0080", 'x" onload="y'))
    )
    root = root_of(classes_svg(classes, "Cover"))
    assert [rect.get("fill") for rect in root.iter(f"{SVG}rect")] == ["#ff0000", "#00ff0080"]
    assert [label.text for label in root.iter(f"{SVG}text")] == ["<b>forest</b>", 'x" onload="y']
    assert root.find(f"{SVG}title").text.startswith("Cover: <b>forest</b>")
