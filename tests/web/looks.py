"""What the tests of the looks share: layouts of images, and a parser that has one or none."""

from tilewright.geometry import Size
from tilewright.image import Axis, Band, ImageInfo, Level
from tilewright.web.looks import parse_look


def layout(*bands, dtype="uint16", axes=()):
    size = Size(100, 80)
    return ImageInfo(
        size,
        (Level(size, (1.0, 1.0), size),),
        bands,
        dtype,
        "test",
        tuple(Axis(*it) for it in axes),
    )


GREY = layout(Band(interpretation="gray"))
RGBA = layout(*(Band(interpretation=it) for it in ("red", "green", "blue", "alpha")), dtype="uint8")
CELLS = layout(
    Band("DAPI", color="#0000ff"),
    Band("GFP", color="#00ff00"),
    Band("Cy5"),
    axes=[("t", 2), ("z", 5)],
)
SCENE = layout(*(Band(f"B{index}") for index in range(1, 12)), dtype="float32")


def closed():
    raise AssertionError("the image is not needed")


def look(*pairs, info=None):
    return parse_look(pairs, closed if info is None else lambda: info)


def text(*pairs, info=None):
    return look(*pairs, info=info).style.text
