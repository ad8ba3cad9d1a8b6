"""The addresses of the page about IIIF, asked of a site."""

import io
import re

import numpy as np
import pytest
import tifffile
from django.urls import include, path
from PIL import Image

from tests.docs.pages import DOCS
from tests.testapp.maps import urlconf
from tests.testapp.models import Scan
from tilewright.django.views import ImageViews

PAGE = (DOCS / "how-to" / "iiif.md").read_text()
ADDRESSES = re.findall(r"^(/(?:iiif|deepzoom)/\S+)$", PAGE, flags=re.MULTILINE)


class Scans(ImageViews):
    model = Scan


@pytest.fixture
def scan(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.ROOT_URLCONF = urlconf(
        path("iiif/", include(Scans.get_iiif_urls())),
        path("deepzoom/", include(Scans.get_deepzoom_urls())),
        prefix="",
    )
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((900, 800, 3), np.uint8), photometric="rgb")
    return Scan.objects.create(pk=1, name="a", file="a.tif")


def test_there_are_addresses():
    assert len(ADDRESSES) > 4
    assert all(any(end in address for address in ADDRESSES) for end in ("info.json", ".dzi"))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_answered(client, scan, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    if address.endswith("info.json"):
        assert answer.json()["width"] == 800
    elif ".dzi" in address:
        assert b'Width="800"' in answer.content
    else:
        assert min(Image.open(io.BytesIO(answer.content)).size) >= 100


def test_the_formats_are_those_that_are_offered(client, scan):
    told = client.get("/iiif/2/1/info.json").json()["profile"][1]["formats"]
    row = re.search(r"^\| format \| (.*), as far", PAGE, flags=re.MULTILINE)
    assert {*re.findall(r"`(\w+)`", row[1])} >= {*told}
