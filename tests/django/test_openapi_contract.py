"""The schema is kept to: whatever it lets a client ask, and whatever it does not."""

import json

import numpy as np
import pytest
import rasterio
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from schemathesis import GenerationMode

from tests.contract import broken_promises
from tests.testapp.models import Scan
from tests.testapp.urls import plain


@pytest.fixture
def records(scan, stack, folder):
    """Return the ids of a picture, a stack, a map, a file that is none, and a hidden one."""
    with rasterio.open(
        folder / "map.tif",
        "w",
        driver="GTiff",
        width=300,
        height=200,
        count=1,
        dtype="uint16",
        crs="EPSG:32633",
        transform=rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000),
    ) as file:
        file.write((np.arange(200 * 300) % 241).reshape(1, 200, 300).astype(np.uint16))
    (folder / "words.tif").write_text("these are words")
    others = [
        Scan.objects.create(name="map", file="map.tif"),
        Scan.objects.create(name="words", file="words.tif"),
        Scan.objects.create(name="hidden", file="a.tif", secret=True),
    ]
    return [record.pk for record in (scan, stack, *others)]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_answer_is_other_than_the_schema_says(records, mode):
    document = SchemaGenerator(patterns=plain.urls).get_schema(request=None, public=True)
    plainly = json.loads(json.dumps(document)) | {"servers": [{"url": "/api"}]}
    broken = broken_promises(plainly, records, mode, 40, app=get_wsgi_application())
    assert not broken, "\n\n".join(broken)
