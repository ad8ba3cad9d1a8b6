"""Charts through their own exporters."""

import io

import numpy as np
import pytest
from PIL import Image

from tilewright.drawn import outputs
from tilewright.drawn.charts import PlotlyChart, VegaChart
from tilewright.engine import Engine
from tilewright.errors import DrawError, LimitError, ParameterError
from tilewright.geometry import Size

pytest.importorskip("vl_convert", reason="the extra charts is not installed")

LITE = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "width": 200,
    "height": 100,
    "data": {"values": [{"a": 1, "b": 2, "url": "x"}, {"a": 2, "b": 3, "url": "y"}]},
    "mark": "line",
    "encoding": {
        "x": {"field": "a", "type": "quantitative"},
        "y": {"field": "b", "type": "quantitative"},
    },
}
VEGA = {
    "$schema": "https://vega.github.io/schema/vega/v5.json",
    "width": 200,
    "height": 100,
    "padding": 5,
    "marks": [{"type": "rect", "encode": {"enter": {"width": {"value": 50}, "height": {"value": 50}, "fill": {"value": "red"}}}}],
}  # fmt: skip


def encode(chart, format, *, dpr=1, max_pixels=1 << 20):
    return outputs.encoded(
        chart, format, quality=None, dpr=dpr, max_pixels=max_pixels, encoder=Engine().encoder
    )


@pytest.mark.parametrize("spec", [LITE, VEGA], ids=["lite", "vega"])
@pytest.mark.parametrize("format", ["svg", "png", "webp", "jpeg", "avif"])
def test_specs(spec, format):
    made = encode(VegaChart(spec), format)
    assert encode(VegaChart(spec), format) == made
    if format == "svg":
        assert made.data.startswith(b"<svg")
    else:
        image = Image.open(io.BytesIO(made.data))
        assert image.format.lower() == format
        assert Size(*image.size) == made.size
        assert np.asarray(image.convert("L")).min() < 200


def test_dpr_and_pdf():
    once, twice = (encode(VegaChart(LITE), "png", dpr=dpr).size for dpr in (1, 2))
    assert (twice.width, twice.height) == (2 * once.width, 2 * once.height)
    assert encode(VegaChart(LITE), "svg", dpr=2).size == once
    assert encode(VegaChart(LITE), "pdf").data.startswith(b"%PDF-")


def test_altair():
    altair = pytest.importorskip("altair")
    rows = altair.Data(values=[{"a": 1, "b": 2}, {"a": 2, "b": 1}])
    chart = altair.Chart(rows).mark_bar().encode(x="a:Q", y="b:Q")
    assert encode(VegaChart(chart), "svg").data.startswith(b"<svg")


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "file:///etc/passwd"}},
        {"data": {"url": "http://127.0.0.1/"}},
        {"layer": [{"mark": "bar", "data": {"url": "data.csv"}}]},
        {"mark": "image", "encoding": {"url": {"field": "url"}}},
        {"transform": [{"lookup": "a", "from": {"data": {"url": "x.csv"}, "key": "a"}}]},
    ],
)
def test_nothing_is_read_from_elsewhere(part, monkeypatch):
    with pytest.raises(DrawError) as failed:
        encode(VegaChart({**LITE, **part}), "svg")
    assert "names an address" in str(failed.value.__cause__)


@pytest.mark.parametrize("spec", [{}, {"mark": 7}, {"$schema": "x"}, None, "text"])
def test_specs_that_are_none(spec):
    with pytest.raises(DrawError) as failed:
        encode(VegaChart(spec), "png")
    assert str(failed.value) == "the picture could not be drawn"


def test_a_chart_is_bounded_before_it_has_pixels():
    with pytest.raises(LimitError):
        encode(VegaChart({**LITE, "width": 5_000, "height": 5_000}), "png")
    with pytest.raises(LimitError):
        encode(PlotlyChart(None, 10_000, 10_000), "png")


@pytest.mark.parametrize("format", ["npy", "tiff"])
def test_formats_that_show_nothing(format):
    with pytest.raises(DrawError):
        encode(VegaChart(LITE), format)
    with pytest.raises(ParameterError):
        encode(VegaChart(LITE), "heic")
