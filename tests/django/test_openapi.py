import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.routers import SimpleRouter

from tests.testapp.urls import plain
from tests.testapp.views import ScanViewSet
from tilewright.django import conf
from tilewright.django.image_routes import ROUTES as ROUTES_OF_AN_IMAGE
from tilewright.web import borders, downloads, frames, numbers, scales


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator(patterns=plain.urls).get_schema(request=None, public=True)


ROUTES = {
    "tiles/{z}/{x}/{y}.{fmt}": (borders.TILE, {"z", "x", "y", "fmt"}),
    "tile_frames.{fmt}": (frames.SHEET, {"fmt"}),
    "tile_frames/layout": (frames.LAYOUT, set()),
    "images/{key}.{fmt}": (scales.REGION, {"key", "fmt"}),
    "data/thumbnail.{fmt}": (downloads.THUMBNAIL, {"fmt"}),
    "data/thumbnail": (downloads.THUMBNAIL, set()),
    "data/region.{fmt}": (scales.REGION, {"fmt"}),
    "data/region": (scales.REGION, set()),
    "data/pixel": (numbers.PIXEL, set()),
    "data/histogram": (numbers.HISTOGRAM, set()),
    "data/statistics": (numbers.STATISTICS, set()),
    "data/profile": (numbers.PROFILE, set()),
    "info/bands": (numbers.OVERVIEW, set()),
    "info/band": (numbers.BAND, set()),
}

PICTURES = {
    "tiles/{z}/{x}/{y}.{fmt}",
    "data/thumbnail.{fmt}",
    "data/thumbnail",
    "data/region.{fmt}",
    "data/region",
}


@pytest.mark.parametrize("route", ROUTES)
def test_every_parameter_is_documented(schema, route):
    declared, in_path = ROUTES[route]
    operation = schema["paths"][f"/scans/{{id}}/{route}"]["get"]
    shown = {(row["in"], row["name"]): row for row in operation["parameters"]}
    path = {("path", name) for name in {*in_path, "id"}}
    query = {("query", parameter.name) for parameter in declared.parameters}
    # Path z and query z, the focal plane, live side by side.
    assert set(shown) == path | query
    for parameter in declared.parameters:
        row = shown["query", parameter.name]
        assert row["schema"] == parameter.schema
        assert row["description"] == parameter.help
        assert row.get("required", False) is parameter.required


@pytest.mark.parametrize("route", sorted(PICTURES))
def test_every_media_type_is_documented(schema, route):
    responses = schema["paths"][f"/scans/{{id}}/{route}"]["get"]["responses"]
    offered = list(conf.edge().media_types)
    documented = list(responses["200"]["content"])
    assert documented[: len(offered)] == offered
    # What is not offered has to be named in the path.
    assert ("image/gif" in documented[len(offered) :]) is route.endswith("{fmt}")
    assert {"304", "400", "404", "413", "415", "422", "503"} < set(responses)
    for status, response in responses.items():
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(
    "route",
    ["info/metadata", "tiles/metadata", "info/band", "info/frames", "data/pixel", "data/profile"],
)
def test_documents_have_schemas(schema, route):
    responses = schema["paths"][f"/scans/{{id}}/{route}"]["get"]["responses"]
    assert responses["200"]["content"]["application/json"]["schema"]["properties"]


@pytest.mark.parametrize(
    ("route", "word"),
    [
        ("info/bands", "additionalProperties"),
        ("data/statistics", "additionalProperties"),
        ("data/histogram", "oneOf"),
    ],
)
def test_documents_by_band_have_schemas(schema, route, word):
    responses = schema["paths"][f"/scans/{{id}}/{route}"]["get"]["responses"]
    assert responses["200"]["content"]["application/json"]["schema"][word]


def test_the_schema_is_valid_and_made_without_a_warning(schema, capsys):
    validate_schema(schema)
    SchemaGenerator(patterns=plain.urls).get_schema(request=None, public=True)
    assert capsys.readouterr().err == ""


def test_a_viewset_registered_twice_makes_no_warning(capsys):
    router = SimpleRouter(trailing_slash=False)
    for prefix, name in (("scans", "scan"), (r"studies/(?P<study>[0-9]+)/scans", "nested")):
        router.register(prefix, ScanViewSet, basename=name)
    found = SchemaGenerator(patterns=router.urls).get_schema(request=None, public=True)
    assert capsys.readouterr().err == ""
    validate_schema(found)
    ids = [one["operationId"] for path in found["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) == 2 * (len(ROUTES_OF_AN_IMAGE) + 2)
