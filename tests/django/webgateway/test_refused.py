"""What hostile or clumsy clients send: a sentence and 400, 404 or 413; never a 500."""

import json
from urllib.parse import quote

import pytest
from django.test import Client

from tests.django.webgateway.conftest import COLOURS

MEGABYTE = 1 << 20


@pytest.fixture
def ask(public, client):
    """Ask, whatever it is; fail at a 500 and at a stack trace."""
    client.raise_request_exception = False

    def ask(path):
        response = client.get(path)
        assert response.status_code < 500, response.content[:300]
        assert b"Traceback" not in response.content
        if response.status_code >= 400:
            told = response.json()
            assert response["Content-Type"] == "application/problem+json"
            assert told["detail"]
            assert len(response.content) < 2000
            assert b"cells.ome" not in response.content
        return response.status_code

    return ask


QUERIES = {
    "c of 4,000 channels": ",".join(f"{n}|0:255$FF0000" for n in range(1, 4001)),
    "no channel": "",
    "negative": "-1",
    "huge number": "1" * 400,
    "a window of nan": "1|nan:nan$FF0000",
    "an endless window": "1|0:1e999$FF0000",
    "too many dollars": "1$$$|$$",
    "a window that falls": "1|255:0$FF0000",
    "signs": "|:$,|:$,,,",
    "a null byte": "1|0:255$\x00",
    "a path": "1|0:255$../../etc/passwd.lut",
    "other digits": "١|٠:٩$FF0000",
}


@pytest.mark.parametrize("c", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize(
    "view",
    [
        "render_image/{}/0/0/?",
        "render_image_region/{}/0/0/?tile=0,0,0&",
        "render_image_region_quality/{}/0/0/90/?tile=0,0,0&",
        "render_split_channel/{}/0/0/?",
        "render_row_plot/{}/0/0/5/?",
    ],
)
def test_channels(ask, cells, view, c):
    status = ask(f"/webgateway/{view.format(cells.pk)}c={quote(c)}")
    assert status in {200, 400, 413}


MAPS = {
    "no JSON": "[",
    "a megabyte": "[" * MEGABYTE,
    "deep": "[" * 50_000 + "]" * 50_000,
    "an object": "{}",
    "numbers": "[1,2,3]",
    "null": "null",
    "a wrong family": '[{"quantization":{"family":"x","coefficient":-1}}]',
    "nan": '[{"quantization":{"family":"polynomial","coefficient":NaN}}]',
    "1e400": '[{"quantization":{"family":"polynomial","coefficient":1e400}}]',
    "wrong kinds": '[{"quantization":[],"inverted":7,"reverse":"x"}]',
    "long digits": "[" + "9" * 10_000 + "]",
}


@pytest.mark.parametrize("maps", MAPS.values(), ids=MAPS)
@pytest.mark.parametrize("view", ["render_image", "render_image_rdef"])
def test_maps(ask, cells, view, maps):
    path = f"/webgateway/{view}/{cells.pk}/0/0/?{COLOURS}&m=c&maps={quote(maps)}"
    status = ask(path)
    assert status in ({400} if "rdef" in view else {200, 400})


@pytest.mark.parametrize("q", ["nan", "1e400", "0", "-1", "1.01", "abc", "", "0x1", "٠.٩", "1_0"])
def test_qualities(ask, cells, q):
    root = f"/webgateway/render_image_region/{cells.pk}/0/0/?tile=0,0,0"
    assert ask(f"{root}&q={quote(q)}") == 400
    # In the path it wins, and what else is said of it does not matter.
    path = f"/webgateway/render_image_region_quality/{cells.pk}/0/0/90/?tile=0,0,0"
    assert ask(f"{path}&q={quote(q)}") == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("tile=1e9", 400),
        ("tile=", 400),
        ("tile=,,,,", 400),
        ("tile=0,0", 400),
        ("tile=0,0,0,5", 400),
        ("tile=-1,0,0", 400),
        ("tile=99,0,0", 400),
        ("tile=0,1000000000,0", 404),
        ("tile=0,-1,0", 404),
        ("tile=0,0,0,1000000000,1000000000", 200),
        ("tile=0,0,0,-5,-5", 200),
        (f"tile=0,{'9' * 5000},0", 400),
        ("tile=nan,0,0", 400),
        ("region=0,0,0,0", 404),
        ("region=0,0,-1,5", 404),
        ("region=5,5,1000000000,1000000000", 200),
        ("region=64,0,1,1", 404),
        ("region=1,2,3,abc", 400),
        ("region=1.5,2,3,4", 400),
        ("region=", 400),
    ],
)
def test_places(ask, cells, asked, status):
    assert ask(f"/webgateway/render_image_region/{cells.pk}/0/0/?{asked}") == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("imgData/{big}/", 404),
        ("imgData/{huge}/", 404),
        ("imgData/0/", 404),
        ("imgData/-1/", 400),
        ("imgData/abc/", 400),
        ("imgData/1%00/", 400),
        ("imgData/%D9%A1/", 400),
        ("imgData/{id}/" + "a." * 1000 + "/", 200),
        ("render_image/{id}/{big}/0/", 404),
        ("render_image/{id}/-1/0/", 400),
        ("render_image/{id}/4/0/", 404),
        ("render_image_region/{id}/0/2/?tile=0,0,0", 404),
        ("render_image_region/{id}/a/b/?tile=0,0,0", 400),
        ("render_thumbnail/{id}/0/", 400),
        ("render_thumbnail/{id}/1/", 200),
        ("render_thumbnail/{id}/1000000000/", 400),
        ("render_thumbnail/{id}/10/{big}/", 404),
        ("render_thumbnail/{id}/?z=abc", 400),
        ("render_thumbnail/{id}/?z=99", 404),
        ("render_thumbnail/{id}/?rdefId=7", 404),
        ("render_thumbnail/{id}/?rdefId={big}", 400),
        ("get_thumbnails/", 200),
        ("get_thumbnails/0/?id={id}", 400),
        ("get_thumbnails/x/?id={id}", 400),
        ("get_thumbnails/?id=abc", 400),
        ("get_thumbnails/?id={big}", 400),
        ("get_thumbnails/?id=-5", 200),
        ("render_split_channel/{id}/9/0/", 404),
        ("render_row_plot/{id}/0/0/48/", 404),
        ("render_col_plot/{id}/0/0/64/", 404),
        ("render_row_plot/{id}/0/0/{big}/", 404),
        ("render_row_plot/{id}/0/0/1/{big}/", 404),
        ("render_row_plot/{id}/0/0/1/0/", 400),
        ("histogram_json/{id}/channel/-1/", 400),
        ("histogram_json/{id}/channel/3/", 404),
        ("histogram_json/{id}/channel/0/?bins=0", 400),
        ("histogram_json/{id}/channel/0/?bins=1000000000", 400),
        ("histogram_json/{id}/channel/0/?theZ=-1", 404),
        ("histogram_json/{id}/channel/0/?theZ=abc", 400),
        ("luts/?callback=alert(1)", 400),
        ("get_image_rdefs_json/{big}/", 404),
        ("copyImgRDef/?fromid={big}", 403),
        ("render_image/{id}/0/0/?p=intmax|9:1", 200),
        ("render_image/{id}/0/0/?p=intmax|-5:99999999999", 200),
        ("render_image/{id}/0/0/?p=" + "x" * 5000, 400),
        ("render_image/{id}/0/0/?format=exe", 400),
        ("render_image/{id}/0/0/?m=zzz", 200),
        ("render_image/{id}/0/0/?%FF%FE=%C0%80&c=%FF", 200),
    ],
)
def test_paths(ask, cells, path, status):
    named = path.replace("{id}", str(cells.pk)).replace("{big}", str(10**30))
    assert ask(f"/webgateway/{named.replace('{huge}', '9' * 5000)}") == status


@pytest.mark.parametrize("wrong", ["abc", "1.0", "-1", "+1", "0x1", "%D9%A1", "%20", "1e0", "%00"])
@pytest.mark.parametrize(
    "path",
    [
        "imgData/{wrong}/",
        "render_image_region/{wrong}/0/0/?tile=0,0,0",
        "render_image_region/{id}/{wrong}/0/?tile=0,0,0",
        "render_image_region/{id}/0/{wrong}/?tile=0,0,0",
        "histogram_json/{id}/channel/{wrong}/",
    ],
)
def test_case_28_what_is_no_number(ask, cells, path, wrong):
    assert ask(f"/webgateway/{path.format(id=cells.pk, wrong=wrong)}") == 400


def test_more_thumbnails_than_a_batch(ask, cells):
    ids = "&".join(f"id={n}" for n in range(51))
    assert ask(f"/webgateway/get_thumbnails/?{ids}") == 400


FORM = "application/x-www-form-urlencoded"
FILE = '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("&".join(f"toids={n}" for n in range(1, 600)), None, 400),
        ("&".join(f"toids={n}" for n in range(1, 5000)), None, 400),
        ("toids=abc", None, 400),
        ("toids=-1", None, 400),
        (f"toids={10**30}", None, 404),
        ("toids=1&to_type=" + "x" * 10_000, None, 400),
        ("", None, 404),
        ("not a form", "multipart/form-data", 400),
        ("--x\r\nbroken", "multipart/form-data; boundary=x", 404),
        ("{}", "application/json", 404),
        ("toids=1", f"{FORM}; charset=latin-1", 400),
        (f"{FILE}1\r\n" * 200 + "--x--", "multipart/form-data; boundary=x", 400),
        ("x" * (3 << 20), None, 413),
    ],
)
def test_posts(users, cells, body, kind, status):
    """With Django's check of the token, which reads the form before the view does."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(users[0])
    client.cookies["csrftoken"] = token = "a" * 32
    for path in ("resetRDef", "applyOwnersRDef"):
        response = client.post(
            f"/webgateway/{path}/", body, content_type=kind or FORM, headers={"x-csrftoken": token}
        )
        assert response.status_code == status, response.content[:300]
        assert response["Content-Type"] == "application/problem+json"
        assert len(response.content) < 2000


@pytest.mark.parametrize("c", QUERIES.values(), ids=QUERIES)
def test_settings_that_make_no_sense(ann, cells, c):
    ann.raise_request_exception = False
    for maps in MAPS.values():
        response = ann.post(
            f"/webgateway/saveImgRDef/{cells.pk}/", {"c": c, "m": "c", "maps": maps}
        )
        assert response.status_code in {200, 400, 413}, response.content[:300]
    assert ann.get(f"/webgateway/imgData/{cells.pk}/").status_code == 200
    assert ann.get(f"/webgateway/render_image/{cells.pk}/").status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
def test_other_methods(ann, cells, method):
    response = getattr(ann, method)(f"/webgateway/imgData/{cells.pk}/")
    assert response.status_code == 405
    assert json.loads(response.content)["status"] == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_a_file_that_is_gone_or_damaged(ask, cells, tmp_path):
    path = tmp_path / "cells.ome.tif"
    path.write_bytes(path.read_bytes()[:200])
    views = (
        "imgData/{}/",
        "render_image/{}/",
        "render_thumbnail/{}/",
        "histogram_json/{}/channel/0/",
    )
    assert {ask(f"/webgateway/{view.format(cells.pk)}") for view in views} <= {415, 422}
    path.unlink()
    assert {ask(f"/webgateway/{view.format(cells.pk)}") for view in views} == {404}
    assert ask(f"/webgateway/get_thumbnails/?id={cells.pk}") == 200
