"""Asks the routes of an image for whatever their OpenAPI schema lets a client ask, and does not."""

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from tests.patience import LONG_S

SEED = 5
NEAR = -10, 600
FEW = 5
WORDS = {
    "algorithm": ["hillshade", "slope", "no such"],
    "algorithm_params": ["{}", '{"azimuth":90}', "[]"],
    "cmap": ["viridis", "red", "no such"],
    "color_formula": ["gamma rgb 1.5", "saturation 0", "no such 1"],
    "colormap": ['{"0":"#ff0000","9":"#00ff00"}', "{}", "0"],
    "colormap_name": ["viridis", "viridis_r", "no such"],
    "coord_crs": ["OGC:CRS84", "EPSG:32633", "EPSG:3857", "no such"],
    "edge": ["false", "crop", "ff0000", "no such"],
    "expression": ["b1", "b1/b1", "b1;b1;b1", "b9", "b1/0", "("],
    "key": ["label", "macro", "no such"],
    "look": ["", "no such"],
    "max": ["max", "9", "auto:0.02", "-1e308", "nan"],
    "min": ["min", "0", "auto:0.02", "1e308", "nan"],
    "nodata": ["0", "-1", "nan", "1e400"],
    "palette": ["viridis", "red", "ff0000,00ff00", ","],
    "percentiles": ["2,98", "0", "100,0", "101", ","],
    "point": ["15,45.15", "0,0", "500100,4999900", "181,91", "1"],
    "points": ["0,0;9,9", "0,0", "-1,-1;1e9,1e9", ";"],
    "projection": ["EPSG:3857", "EPSG:4326", "EPSG:32633", "EPSG:2056", "no such"],
    "style": ['{"band":1}', '{"bands":[{"band":1,"palette":"red"}]}', '{"band":9}', "[1]", "{}"],
    "tile_matrix_set": ["WebMercatorQuad", "WorldCRS84Quad", "no such"],
    "tms": ["WebMercatorQuad", "WorldCRS84Quad", "no such"],
    "units": ["pixels", "fraction", "mm", "EPSG:4326", "EPSG:3857", "no such"],
}
BODIES = [
    {
        "type": "Polygon",
        "coordinates": [[[15.005, 45.135], [15.03, 45.135], [15.03, 45.15], [15.005, 45.135]]],
    },
    {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]},
    {
        "type": "Feature",
        "properties": None,
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[15, 45.1], [16, 45], [16, 46], [15, 45.1]]],
        },
    },
    {"type": "FeatureCollection", "features": []},
    {"type": "FeatureCollection", "features": [None]},
    {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[[1e308, -1e308], [0, 1e308], [1, 1], [1e308, -1e308]]]},
    {"type": "Point", "coordinates": [15, 45]},
    {"type": "Polygon"},
    [],
    None,
]
load_all_checks()
KEPT = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
    ]
)


def broken_promises(document, records, mode, examples, *, app=None, address=None):
    """Return what is answered otherwise than the schema says, by ``app`` or at an address."""
    schema = schemathesis.openapi.from_dict(narrowed(document, records))
    schema.app = app
    schema.config.update(base_url=address, request_timeout=LONG_S)
    schema.config.generation.with_security_parameters = False
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 25
    return [text for each in operations for text in failures(each, mode, examples)]


def narrowed(document, records):
    """Return the schema of the routes of an image, with values that often mean something.

    By the schema alone nearly all requests would be refused for their first parameter.
    """
    paths = {path: rows for path, rows in document["paths"].items() if "{id}/" in path}
    for operation in (operation for row in paths.values() for operation in row.values()):
        for row in operation["parameters"]:
            schema, wanted = row["schema"], WORDS.get(row["name"])
            if row["name"] == "id":
                row["schema"] = {"enum": [*records, 999_999]}
            elif row["in"] == "path" and row["name"] in {"z", "x", "y"}:
                row["schema"] = {"type": "integer", "minimum": 0, "maximum": 3}
            elif wanted is not None:
                row["schema"] = {"type": "string", "enum": wanted}
            elif schema.get("type") in {"integer", "number"}:
                low, high = schema.get("minimum", NEAR[0]), schema.get("maximum", NEAR[1])
                few = FEW if row["name"] in {"frame", "z", "t", "band"} else NEAR[1]
                row["schema"] = {
                    **schema,
                    "minimum": max(low, NEAR[0]),
                    "maximum": min(high, few),
                }
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["schema"] = {"enum": BODIES}
    return {**document, "paths": paths}


def failures(operation, mode, examples):
    """Ask a route for many things; return what was answered wrongly, made as short as can be."""

    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        if any(set(str(value)) & set("/.\n") for value in case.path_parameters.values()):
            return  # another route, or none
        case.call_and_validate(checks=KEPT)

    try:
        ask()
    except FailureGroup as group:
        return [f"{operation.label}: {group.message}"]
    return []
