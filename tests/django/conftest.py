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
def picture_of():
    """Decode the body of a reply."""

    def decode(response):
        return np.asarray(Image.open(io.BytesIO(response.content)))

    return decode
