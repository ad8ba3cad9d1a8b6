"""Pictures made of several: split channels (25), line plots (24) and lookup tables."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.web.webgateway.samples import LIMITS, layout, subject
from tilewright.engine import Engine
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Picture, Raster, Source
from tilewright.web.webgateway.luts import Lut, luts_document, luts_rgb, luts_sheet
from tilewright.web.webgateway.plots import column_plot, plotted, row_plot
from tilewright.web.webgateway.settings import defaults
from tilewright.web.webgateway.split import split_picture, split_request

CELLS = subject(layout(60, 40, axes=[("z", 5)]), ranges={})
GREYS = subject(CELLS.info, replace(defaults(CELLS.info, {}), model="greyscale"))
SOURCE = Source("a", "1")


def panel(request):
    return None if request is None else request.style.text


def flat(*color):
    data = np.empty((40, 60, len(color)), np.uint8)
    data[:] = color
    return Picture(data)


def test_case_25_a_panel_for_each_channel_and_one_of_all():
    asked = split_request("c=1|0:9$FF0000,-2,3|0:7$00FF00&m=c", CELLS, 1, 0)
    assert [panel(one) for one in asked.panels] == [
        "0|0~9|#ff0000;background=#000000",
        None,
        "2|0~7|#00ff00;background=#000000",
        "0|0~9|#ff0000+2|0~7|#00ff00;background=#000000",
    ]
    assert asked.labels == ("C0", "C1", "C2", "merged")
    assert (asked.grid.across, asked.grid.down) == (2, 2)
    assert asked.panels[0].plane.indices == (("z", 1),)
    assert (asked.encoding.format, asked.encoding.quality) == ("jpeg", 90)


@pytest.mark.parametrize(("query", "seen"), [("m=g", CELLS), ("", GREYS), ("c=1,2,3", GREYS)])
def test_in_grey_there_is_no_panel_of_all(query, seen):
    asked = split_request(query, seen, 0, 0)
    paints = [one.style.channels[0].paint.color for one in asked.panels]
    assert paints == ["#ffffff"] * 3
    assert asked.labels == ("C0", "C1", "C2")


def test_one_channel_in_grey_is_one_panel():
    one = subject(layout(60, 40, bands=1))
    assert len(split_request("", one, 0, 0).panels) == 1
    assert len(split_request("m=c", one, 0, 0).panels) == 2


def test_the_key_of_panels_is_that_of_what_is_shown():
    key = split_request("c=1|0:9&q=0.9", CELLS, 0, 0).key(SOURCE)
    assert split_request("c=1|0.0:9.0&_=4&q=0.90", CELLS, 0, 0).key(SOURCE) == key
    for other in ("c=1|0:8", "c=1|0:9&q=0.8", "c=1|0:9&m=g", "c=1|0:9,2"):
        assert split_request(other, CELLS, 0, 0).key(SOURCE) != key
    assert split_request("c=1|0:9", CELLS, 1, 0).key(SOURCE) != key
    assert split_request("c=1|0:9", CELLS, 0, 0).key(Source("a", "2")) != key


def test_panels_lie_in_their_places_on_white():
    asked = split_request("c=1,-2,3&m=c", CELLS, 0, 0)
    pictures = [flat(200), None, flat(0, 99, 0, 255), flat(9, 8, 7)]
    data = split_picture(asked, pictures).data
    assert data.shape == (86, 126, 3)
    assert data[40, 60].tolist() == [200, 200, 200]
    assert (data[:42, 64:] == 255).all()
    assert data[83, 60].tolist() == [0, 99, 0]
    assert data[83, 123].tolist() == [9, 8, 7]
    assert (data[:2] == 255).all()
    assert (data[42:44] == 255).all()
    # Its label stands at the top left.
    assert (data[2:20, 2:30] > 240).all(axis=-1).any()
    assert (data[44:60, 66:100] > 200).all(axis=-1).any()


def test_a_picture_of_panels_has_a_limit():
    with pytest.raises(LimitError):
        split_request("", subject(layout(9000, 9000)), 0, 0)
    with pytest.raises(OutsideError):
        split_request("", CELLS, 5, 0)
    with pytest.raises(ParameterError):
        split_request("q=2", CELLS, 0, 0)


def raster(asked, values):
    data = np.array(values, np.uint16)
    size = asked.target.window.size
    return Raster(
        data.reshape(len(asked.bands), size.height, size.width),
        None,
        Grid(size, Affine.scale(1.0, 1.0)),
    )


def gif(asked, values):
    encoded = plotted(asked, raster(asked, values))
    assert encoded.media_type == "image/gif"
    picture = Image.open(BytesIO(encoded.data))
    assert picture.format == "GIF"
    return picture.size, np.asarray(picture.convert("RGBA"))


def test_case_24_a_plot_is_as_large_as_the_image():
    asked = row_plot("c=1|0:100$FF0000", CELLS, 0, 0, 7)
    assert (asked.target.window.y, asked.target.window.width) == (7, 60)
    size, data = gif(asked, [0] * 30 + [100] * 30)
    assert size == (60, 40)
    # Dark lies on the base line, bright at the top, and the rest is clear.
    assert data[39, 10].tolist() == [255, 0, 0, 255]
    assert data[0, 50].tolist() == [255, 0, 0, 255]
    assert data[39, 50].tolist() == [255, 255, 255, 255]
    assert data[20, 5, 3] == 0


def test_case_24_a_column_is_plotted_to_the_right():
    asked = column_plot("c=1|0:100$FF0000,2|0:50$0000FF", CELLS, 0, 0, 59, width=3)
    assert (asked.target.window.x, asked.target.window.height) == (59, 40)
    size, data = gif(asked, [[0] * 40, [25] * 40])
    assert size == (60, 40)
    assert data[20, 0].tolist() == [255, 0, 0, 255]
    assert data[20, 30].tolist() == [0, 0, 255, 255]
    assert data[20, 50, 3] == 0


def test_a_plot_of_no_channel_is_a_base_line():
    asked = row_plot("c=", CELLS, 0, 0, 0)
    assert asked.bands == (0,)
    data = gif(asked, [5] * 60)[1]
    assert (data[39] == 255).all()
    assert not data[:39, :, 3].any()


def test_plots_differ_in_their_keys():
    key = row_plot("c=1|0:100", CELLS, 0, 0, 0).key(SOURCE)
    assert row_plot("c=1|0:100.0&_=1", CELLS, 0, 0, 0).key(SOURCE) == key
    assert row_plot("c=1|0:100", CELLS, 0, 0, 0, width=2).key(SOURCE) != key
    assert row_plot("c=1|0:100", CELLS, 0, 0, 1).key(SOURCE) != key
    assert row_plot("c=1|0:99", CELLS, 0, 0, 0).key(SOURCE) != key
    dot = subject(layout(1, 1))
    assert row_plot("", dot, 0, 0, 0).key(SOURCE) != column_plot("", dot, 0, 0, 0).key(SOURCE)


@pytest.mark.parametrize(("plot", "end"), [(row_plot, 40), (column_plot, 60)])
def test_lines_that_are_not_there(plot, end):
    for line in (-1, end, 10**30):
        with pytest.raises(OutsideError):
            plot("", CELLS, 0, 0, line)
    with pytest.raises(OutsideError):
        plot("", CELLS, 5, 0, 0)
    for width in (0, 101):
        with pytest.raises(ParameterError):
            plot("", CELLS, 0, 0, 0, width=width)
    with pytest.raises(LimitError):
        plot("", subject(layout(90_000, 90_000)), 0, 0, 0)


def lut(name, *ends):
    table = np.zeros((256, 4), np.uint8)
    table[:] = [*ends, 255]
    return Lut(name, table)


def test_documents_of_tables():
    found = luts_document([lut("b.lut", 1, 2, 3), lut("A.lut", 4, 5, 6)], rgb=False)
    assert [row["name"] for row in found["luts"]] == ["A.lut", "b.lut"]
    assert [row["png_index_new"] for row in found["luts"]] == [0, 1]
    assert [row["png_index"] for row in found["luts"]] == [-1, -1]
    assert found["png_luts_new"] == ["luts/A.lut", "luts/b.lut", "gradient.png"]
    assert "rgb" not in found["luts"][0]
    colors = luts_document([lut("A.lut", 4, 5, 6)], rgb=True)["luts"][0]["rgb"]
    assert colors == [[4, 5, 6]] * 256
    assert luts_rgb("rgb=true")
    assert not luts_rgb("cached=false")


def test_the_sheet_of_tables():
    data = luts_sheet([lut("b.lut", 1, 2, 3), lut("A.lut", 4, 5, 6)]).data
    assert data.shape == (30, 256, 4)
    assert (data[:10] == [4, 5, 6, 255]).all()
    assert (data[10:20] == [1, 2, 3, 255]).all()
    assert (data[20:, 0] == [0, 0, 0, 255]).all()
    assert not data[20:, 180:].any()
    assert luts_sheet([]).data.shape == (10, 256, 4)


def test_the_engine_draws_panels_and_plots(tmp_path):
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((40, 60), 77, np.uint8)).save(path)
    engine = Engine()
    source = engine.source(str(path))
    seen = subject(engine.info(source), limits=LIMITS)
    asked = split_request("m=c", seen, 0, 0)
    pictures = [engine.picture(source, one) for one in asked.panels]
    encoded = engine.encoder("jpeg").encode(split_picture(asked, pictures), asked.encoding)
    assert encoded.size == Size(126, 44)
    plot = row_plot("", seen, 0, 0, 3)
    read = engine.read(source, plot.target, bands=plot.bands, plane=plot.plane)
    assert plotted(plot, read).size == Size(60, 40)
    engine.close()
