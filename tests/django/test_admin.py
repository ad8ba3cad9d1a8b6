"""The admin's pages, addresses and uploads; the commands about records."""

import io
import json
from types import ModuleType

import numpy as np
import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import path
from PIL import Image

from tests.testapp.models import Scan
from tilewright.django.admin import ImageAdminMixin

SECRET_PK = 9000
ROUTES = ("tiles/metadata", "tiles/0/0/0.png", "data/thumbnail.jpg")


class ScanAdmin(ImageAdminMixin, admin.ModelAdmin):
    list_display = ("name",)

    def log_addition(self, request, obj, message):
        """Keep no log: these tests' project has no table for it."""

    log_change = log_addition

    def has_view_permission(self, request, obj=None):
        kept = obj is not None and obj.pk == SECRET_PK
        return super().has_view_permission(request, obj) and not kept

    def has_change_permission(self, request, obj=None):
        kept = obj is not None and obj.pk == SECRET_PK
        return super().has_change_permission(request, obj) and not kept


class PlacedAdmin(ImageAdminMixin, admin.ModelAdmin):
    list_display = ("image_thumbnail", "name")
    fieldsets = ((None, {"fields": ("image_viewer", "name", "file")}),)
    list_display_links = ("name",)


def project(settings, kind):
    """Make a project with the admin of that kind, and nothing else."""
    site = admin.AdminSite()
    site.register(Scan, kind)
    module = ModuleType("admin_of_a_test")
    module.urlpatterns = [path("admin/", site.urls)]
    settings.ROOT_URLCONF = module


@pytest.fixture
def admin_apps(settings):
    settings.INSTALLED_APPS = [
        *settings.INSTALLED_APPS,
        "django.contrib.admin",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
    ]
    settings.STATIC_URL = "static/"
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    names = ("template.context_processors.request", "contrib.auth.context_processors.auth")
    names += ("contrib.messages.context_processors.messages",)
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [f"django.{name}" for name in names]},
        }
    ]
    project(settings, ScanAdmin)


@pytest.fixture
def staff(admin_apps, client, scan):
    """Return a client of somebody who may do everything."""
    client.force_login(User.objects.create_superuser("s"))
    return client


def page(scan):
    return f"/admin/testapp/scan/{scan.pk}/"


def change_page(scan):
    return f"{page(scan)}change/"


def test_the_routes_answer_as_those_of_the_api_do(staff, scan, picture_of, pixels):
    document = json.loads(staff.get(f"{page(scan)}image/tiles/metadata").content)
    assert (document["size_x"], document["size_y"], document["levels"]) == (900, 700, 3)
    tile = staff.get(f"{page(scan)}image/tiles/2/1/1.png")
    assert tile["Content-Type"] == "image/png"
    assert np.array_equal(picture_of(tile)[..., :3], pixels[256:512, 256:512])
    small = staff.get(f"{page(scan)}image/data/thumbnail.jpg?max_width=90&max_height=90")
    assert picture_of(small).shape == (70, 90, 3)


@pytest.mark.parametrize("route", ROUTES)
def test_a_browser_asks_each_time_and_is_answered_cheaply(staff, scan, route):
    first = staff.get(f"{page(scan)}image/{route}")
    assert first["Cache-Control"] == "private, no-cache"
    again = staff.get(f"{page(scan)}image/{route}", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_shared_caches_get_nothing_even_where_the_api_is_public(staff, scan, settings):
    settings.TILEWRIGHT = {"cache_public": True}
    for route in ROUTES:
        assert "public" not in staff.get(f"{page(scan)}image/{route}")["Cache-Control"]


@pytest.mark.parametrize("route", ROUTES)
def test_only_people_with_a_permission_see_anything(admin_apps, client, scan, route):
    address = f"{page(scan)}image/{route}"
    assert client.get(address).status_code == 302  # to the log-in page
    person = User.objects.create_user("p", is_staff=True)
    client.force_login(person)
    assert client.get(address).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="view_scan"))
    assert client.get(address).status_code == 200
    Scan.objects.create(pk=SECRET_PK, name="kept", file=scan.file.name)
    assert client.get(f"/admin/testapp/scan/{SECRET_PK}/image/{route}").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("{pk}/image/tiles/9/0/0.png", 404),
        ("{pk}/image/tiles/0/0/0.doc", 400),
        ("{pk}/image/tiles/a/0/0.png", 400),
        ("{pk}/image/data/thumbnail.png?max_width=x", 400),
        ("777/image/tiles/0/0/0.png", 404),
        ("abc/image/tiles/metadata", 404),
    ],
)
def test_what_goes_wrong_is_a_problem_document(staff, scan, path, status):
    response = staff.get(f"/admin/testapp/scan/{path.format(pk=scan.pk)}")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("content", [b"no image at all", b"II*\0\x08\0\0\0\xff\xff"])
def test_a_bad_file_is_no_fault_of_the_server(staff, scan, folder, content):
    (folder / "a.tif").write_bytes(content)
    for route in ROUTES:
        response = staff.get(f"{page(scan)}image/{route}")
        assert response.status_code in {415, 422}
        assert str(folder) not in response.content.decode()
    assert staff.get(change_page(scan)).status_code == 200


def test_the_list_has_thumbnails(staff, scan):
    Scan.objects.create(name="empty")
    text = staff.get("/admin/testapp/scan/").content.decode()
    address = f"{page(scan)}image/data/thumbnail.jpg?max_width=160&amp;max_height=120"
    assert text.count(f'src="{address}"') == 1
    assert staff.get(address.replace("&amp;", "&")).status_code == 200
    assert 'src="/static/tilewright/embed.js"' in text
    assert 'href="/static/tilewright/embed.css"' in text


def test_the_change_page_has_a_viewer_and_the_page_of_a_new_one_has_none(staff, scan):
    text = staff.get(change_page(scan)).content.decode()
    assert text.count(f'data-image="{page(scan)}image/"') == 1
    assert "image_viewer" not in staff.get("/admin/testapp/scan/add/").content.decode()


def test_the_viewer_stands_where_the_project_puts_it(staff, scan, settings):
    project(settings, PlacedAdmin)
    text = staff.get(change_page(scan)).content.decode()
    assert text.count("data-image=") == 1
    assert text.index("data-image=") < text.index('name="name"')
    assert staff.get("/admin/testapp/scan/add/").status_code == 200
    assert staff.get("/admin/testapp/scan/").content.decode().count("<img ") == 1


def test_a_name_cannot_break_out_of_the_page(staff, scan):
    Scan.objects.update(name='"><script>0')
    assert "<script>0" not in staff.get(change_page(scan)).content.decode()


def png(width=90, height=70):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "png")
    return buffer.getvalue()


def test_an_upload_is_described(staff, folder):
    form = {"name": "new", "file": SimpleUploadedFile("n.png", png()), "look": ""}
    response = staff.post("/admin/testapp/scan/add/", form, follow=True)
    assert "“new”: PNG, 90 × 70 pixels, 3 bands of uint8, 1 level." in response.content.decode()
    assert (folder / Scan.objects.get(name="new").file.name).read_bytes() == png()


def test_an_upload_that_cannot_be_read_is_refused_with_the_reason(staff, folder):
    form = {"name": "new", "file": SimpleUploadedFile("n.tif", b"nothing"), "look": ""}
    response = staff.post("/admin/testapp/scan/add/", form)
    assert "This file cannot be shown: " in response.content.decode()
    assert not Scan.objects.filter(name="new").exists()


def test_a_record_is_changed_without_a_new_file(staff, scan):
    response = staff.post(change_page(scan), {"name": "other", "look": ""}, follow=True)
    assert response.status_code == 200
    scan.refresh_from_db()
    assert (scan.name, scan.file.name) == ("other", "a.tif")


def told(*arguments):
    out = io.StringIO()
    call_command("tilewright_info", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_records(scan, stack):
    lines = told("testapp.Scan:file").splitlines()
    assert lines[0].split() == ["image", "format", "size", "bands", "levels", "crs"]
    assert "900 × 700" in lines[1]
    assert "OME-TIFF" in lines[2]
    assert "5 z" in lines[2]
    assert [one["sizeX"] for one in json.loads(told("testapp.Scan:file", "--json"))] == [900, 400]
    (only,) = json.loads(told("testapp.Scan:file", str(stack.pk), "--json"))
    assert only["image"] == str(stack.pk)


def test_the_command_reads_a_file(scan, folder):
    (only,) = json.loads(told(str(folder / "a.tif"), "--json"))
    assert only["format"] == "TIFF"


def test_the_command_tells_all_and_then_fails(scan, folder):
    Scan.objects.create(name="gone", file="gone.tif")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 cannot be read"):
        call_command("tilewright_info", "testapp.Scan:file", stdout=out)
    assert "900 × 700" in out.getvalue()
    assert "does not exist" in out.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing.tif",),
        ("testapp.Scan:nofield",),
        ("testapp.None:file",),
        ("testapp.Scan:file", "999"),
        ("testapp.Scan:file", "abc"),
    ],
)
def test_the_command_refuses_what_is_not_there(db, arguments):
    with pytest.raises(CommandError):
        told(*arguments)
