import json
from dataclasses import FrozenInstanceError

import jsonschema
import numpy as np
import pytest
import tifffile

from tilewright.blobs.memory import MemoryBlob
from tilewright.cog import Verdict
from tilewright.cog.validate import validate
from tilewright.errors import ParameterError
from tilewright.web.maps.validation import PARAMETERS, VALIDATION_SCHEMA, validation_document


def as_json_schema(part):
    """Turn OpenAPI 3.0's ``nullable`` into JSON schema, and allow no property that is not named."""
    if isinstance(part, list):
        return [as_json_schema(each) for each in part]
    if not isinstance(part, dict):
        return part
    changed = {name: as_json_schema(value) for name, value in part.items() if name != "nullable"}
    if "properties" in part:
        changed |= {"additionalProperties": False}
    return {"anyOf": [changed, {"type": "null"}]} if part.get("nullable") else changed


@pytest.fixture(scope="module", params=[None, "nan", "-5"])
def verdict(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("tiff") / "a.tif"
    nodata = [] if request.param is None else [(42113, "s", 0, request.param, True)]
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(np.zeros((600, 600), np.float32), tile=(256, 256), extratags=nodata)
    return validate(MemoryBlob(path.read_bytes()))


@pytest.mark.parametrize("strict", [False, True])
def test_the_document_keeps_its_schema(verdict, strict):
    text = json.dumps(validation_document(verdict, strict=strict), allow_nan=False)
    jsonschema.validate(json.loads(text), as_json_schema(dict(VALIDATION_SCHEMA)))


def test_the_schema_can_fail(verdict):
    document = json.loads(json.dumps(validation_document(verdict, strict=False)))
    document["details"]["ifds"][0]["offset"] = "16"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, as_json_schema(dict(VALIDATION_SCHEMA)))


def test_what_is_no_tiff_has_a_document_too():
    document = validation_document(validate(MemoryBlob(b"no image")), strict=False)
    assert document == {
        "valid": False,
        "strict": False,
        "errors": ["the file is not a GeoTIFF"],
        "warnings": [],
        "details": {},
    }


@pytest.mark.parametrize(
    ("verdict", "strict", "valid"),
    [
        (Verdict(valid=True), False, True),
        (Verdict(valid=True), True, True),
        (Verdict(valid=True, warnings=("w",)), False, True),
        (Verdict(valid=True, warnings=("w",)), True, False),
        (Verdict(valid=False, errors=("e",)), False, False),
        (Verdict(valid=False, errors=("e",)), True, False),
    ],
)
def test_strict_makes_a_warning_an_error(verdict, strict, valid):
    assert validation_document(verdict, strict=strict)["valid"] is valid
    assert verdict.passes(strict=strict) is valid


def test_a_verdict_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Verdict(valid=True).valid = False


@pytest.mark.parametrize(
    ("query", "values"),
    [("", {}), ("strict=true", {"strict": True}), ("strict=0&x=1", {"strict": False})],
)
def test_parameters(query, values):
    assert PARAMETERS.read(query) == values


@pytest.mark.parametrize("text", ["yes", "2", "", "nan", "%00", "1e9"])
def test_strict_is_yes_or_no(text):
    with pytest.raises(ParameterError, match="strict must be true or false"):
        PARAMETERS.read(f"strict={text}")
