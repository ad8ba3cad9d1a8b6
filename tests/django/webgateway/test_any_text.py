"""Whatever text stands in a path, a query or a form: never the server's fault."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ALPHABET = '0123456789-+.,|:$abcdefFglutnNi_/%[]{}" \x00é١'
NEARLY = (
    "0", "1", "3", "63", "-1", "99", "0.5", "1e-9", "true", "c", "g", "png", "h", "tif", "webp",
    "intmax|0:3", "intmean|2:1", "intsum", "1|0:2000$FF0000", "-1|5:5$abc,2,3|-9:1e9$12345678",
    "1,2,3", "9,3|0:1$x.lut", "0,0,0", "0,0,0,16,16", "0,1,1,8,9", "1,2,3,4", "size.width",
    '[{"inverted":{"enabled":true}}]', '[{"quantization":{"family":"exponential","coefficient":9}}]',
    '[{},{"quantization":{"family":"polynomial","coefficient":1e300}},{}]',
)  # fmt: skip
TEXT = st.text(alphabet=ALPHABET, max_size=30) | st.sampled_from(NEARLY)
NAMES = ("c", "m", "maps", "p", "q", "tile", "region", "format", "flip", "z", "t", "rdefId", "id",
         "callback", "bins", "theZ", "theT", "ia", "getDefaults", "rgb", "usePixelsTypeRange")  # fmt: skip
QUERY = st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=6)
VIEWS = (
    "render_image/{}/0/0/",
    "render_image_region/{}/0/0/",
    "render_image_region_quality/{}/{}/{}/{}/",
    "render_image_rdef/{}/",
    "render_thumbnail/{}/{}/{}/",
    "get_thumbnail/{}/",
    "get_thumbnails/",
    "render_split_channel/{}/{}/{}/",
    "render_row_plot/{}/0/0/{}/{}/",
    "render_col_plot/{}/0/0/{}/",
    "imgData/{}/{}/",
    "histogram_json/{}/channel/{}/",
    "get_image_rdefs_json/{}/",
    "luts/",
    "luts_png/",
)
PLENTY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def encoded(query):
    return "&".join(f"{name}={quote(value)}" for name, value in query.items())


@PLENTY
@given(view=st.sampled_from(VIEWS), query=QUERY, parts=st.lists(TEXT, min_size=4, max_size=4))
def test_views(public, client, cells, view, query, parts):
    client.raise_request_exception = False
    places = [str(cells.pk), *(quote(part, safe="") or "0" for part in parts)]
    response = client.get(f"/webgateway/{view.format(*places)}?{encoded(query)}")
    assert response.status_code in {200, 400, 404, 413}, (view, query, parts)


@PLENTY
@given(query=QUERY, posted=QUERY)
def test_saving(ann, cells, query, posted):
    ann.raise_request_exception = False
    response = ann.post(f"/webgateway/saveImgRDef/{cells.pk}/?{encoded(query)}", posted)
    assert response.status_code in {200, 400}, (query, posted)
    assert ann.get(f"/webgateway/imgData/{cells.pk}/").status_code == 200
    assert ann.get(f"/webgateway/render_thumbnail/{cells.pk}/").status_code == 200
