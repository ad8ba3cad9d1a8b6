"""IIIF requests that are odd and right: each must be read as the standard says."""

import pytest

from tests.pyramids import layout
from tilewright.config import Limits
from tilewright.errors import ParameterError
from tilewright.geometry import Size
from tilewright.image import Band
from tilewright.style import Style
from tilewright.web.iiif.asked import image_asked
from tilewright.web.iiif.segments import parse_segments
from tilewright.web.iiif.sizes import Most, Subject, size_of

SUFFIXES = {"jpg": "jpeg", "png": "png"}


def asked(version, path):
    bands = [Band(name) for name in ("red", "green", "blue")]
    info = layout(Size(1001, 733), [1], chunk=256, dtype="uint8", bands=bands)
    subject = Subject(info, Style(), SUFFIXES, Limits())
    return image_asked(parse_segments(version, tuple(path.split("/"))), "", subject)


@pytest.mark.parametrize(
    ("region", "window"),
    [
        # Beyond the edge is cut off, however far beyond.
        ("0,0,9999999999,10", (0, 0, 1001, 10)),
        ("1000,732,999999999999999999,999999999999999999", (1000, 732, 1, 1)),
        # What begins inside has a pixel inside, also where its edge is rounded to the image's.
        ("pct:99.99,99.99,1,1", (1000, 732, 1, 1)),
        ("pct:0,0,0.01,0.01", (0, 0, 1, 1)),
        ("pct:0,0,0.00000000000000000001,100", (0, 0, 1, 733)),
    ],
)
def test_a_region_that_is_partly_inside(region, window):
    x, y, width, height = window
    canonical = asked(3, f"{region}/max/0/default.png").canonical
    assert canonical == f"{x},{y},{width},{height}/max/0/default.png"


@pytest.mark.parametrize(
    "region",
    [
        "1001,0,1,1",
        "0,733,1,1",
        "9999999999,0,1,1",
        "pct:100,0,1,1",
        "pct:0,0,0,1",
        "-0,0,1,1",
        "0,0,1,-1",
    ],
)
def test_a_region_that_is_outside_or_nothing(region):
    with pytest.raises(ParameterError, match="region"):
        asked(3, f"{region}/max/0/default.png")


def test_the_side_of_a_box_may_be_far_beyond_the_region():
    canonical = asked(3, "full/!9999999999,10/0/default.png").canonical
    assert canonical == "full/14,10/0/default.png"


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("rotation", "written"),
    [
        ("0.00000000000000000001", "0.00000000000000000001"),
        ("!0.00001", "!0.00001"),
        ("359.99999999999999999", "0"),
        ("022.50", "22.5"),
    ],
)
def test_the_canonical_rotation_has_no_exponent(version, rotation, written):
    size = {2: "full", 3: "max"}[version]
    canonical = asked(version, f"full/{size}/{rotation}/default.png").canonical
    assert canonical == f"full/{size}/{written}/default.png"
    assert asked(version, canonical).canonical == canonical


@pytest.mark.parametrize(
    ("text", "part", "most", "size"),
    [
        # 181 × 34.53: a row more would be too many pixels.
        ("^!181,364", Size(304, 58), Most(218, 6301), Size(181, 34)),
        ("!304,66", Size(363, 325), Most(181, 4869), Size(73, 66)),
        ("!339,91", Size(90, 250), Most(154, 2990), Size(32, 91)),
    ],
)
def test_a_box_near_the_largest_area_is_not_passed(text, part, most, size):
    segments = parse_segments(3, ("full", text, "0", "default.png"))
    assert size_of(segments.size, part, most) == size
