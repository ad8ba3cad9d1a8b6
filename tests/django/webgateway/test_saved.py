"""Rendering settings that users save, copy and reset; and who may see them."""

import json
from urllib.parse import urlencode

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.django.webgateway.conftest import COLOURS, COMPLETE, IMAGES
from tests.testapp.gateway import READ_ONLY
from tilewright.django.webgateway.models import SavedSettings

LOGARITHMIC = {"quantization": {"family": "logarithmic"}}
EXPONENTIAL = {"quantization": {"family": "exponential", "coefficient": 0.8}}
WINDOWS = "1|0:2000$FF0000,2|0:3000$00FF00,3|0:4000$0000FF"


def data(client, scan):
    return client.get(f"/webgateway/imgData/{scan.pk}/").json()


def save(client, scan, **query):
    return client.post(f"/webgateway/saveImgRDef/{scan.pk}/?{urlencode(query)}")


@pytest.fixture
def other(add):
    """Return another image of three channels of uint16."""
    return add("other", np.full((1, 4, 3, 30, 40), 500, np.uint16))


def test_settings_are_saved_for_one_user(ann, ben, cells):
    before = data(ben, cells)
    maps = json.dumps([LOGARITHMIC, {"inverted": {"enabled": True}}, {}])
    assert save(ann, cells, c=WINDOWS, m="c", maps=maps, z=2, t=2).json() is True
    own = data(ann, cells)
    assert [one["window"]["end"] for one in own["channels"]] == [2000, 3000, 4000]
    assert [one["family"] for one in own["channels"]] == ["logarithmic", "linear", "linear"]
    assert [one["inverted"] for one in own["channels"]] == [False, True, False]
    assert (own["rdefs"]["defaultZ"], own["rdefs"]["defaultT"]) == (1, 1)
    assert data(ben, cells) == before
    assert SavedSettings.objects.count() == 1


def test_settings_may_stand_in_the_body(ann, cells):
    body = {"c": WINDOWS, "m": "g"}
    response = ann.post(f"/webgateway/saveImgRDef/{cells.pk}/", body)
    assert response.json() is True
    assert data(ann, cells)["rdefs"]["model"] == "greyscale"


@pytest.mark.parametrize(
    "query", [{}, {"c": WINDOWS}, {"c": "1|$FF0000", "m": "c"}, {"c": WINDOWS, "m": "c", "z": 9}]
)
def test_incomplete_settings_are_not_saved(ann, cells, query):
    assert save(ann, cells, **query).status_code == 400
    assert not SavedSettings.objects.exists()


def test_case_21_one_channel_alone(ann, cells):
    before = data(ann, cells)["channels"]
    save(ann, cells, c="2|409:5015$F0F0F0", m="c")
    after = data(ann, cells)["channels"]
    assert [one["active"] for one in after] == [False, True, False]
    assert after[0] == {**before[0], "active": False}
    assert after[1]["color"] == "F0F0F0"
    assert (after[1]["window"]["start"], after[1]["window"]["end"]) == (409, 5015)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        ("intmax", "intmax"),
        ("intmax|0:2", "intmax|0:2"),
        ("intmean|\0", "intmean"),
        ("intsum|" + "9" * 50 + ":1", "intsum"),
        ("x\0", "normal"),
    ],
)
def test_what_is_stored_of_a_projection(ann, cells, p, kept):
    assert save(ann, cells, c=WINDOWS, m="c", p=p).json() is True
    assert SavedSettings.objects.get().settings["projection"] == kept


def test_saved_settings_are_shown(ann, cells, picture_of):
    path = f"/webgateway/render_image/{cells.pk}/0/0/"
    thumbnail = f"/webgateway/render_thumbnail/{cells.pk}/"
    before, small = ann.get(path), ann.get(thumbnail)
    save(ann, cells, c="1|0:1000$FF0000,-2|0:9$00FF00,-3|0:9$0000FF", m="c")
    after = np.asarray(picture_of(ann.get(path, headers={"if-none-match": before["ETag"]})))
    assert np.abs(after[20, 20].astype(int) - [255, 0, 0]).max() < 8
    assert ann.get(thumbnail, headers={"if-none-match": small["ETag"]}).status_code == 200


def test_case_6_copy_and_paste(ann, cells, other):
    save(ann, cells, c=WINDOWS, m="c", maps=json.dumps([LOGARITHMIC] * 3))
    assert ann.get(f"/webgateway/copyImgRDef/?fromid={cells.pk}").json() is True
    told = ann.get("/webgateway/getImgRDef/").json()["rdef"]
    assert told["c"].startswith("1|0:2000$FF0000")
    assert told["pixel_range"] == "0:65535"
    response = ann.post("/webgateway/copyImgRDef/", {"toids": [other.pk], "to_type": "image"})
    assert response.json() == {"True": [other.pk], "False": []}
    pasted = data(ann, other)
    assert pasted["rdefs"]["model"] == "color"
    assert {one["family"] for one in pasted["channels"]} == {"logarithmic"}


def test_case_7_copy_the_settings_of_a_query(ann, cells, other):
    query = {"c": WINDOWS, "m": "c", "maps": json.dumps([EXPONENTIAL] * 3), "imageId": cells.pk}
    assert ann.get("/webgateway/copyImgRDef/", query).json() is True
    assert not SavedSettings.objects.exists()
    ann.post("/webgateway/copyImgRDef/", {"toids": [other.pk]})
    pasted = data(ann, other)
    assert pasted["rdefs"]["model"] == "color"
    for number, one in enumerate(pasted["channels"]):
        assert (one["family"], one["coefficient"]) == ("exponential", 0.8)
        assert one["window"]["end"] == 1000 * (number + 2)
        assert one["color"] == ("FF0000", "00FF00", "0000FF")[number]


def test_settings_are_pasted_where_they_fit(ann, cells, other, slide, add):
    single = add("single", np.zeros((1, 1, 1, 20, 20), np.uint16))
    secret = add("secret", np.zeros((1, 1, 3, 20, 20), np.uint16), secret=True)
    locked = add("locked", np.zeros((1, 4, 3, 20, 20), np.uint16), look=READ_ONLY)
    ann.get(f"/webgateway/copyImgRDef/?fromid={cells.pk}")
    ids = [other.pk, single.pk, secret.pk, locked.pk, 10**17]
    response = ann.post("/webgateway/copyImgRDef/", {"toids": ids})
    assert response.json() == {"True": [other.pk], "False": ids[1:]}


def test_settings_are_pasted_on_fewer_planes(ann, cells, add):
    short = add("short", np.full((1, 2, 3, 20, 20), 9, np.uint16))
    save(ann, cells, c=WINDOWS, m="c", z=4, t=2)
    ann.get(f"/webgateway/copyImgRDef/?fromid={cells.pk}")
    pasted = ann.post("/webgateway/copyImgRDef/", {"toids": [short.pk, cells.pk]}).json()
    assert {*pasted["True"]} == {short.pk, cells.pk}
    found = data(ann, short)
    assert (found["rdefs"]["defaultZ"], found["rdefs"]["defaultT"]) == (1, 0)
    assert [one["window"]["end"] for one in found["channels"]] == [2000, 3000, 4000]
    assert data(ann, cells)["rdefs"]["defaultZ"] == 3


def test_copying_without_words_or_before_anything(ann, cells):
    assert ann.get("/webgateway/copyImgRDef/").status_code == 405
    assert ann.get("/webgateway/getImgRDef/").json() == {"rdef": None}
    assert ann.post("/webgateway/copyImgRDef/", {"toids": [cells.pk]}).status_code == 400
    assert ann.get("/webgateway/copyImgRDef/?c=1").status_code == 400


def test_case_8_saved_settings_are_listed(ann, users, slide):
    maps = [
        {"inverted": {"enabled": True}, "quantization": {"family": "logarithmic"}},
        {"quantization": {"family": "exponential", "coefficient": 0.9}},
        {},
    ]
    save(ann, slide, c=COLOURS.removeprefix("c="), m="c", maps=json.dumps(maps))
    (row,) = ann.get(f"/webgateway/get_image_rdefs_json/{slide.pk}/").json()["rdefs"]
    assert row["owner"] == {"id": users[0].pk, "firstName": "Ann", "lastName": ""}
    assert row["model"] == "rgb"
    assert [one["inverted"] for one in row["c"]] == [True, False, False]
    assert [one["family"] for one in row["c"]] == ["logarithmic", "exponential", "linear"]
    assert row["c"][1]["coefficient"] == 0.9


def test_case_26_the_owners_settings_and_ones_own(ann, ben, users, add):
    owner = users[0].pk
    scan = add("owned", np.full((60, 60, 3), 100, np.uint8), look=str(owner), tile=(64, 64))
    save(ann, scan, c="1|0:100$FF0000,-2|0:9$00FF00,-3|0:9$0000FF", m="c")
    root = f"/webgateway/render_thumbnail/{scan.pk}/"
    # Who has saved none sees the owner's.
    assert ben.get(root).content == ann.get(root).content
    save(ben, scan, c="-1|0:9$FF0000,2|0:100$00FF00,-3|0:9$0000FF", m="c")
    assert ben.get(root).content != ann.get(root).content
    rows = ben.get(f"/webgateway/get_image_rdefs_json/{scan.pk}/").json()["rdefs"]
    assert [row["owner"]["firstName"] for row in rows] == ["Ben", "Ann"]
    pictures = [ben.get(f"{root}?rdefId={row['id']}").content for row in rows]
    assert pictures == [ben.get(root).content, ann.get(root).content]
    # The owner sees nothing of the other's.
    (own,) = ann.get(f"/webgateway/get_image_rdefs_json/{scan.pk}/").json()["rdefs"]
    assert own["owner"]["firstName"] == "Ann"
    assert ann.get(f"{root}?rdefId={rows[0]['id']}").status_code == 404
    assert ben.post("/webgateway/applyOwnersRDef/", {"toids": [scan.pk]}).json()["True"]
    assert ben.get(root).content == ann.get(root).content


def test_the_owners_settings_are_copied(ann, ben, users, add):
    scan = add("owned", np.full((60, 60, 3), 100, np.uint8), look=str(users[0].pk), tile=(64, 64))
    apply = "/webgateway/applyOwnersRDef/", {"toids": [scan.pk]}
    as_imported = data(ann, scan)
    save(ben, scan, c="1|0:7$FF0000,2|0:7$00FF00,3|0:7$0000FF", m="g")
    # An owner who has saved nothing sees what the file suggests.
    assert ben.post(*apply).json() == {"True": [scan.pk], "False": []}
    assert data(ben, scan) == as_imported
    save(ann, scan, c="1|0:9$FF0000,2|0:9$00FF00,3|0:9$0000FF", m="c", z=1)
    owners = data(ann, scan)
    ben.post(*apply)
    assert data(ben, scan) == owners != as_imported
    # They are a copy: what the owner changes later is not Ben's.
    save(ann, scan, c="1|0:5$FF0000,2|0:5$00FF00,3|0:5$0000FF", m="c")
    assert data(ben, scan) == owners != data(ann, scan)
    # To the owner's own nothing happens.
    before = data(ann, scan)
    assert ann.post(*apply).json()["True"] == [scan.pk]
    assert data(ann, scan) == before


def test_case_26_defaults_are_told_and_not_saved(ann, cells):
    before = data(ann, cells)
    save(ann, cells, c=WINDOWS, m="g")
    changed = data(ann, cells)
    told = ann.get(f"/webgateway/imgData/{cells.pk}/?getDefaults=true").json()
    assert told == before
    assert data(ann, cells) == changed


def test_reset(ann, cells, slide):
    before = data(ann, cells)
    save(ann, cells, c=WINDOWS, m="g")
    ids = [cells.pk, slide.pk]
    assert ann.post("/webgateway/resetRDef/", {"toids": ids}).json() == {"True": ids, "False": []}
    assert data(ann, cells) == before
    assert ann.post("/webgateway/resetRDef/", {}).status_code == 404
    assert ann.post("/webgateway/resetRDef/", {"toids": ids, "to_type": "plate"}).status_code == 400


def test_settings_for_all_are_shown_to_who_has_none(ann, ben, cells):
    save(ann, cells, c=WINDOWS, m="g")
    SavedSettings.objects.update(user=None)
    assert data(ben, cells)["rdefs"]["model"] == "greyscale"


def test_settings_that_fit_no_more_are_left_out(ann, cells):
    save(ann, cells, c=WINDOWS, m="g")
    row = SavedSettings.objects.get()
    whole = row.settings
    for damaged in ({}, [], "x", {**whole, "channels": whole["channels"][:1]}, {**whole, "z": 99}):
        row.settings = damaged
        row.save()
        assert data(ann, cells)["rdefs"]["model"] == "color"


def test_who_is_not_logged_in(client, slide, cells):
    path = f"/webgateway/render_image/{slide.pk}/0/0/?c=1|0:9$F00&m=c"
    sent = client.get(path)
    assert sent.status_code == 302
    assert sent["Location"].startswith(f"/login/?url=%2Fwebgateway%2Frender_image%2F{slide.pk}%2F0")
    script = client.get(path, headers={"x-requested-with": "XMLHttpRequest"})
    assert (script.status_code, script["Content-Type"]) == (403, "application/problem+json")
    save = f"/webgateway/saveImgRDef/{slide.pk}/?{COMPLETE}"
    for visitor in (client, Client(enforce_csrf_checks=True)):
        assert visitor.post(save).status_code == 302
        refused = visitor.post(save, headers={"x-requested-with": "XMLHttpRequest"})
        assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert client.get(f"/webgateway/get_thumbnails/?id={slide.pk}").status_code == 302


def test_the_public_may_look_and_not_save(project, client, slide):
    project.TILEWRIGHT = {"webgateway": {"images": IMAGES, "public": True}}
    assert client.get(f"/webgateway/render_image/{slide.pk}/").status_code == 200
    assert client.post(f"/webgateway/saveImgRDef/{slide.pk}/?{COMPLETE}").status_code == 403
    assert client.get(f"/webgateway/copyImgRDef/?fromid={slide.pk}").status_code == 403
    assert client.get("/webgateway/getImgRDef/").json() == {"rdef": None}
    assert not SavedSettings.objects.exists()


def test_without_middleware_the_public_may_look(project, client, slide):
    project.TILEWRIGHT = {"webgateway": {"images": IMAGES, "public": True}}
    project.MIDDLEWARE = []
    assert client.get(f"/webgateway/render_image/{slide.pk}/").status_code == 200
    assert client.get("/webgateway/getImgRDef/").json() == {"rdef": None}


class ByToken:
    """Logs in whoever sends a name, without a session."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.user = get_user_model().objects.get(username=request.headers["X-User"])
        return self.get_response(request)


def test_a_login_without_sessions(project, client, users, cells):
    project.MIDDLEWARE = [f"{__name__}.ByToken"]
    known = {"x-user": "ann"}
    query = urlencode({"c": WINDOWS, "m": "c"})
    saved = client.post(f"/webgateway/saveImgRDef/{cells.pk}/?{query}", headers=known)
    assert saved.json() is True
    copied = client.get(f"/webgateway/copyImgRDef/?fromid={cells.pk}", headers=known)
    assert (copied.status_code, "no sessions" in copied.json()["detail"]) == (403, True)
    assert client.get("/webgateway/getImgRDef/", headers=known).json() == {"rdef": None}


def test_an_image_that_may_not_be_seen(ann, add):
    secret = add("secret", np.zeros((20, 20, 3), np.uint8), secret=True, tile=(16, 16))
    for path in ("imgData/{}/", "render_image/{}/", "render_thumbnail/{}/", "saveImgRDef/{}/"):
        url = f"/webgateway/{path.format(secret.pk)}"
        response = ann.post(url) if "save" in url else ann.get(url)
        assert response.status_code == 403
    assert ann.get(f"/webgateway/get_thumbnails/?id={secret.pk}").json() == {str(secret.pk): None}


def test_an_image_that_may_only_be_seen(ann, add):
    scan = add("locked", np.zeros((20, 20, 3), np.uint8), look=READ_ONLY, tile=(16, 16))
    assert ann.post(f"/webgateway/saveImgRDef/{scan.pk}/?{COMPLETE}").status_code == 403
    ids = {"toids": [scan.pk]}
    assert ann.post("/webgateway/resetRDef/", ids).json() == {"True": [], "False": [scan.pk]}


def test_a_change_needs_djangos_token(users, cells):
    client = Client(enforce_csrf_checks=True)
    client.force_login(users[0])
    path = f"/webgateway/saveImgRDef/{cells.pk}/?{urlencode({'c': WINDOWS, 'm': 'c'})}"
    assert client.post(path).status_code == 403
    token = "a" * 32
    client.cookies["csrftoken"] = token
    assert client.post(path, headers={"x-csrftoken": token}).json() is True
    assert SavedSettings.objects.count() == 1


def test_settings_go_with_their_user(ann, users, cells):
    save(ann, cells, c=WINDOWS, m="c")
    get_user_model().objects.get(pk=users[0].pk).delete()
    assert not SavedSettings.objects.exists()
