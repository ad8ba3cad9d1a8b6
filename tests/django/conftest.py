import io

import numpy as np
import pytest
import tifffile
from PIL import Image


@pytest.fixture
def pixels():
    """Return a picture in which each pixel tells where it is: 700×900, three bands."""
    rows, columns = np.mgrid[0:700, 0:900]
    return np.stack([columns % 256, rows % 256, (rows // 256) * 16 + columns // 256], -1).astype(
        np.uint8
    )


@pytest.fixture
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def scan(db, folder, pixels):
    """Return a tiled TIFF in the catalogue."""
    from tests.testapp.models import Scan  # noqa: PLC0415 - the apps are ready only now

    tifffile.imwrite(
        folder / "a.tif", pixels, tile=(256, 256), compression="zlib", photometric="rgb"
    )
    return Scan.objects.create(name="a", file="a.tif")


@pytest.fixture
def stack(db, folder):
    """Return five focal planes, each of one value."""
    from tests.testapp.models import Scan  # noqa: PLC0415 - likewise

    planes = np.zeros((5, 300, 400), np.uint16) + (np.arange(5) * 1000)[:, None, None]
    tifffile.imwrite(
        folder / "stack.ome.tif", planes.astype(np.uint16), ome=True, metadata={"axes": "ZYX"}
    )
    return Scan.objects.create(name="stack", file="stack.ome.tif")


@pytest.fixture
def earth(db, folder):
    """Return a map of 200×100 pixels of a degree each."""
    from tests.testapp.models import Scan  # noqa: PLC0415 - likewise

    scale = (33550, "d", 3, (1.0, 1.0, 0.0), True)
    tie = (33922, "d", 6, (0.0, 0.0, 0.0, -100.0, 50.0, 0.0), True)
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    tifffile.imwrite(
        folder / "map.tif",
        np.arange(20_000, dtype=np.uint16).reshape(100, 200),
        extratags=[scale, tie, (34735, "H", len(keys), keys, True)],
    )
    return Scan.objects.create(name="map", file="map.tif")


@pytest.fixture
def picture_of():
    """Decode the body of a reply."""

    def decode(response):
        return np.asarray(Image.open(io.BytesIO(response.content)))

    return decode
