"""Planes, regions and thumbnails: groups 10, 20, 23, 30, 31, 33, 38 and 41."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.web.webgateway.samples import RGB, layout, subject, write_rgb, write_stack
from tilewright.blobs.local import local_source
from tilewright.config import Limits
from tilewright.engine import Engine
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.style import Style
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.pictures import (
    check_thumbnails,
    image_request,
    needs_ranges,
    region_request,
    thumbnail_ids,
    thumbnail_rdef,
    thumbnail_request,
)
from tilewright.web.webgateway.settings import defaults, measured_bands

CELLS = subject(layout(1024, 1024, axes=[("z", 5), ("t", 2)]), ranges={})
FULL = "c=1|0:255$FF0000,2|0:255$00FF00,3|0:255$0000FF"
MIXED = "c=1|100:900$FF0000,-2,3|5:800$00FF00&m=c"


@pytest.fixture(scope="module")
def engine():
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    return local_source(write_rgb(tmp_path_factory.mktemp("slides") / "slide.tif"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Two channels, five focal planes, uint16: each plane a ramp that grows with z."""
    ramp = np.arange(40 * 64, dtype=np.uint16).reshape(40, 64)
    data = np.stack([np.stack([ramp + 1000 * z, ramp // 2 + 100 * z]) for z in range(5)])
    path = tmp_path_factory.mktemp("stacks") / "stack.ome.tif"
    return local_source(write_stack(path, data, "ZCYX"))


def on(engine, source, **limits):
    info = engine.info(source)
    ranges = dict.fromkeys(measured_bands(info), (0.0, 6000.0))
    return subject(info, ranges=ranges, limits=GatewayLimits(**limits))


def opened(encoded):
    return Image.open(BytesIO(encoded.data))


def drawn(engine, source, query, z=0, t=0, **rest):
    return opened(engine.render(source, region_request(query, on(engine, source), z, t, **rest)))


def text(query, seen=CELLS, z=0, t=0, **rest):
    return region_request(f"region=0,0,9,9&{query}", seen, z, t, **rest)


def test_case_10_thumbnails(engine, tmp_path):
    grey = np.zeros((125, 125), np.uint8)
    path = tmp_path / "grey.png"
    Image.fromarray(grey).save(path)
    source = local_source(path)
    seen = on(engine, source)
    assert opened(engine.render(source, thumbnail_request("", seen))).size == (96, 96)
    assert opened(engine.render(source, thumbnail_request("", seen, 100))).size == (100, 100)
    # It is enlarged too: a page has room for just that size.
    assert opened(engine.render(source, thumbnail_request("", seen, 250))).size == (250, 250)


@pytest.mark.parametrize("p", ["normal", "intmax", "intmean", "intsum", "intmax|1:2", "other"])
def test_case_20_every_projection_gives_the_whole_plane(engine, stack, p):
    request = image_request(f"p={p}", on(engine, stack))
    assert opened(engine.render(stack, request)).size == (64, 40)


def test_projections_are_those_of_the_planes_and_also_of_tiles(engine, stack):
    query = "c=1|0:8000$FFFFFF&m=g&format=png&tile=0,0,0,32,32"
    shown = {
        p: np.asarray(drawn(engine, stack, f"{query}&p={p}"), int)
        for p in ("normal", "intmax", "intmean|0:1", "intsum|0:1")
    }
    first = np.asarray(drawn(engine, stack, query), int)
    assert (shown["normal"] == first).all()
    # z 4 is brighter by 4000 of 8000; two planes differ by 1000.
    assert np.abs(shown["intmax"] - first - 255 * 4000 / 8000).max() <= 1
    assert np.abs(shown["intmean|0:1"] - first - 255 * 500 / 8000).max() <= 1
    assert np.abs(shown["intsum|0:1"] - 2 * first - 255 * 1000 / 8000).max() <= 2


def test_a_projection_does_not_depend_on_where_z_stands():
    assert text("p=intmax", z=1) == text("p=intmax", z=3)
    assert text("p=intmax", t=1) != text("p=intmax", t=0)
    assert text("p=normal", z=1) != text("p=normal", z=3)


def test_a_projection_has_a_budget():
    seen = subject(CELLS.info, limits=GatewayLimits(max_projection_bytes=9 * 9 * 5 * 2 * 2))
    assert text("p=intmax&c=1,3", seen).style.projection is not None
    with pytest.raises(LimitError) as caught:
        text("p=intmax&c=1,2,3", seen)
    assert caught.value.limit == "max_projection_bytes"
    assert caught.value.asked == 9 * 9 * 5 * 2 * 3
    assert text("p=intmax|1:2&c=1,2,3", seen).style.projection is not None


def test_case_23_thumbnails_of_both_sides_are_exact(engine, stack):
    seen = on(engine, stack)
    for size in ((64, 64), (96, 96), (128, 96), (3, 200)):
        assert opened(engine.render(stack, thumbnail_request("", seen, *size))).size == size
    wide = thumbnail_request("", seen)
    assert opened(engine.render(stack, wide)).size == (96, 60)


@pytest.mark.parametrize("sides", [(0,), (10**9,), (96, 0), (96, -1)])
def test_thumbnails_of_no_size_or_of_too_much(sides):
    with pytest.raises(ParameterError):
        thumbnail_request("", CELLS, *sides)


def test_thumbnails_show_the_middle_or_the_plane_asked():
    assert thumbnail_request("", CELLS).plane.indices == (("z", 2),)
    assert thumbnail_request("z=1&t=1", CELLS).plane.indices == (("t", 1), ("z", 1))
    # Nothing else is honoured.
    assert thumbnail_request("c=1&p=intmax&q=0.1&_=1", CELLS) == thumbnail_request("", CELLS)
    with pytest.raises(OutsideError):
        thumbnail_request("z=5", CELLS)
    with pytest.raises(ParameterError):
        thumbnail_request("z=x", CELLS)
    assert thumbnail_rdef("rdefId=7&rev=3") == 7
    assert thumbnail_rdef("") is None


@pytest.mark.parametrize(
    ("count", "width", "fits"),
    [(50, None, True), (50, 1000, True), (4, 4096, True), (5, 4096, False), (50, 1200, False)],
)
def test_thumbnails_of_one_answer_have_a_limit(count, width, fits):
    most = Limits().output_pixels
    if fits:
        check_thumbnails(count, width, most)
    else:
        with pytest.raises(LimitError) as caught:
            check_thumbnails(count, width, most)
        assert (caught.value.limit, caught.value.allowed) == ("output_pixels", most)


def test_ids_of_thumbnails():
    assert thumbnail_ids("id=3&id=1&id=3&x=9") == (3, 1)
    many = "&".join(f"id={number}" for number in range(51))
    for wrong in (many, "id=x", "id=", "&".join(["id=1"] * 1000), "id=" + "9" * 30):
        with pytest.raises(ParameterError):
            thumbnail_ids(wrong)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("q=abc", "q"),
        ("q=nan", "q"),
        ("q=inf", "q"),
        ("q=1e400", "q"),
        ("q=0", "q"),
        ("q=-0.5", "q"),
        ("q=1.01", "q"),
        ("q=90", "q"),
        ("q=", "q"),
        ("format=abc", "format"),
        ("c=" + "1," * 9000, "c"),
        ("maps=[" + "{}," * 500_000, "maps"),
    ],
)
def test_case_30_what_cannot_be_read(query, parameter):
    with pytest.raises(ParameterError) as caught:
        text(query)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("p", "joined"),
    [
        ("intmax", "z:max:::1"),
        ("intmean", "z:mean:::1"),
        ("intsum", "z:sum:::1"),
        ("normal", None),
        ("intmax|0:1", "z:max::1:1"),
        ("intmax|a:b", "z:max:::1"),
    ],
)
def test_case_31_projections(p, joined):
    found = text(f"p={p}").style.projection
    assert (found and found.text) == joined


@pytest.mark.parametrize(
    ("c", "bands"),
    [
        ("2|0:9$FFF,3|0:8$FFF", [1, 2]),
        ("1|0:9$FFF,3|0:8$FFF", [0, 2]),
        ("1|0:9$FFF,2|0:8$FFF", [0, 1]),
        ("-1|0:1$FFF,2|0:9$FFF,3|0:8$FFF", [1, 2]),
        ("3|0:8$FFF,1|0:9$FFF", [0, 2]),
    ],
)
def test_case_33_channels_go_by_number(c, bands):
    channels = text(f"c={c}&m=c").style.channels
    assert [channel.band for channel in channels] == bands
    assert [channel.stretch.high.amount for channel in channels] == [9, 8]


@pytest.mark.parametrize("flip", ["h", "v", "hv"])
@pytest.mark.parametrize(
    "region", ["0,0,64,40", "3,5,20,30", "0,0,1,40", "0,0,64,1", "60,30,99,99"]
)
def test_case_38_flipped_pixels_are_those_of_the_flipped_image(engine, stack, flip, region):
    query = "c=1|0:8000$FFFFFF&m=g&format=png"
    whole = np.asarray(drawn(engine, stack, f"{query}&region=0,0,64,40"))
    whole = whole[:, ::-1] if "h" in flip else whole
    whole = whole[::-1] if "v" in flip else whole
    x, y, width, height = map(int, region.split(","))
    shown = np.asarray(drawn(engine, stack, f"{query}&region={region}&flip={flip}"))
    assert (shown == whole[y : y + height, x : x + width]).all()


@pytest.mark.parametrize("look", ["", MIXED, FULL, "c=1|0:900$FFF&m=g"])
def test_case_41_the_quality_of_the_path_is_the_q_of_the_query(engine, slide, look):
    def asked(query, **rest):
        return region_request(f"tile=0,1,1&{look}&{query}", on(engine, slide), 0, 0, **rest)

    key = asked("", quality=90).key(slide)
    for q in ("0.9", "0.90", "0.900000", ".9", "9e-1", "0.9&_=123&rev=4&callback=x&ia=1"):
        assert asked(f"q={q}").key(slide) == key
    # The path wins, whatever the query says.
    for q in ("q=0.1", "q=abc", "q=7"):
        assert asked(q, quality=90).key(slide) == key
    assert asked("q=0.5").key(slide) != key
    fine, coarse = (engine.render(slide, asked("", quality=q)) for q in (90, 30))
    assert len(coarse.data) < len(fine.data)
    assert engine.render(slide, asked("q=0.9")).data == fine.data
    assert (opened(coarse).size, opened(coarse).mode) == (opened(fine).size, opened(fine).mode)
    assert engine.render(slide, asked("q=0.85")).data == engine.render(slide, asked("q=.851")).data


def test_case_41_an_omitted_quality_is_085(engine, stack):
    seen = on(engine, stack)
    left_out = region_request("tile=0,0,0&c=1&m=c", seen, 0, 0)
    assert left_out == region_request("tile=0,0,0&c=1&m=c&q=0.85", seen, 0, 0)


@pytest.mark.parametrize("quality", [0, -1, 101, 10**30])
def test_case_41_a_quality_of_the_path_that_is_none(quality):
    with pytest.raises(ParameterError) as caught:
        text("", quality=quality)
    assert caught.value.parameter == "q"


def test_case_41_colour_and_grey(engine, slide):
    grey = drawn(engine, slide, f"tile=0,0,0&{FULL}&m=g", quality=70)
    color = drawn(engine, slide, f"tile=0,0,0&{FULL}&m=c", quality=70)
    assert (grey.format, grey.mode, color.mode) == ("JPEG", "L", "RGB")
    assert grey.size == color.size == (128, 128)


def test_case_41_grey_is_one_component_where_the_image_is_transparent_too(engine, tmp_path):
    grey = np.full((30, 20), 200, np.uint8)
    alpha = np.repeat(np.uint8([255, 128, 0]), 10)[:, np.newaxis].repeat(20, axis=1)
    path = tmp_path / "clear.png"
    Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]).save(path)
    shown = drawn(engine, local_source(path), "region=0,0,20,30&m=g&format=png")
    assert shown.mode == "L"
    assert np.asarray(shown)[[5, 15, 25], 3].tolist() == [200, 100, 0]
    assert drawn(engine, local_source(path), "region=0,0,20,30&m=g").mode == "L"


@pytest.mark.parametrize(
    ("name", "format"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("tif", "TIFF")]
)
def test_formats(engine, slide, name, format):
    assert drawn(engine, slide, f"tile=0,0,0&format={name}&q=0.5").format == format


def test_a_format_without_loss_has_one_key_for_all_qualities():
    assert text("format=png&q=0.5") == text("format=png")
    assert text("format=webp&q=0.5") != text("format=webp")


@pytest.mark.parametrize("look", ["", "format=jpeg", FULL, f"{FULL}&m=c&maps=[]&p=normal"])
def test_a_stored_tile_is_handed_on_untouched(engine, slide, look):
    stored = engine.render(slide, region_request(f"tile=0,2,3&{look}", on(engine, slide), 0, 0))
    data = Path(slide.uri).read_bytes()
    # The file keeps the tables apart: they are put in front.
    assert stored.data[-400:] in data
    coarser = engine.render(slide, region_request(f"tile=1,0,1&{look}", on(engine, slide), 0, 0))
    assert coarser.data[-400:] in data
    afresh = engine.render(
        slide, region_request(f"tile=0,2,3&{look}&q=.85", on(engine, slide), 0, 0)
    )
    assert afresh.data[-400:] not in data


@pytest.mark.parametrize(
    "look", ["c=1|0:254$FF0000,2|0:255$00FF00,3|0:255$0000FF", "c=1,2", "flip=h", f"{FULL}&m=g"]
)
def test_a_changed_tile_is_drawn(engine, slide, look):
    shown = engine.render(slide, region_request(f"tile=0,2,3&{look}", on(engine, slide), 0, 0))
    assert shown.data[-400:] not in Path(slide.uri).read_bytes()


def test_a_plain_look_shows_the_very_values(engine, slide):
    seen = on(engine, slide)
    shown = drawn(engine, slide, f"region=0,0,300,200&{FULL}&format=png")
    raster = engine.read(slide, region_request("region=0,0,300,200", seen, 0, 0).target)
    assert (np.asarray(shown) == raster.data.transpose(1, 2, 0)).all()
    assert region_request("region=0,0,3,3", seen, 0, 0).style == Style()


def test_what_stands_in_no_request_is_black_in_no_mode(engine, slide):
    for query in ("c=", "c=&maps=[]", "c=-1,-2", "c=7", "c=x&m=g"):
        assert not np.asarray(drawn(engine, slide, f"region=0,0,20,10&format=png&{query}")).any()


@pytest.mark.parametrize(("z", "t"), [(5, 0), (0, 2), (10**30, 0)])
def test_planes_that_are_not_there(z, t):
    with pytest.raises(OutsideError):
        text("", z=z, t=t)
    with pytest.raises(OutsideError):
        text("p=intmax", z=z, t=t)


def test_a_whole_plane_is_that_of_the_settings_unless_named():
    assert image_request("", CELLS).plane.indices == (("z", 2),)
    assert image_request("", CELLS, 0, 1).plane.indices == (("t", 1),)
    assert image_request("tile=malformed&region=malformed", CELLS, 0) == image_request("", CELLS, 0)


def test_which_queries_need_measured_ranges():
    assert needs_ranges("")
    assert needs_ranges("c=1|$FF0000")
    assert needs_ranges("c=1|0:9,2")
    assert not needs_ranges("c=1|0:9,-2&q=abc&tile=x")
    assert not needs_ranges("c=")


def test_more_channels_than_a_style_may_have():
    many = subject(layout(100, 100, bands=200))
    c = ",".join(f"{number}|0:9$FFF" for number in range(1, 201))
    assert len(text(f"c={c}&m=c", many).style.channels) == 64
    assert [one.band for one in text("c=150|0:9$FFF&m=c", many).style.channels] == [149]
    none = json.dumps([{}])
    assert [one.band for one in text(f"c=150&m=c&maps={none}", many).style.channels] == [149]


@pytest.mark.parametrize("bands", [("palette",), ("cyan", "magenta", "yellow", "black")])
def test_values_that_only_the_file_explains_are_shown_as_they_are(bands):
    seen = subject(layout(100, 100, bands=bands, dtype="uint8"))
    assert text("c=1|0:255$FF0000&m=c", seen).style == Style()
    assert text("c=", seen).style != Style()


def test_an_eight_bit_picture_is_plain_only_when_nothing_is_hidden():
    assert text("", subject(layout(99, 99, bands=RGB, dtype="uint8"))).style == Style()
    alpha = subject(layout(99, 99, bands=(*RGB, "alpha"), dtype="uint8"))
    assert text("", alpha).style.background == "#000000"


def test_settings_are_kept_where_the_query_leaves_them_open():
    info = CELLS.info
    saved = defaults(info, {0: (5.0, 50.0), 1: (6.0, 60.0), 2: (7.0, 70.0)})
    style = text("c=1,3|1:2&m=c", subject(info, saved)).style
    assert [(one.stretch.low.amount, one.stretch.high.amount) for one in style.channels] == [
        (5, 50),
        (1, 2),
    ]
