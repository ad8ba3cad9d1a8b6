"""Whatever a client writes, nothing but this library's own errors comes out."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.webgateway.samples import LIMITS, RGB, layout, subject
from tilewright.errors import TilewrightError
from tilewright.style_text import parse_style
from tilewright.web.webgateway import histogram, jsonp, pictures, plots, split, strict
from tilewright.web.webgateway.looks import style_of
from tilewright.web.webgateway.rdefs import copied_document
from tilewright.web.webgateway.settings import RenderingSettings, merged

IMAGES = [
    subject(layout(700, 500, shrinks=(1, 2), axes=[("z", 3)])),
    subject(layout(90, 60, bands=RGB, dtype="uint8")),
    subject(layout(40, 7000, bands=9, dtype="float32")),
]
NAMES = st.sampled_from(
    [
        *("c", "m", "maps", "p", "q", "ia", "format", "tile", "region", "flip", "z", "t"),
        *("theZ", "theT", "bins", "callback", "rdefId", "id"),
    ]
)
PIECE = st.sampled_from([
    *'0123456789,|:$-.{}[]"ghvcm',
    *("nan", "1e400", "FF0000", "cool.lut", "intmax", "true", "inverted", "enabled", "family"),
    *("quantization", "coefficient", "polynomial", "logarithmic", "٣", "%00", " ", "jpeg", "é"),
])  # fmt: skip
TEXT = st.text() | st.lists(PIECE, max_size=30).map("".join)
QUERY = st.lists(st.tuples(NAMES, TEXT), max_size=6).map(urlencode) | st.text()
NUMBER = st.integers(-(10**20), 10**20) | st.integers(-1, 5)

ASKS = [
    pictures.region_request,
    lambda query, seen, a, b: pictures.region_request(query, seen, 0, 0, quality=a),
    pictures.image_request,
    pictures.thumbnail_request,
    lambda query, seen, a, b: pictures.thumbnail_ids(query),
    lambda query, seen, a, b: pictures.needs_ranges(query),
    split.split_request,
    lambda query, seen, a, b: plots.row_plot(query, seen, 0, 0, a, width=b),
    lambda query, seen, a, b: plots.column_plot(query, seen, 0, 0, a, width=b),
    lambda query, seen, a, b: histogram.histogram_asked(query, seen.info, a, LIMITS),
    lambda query, seen, a, b: strict.check_complete(query),
    lambda query, seen, a, b: strict.check_savable(query),
    lambda query, seen, a, b: jsonp.callback_name(query),
    lambda query, seen, a, b: merged(seen.settings, query, seen.info, lut_exists=seen.lut_exists),
]


@pytest.mark.parametrize("ask", ASKS)
@given(query=QUERY, seen=st.sampled_from(IMAGES), a=NUMBER, b=NUMBER)
@settings(max_examples=60, deadline=None)
def test_only_own_errors(ask, query, seen, a, b):
    try:
        ask(query, seen, a, b)
    except TilewrightError as error:
        assert 0 < len(str(error)) < 400  # noqa: PT017 - any of them will do


@given(
    tile=st.tuples(*[st.integers(-2, 6)] * 3, *[st.integers(-2, 2000)] * 2),
    seen=st.sampled_from(IMAGES),
    flip=st.sampled_from(["", "h", "v", "hv"]),
)
@settings(max_examples=200, deadline=None)
def test_every_tile_lies_inside(tile, seen, flip):
    query = urlencode({"tile": ",".join(map(str, tile)), "flip": flip})
    try:
        request = pictures.region_request(query, seen, 0, 0)
    except TilewrightError:
        return
    size, box = seen.info.size, request.target.grid(seen.info).box
    # A level's size is rounded up.
    shrink = request.target.shrink
    assert box.x >= 0
    assert box.y >= 0
    assert box.right < size.width + shrink[0]
    assert box.bottom < size.height + shrink[1]


@given(query=QUERY, seen=st.sampled_from(IMAGES))
@settings(max_examples=200, deadline=None)
def test_what_is_saved_can_be_stored_copied_and_drawn(query, seen):
    try:
        saved = merged(seen.settings, query, seen.info, lut_exists=seen.lut_exists)
    except TilewrightError:
        return
    assert RenderingSettings.restored(saved.stored()) == saved
    assert saved.fits(seen.info)
    copied = copied_document(saved, seen.info)
    fields = urlencode({name: copied[name] for name in ("c", "m", "maps", "z", "t")})
    again = merged(seen.settings, fields, seen.info, lut_exists=seen.lut_exists)
    assert again.channels == saved.channels
    style = style_of({}, subject(seen.info, saved))
    assert parse_style(style.text) == style
