import json

import numpy as np
import pytest

from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size
from tilewright.image import Axis, Band, ImageInfo, Level, Raster
from tilewright.web import metadata, world

SIZE = Size(1000, 700)


def image(**more):
    level = Level(SIZE, (1.0, 1.0), Size(256, 256))
    values = {"bands": (Band(interpretation="gray"),), "dtype": "uint16", "format": "TIFF"} | more
    return ImageInfo(size=SIZE, levels=(level,), **values)


def strict(document):
    return json.loads(json.dumps(document, allow_nan=False))


def test_the_names_that_clients_know():
    document = strict(
        metadata.info_document(image(micrometres_per_pixel=(0.5, 0.25), magnification=20.0))
    )
    assert (
        document.items()
        >= {
            "levels": 3,
            "sizeX": 1000,
            "sizeY": 700,
            "tileWidth": 256,
            "tileHeight": 256,
            "magnification": 20.0,
            "mm_x": 0.0005,
            "mm_y": 0.00025,
            "dtype": "uint16",
            "bandCount": 1,
            "geospatial": False,
            "frames": False,
            "format": "TIFF",
            "axes": [],
            "associated": [],
        }.items()
    )
    assert "channels" not in document


def test_what_is_not_known_is_null():
    document = metadata.info_document(image())
    assert (document["mm_x"], document["mm_y"], document["magnification"]) == (None, None, None)


def test_bands_channels_axes_and_associated_images():
    document = strict(
        metadata.info_document(
            image(
                bands=(
                    Band("DAPI", color="#0000ff", nodata=float("nan")),
                    Band(display=(1.0, 9.0), nodata=0.0),
                ),
                axes=(Axis("z", 5), Axis("frame", 3)),
                associated=("label", "macro"),
                geo=Geo("EPSG:32618", Affine.scale(1, -1)),
            )
        )
    )
    assert list(document["bands"]) == ["1", "2"]
    assert document["bands"]["1"] == {
        "name": "DAPI",
        "interpretation": "undefined",
        "color": "#0000ff",
        "nodata": None,
        "scale": 1.0,
        "offset": 0.0,
        "display": None,
    }
    assert document["bands"]["2"]["display"] == [1.0, 9.0]
    assert document["bands"]["2"]["nodata"] == 0.0
    assert document["channels"] == ["DAPI", "Band 2"]
    assert document["channelmap"] == {"DAPI": 0, "Band 2": 1}
    assert document["axes"] == [{"name": "z", "size": 5}, {"name": "frame", "size": 3}]
    assert document["frames"] == [{"Frame": 0}, {"Frame": 1}, {"Frame": 2}]
    assert document["associated"] == ["label", "macro"]
    assert document["geospatial"] is True


def test_the_document_of_the_tiles():
    document = strict(world.tiles_in(image(), None))
    assert document["additional_metadata"] == strict(metadata.info_document(image()))
    del document["additional_metadata"]
    assert document == {
        "levels": 3,
        "size_x": 1000,
        "size_y": 700,
        "tile_size": 256,
        "geospatial": False,
    }


def test_every_key_is_described():
    place = Geo("EPSG:32618", Affine(10, 0, 580_000, 0, -10, 4_520_000))
    full = image(bands=(Band("a"), Band("b")), geo=place)
    described = metadata.INFO_SCHEMA["properties"]
    assert set(metadata.info_document(full)) == set(described)
    assert set(world.tiles_in(full, None)) == set(metadata.TILES_SCHEMA["properties"])


def test_where_an_image_lies():
    place = Geo("EPSG:32618", Affine(10, 0, 580_000, 0, -10, 4_520_000))
    document = strict(metadata.info_document(image(geo=place)))
    assert document["geospatial"] is True
    assert document["projection"] == "EPSG:32618"
    own = document["sourceBounds"]
    assert (own["xmin"], own["ymax"], own["srs"]) == (580_000, 4_520_000, "EPSG:32618")
    assert own["lr"] == {"x": 590_000, "y": 4_513_000}
    assert document["bounds"]["srs"] == "EPSG:4326"
    assert document["bounds"]["xmin"] == pytest.approx(-74.05, abs=0.01)


def test_a_pixel_that_was_measured_and_one_that_was_not():
    grid = Grid.over(Box(3, 4, 1, 1), Size(1, 1))
    data = np.array([[[7.5]], [[np.nan]], [[np.inf]]], np.float32)
    assert strict(metadata.pixel_document(Raster(data, None, grid))) == {
        "value": [7.5, None, None],
        "bands": {"1": 7.5, "2": None, "3": None},
    }
    unmeasured = Raster(data, np.zeros((1, 1), bool), grid)
    assert metadata.pixel_document(unmeasured)["value"] == [None, None, None]


def test_a_pixel_of_the_largest_integers_is_exact():
    grid = Grid.over(Box(0, 0, 1, 1), Size(1, 1))
    data = np.array([[[2**64 - 1]]], np.uint64)
    assert strict(metadata.pixel_document(Raster(data, None, grid)))["value"] == [2**64 - 1]
