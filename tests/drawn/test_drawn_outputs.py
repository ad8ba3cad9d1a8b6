import io

import numpy as np
import pytest
from PIL import Image

from tilewright.drawn import outputs
from tilewright.engine import Engine
from tilewright.errors import DrawError, LimitError
from tilewright.geometry import Size
from tilewright.image import Encoded, Picture

ENCODER = Engine().encoder
RED = (200, 10, 20)
SVG = '<?xml version="1.0"?><!-- c --><svg width="30" height=\'20px\' xmlns="http://www.w3.org/2000/svg"/>'


def encoded(drawn, format="png", **changes):
    given = {"quality": None, "dpr": 1.0, "max_pixels": 1 << 20, "encoder": ENCODER, **changes}
    return outputs.encoded(drawn, format, **given)


def pillow(mode, color):
    return Image.new(mode, (6, 4), color)


def palette(transparent):
    image = Image.new("P", (6, 4))
    image.putpalette(RED)
    if transparent:
        image.info["transparency"] = 0
    return image


def cairo_surface(name):
    cairo = pytest.importorskip(name)
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, 6, 4)
    context = cairo.Context(surface)
    context.set_source_rgba(1, 0, 0, 0.5)
    context.paint()
    return surface


def skia_surface(skia):
    surface = skia.Surface(6, 4)
    surface.getCanvas().clear(skia.ColorSetARGB(128, 255, 0, 0))
    return surface


@pytest.mark.parametrize(
    ("drawn", "pixel"),
    [
        (pillow("RGB", RED), RED),
        (pillow("RGBA", (*RED, 128)), (*RED, 128)),
        (pillow("L", 7), 7),
        (pillow("1", 1), 255),
        (pillow("LA", (7, 128)), (7, 7, 7, 128)),
        (pillow("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
        (palette(transparent=False), RED),
        (palette(transparent=True), (*RED, 0)),
        (np.full((4, 6), 7, np.uint8), 7),
        (np.full((4, 6, 1), 7, np.uint8), 7),
        (np.full((4, 6, 3), RED, np.uint8), RED),
        (np.full((4, 12, 4), (*RED, 9), np.uint8)[:, ::2], (*RED, 9)),
        (Picture(np.full((4, 6, 3), RED, np.uint8)), RED),
    ],
)
def test_pixels_of_all_kinds(drawn, pixel):
    file = encoded(drawn)
    assert (file.media_type, file.size) == ("image/png", Size(6, 4))
    assert Image.open(io.BytesIO(file.data)).getpixel((5, 3)) == pixel


@pytest.mark.parametrize("name", ["cairo", "cairocffi"])
def test_a_cairo_surface(name):
    image = Image.open(io.BytesIO(encoded(cairo_surface(name)).data))
    assert (image.size, image.getpixel((5, 3))) == ((6, 4), (255, 0, 0, 128))


def test_a_cairo_surface_without_alpha():
    cairo = pytest.importorskip("cairocffi")
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, 5, 4)
    context = cairo.Context(surface)
    context.set_source_rgb(1, 0.5, 0)
    context.paint()
    assert Image.open(io.BytesIO(encoded(surface).data)).getpixel((4, 3)) == (255, 128, 0)
    mask = cairo.ImageSurface(cairo.FORMAT_A8, 5, 4)
    assert Image.open(io.BytesIO(encoded(mask).data)).size == (5, 4)


def test_a_skia_surface_and_image():
    skia = pytest.importorskip("skia")
    surface = skia_surface(skia)
    for drawn in (surface, surface.makeImageSnapshot()):
        image = Image.open(io.BytesIO(encoded(drawn).data))
        assert (image.size, image.getpixel((5, 3))) == ((6, 4), (255, 0, 0, 128))


def test_a_figure_in_the_asked_format_and_fineness():
    figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(2, 1), dpi=50)
    assert encoded(figure, dpr=2.0).size == Size(200, 100)
    assert encoded(figure, "svg").media_type == "image/svg+xml"
    assert encoded(figure, "pdf").data.startswith(b"%PDF")
    with pytest.raises(LimitError):
        encoded(figure, max_pixels=4999)


def test_svg_is_handed_on_with_its_size():
    file = encoded(SVG, "svg")
    assert (file.data, file.media_type, file.size) == (SVG.encode(), "image/svg+xml", Size(30, 20))


def test_a_finished_file_is_handed_on():
    made = Encoded(b"GIF89a", "image/gif", Size(1, 1))
    assert encoded(made, "gif") is made


@pytest.mark.parametrize(
    ("drawn", "format", "why"),
    [
        (None, "png", "NoneType"),
        (5, "png", "int"),
        ("plain text", "svg", "no SVG"),
        (SVG, "png", "SVG where png"),
        (Encoded(b"", "image/gif", Size(1, 1)), "png", "image/gif"),
        (Encoded(b"", "image/png", Size(1, 1)), "png", "without bytes"),
        (Encoded("text", "image/png", Size(1, 1)), "png", "without bytes"),
        (Encoded(None, "image/png", Size(1, 1)), "png", "without bytes"),
        (np.ma.masked_all((4, 6), np.uint8), "png", "masked"),
        (np.zeros((4, 6)), "png", "float64"),
        (np.zeros((4, 6, 2), np.uint8), "png", r"\(4, 6, 2\)"),
        (np.zeros((0, 6, 3), np.uint8), "png", r"\(0, 6, 3\)"),
        (np.zeros((2, 4, 6, 3), np.uint8), "png", "shape"),
        (Image.new("F", (2, 2)), "png", "mode F"),
        (np.zeros((4, 6), np.uint8), "svg", "svg"),
        (np.zeros((4, 6), np.uint8), "npy", "npy"),
    ],
)
def test_what_is_no_picture_is_the_projects_error(drawn, format, why):
    with pytest.raises(DrawError) as failed:
        encoded(drawn, format)
    assert str(failed.value) == "the picture could not be drawn"
    assert failed.match("drawn")
    with pytest.raises(TypeError, match=why):
        raise failed.value.__cause__


@pytest.mark.parametrize(
    "drawn",
    [
        np.zeros((1025, 1024), np.uint8),
        np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (1 << 20, 1 << 20), (0, 0)),
        Picture(np.zeros((1025, 1024, 1), np.uint8)),
        Image.new("P", (1025, 1024)),
    ],
    ids=["array", "more than any memory", "picture", "Pillow"],
)
def test_a_picture_above_the_limit(drawn):
    with pytest.raises(LimitError):
        encoded(drawn)
