import io
import json

import numpy as np
import pytest
import tifffile
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image

IMAGES = "tests.testapp.gateway.find"
COLOURS = "c=1|0:255$FF0000,2|0:255$00FF00,3|0:255$0000FF"
LINEAR = {"inverted": {"enabled": False}, "quantization": {"family": "linear", "coefficient": 1}}
COMPLETE = f"{COLOURS}&m=c&maps={json.dumps([LINEAR] * 3)}"


@pytest.fixture(autouse=True)
def project(settings, tmp_path):
    """Set up what a project with a login has."""
    settings.ROOT_URLCONF = "tests.django.webgateway.urls"
    settings.MEDIA_ROOT = tmp_path
    settings.LOGIN_URL = "login"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    return settings


@pytest.fixture
def public(project):
    """Let in people who are not logged in."""
    project.TILEWRIGHT = {"webgateway": {"images": IMAGES, "public": True}}


@pytest.fixture
def users(db):
    make = get_user_model().objects.create_user
    return [make(name, first_name=name.title()) for name in ("ann", "ben")]


@pytest.fixture
def ann(users):
    return _client(users[0])


@pytest.fixture
def ben(users):
    return _client(users[1])


def _client(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def add(db, tmp_path):
    """Put an image into the catalogue: shape (y, x, 3) of bytes, or (t, z, c, y, x)."""
    from tests.testapp.models import Scan  # noqa: PLC0415 - the apps are ready only now

    def add(name, pixels, *, look="", secret=False, tile=(256, 256), levels=1, colors=None):
        path = tmp_path / f"{name}.tif"
        if pixels.ndim == 3:
            with tifffile.TiffWriter(path) as file:
                for level in range(levels):
                    file.write(
                        pixels[:: 2**level, :: 2**level],
                        tile=tile,
                        compression="zlib",
                        photometric="rgb",
                        subfiletype=int(level > 0),
                    )
        else:
            path = tmp_path / f"{name}.ome.tif"
            tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "TZCYX"})
        return Scan.objects.create(name=name, file=path.name, look=look, secret=secret)

    return add


@pytest.fixture
def slide(add):
    """Return 512×512 pixels, three bands of bytes, smooth enough for JPEG to keep them."""
    rows, columns = np.mgrid[0:512, 0:512]
    pixels = np.stack([columns // 2, rows // 2, (rows + columns) // 4], -1).astype(np.uint8)
    return add("slide", pixels)


@pytest.fixture
def cells(add):
    """Return 64×48 pixels in three channels of uint16, four focal planes, two times."""
    pixels = np.zeros((2, 4, 3, 48, 64), np.uint16)
    for z in range(4):
        for c in range(3):
            pixels[:, z, c] = 1000 * (c + 1) + 100 * z
    pixels[..., :4, :4] = 0
    pixels[..., -4:, -4:] = 65535
    return add("cells", pixels)


@pytest.fixture
def picture_of():
    """Decode the body of a reply."""

    def decode(response):
        assert response.status_code == 200, response.content[:500]
        return Image.open(io.BytesIO(response.content))

    return decode
