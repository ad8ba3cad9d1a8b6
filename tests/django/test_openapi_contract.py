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


def write_map(path, crs, corner):
    """Write 300×200 pixels of 10 m."""
    left, top = corner
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=300,
        height=200,
        count=1,
        dtype="uint16",
        crs=crs,
        transform=rasterio.Affine(10, 0, left, 0, -10, top),
    ) as file:
        file.write((np.arange(200 * 300) % 241).reshape(1, 200, 300).astype(np.uint16))


@pytest.fixture
def records(scan, stack, folder):
    """Return the ids of a picture, a stack, a map, a file that is none, and a hidden one."""
    write_map(folder / "map.tif", "EPSG:32633", (500_000, 5_000_000))
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


def examples(row):
    """Return what the schema says may stand for a parameter."""
    schema = row["schema"]
    return schema.get("example", schema.get("default", next(iter(schema.get("enum", ())), None)))


def test_the_example_of_every_route_runs(client, db, folder):
    """With what is required alone, and with each further example, on a map of New York."""
    write_map(folder / "map.tif", "EPSG:32618", (582_500, 4_508_500))
    earth = Scan.objects.create(name="map", file="map.tif").pk
    document = SchemaGenerator(patterns=plain.urls).get_schema(request=None, public=True)
    asked = 0
    for path, rows in document["paths"].items():
        # A map has no label; and which polygon is a picture of it depends on the map.
        if "{id}/" not in path or "{key}" in path or path.endswith("/feature.{fmt}"):
            continue
        for method, operation in rows.items():
            parameters = operation["parameters"]
            here = {row["name"]: examples(row) for row in parameters if row["in"] == "path"}
            address = "/api" + path.format(**{**here, "id": earth})
            needed = {
                row["name"]: examples(row)
                for row in parameters
                if row["in"] == "query" and row.get("required")
            }
            shown = [
                {row["name"]: row["schema"]["example"]}
                for row in parameters
                if row["in"] == "query" and "example" in row["schema"]
            ]
            for further in [{}, *shown]:
                query = needed | further
                assert None not in query.values(), address
                body = {}
                if method == "post":
                    [(media, content)] = operation["requestBody"]["content"].items()
                    body = {"data": content["schema"]["example"], "content_type": media}
                response = getattr(client, method)(address, query_params=query, **body)
                expected = 303 if "303" in operation["responses"] else 200
                assert response.status_code == expected, (address, query, response.content[:200])
                asked += 1
    assert asked > 40
