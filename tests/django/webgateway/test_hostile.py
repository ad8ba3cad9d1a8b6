"""What a hostile client, page or colleague tries beyond malformed numbers."""

import io
import json
import os
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from tests.django.webgateway.conftest import COLOURS, COMPLETE, LINEAR
from tests.testapp.models import Scan
from tilewright.django.webgateway import saved
from tilewright.django.webgateway.models import SavedSettings
from tilewright.web.webgateway.settings import RenderingSettings

CURVED = json.dumps([{"quantization": {"family": "logarithmic", "coefficient": 1}}] * 3)


@pytest.mark.parametrize("c", ["1|0:255$FF804080", "1|0:255$FF04,2|5:9$00000000", "2|0:9$0000"])
@pytest.mark.parametrize("m", ["c", "g"])
def test_a_colour_that_lets_light_through(public, client, slide, c, m):
    path = f"/webgateway/render_image_region/{slide.pk}/0/0/?region=0,0,9,9&c={c}&m={m}"
    for rest in ("", "&format=png", "&format=webp", "&format=tif"):
        assert client.get(path + rest).status_code == 200


@pytest.mark.parametrize("window", ["1e-320:1e-319", "4.9e-324:5e-324", "0:5e-324", "-5e-324:0"])
def test_windows_shorter_than_any_number(public, client, cells, window):
    path = f"/webgateway/render_image/{cells.pk}/0/0/?c=1|{window}$FFFFFF&m=c&format=png"
    response = client.get(path)
    assert response.status_code == 200
    pixels = np.asarray(Image.open(io.BytesIO(response.content)))
    # All values above are bright.
    assert pixels[20, 20].max() == 255


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a\r\nSet-Cookie: x=1", "a_Set-Cookie_ x=1.png"),
        ('a"; filename="b.exe', "a_; filename=_b.exe.png"),
        ("holiday\u202egnp.exe", "holiday_gnp.exe.png"),
        ("../../etc/passwd", "_.._etc_passwd.png"),
        ("a\x00b", "a_b.png"),
        ("...", "{pk}.png"),
        ("x" * 200, "x" * 200 + ".png"),
    ],
)
def test_names_of_downloads(public, client, slide, name, sent):
    Scan.objects.filter(pk=slide.pk).update(name=name)
    response = client.get(f"/webclient/render_image_download/{slide.pk}/?format=png")
    assert response.status_code == 200
    wanted = sent.format(pk=slide.pk)
    assert response["Content-Disposition"] == f'attachment; filename="{wanted}"'
    assert "Set-Cookie" not in response.headers
    # A document tells the name as it is, and is no header.
    told = client.get(f"/webgateway/imgData/{slide.pk}/meta.imageName/")
    assert (told.json(), told.content.isascii()) == (name, True)


@pytest.mark.parametrize("count", [10, 400, 4000])
def test_the_way_to_the_login_is_never_too_long(client, slide, count):
    c = ",".join(f"{n}|0:65535$FF0000" for n in range(1, count))
    path = f"/webgateway/render_image_region/{slide.pk}/0/0/?tile=0,0,0&c={c}"
    response = client.get(path)
    assert response.status_code == 302
    assert len(response["Location"]) < 8000
    target = urlsplit(response["Location"])
    assert target.path == "/login/"
    assert ("next" in parse_qs(target.query)) is (count == 10)


@pytest.mark.parametrize(
    "rest",
    [
        "?url=https://evil.example/",
        "?next=//evil.example",
        "?c=%0d%0aLocation:https://evil.example",
        "?c=\u202e",
        "?callback=alert",
    ],
)
def test_the_login_sends_back_to_this_server_alone(client, slide, rest):
    response = client.get(f"/webgateway/render_image/{slide.pk}/0/0/{rest}")
    target = urlsplit(response["Location"])
    assert (response.status_code, target.netloc, target.path) == (302, "", "/login/")
    ways = parse_qs(target.query)
    assert {*ways} == {"url", "next"}
    for way in (*ways["url"], *ways["next"]):
        assert way.startswith(f"/webgateway/render_image/{slide.pk}/")


@pytest.mark.parametrize(
    ("query", "lasting"),
    [
        (COMPLETE, True),
        (f"{COMPLETE}&_=5&rev=7", True),
        (f"{COLOURS}&m=c&maps=[{{}},{{}},{{}}]", False),
        (f"{COLOURS}&m=c&maps={quote(json.dumps([LINEAR, {'quantization': 5}, LINEAR]))}", False),
        (COMPLETE.replace("$FF0000", "$gone.lut"), False),
        (COLOURS, False),
    ],
)
def test_only_what_no_saved_settings_can_change_may_be_kept(ann, slide, query, lasting):
    path = f"/webgateway/render_image_region/{slide.pk}/0/0/?tile=0,0,0&{query}"
    first = ann.get(path)
    assert ("max-age" in first["Cache-Control"]) is lasting
    other = "c=1|0:10$FFFFFF,2|0:9$FFFF00,3|0:9$FFFFFF&m=g"
    assert ann.post(f"/webgateway/saveImgRDef/{slide.pk}/?{other}&maps={quote(CURVED)}").json()
    second = ann.get(path)
    assert (first.content == second.content) is lasting
    assert (first["ETag"] == second["ETag"]) is lasting


def test_anothers_settings_are_in_no_answer(ann, ben, slide):
    query = "c=1|0:10$123456,-2|0:9$FFFF00,-3|0:9$FFFFFF&m=g&z=1"
    paths = [
        f"/webgateway/render_image/{slide.pk}/0/0/",
        f"/webgateway/render_image_region/{slide.pk}/0/0/?region=0,0,64,64&c=1&m=c",
        f"/webgateway/render_thumbnail/{slide.pk}/",
        f"/webgateway/get_thumbnails/?id={slide.pk}",
        f"/webgateway/render_split_channel/{slide.pk}/0/0/",
        f"/webgateway/render_row_plot/{slide.pk}/0/0/5/",
        f"/webgateway/imgData/{slide.pk}/",
        f"/webgateway/get_image_rdefs_json/{slide.pk}/",
        "/webgateway/getImgRDef/",
    ]
    before = [ben.get(path) for path in paths]
    ann.post(f"/webgateway/saveImgRDef/{slide.pk}/?{query}")
    ann.get(f"/webgateway/copyImgRDef/?fromid={slide.pk}")
    number = SavedSettings.objects.get().pk
    for path, known in zip(paths, before, strict=True):
        again = ben.get(f"{path}{'&' if '?' in path else '?'}rdefId={number}")
        if "thumbnail" in path:
            assert again.status_code == 404 or again.json() == {str(slide.pk): None}
            again = ben.get(path)
        assert again.content == known.content
        # Nor does a tag of hers that he learnt tell him that he has her picture.
        hers = ann.get(path)
        if "no-store" in hers["Cache-Control"]:
            continue
        stolen = ben.get(path, headers={"if-none-match": hers["ETag"]})
        assert stolen.status_code == (304 if hers.content == known.content else 200)
    ben.get(f"/webgateway/copyImgRDef/?fromid={slide.pk}")
    assert "$123456" not in ben.get("/webgateway/getImgRDef/").json()["rdef"]["c"]


def test_a_copy_is_pasted_on_no_image_of_others(ann, cells, add):
    pixels = np.zeros((2, 4, 3, 48, 64), np.uint16)
    hidden, fixed = add("hidden", pixels, secret=True), add("fixed", pixels, look="read only")
    ann.get(f"/webgateway/copyImgRDef/?fromid={cells.pk}")
    ids = [cells.pk, hidden.pk, fixed.pk, 99_999_999]
    told = ann.post("/webgateway/copyImgRDef/", {"toids": ids, "to_type": "image"}).json()
    assert told == {"True": [cells.pk], "False": ids[1:]}
    assert [row.image for row in SavedSettings.objects.all()] == [cells.pk]


def test_a_foreign_session_is_no_clipboard(ann, cells):
    session = ann.session
    for held in ("x", [], {"image": "1; DROP"}, {"image": cells.pk, "settings": {"channels": 5}}):
        session["tilewright_rdef"] = held
        session.save()
        assert ann.get("/webgateway/getImgRDef/").json() == {"rdef": None}
        refused = ann.post("/webgateway/copyImgRDef/", {"toids": [cells.pk]})
        assert refused.status_code == 400


def test_no_form_of_another_site_changes_anything(users, cells):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(users[0])
    for path in (f"saveImgRDef/{cells.pk}/?{COMPLETE}", "copyImgRDef/", "resetRDef/"):
        sent = {"toids": [cells.pk], "csrfmiddlewaretoken": "0" * 64}
        for headers in ({}, {"x-csrftoken": "0" * 64}, {"x-http-method-override": "GET"}):
            assert visitor.post(f"/webgateway/{path}", sent, headers=headers).status_code == 403
        assert visitor.get(f"/webgateway/{path}").status_code == 405
    assert not SavedSettings.objects.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("__class__", None),
        ("size.__len__", None),
        ("channels.-1", None),
        ("channels.99999999999", None),
        ("channels.٠", None),
        ("channels.0.window.max", 255.0),
        ("meta.imageName.0", None),
        ("%00", None),
        ("a%E2%80%AEb", None),
        ("." * 3000, None),
        ("%FF%FE", None),
    ],
)
def test_keys_of_image_data(public, client, slide, key, value):
    assert client.get(f"/webgateway/imgData/{slide.pk}/{key}/").json() == value


@pytest.mark.parametrize(
    "name", ["a%00", "a%0A", "a%0d%0a", "%E2%80%A8", "a" * 300, "a.b", "a[0]", "%EF%BC%A1", "1a"]
)
@pytest.mark.parametrize("path", ["imgData/{}/", "luts/", "histogram_json/{}/channel/0/"])
def test_names_of_callbacks(public, client, slide, path, name):
    response = client.get(f"/webgateway/{path.format(slide.pk)}?callback={name}")
    assert (response.status_code, response.json()["parameter"]) == (400, "callback")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("q", ["+90", "9_0", "٩٠", "90.0", "9e1", "0x5a", "90%0A", "%00", "9" * 40])
def test_qualities_that_look_like_numbers(public, client, slide, q):
    path = f"/webgateway/render_image_region_quality/{slide.pk}/0/0/{q}/?region=0,0,9,9"
    response = client.get(path)
    assert (response.status_code, response.json()["parameter"]) == (400, "q")


def test_an_owner_whose_key_is_a_text(ann, cells, users):
    ann.post(f"/webgateway/saveImgRDef/{cells.pk}/?{COMPLETE}")
    SavedSettings.objects.create(
        image=cells.pk,
        settings=RenderingSettings("rgb", ()).stored(),
    )
    rows = saved.visible(cells.pk, users[1].pk, str(users[0].pk))
    assert [row.user_id for row in rows] == [users[0].pk, None]


def test_a_table_that_is_replaced_is_seen(project, public, client, cells, tmp_path):
    ramp = np.arange(256, dtype=np.uint8)
    project.TILEWRIGHT = {**project.TILEWRIGHT, "lut_folder": str(tmp_path)}
    look = "c=1|0:1000$cool.lut,2|0:9000$00FF00&m=c"
    paths = [
        f"/webgateway/render_image/{cells.pk}/0/0/?{look}",
        f"/webgateway/render_split_channel/{cells.pk}/0/0/?{look}",
    ]
    (tmp_path / "cool.lut").write_bytes(ramp.tobytes() * 3)
    before = [client.get(path) for path in paths]
    (tmp_path / "cool.lut").write_bytes((255 - ramp).tobytes() * 3)
    # Two writes may fall into one tick of the file system's clock.
    os.utime(tmp_path / "cool.lut", ns=(1, 1))
    for path, known in zip(paths, before, strict=True):
        again = client.get(path, headers={"if-none-match": known["ETag"]})
        assert again.status_code == 200
        assert again.content != known.content
        assert "max-age" not in again["Cache-Control"]
        assert client.get(path, headers={"if-none-match": again["ETag"]}).status_code == 304


def test_thumbnails_too_large_are_refused_once(public, client, slide):
    response = client.get(f"/webgateway/get_thumbnails/99999/?id={slide.pk}")
    assert (response.status_code, response.json()["parameter"]) == (400, "width")
    ids = "&".join(f"id={slide.pk + place}" for place in range(50))
    response = client.get(f"/webgateway/get_thumbnails/4096/?{ids}")
    assert (response.status_code, response.json()["limit"]) == (413, "output_pixels")
