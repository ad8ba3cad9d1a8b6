"""The key ``webgateway`` of the setting, its rows in the docs, and how the app is taken in."""

import subprocess
import sys
from dataclasses import fields

import pytest
from django.urls import reverse

from tests.django.webgateway.conftest import IMAGES
from tests.docs.pages import DOCS
from tilewright.django import conf
from tilewright.django.webgateway.checks import check_images
from tilewright.django.webgateway.config import WebgatewayConfig
from tilewright.errors import ConfigurationError
from tilewright.web.webgateway.limits import GatewayLimits


def test_the_setting_becomes_a_value(project):
    project.TILEWRIGHT = {
        "webgateway": {"images": IMAGES, "public": True, "limits": {"max_tile_length": 2048}}
    }
    found = conf.edge().webgateway
    assert (found.images, found.public) == (IMAGES, True)
    assert found.limits == GatewayLimits(max_tile_length=2048)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"imges": "x"}, "did you mean 'images'"),
        ({"images": 5}, "must be of type str or None"),
        ({"public": 1}, "must be of type bool"),
        ({"limits": {"max_tile_length": 0}}, "max_tile_length must be a whole number above 0"),
        ("x", "must be a dict"),
    ],
)
def test_a_wrong_setting_is_named(project, value, words):
    project.TILEWRIGHT = {"webgateway": value}
    with pytest.raises(ConfigurationError, match=words):
        conf.read_setting()
    # Check E001 tells of it.
    assert check_images(None) == []


@pytest.mark.parametrize("path", [None, "nowhere.find", "tests.testapp.gateway.nothing"])
def test_images_that_cannot_be_found_are_checked(project, path):
    project.TILEWRIGHT = {"webgateway": {"images": path}}
    (found,) = check_images(None)
    assert found.id == "tilewright.E003"
    assert "['webgateway']['images']" in found.msg


def test_images_that_are_no_function_are_checked(project):
    project.TILEWRIGHT = {"webgateway": {"images": "tests.testapp.gateway.READ_ONLY"}}
    (found,) = check_images(None)
    assert "is no function" in found.msg


def test_every_key_has_a_row():
    page = (DOCS / "reference" / "settings.md").read_text()
    for row in (*fields(WebgatewayConfig), *fields(GatewayLimits)):
        assert f"| `{row.name}` |" in page, row.name
    for row in fields(GatewayLimits):
        default = getattr(GatewayLimits(), row.name)
        shown = f"{default}" if isinstance(default, bool) else f"{default:,}"
        assert f"| `{row.name}` | {shown} |" in page, row.name


def test_the_package_is_light_before_the_apps_are_ready():
    program = (
        "import sys; import tilewright.django.webgateway as it; "
        "print('django' in sys.modules, 'cv2' in sys.modules, hasattr(it, 'app_name'))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stdout.split() == [b"False", b"False", b"False"]


def test_addresses_have_names():
    path = reverse("webgateway-region-quality", kwargs={"iid": 5, "z": 0, "t": 1, "q": 90})
    assert path in {
        "/webgateway/render_image_region_quality/5/0/1/90",
        "/webgateway/render_image_region_quality/5/0/1/90/",
    }
    assert reverse("webclient-image", kwargs={"iid": 5}).startswith("/webclient/render_image/5")


def test_models_and_migrations_agree(db):
    from django.core.management import call_command  # noqa: PLC0415 - the apps are ready only now

    call_command("makemigrations", "tilewright_webgateway", check=True, dry_run=True)
