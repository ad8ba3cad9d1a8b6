"""What draws, by the numbers of the acceptance cases of OMERO's own tests."""

import base64

import numpy as np
import pytest

from tests.django.webgateway.conftest import COLOURS, COMPLETE

pytestmark = pytest.mark.usefixtures("public")


@pytest.mark.parametrize("query", ["", "?c=1|0:255$FF0000"])
def test_case_1_neither_tile_nor_region_is_400(client, slide, query):
    response = client.get(f"/webgateway/render_image_region/{slide.pk}/0/0/{query}")
    assert response.status_code == 400
    assert response.json()["detail"] == "tile or region argument required"


@pytest.mark.parametrize("name", ["tile", "region"])
def test_cases_2_and_3_malformed_is_400(client, slide, name):
    response = client.get(f"/webgateway/render_image_region/{slide.pk}/0/0/?{name}=malformed")
    assert response.status_code == 400
    assert f"malformed {name} argument, {name}=malformed" in response.json()["detail"]


@pytest.mark.parametrize(
    ("tile", "size"),
    [("0,0,0", (256, 256)), ("0,0,0,10,10", (10, 10)), ("0,0,0,0,10000", (256, 512))],
)
def test_case_4_sizes_of_tiles(client, slide, picture_of, tile, size):
    response = client.get(f"/webgateway/render_image_region/{slide.pk}/0/0/?tile={tile}")
    assert picture_of(response).size == size


@pytest.mark.parametrize("end", ["", "/", "/0", "/0/", "/0/0", "/0/0/"])
def test_case_5_a_whole_plane(client, slide, picture_of, end):
    picture = picture_of(client.get(f"/webgateway/render_image/{slide.pk}{end}"))
    assert (picture.size, picture.mode, picture.format) == ((512, 512), "RGB", "JPEG")


def test_case_10_thumbnails(client, slide, picture_of):
    root = f"/webgateway/render_thumbnail/{slide.pk}"
    assert picture_of(client.get(f"{root}/")).size == (96, 96)
    assert picture_of(client.get(f"{root}/100/")).size == (100, 100)
    assert picture_of(client.get(f"/webgateway/render_birds_eye_view/{slide.pk}/")).size == (96, 96)
    assert picture_of(client.get(f"/webclient/render_thumbnail/size/50/{slide.pk}/")).size == (
        50,
        50,
    )


def test_case_11_thumbnails_as_text_are_the_same(client, slide, cells):
    def text_of(scan):
        drawn = client.get(f"/webgateway/render_thumbnail/{scan.pk}/").content
        return f"data:image/jpeg;base64,{base64.b64encode(drawn).decode()}"

    one = client.get(f"/webgateway/get_thumbnail/{slide.pk}/")
    assert one.json() == text_of(slide)
    many = client.get(f"/webgateway/get_thumbnails/?id={slide.pk}&id={cells.pk}&id=999&id=999")
    assert many.json() == {
        str(slide.pk): text_of(slide),
        str(cells.pk): text_of(cells),
        "999": None,
    }
    for response in (one, many):
        known = client.get(
            response.request["PATH_INFO"] + "?" + response.request["QUERY_STRING"],
            headers={"if-none-match": response["ETag"]},
        )
        assert known.status_code == 304


def test_case_19_greyscale_has_equal_channels(client, cells, picture_of):
    root = f"/webgateway/render_image/{cells.pk}/0/0/?c=1|0:2000$FF0000"
    grey = picture_of(client.get(f"{root}&m=g"))
    assert grey.mode == "L"
    colour = np.asarray(picture_of(client.get(f"{root}&m=c")))
    assert colour[20, 20, 0] > 100 > colour[20, 20, 1]


@pytest.mark.parametrize("name", ["normal", "intmax", "intmean", "intsum", "unheard"])
def test_case_20_projections_have_the_size_of_the_plane(client, cells, picture_of, name):
    response = client.get(f"/webgateway/render_image/{cells.pk}/0/0/?p={name}")
    assert picture_of(response).size == (64, 48)


def test_projections_count_on_regions_too(client, cells, picture_of):
    root = f"/webgateway/render_image_region/{cells.pk}/0/0/?region=20,20,8,8&c=1|1000:1300$FFFFFF"
    dark = np.asarray(picture_of(client.get(root)))
    bright = np.asarray(picture_of(client.get(f"{root}&p=intmax")))
    assert dark.max() < 10
    assert bright.min() > 245


@pytest.mark.parametrize("size", [(64, 64), (96, 96), (128, 96)])
def test_case_23_thumbnails_of_exact_sizes(client, slide, picture_of, size):
    path = f"/webgateway/render_thumbnail/{slide.pk}/{size[0]}/{size[1]}/"
    assert picture_of(client.get(path)).size == size


@pytest.mark.parametrize("path", ["render_row_plot/{}/0/0/10/", "render_col_plot/{}/0/0/10/2/"])
def test_case_24_plots_have_the_size_of_the_image(client, slide, picture_of, path):
    response = client.get(f"/webgateway/{path.format(slide.pk)}?{COLOURS}")
    picture = picture_of(response)
    assert (picture.size, response["Content-Type"]) == ((512, 512), "image/gif")


def test_case_25_panels(client, cells, picture_of):
    colour = client.get(f"/webgateway/render_split_channel/{cells.pk}/0/0/?m=c")
    assert picture_of(colour).size == (64 * 2 + 6, 48 * 2 + 6)
    one = client.get(f"/webgateway/render_split_channel/{cells.pk}/0/0/?m=c&c=1|0:1000$FF0000")
    assert one["ETag"] != colour["ETag"]


def test_case_41_quality_in_the_path(client, slide, cells, picture_of):
    rest = f"tile=0,0,0,256,256&{COMPLETE}"
    root = f"/webgateway/render_image_region_quality/{slide.pk}/0/0"
    query = f"/webgateway/render_image_region/{slide.pk}/0/0/?{rest}"
    sizes = []
    for q in (30, 60, 90, 100):
        path = client.get(f"{root}/{q}/?{rest}")
        same = client.get(f"{query}&q={q / 100}")
        assert path.content == same.content
        assert path["ETag"] == same["ETag"]
        picture = picture_of(path)
        assert (picture.size, picture.mode, path["Content-Type"]) == (
            (256, 256),
            "RGB",
            "image/jpeg",
        )
        sizes.append(len(path.content))
    assert sizes == sorted(set(sizes))
    tags = {client.get(f"{query}&q={q}&_=5&rev=2")["ETag"] for q in ("0.9", "0.90", "0.900000")}
    assert tags == {client.get(f"{root}/90/?{rest}&q=0.1&callback=x")["ETag"]}
    old = f"/webgateway/render_image_region/{cells.pk}/0/0/?tile=0,0,0&{COMPLETE}"
    assert client.get(old)["ETag"] == client.get(f"{old}&q=0.85")["ETag"]


@pytest.mark.parametrize("rest", ["", "&m=g"])
@pytest.mark.parametrize("name", ["png", "webp", "jpeg"])
def test_quality_in_the_path_in_other_formats(client, cells, picture_of, name, rest):
    path = f"/webgateway/render_image_region_quality/{cells.pk}/0/0/80/"
    picture = picture_of(client.get(f"{path}?region=0,0,9,8&format={name}{rest}"))
    assert (picture.format, picture.size) == (name.upper(), (9, 8))


@pytest.mark.parametrize(
    "q", ["0", "101", "abc", "0.9", "-1", "1e2", "99999999999999999999", "%00"]
)
def test_a_quality_outside_1_to_100_is_refused(client, slide, q):
    path = f"/webgateway/render_image_region_quality/{slide.pk}/0/0/{q}/?region=0,0,9,9"
    response = client.get(path)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_the_whole_plane_by_setting(project, client, slide, picture_of):
    project.TILEWRIGHT = {
        "webgateway": {**project.TILEWRIGHT["webgateway"], "limits": {"whole_plane": True}}
    }
    path = f"/webgateway/render_image_region_quality/{slide.pk}/0/0/50/"
    assert picture_of(client.get(path)).size == (512, 512)


@pytest.mark.parametrize("view", ["render_image_rdef", "render_image_region_rdef"])
def test_the_rdef_forms_want_all(client, slide, view):
    root = f"/webgateway/{view}/{slide.pk}/0/0/?tile=0,0,0&"
    plain = root.replace("_rdef", "")
    complete = client.get(root + COMPLETE)
    assert complete.status_code == 200
    assert complete.content == client.get(plain + COMPLETE).content
    for wrong in ("", COLOURS, f"{COMPLETE}&m=x", COMPLETE.replace("m=c", "")):
        assert client.get(root + wrong.replace("&m=c&", "&", 1)).status_code == 400


def test_a_tile_costs_two_short_questions(client, slide, django_assert_num_queries):
    path = f"/webgateway/render_image_region/{slide.pk}/0/0/?tile=0,0,0"
    with django_assert_num_queries(2):
        assert client.get(path).status_code == 200


def test_a_plane_beyond_the_limits_is_refused(project, client, slide):
    project.TILEWRIGHT = {**project.TILEWRIGHT, "limits": {"output_pixels": 100_000}}
    root = f"/webgateway/render_image/{slide.pk}"
    assert client.get(f"{root}/0/0/").status_code == 413
    assert client.get(f"/webgateway/render_thumbnail/{slide.pk}/").status_code == 200


def test_planes_beyond_the_budget_are_not_joined(project, client, cells):
    public = project.TILEWRIGHT["webgateway"]
    limits = {"max_projection_bytes": 4 * 2 * 10 * 10}
    project.TILEWRIGHT = {"webgateway": {**public, "limits": limits}}
    root = f"/webgateway/render_image_region/{cells.pk}/0/0/?c=1|0:9$FFF&p=intmax&region=0,0"
    assert client.get(f"{root},10,10").status_code == 200
    refused = client.get(f"{root},11,10")
    assert (refused.status_code, refused.json()["limit"]) == (413, "max_projection_bytes")


def test_a_download_has_a_name(client, slide, picture_of):
    response = client.get(f"/webclient/render_image_download/{slide.pk}/?format=png")
    assert picture_of(response).format == "PNG"
    assert response["Content-Disposition"] == 'attachment; filename="slide.png"'


def test_case_18_each_setting_is_in_the_key_and_nothing_else(client, cells):
    root = f"/webgateway/render_image_region/{cells.pk}"
    base = "region=0,0,20,20&c=1|0:900$FF0000&m=c"
    inverted = 'maps=[{"inverted":{"enabled":true}}]'
    polynomial = 'maps=[{"quantization":{"family":"polynomial","coefficient":%s}}]'
    changes = (
        *("m=g", "q=0.5", "flip=h", "flip=v", "format=png", "tile=0,0,0,20,19", inverted),
        *("p=intmax", "p=intmax|0:1", "p=intmax|1:2", "p=intmean", "region=0,0,20,21"),
        *("c=1|0:901$FF0000", "c=1|0:900$FF0001", "c=2|0:900$FF0000", "c=-1|0:900$FF0000"),
        *(polynomial % 2, polynomial % 3),
    )
    paths = [f"0/0/?{base}", f"1/0/?{base}", f"0/1/?{base}"]
    paths += [f"0/0/?{base}&{change}" for change in changes]
    tags = [client.get(f"{root}/{path}")["ETag"] for path in paths]
    assert len({*tags}) == len(paths)
    for noise in ("_=7", "rev=9", "callback=f", "callback=1()", "debug=slow", "bsession=x", "zm=1"):
        assert client.get(f"{root}/0/0/?{base}&{noise}")["ETag"] == tags[0]
    # In other words: the same numbers, colours and settings.
    for same in (
        "m=c&c=%201%20|0.0:9e2$f00,-2&region=00,0,20,20",
        f"{base}&q=0.85&p=normal&flip=&format=jpeg&maps=[]",
        f"{base},-3|0:5$00FF00&maps=[%7B%7D,%7B%7D]",
    ):
        assert client.get(f"{root}/0/0/?{same}")["ETag"] == tags[0]


def test_a_known_picture_is_a_304_without_a_file(client, slide, tmp_path, monkeypatch):
    from tilewright.django import conf  # noqa: PLC0415 - the apps are ready only now

    paths = [
        f"/webgateway/render_image_region_quality/{slide.pk}/0/0/90/?tile=0,0,0&{COMPLETE}",
        f"/webgateway/render_thumbnail/{slide.pk}/",
        f"/webgateway/render_split_channel/{slide.pk}/0/0/",
        f"/webgateway/histogram_json/{slide.pk}/channel/0/",
    ]
    tags = [client.get(path)["ETag"] for path in paths]
    monkeypatch.setattr(conf.edge().engine, "lease", None)
    for path, tag in zip(paths, tags, strict=True):
        response = client.get(path, headers={"if-none-match": tag})
        assert (response.status_code, response.content) == (304, b"")


def test_a_measured_image_is_a_304_without_a_file(client, cells, monkeypatch):
    from tilewright.django import conf  # noqa: PLC0415 - the apps are ready only now

    path = f"/webgateway/render_image/{cells.pk}/0/0/"
    tag = client.get(path)["ETag"]
    monkeypatch.setattr(conf.edge().engine, "lease", None)
    assert client.get(path, headers={"if-none-match": tag}).status_code == 304


def test_who_may_keep_a_picture(project, client, slide):
    complete = f"/webgateway/render_image_region/{slide.pk}/0/0/?tile=0,0,0&{COMPLETE}"
    partial = f"/webgateway/render_image_region/{slide.pk}/0/0/?tile=0,0,0"
    assert client.get(complete)["Cache-Control"] == "private, max-age=3600"
    assert client.get(partial)["Cache-Control"] == "private, no-cache"
    project.TILEWRIGHT = {**project.TILEWRIGHT, "cache_public": True}
    assert client.get(complete)["Cache-Control"] == "public, max-age=3600"
    assert client.get(partial)["Cache-Control"] == "public, no-cache"


def test_head_has_the_headers_of_get(client, slide):
    for path in ("render_image_region/{}/0/0/?tile=0,0,0", "imgData/{}/", "render_thumbnail/{}/"):
        full = f"/webgateway/{path.format(slide.pk)}"
        got, head = client.get(full), client.head(full)
        assert head.content == b""
        assert head.headers == got.headers


def test_answers_are_kept_in_the_projects_cache(project, client, slide):
    project.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    project.TILEWRIGHT = {**project.TILEWRIGHT, "cache": "default", "cache_min_ms": 0}
    from django.core.cache import cache  # noqa: PLC0415 - as the settings are now

    path = f"/webgateway/render_image_region_quality/{slide.pk}/0/0/90/?tile=0,0,0&{COMPLETE}"
    first = client.get(path)
    tag = first["ETag"].strip('"')
    assert cache.get(f"tilewright:1:{tag}") is not None
    assert client.get(path).content == first.content


def test_options_tell_what_the_microservice_tells(client, slide):
    for path in ("/webgateway/", "/webgateway/imgData/1/", "/webgateway/saveImgRDef/1/"):
        told = client.options(path).json()
        assert told["provider"] == "ImageRegionMicroservice"
        assert told["options"]["maxTileLength"] == 1024
        assert {"png-tiles", "support-missing-channels"} <= {*told["features"]}


def test_the_aliases_of_the_webclient(client, slide):
    for path in (
        f"render_image/{slide.pk}/0/0/",
        f"render_image_region/{slide.pk}/0/0/?tile=0,0,0",
        f"render_birds_eye_view/{slide.pk}/",
        f"render_split_channel/{slide.pk}/0/0/",
        f"render_row_plot/{slide.pk}/0/0/5/",
        f"imgData/{slide.pk}/",
        f"render_thumbnail/{slide.pk}/",
        f"get_thumbnails/?id={slide.pk}",
    ):
        one, other = client.get(f"/webgateway/{path}"), client.get(f"/webclient/{path}")
        assert one.status_code == 200, one.content
        assert one.content == other.content
