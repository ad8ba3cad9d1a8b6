import io
import json

import pytest
from drf_spectacular.generators import SchemaGenerator
from PIL import Image

from tests.testapp.models import Scan

pytestmark = [pytest.mark.urls("tests.drawn.chart_urls"), pytest.mark.django_db]


@pytest.fixture
def scan():
    return Scan.objects.create(name="a", file="a.tif")


def test_an_action_of_a_viewset_draws(client, scan):
    path = f"/api/scans/{scan.pk}/chart.png?width=7"
    response = client.get(path, headers={"accept": "image/avif,*/*;q=0.1"})
    image = Image.open(io.BytesIO(response.content))
    assert (image.size, image.getpixel((0, 0))) == ((7, 1), scan.pk % 256)
    known = client.get(path, headers={"if-none-match": response["ETag"]})
    assert known.status_code == 304
    assert client.head(path)["Content-Type"] == "image/png"


def test_an_action_refuses_as_the_view_does(client, scan):
    response = client.get(f"/api/scans/{scan.pk}/chart.png?width=0")
    assert (response.status_code, response.json()["parameter"]) == (400, "width")
    assert response["Content-Type"] == "application/problem+json"


def test_the_viewset_keeps_its_permissions(client, scan):
    Scan.objects.filter(pk=scan.pk).update(secret=True)
    assert client.get(f"/api/scans/{scan.pk}/chart.png").status_code in {401, 403}
    assert client.get("/api/scans/999999/chart.png").status_code == 404


def test_the_schema_names_the_parameters():
    schema = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))
    (path,) = (each for each in schema["paths"] if "chart" in each)
    operation = schema["paths"][path]["get"]
    found = {each["name"]: each for each in operation["parameters"]}
    assert found["width"]["schema"]["maximum"] == 50
    assert {"format", "quality", "download", "fmt", "id"} <= found.keys()
    assert "image/*" in operation["responses"]["200"]["content"]
