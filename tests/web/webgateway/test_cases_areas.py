"""Tiles, regions and levels: groups 2-4, 29 and 34-37 of the acceptance cases."""

import pytest

from tests.web.webgateway.samples import LIMITS, layout
from tilewright.errors import ConfigurationError, OutsideError, ParameterError
from tilewright.web.webgateway.areas import area, levels_of, orientation_of
from tilewright.web.webgateway.limits import GatewayLimits

FAKE = layout(512, 512, chunk=512)
SQUARE = layout(1024, 1024)
SLIDE = layout(1000, 700, shrinks=(1, 4, 16))


def found(info, *, limits=LIMITS, **values):
    window = area(values, info, limits).window
    return window.x, window.y, window.width, window.height


def refused(info=SQUARE, **values):
    with pytest.raises(ParameterError) as caught:
        area(values, info, LIMITS)
    return str(caught.value)


def test_case_1_neither_tile_nor_region():
    assert refused() == "tile or region argument required"
    whole = GatewayLimits(whole_plane=True)
    assert found(SQUARE, limits=whole) == (0, 0, 1024, 1024)


@pytest.mark.parametrize(
    "text", ["malformed", "", "0,0", "0", "0,0,1,512", "a,0,0", "0,0,1.5", "1e9,0,0", "0,0,0,1,b"]
)
def test_case_2_malformed_tile(text):
    assert refused(tile=text).startswith(f"malformed tile argument, tile={text}: not level,x,y")


@pytest.mark.parametrize(
    "text",
    ["malformed", "", "1,2,3", "1,2,3,abc", "0,0,0x9,9", "1,2,3,4e0", "٣,2,3,4", "1_0,2,3,4"],
)
def test_case_3_malformed_region(text):
    assert refused(region=text).startswith(f"malformed region argument, region={text}: not x,y")


@pytest.mark.parametrize(
    ("tile", "size"),
    [
        ("0,0,0", (512, 512)),
        ("0,0,0,10,10", (10, 10)),
        ("0,0,0,0,10000", (512, 512)),
        ("0,0,0,-5,-1", (512, 512)),
        (" 0 , 0 , 0 ,20, 30", (20, 30)),
    ],
)
def test_case_4_default_tile_size(tile, size):
    assert found(FAKE, tile=tile) == (0, 0, *size)


def test_case_29_sizes_of_tiles_and_what_follows_is_passed_over():
    huge = layout(5000, 5000)
    assert found(huge, tile="0,0,0") == (0, 0, 256, 256)
    assert found(huge, tile="0,0,0,1024,2048") == (0, 0, 1024, 1024)
    assert found(huge, tile="0,0,0,30,40,5,x") == (0, 0, 30, 40)
    assert found(huge, region="1,2,3,4,5,x") == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"tile": "0,2,2,256,256"}, (512, 512, 256, 256)),
        ({"tile": "0,2,2,64,128"}, (128, 256, 64, 128)),
        ({"region": "512,512,256,256"}, (512, 512, 256, 256)),
        ({"tile": "0,2,2,64,128", "region": "1,2,3,4"}, (128, 256, 64, 128)),
        ({"tile": "0,0,0,9,9", "region": "malformed"}, (0, 0, 9, 9)),
    ],
)
def test_case_34_places_of_tiles_and_regions(values, place):
    assert found(SQUARE, **values) == place


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"tile": "0,1,0,800,800"}, (800, 0, 224, 800)),
        ({"tile": "0,0,1,800,800"}, (0, 800, 800, 224)),
        ({"tile": "0,1,1,800,800"}, (800, 800, 224, 224)),
        ({"region": "800,100,300,400"}, (800, 100, 224, 400)),
        ({"region": "100,800,300,400"}, (100, 800, 300, 224)),
        ({"region": "800,800,300,400"}, (800, 800, 224, 224)),
        ({"region": "0,0,9999,9999"}, (0, 0, 1024, 1024)),
    ],
)
def test_case_35_what_hangs_over_is_cut_off(values, place):
    assert found(SQUARE, **values) == place


def test_case_36_a_region_of_a_narrow_image():
    assert found(layout(256, 512), region="100,200,400,500") == (100, 200, 156, 312)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"region": "100,200,300,400", "flip": "h"}, (624, 200, 300, 400)),
        ({"region": "100,200,300,400", "flip": "v"}, (100, 424, 300, 400)),
        ({"region": "100,200,300,400", "flip": "hv"}, (624, 424, 300, 400)),
        ({"region": "100,200,300,400", "flip": "vh"}, (624, 424, 300, 400)),
        ({"region": "100,200,300,400", "flip": "no"}, (100, 200, 300, 400)),
    ],
)
def test_case_37_mirrored_regions(values, place):
    assert found(SQUARE, **values) == place


@pytest.mark.parametrize(
    ("tile", "flip", "place"),
    [
        ("0,1,0,512,512", "h", (0, 0, 256, 512)),
        ("0,0,1,512,512", "h", (256, 512, 512, 256)),
        ("0,0,0,512,512", "v", (0, 256, 512, 512)),
        ("0,0,0,512,512", "hv", (256, 256, 512, 512)),
    ],
)
def test_case_37_mirrored_tiles(tile, flip, place):
    assert found(layout(768, 768), tile=tile, flip=flip) == place


@pytest.mark.parametrize(
    ("flips", "text"),
    [((False, False), "0"), ((True, False), "!0"), ((False, True), "!180"), ((True, True), "180")],
)
def test_flips_as_orientations(flips, text):
    assert orientation_of(flips).text == text


@pytest.mark.parametrize("level", [-1, 3, 10**9])
def test_a_level_that_is_not_there(level):
    text = refused(SLIDE, tile=f"{level},0,0")
    assert text.startswith("tile must be of a level from 0 to 2")
    assert refused(SQUARE, tile="1,0,0").startswith("tile must be of a level from 0 to 0")


@pytest.mark.parametrize(
    "values",
    [
        {"tile": "0,-1,0"},
        {"tile": "0,0,-1"},
        {"tile": "0,4,0"},
        {"tile": "2,1,0"},
        {"tile": "0,999999999999999999,0"},
        {"region": "1000,0,5,5"},
        {"region": "0,700,5,5"},
        {"region": "-1,0,5,5"},
        {"region": "0,0,0,5"},
        {"region": "0,0,5,-5"},
    ],
)
def test_what_lies_outside(values):
    with pytest.raises(OutsideError):
        area(values, SLIDE, LIMITS)


def test_stored_levels_are_the_files_own():
    levels = levels_of(SLIDE, LIMITS)
    assert [(level.size.width, level.size.height) for level in levels] == [
        (1000, 700),
        (250, 175),
        (63, 44),
    ]
    target = area({"tile": "1,0,0,100,100"}, SLIDE, LIMITS)
    assert target.shrink == (4.0, 4.0)
    assert target.grid(SLIDE).box.right == 400
    assert found(SLIDE, tile="2,0,0") == (0, 0, 63, 44)


def test_a_large_image_without_a_pyramid_is_halved():
    levels = levels_of(layout(5001, 3000), LIMITS)
    assert [level.size.width for level in levels] == [5001, 2500, 1250, 625, 312, 156]
    assert levels[-1].shrink == (32.0, 32.0)
    assert len(levels_of(layout(3192, 3192), LIMITS)) == 1
    assert len(levels_of(layout(3193, 3193), LIMITS)) > 1


def test_a_tile_is_cut_down_before_it_is_placed():
    huge = layout(5000, 5000)
    assert found(huge, tile="0,1,2,1600,1600") == (1024, 2048, 1024, 1024)
    small = GatewayLimits(max_tile_length=128)
    assert found(huge, tile="0,1,2", limits=small) == (128, 256, 128, 128)


@pytest.mark.parametrize("wrong", [{"max_tile_length": 0}, {"max_projection_bytes": True}])
def test_limits_are_above_nothing(wrong):
    with pytest.raises(ConfigurationError):
        GatewayLimits(**wrong)
