"""The IIIF Image API as strings and values: grammar, sizes, canonical paths, descriptions."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tilewright.config import Limits
from tilewright.errors import ParameterError
from tilewright.geometry import Box, Size, Window
from tilewright.image import Band, ImageInfo, Level
from tilewright.pyramid import pyramid
from tilewright.request import LevelRegion, Region
from tilewright.style import Orientation, Style
from tilewright.web.iiif.asked import image_asked
from tilewright.web.iiif.info import info_document, media_types
from tilewright.web.iiif.segments import RegionText, SizeText, parse_segments
from tilewright.web.iiif.sizes import Most, Subject, most_of, size_of, window_of

SUFFIXES = {"jpg": "jpeg", "png": "png", "webp": "webp", "tif": "tiff"}
MOST = Most(2000, 1_000_000)


def subject(width, height, *, tile=256, dtype="uint8", levels=None, limits=None):
    size = Size(width, height)
    levels = levels or (Level(size, (1.0, 1.0), Size(tile, tile)),)
    bands = (Band("gray"),)
    return Subject(
        ImageInfo(size, levels, bands, dtype, "test"), Style(), SUFFIXES, limits or Limits()
    )


def asked(path, image, version=3, query=""):
    return image_asked(parse_segments(version, tuple(path.split("/"))), query, image)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("full", RegionText("full")),
        ("square", RegionText("square")),
        ("0,0,1,1", RegionText("pixels", (0, 0, 1, 1))),
        ("pct:41.6,7.5,40,70", RegionText("percent", (41.6, 7.5, 40, 70))),
        ("pct:.5,0.,1,1", RegionText("percent", (0.5, 0, 1, 1))),
    ],
)
def test_regions(text, region):
    for version in (2, 3):
        assert parse_segments(version, (text, "max", "0", "default.jpg")).region == region


SIZES = [
    ("max", SizeText("max"), SizeText("max")),
    ("90,", SizeText("width", 90), SizeText("width", 90, enlarge=True)),
    (",90", SizeText("height", 0, 90), SizeText("height", 0, 90, enlarge=True)),
    ("pct:50", SizeText("percent", percent=50), SizeText("percent", percent=50, enlarge=True)),
    ("90,80", SizeText("exact", 90, 80), SizeText("exact", 90, 80, enlarge=True)),
    ("!90,80", SizeText("within", 90, 80), SizeText("within", 90, 80, enlarge=True)),
    ("full", None, SizeText("full")),
    ("^max", SizeText("max", enlarge=True), None),
    ("^90,", SizeText("width", 90, enlarge=True), None),
    ("^,90", SizeText("height", 0, 90, enlarge=True), None),
    ("^pct:150", SizeText("percent", percent=150, enlarge=True), None),
    ("^90,80", SizeText("exact", 90, 80, enlarge=True), None),
    ("^!90,80", SizeText("within", 90, 80, enlarge=True), None),
]


@pytest.mark.parametrize(("text", "three", "two"), SIZES)
def test_sizes_of_both_versions(text, three, two):
    for version, expected in ((3, three), (2, two)):
        texts = ("full", text, "0", "default.jpg")
        if expected is None:
            with pytest.raises(ParameterError, match="size"):
                parse_segments(version, texts)
        else:
            assert parse_segments(version, texts).size == expected


@pytest.mark.parametrize(
    ("text", "orientation"),
    [
        ("0", Orientation()),
        ("360", Orientation()),
        ("90", Orientation(rotation=90)),
        ("!0", Orientation(mirror=True)),
        ("!22.5", Orientation(mirror=True, rotation=22.5)),
        ("0.0001", Orientation(rotation=0.0001)),
    ],
)
def test_rotations(text, orientation):
    segments = parse_segments(3, ("full", "max", text, "default.jpg"))
    assert segments.orientation == orientation


BAD = {
    "region": [
        *("", "Full", "all", "1,2,3", "1,2,3,4,5", "-1,0,5,5", "a,b,c,d", "1.5,0,5,5", "1e3,0,5,5"),
        *("+1,0,5,5", " 1,0,5,5", "１,0,5,5", "pct:1,2,3", "pct:-1,0,5,5", "pct:nan,0,5,5", "pct:"),
        *("pct:1e1,0,5,5", "0,0,0,5", "0,0,5,0", "pct:0,0,0,5", "100,0,5,5", "0,50,5,5"),
        *("pct:100,0,5,5", "99999999999999999999,0,1,1"),
    ],
    "size": [
        *("", ",", "0,", ",0", "0,0", "!0,5", "!5,", "!,5", "!max", "-5,", "5.5,", "1e2,", "5,5,5"),
        *(
            "pct:",
            "pct:0",
            "pct:-1",
            "pct:inf",
            "pct:1e2",
            "^",
            "^^max",
            "max^",
            "^full",
            "!",
            "!^5,5",
        ),
        *("pct:101", "101,", ",51", "101,5", "5,51", "pct:0.1", "100000000000000000000,", "^2001,"),
        *("^pct:100000", "^2000,1000"),
    ],
    "rotation": ["", "!", "-1", "360.1", "1e2", "nan", "!!0", "0!", "+90", "٩٠", "1,5", "90.0.0"],
    "quality": ["Default.jpg", "native.jpg", "jpg", ".jpg", "", "grey.jpg", "default", "a.b.jpg"],
    "format": ["default.", "default.JPG", "default.heic", "default.npy", "default.jpg%00"],
}


@pytest.mark.parametrize(
    ("segment", "text"), [(name, text) for name, texts in BAD.items() for text in texts]
)
def test_what_is_refused_says_which_segment(segment, text):
    path = {"region": "full", "size": "max", "rotation": "0", "quality": "default.jpg"}
    path["quality" if segment == "format" else segment] = text
    limits = Limits(output_side=MOST.side, output_pixels=MOST.area)
    with pytest.raises(ParameterError) as refused:
        image_asked(parse_segments(3, tuple(path.values())), "", subject(100, 50, limits=limits))
    assert refused.value.parameter == segment


@pytest.mark.parametrize(
    ("text", "window"),
    [
        (RegionText("full"), (0, 0, 101, 50)),
        (RegionText("square"), (25, 0, 50, 50)),
        (RegionText("pixels", (90, 40, 50, 50)), (90, 40, 11, 10)),
        (RegionText("percent", (50, 50, 50, 50)), (50, 25, 51, 25)),
        (RegionText("percent", (0, 0, 200, 200)), (0, 0, 101, 50)),
    ],
)
def test_a_region_is_cut_at_the_edges(text, window):
    assert window_of(text, Size(101, 50)) == Window(*window)


@pytest.mark.parametrize(
    ("text", "part", "size"),
    [
        ("max", (300, 200), (300, 200)),
        ("max", (4000, 2000), (1414, 707)),  # 1,000,000 pixels at most
        ("max", (4000, 100), (2000, 50)),  # 2,000 pixels a side
        ("^max", (300, 200), (1224, 816)),
        ("^max", (10, 10), (1000, 1000)),
        ("!100,100", (300, 200), (100, 67)),
        ("!900,900", (300, 200), (300, 200)),
        ("^!900,900", (300, 200), (900, 600)),
        ("^!5000,5000", (300, 200), (1224, 816)),
        ("!5,5", (300, 1), (5, 1)),
        ("150,", (300, 201), (150, 101)),
        (",101", (301, 201), (151, 101)),
        (",100", (300, 201), (149, 100)),
        ("841,", (3363, 2285), (841, 572)),
        ("840,", (3363, 2285), (840, 571)),
        ("pct:33.3", (300, 200), (100, 67)),
        ("10,190", (300, 200), (10, 190)),
        ("^10,900", (300, 200), (10, 900)),
    ],
)
def test_a_size_on_a_region(text, part, size):
    parsed = parse_segments(3, ("full", text, "0", "default.jpg")).size
    assert size_of(parsed, Size(*part), MOST) == Size(*size)


@pytest.mark.parametrize(("text", "size"), [("full", (300, 200)), ("600,", (600, 400))])
def test_2_1_1_enlarges_without_a_sign(text, size):
    parsed = parse_segments(2, ("full", text, "0", "default.jpg")).size
    assert size_of(parsed, Size(300, 200), MOST) == Size(*size)


@pytest.mark.parametrize(
    ("version", "path", "canonical"),
    [
        (3, "full/max/0/default.jpg", "full/max/0/default.jpg"),
        (3, "0,0,300,200/300,200/360/color.jpg", "full/max/0/default.jpg"),
        (3, "pct:0,0,50,50/75,/!90.0/gray.png", "0,0,150,100/75,50/!90/gray.png"),
        (3, "square/^!400,400/22.5/bitonal.png", "50,0,200,200/^400,400/22.5/bitonal.png"),
        (3, "full/^max/0/default.jpg", "full/^max/0/default.jpg"),
        (2, "full/max/0/default.jpg", "full/full/0/default.jpg"),
        (2, "0,0,300,200/!150,150/0/color.jpg", "full/150,/0/default.jpg"),
        (2, "0,0,10,20/10,10/!0/gray.jpg", "0,0,10,20/10,10/!0/gray.jpg"),
    ],
)
def test_the_canonical_path(version, path, canonical):
    image = subject(300, 200)
    assert asked(path, image, version).canonical == canonical
    assert (
        asked(canonical, image, version).request.target
        == asked(path, image, version).request.target
    )


sides = st.integers(1, 5000)


@given(st.data())
def test_a_canonical_path_asks_for_the_same(data):
    width, height = data.draw(sides), data.draw(sides)
    version = data.draw(st.sampled_from([2, 3]))
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    region = data.draw(
        st.sampled_from(
            [
                "full",
                "square",
                f"{x},{y},{data.draw(sides)},{data.draw(sides)}",
                "pct:10,20,33.3,41",
            ]
        )
    )
    sizes = [text for text, three, two in SIZES if (two if version == 2 else three)]
    path = f"{region}/{data.draw(st.sampled_from(sizes))}/!12.50/color.png"
    image = subject(width, height)
    try:
        first = asked(path, image, version)
    except ParameterError:
        assume(False)
    again = asked(first.canonical, image, version)
    assert again.request == first.request
    assert again.canonical == first.canonical


@example(1025, 1025, 256)
@given(sides, sides, st.sampled_from([64, 256, 300]))
def test_all_tiles_and_sizes_that_are_told_lie_on_a_zoom(width, height, side):
    """The arithmetic of the implementation notes, section 3."""
    image = subject(width, height, tile=side)
    told = info_document(3, "http://a/b", image)
    (tiles,) = told["tiles"]
    wide = tiles["width"]
    assert tiles["scaleFactors"] == [1 << zoom for zoom in range(len(tiles["scaleFactors"]))]
    finest = {}
    for scale in tiles["scaleFactors"]:
        x = (width - 1) // (wide * scale) * wide * scale
        y = (height - 1) // (wide * scale) * wide * scale
        w, h = min(wide * scale, width - x), min(wide * scale, height - y)
        path = f"{x},{y},{w},{h}/{math.ceil(w / scale)},{math.ceil(h / scale)}/0/default.jpg"
        # A last tile of one pixel may be that of several zooms, by one address.
        target = asked(path, image).request.target
        assert isinstance(target, LevelRegion)
        expected = finest.setdefault(path, scale)
        assert target.shrink == (expected, expected)
        assert (target.window.x, target.window.y) == (x // expected, y // expected)
    for size in told["sizes"]:
        path = f"full/{size['width']},{size['height']}/0/default.jpg"
        assert isinstance(asked(path, image).request.target, LevelRegion)
    assert told["sizes"][-1] == {"width": width, "height": height}
    assert told["sizes"] == sorted(told["sizes"], key=lambda size: (size["width"], size["height"]))


def test_a_level_that_was_rounded_down_has_no_last_pixel():
    levels = (
        Level(Size(1001, 801), (1.0, 1.0), Size(256, 256)),
        Level(Size(500, 400), (1001 / 500, 801 / 400), Size(256, 256)),
    )
    image = subject(1001, 801, levels=levels)
    assert pyramid(image.info).shrinks[-2] == levels[1].shrink
    inside = asked("512,0,488,400/244,200/0/default.jpg", image).request.target
    assert inside == LevelRegion(levels[1].shrink, Window(256, 0, 244, 200))
    edge = asked("512,0,489,400/245,200/0/default.jpg", image).request.target
    assert edge == Region(Box(512, 0, 489, 400), 245, 200)


def test_a_look_in_the_query_counts_for_the_largest_answer():
    image = subject(300, 200, dtype="uint16", limits=Limits(decoded_bytes=1 << 20))
    assert most_of(image, Style()).area == (1 << 20) // 2
    channels = Style(asked("full/max/0/default.png", image, query="band=1").request.style.channels)
    assert most_of(image, channels).area == (1 << 20) // 4
    with pytest.raises(ParameterError, match="size"):
        asked("full/^900,400/0/default.png", image, query="band=1")


def test_the_document_of_3():
    told = info_document(3, "https://a.example/iiif/3/7", subject(1000, 600, tile=256))
    assert next(iter(told)) == "@context"
    assert told == {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": "https://a.example/iiif/3/7",
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        "width": 1000,
        "height": 600,
        "maxWidth": 16_384,
        "maxHeight": 16_384,
        "maxArea": 64 << 20,
        "sizes": [
            {"width": 250, "height": 150},
            {"width": 500, "height": 300},
            {"width": 1000, "height": 600},
        ],
        "tiles": [{"width": 256, "scaleFactors": [1, 2, 4]}],
        "extraQualities": ["color", "gray", "bitonal"],
        "extraFormats": ["webp", "tif"],
        "extraFeatures": [
            "canonicalLinkHeader",
            "mirroring",
            "profileLinkHeader",
            "rotationArbitrary",
            "sizeUpscaling",
        ],
    }


def test_the_document_of_2_1_1():
    told = info_document(2, "https://a.example/iiif/2/7", subject(1000, 600, tile=256))
    assert told["@id"] == "https://a.example/iiif/2/7"
    assert not {"id", "type", "maxWidth", "extraFormats"} & told.keys()
    level, more = told["profile"]
    assert level == "http://iiif.io/api/image/2/level2.json"
    assert more["formats"] == ["jpg", "png", "webp", "tif"]
    assert more["qualities"] == ["default", "color", "gray", "bitonal"]
    assert more["maxArea"] == 64 << 20
    assert "sizeAboveFull" in more["supports"]
    assert told["tiles"] == [{"width": 256, "scaleFactors": [1, 2, 4]}]


def test_sizes_that_are_too_large_are_not_told():
    limits = Limits(output_side=600, output_pixels=100_000)
    told = info_document(3, "a", subject(1000, 600, tile=256, limits=limits))
    assert told["sizes"] == [{"width": 250, "height": 150}]
    assert (told["maxWidth"], told["maxArea"]) == (600, 100_000)


def test_3_prefers_linked_data_and_2_does_not():
    described = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
    assert list(media_types(3).values()) == [described, "application/json"]
    assert next(iter(media_types(2))) == "application/json"
