"""What tests of OGC API share: layers, a service's addresses, and OGC's schemas."""

import json
from pathlib import Path

import jsonschema

from tilewright.geo import Geo
from tilewright.geometry import Affine, Size
from tilewright.image import Band, ImageInfo, Level
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.ogc.formats import Formats
from tilewright.web.maps.ogc.links import Addresses

AT = Addresses("https://maps.example/ogc/")
FORMATS = Formats.of(
    {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/x-npy": "npy"},
    {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "npy": "npy"},
)
_SCHEMAS = json.loads((Path(__file__).parent / "schemas" / "ogcapi.json").read_text("utf-8"))


def layer(crs, affine, size=(1000, 800), name="scene", abstract=""):
    whole = Size(*size)
    info = ImageInfo(
        size=whole,
        levels=(Level(whole, (1.0, 1.0), Size(256, 256)),),
        bands=(Band(interpretation="gray"),),
        dtype="uint8",
        format="GeoTIFF",
        geo=Geo(crs, Affine(*affine)),
    )
    return Layer(name, "A scene", info, abstract)


UTM = layer("EPSG:32618", (30.0, 0.0, 400_000.0, 0.0, -30.0, 4_500_000.0))
DEGREES = layer("EPSG:4326", (0.01, 0.0, 5.0, 0.0, -0.01, 50.0))
EARTH = layer("EPSG:4326", (0.36, 0.0, -180.0, 0.0, -0.18, 90.0), (1000, 1000))
DATELINE = layer("EPSG:32660", (60.0, 0.0, 600_000.0, 0.0, -60.0, 5_800_000.0), (4000, 3000))
LAYERS = {"utm": UTM, "degrees": DEGREES, "earth": EARTH, "dateline": DATELINE}


def check(document, schema):
    """Return a document as a client gets it; it must be of the schema."""
    received = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.Draft202012Validator(
        {**_SCHEMAS, "$ref": f"#/$defs/{schema}"},
        format_checker=jsonschema.FormatChecker(),
    ).validate(received)
    return received


def by_rel(document, rel):
    return [link for link in document["links"] if link["rel"] == rel]
