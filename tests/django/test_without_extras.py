"""A project that has installed ``tilewright[django]`` alone: what needs more says so."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tifffile

PROGRAM = """
    import json
    import sys
    for name in ("rasterio", "pyproj", "morecantile", "pyfive", "obstore", "urllib3"):
        sys.modules[name] = None
    import django
    from django.conf import settings
    settings.configure(
        INSTALLED_APPS=["tilewright.django"], ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"]
    )
    django.setup()
    from django.test import Client
    from django.urls import include, path
    from tilewright.blobs.local import local_source
    from tilewright.django.views import ImageViews

    class Image(ImageViews):
        def get_source(self):
            return local_source(sys.argv[1])

    urlpatterns = [
        path("image/", include(Image.get_urls())),
        path("", include("tilewright.django.urls")),
    ]
    told = {}
    for address in json.load(sys.stdin):
        response = Client().get(address)
        told[address] = [response.status_code, response.content[:400].decode("latin-1")]
    print(json.dumps(told))
"""

ANSWERS = {
    "/image/tiles/0/0/0.png": (200, ""),
    "/image/data/region.tif": (200, ""),
    "/image/info/metadata": (200, ""),
    "/image/info/metadata?projection=EPSG:3857": (400, "tilewright[geo]"),
    "/image/tiles/0/0/0/corners": (200, ""),
    "/large-image/formats": (200, ""),
    "/image/tiles/0/0/0.png?projection=EPSG:3857": (400, "projection must be left out"),
    "/image/tiles/0/0/0/corners?projection=EPSG:3857": (400, "tilewright[geo]"),
    "/image/tiles/WebMercatorQuad/0/0/0.png": (404, "tilewright[geo]"),
    "/image/tilejson.json": (404, "tilewright[geo]"),
    "/image/data/region.png?units=EPSG:4326&left=0&right=9&top=0&bottom=9": (
        400,
        "units must be left out",
    ),
    "/image/data/region.cog": (400, "tilewright[geo]"),
    "/image/data/region.tif?cog=true": (400, "tilewright[geo]"),
    "/image/data/point?point=1,2": (400, "this one has none"),
    "/image/data/point?point=1,2&coord_crs=EPSG:3857": (400, "tilewright[geo]"),
    "/image/info/bounds": (400, "this one has none"),
    "/image/info/footprint": (400, "this one has none"),
    "/image/info/validate": (200, ""),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Ask all of them in one process, of a map that nothing here can place."""
    file = tmp_path_factory.mktemp("extras") / "map.tif"
    scale = (33550, "d", 3, (1.0, 1.0, 0.0), True)
    tie = (33922, "d", 6, (0.0, 0.0, 0.0, -100.0, 50.0, 0.0), True)
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    tags = [scale, tie, (34735, "H", len(keys), keys, True)]
    tifffile.imwrite(file, np.zeros((100, 200), np.uint8), extratags=tags)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(file)],
        input=json.dumps([*ANSWERS]),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("address", ANSWERS)
def test_what_is_not_installed_is_no_error_of_the_server(told, address):
    status, words = ANSWERS[address]
    assert told[address][0] == status, told[address]
    assert words in told[address][1]
