"""``imgData``: groups 9, 25 and 40, dotted keys and JSONP."""

import json
from dataclasses import replace

import pytest

from tests.web.webgateway.samples import LIMITS, RGB, layout
from tilewright.errors import ParameterError
from tilewright.geometry import Size
from tilewright.image import Band
from tilewright.web.webgateway.imgdata import About, Rights, dotted, image_data
from tilewright.web.webgateway.jsonp import callback_name, wrapped
from tilewright.web.webgateway.settings import defaults
from tilewright.web.webgateway.split import PanelGrid

ALL = Rights(annotate=True, edit=True, delete=True, link=True)


def told(info, ranges=None, **rest):
    settings = defaults(info, ranges or {})
    about = About(123, "a.svs")
    return image_data(about, info, settings, ranges or {}, rights=ALL, limits=LIMITS, **rest)


def test_case_9_a_small_image_of_signed_numbers():
    info = layout(20, 20, chunk=20, bands=1, dtype="int16", axes=[("t", 6), ("z", 5, 0.2)])
    band = Band(color="#808080", emission_nm=500.0)
    info = replace(info, bands=(band,), magnification=100.0, micrometres_per_pixel=(0.0663, 0.0663))
    assert told(info, {0: (88.0, 651.0)}) == {
        "id": 123,
        "meta": {
            "imageName": "a.svs",
            "imageDescription": "",
            "imageAuthor": "",
            "imageArchived": False,
            "projectName": "Multiple",
            "projectId": None,
            "projectDescription": "",
            "datasetName": "Multiple",
            "datasetId": None,
            "datasetDescription": "",
            "wellSampleId": "",
            "wellId": "",
            "imageTimestamp": None,
            "imageId": 123,
            "pixelsType": "int16",
        },
        "perms": {"canAnnotate": True, "canEdit": True, "canDelete": True, "canLink": True},
        "tiles": False,
        "interpolate": True,
        "size": {"width": 20, "height": 20, "z": 5, "t": 6, "c": 1},
        "pixel_size": {"x": 0.0663, "y": 0.0663, "z": 0.2},
        "init_zoom": 0,
        "nominalMagnification": 100.0,
        "pixel_range": [-32768.0, 32767.0],
        "channels": [
            {
                "emissionWave": 500.0,
                "label": "500",
                "color": "808080",
                "inverted": False,
                "reverseIntensity": False,
                "family": "linear",
                "coefficient": 1.0,
                "window": {"min": 88.0, "max": 651.0, "start": 88.0, "end": 651.0},
                "active": True,
            }
        ],
        "split_channel": {
            "g": {"width": 24, "height": 24, "border": 2, "gridx": 1, "gridy": 1},
            "c": {"width": 46, "height": 24, "border": 2, "gridx": 2, "gridy": 1},
        },
        "rdefs": {
            "model": "greyscale",
            "projection": "normal",
            "defaultZ": 2,
            "defaultT": 0,
            "invertAxis": False,
        },
    }


def test_case_40_a_pyramid():
    info = layout(2048, 4096, chunk=1024, shrinks=(1, 2, 4, 8, 16), bands=RGB, dtype="uint8")
    found = told(info)
    assert found["tiles"] is True
    assert found["levels"] == 5
    assert found["tile_size"] == {"width": 1024, "height": 1024}
    assert found["zoomLevelScaling"] == {"0": 1.0, "1": 0.5, "2": 0.25, "3": 0.125, "4": 0.0625}
    assert found["resolutions"]["1"] == {"sizeX": 1024, "sizeY": 2048}
    panels = {"width": 4102, "height": 8198, "border": 2, "gridx": 2, "gridy": 2}
    assert found["split_channel"] == {"g": panels, "c": panels}
    assert found["pixel_range"] == [0, 255]
    assert [type(end) for end in found["pixel_range"]] == [int, int]
    assert found["channels"][0]["window"] == {"min": 0.0, "max": 255.0, "start": 0.0, "end": 255.0}
    assert found["channels"][0]["label"] == "0"
    assert found["pixel_size"] == {"x": None, "y": None, "z": None}
    assert found["rdefs"]["model"] == "color"
    assert "nominalMagnification" not in found
    assert json.loads(json.dumps(found)) == found


def test_a_large_image_without_a_pyramid_has_levels_all_the_same():
    found = told(layout(5001, 3000, bands=1))
    assert found["tiles"] is True
    assert found["zoomLevelScaling"]["1"] == 2500 / 5001
    assert len(found["resolutions"]) == found["levels"] == 6


def test_the_zoom_to_begin_with():
    info = layout(2048, 4096, shrinks=(1, 2, 4, 8, 16))
    assert told(info, init_zoom=2)["init_zoom"] == 2
    assert told(info, init_zoom=-1)["init_zoom"] == 4
    assert told(info, init_zoom=-9)["init_zoom"] == 0


def test_a_table_is_told_beside_its_channels_colour():
    info = layout(20, 20, bands=1)
    settings = defaults(info, {})
    settings = replace(settings, channels=(replace(settings.channels[0], lut="cool.lut"),))
    found = image_data(About(1, "a"), info, settings, {}, rights=Rights(), limits=LIMITS)
    assert (found["channels"][0]["lut"], found["channels"][0]["color"]) == ("cool.lut", "FFFFFF")
    assert not any(found["perms"].values())


@pytest.mark.parametrize(
    ("dtype", "name", "ends"),
    [
        ("float32", "float", [-2147483648.0, 2147483647.0]),
        ("float64", "double", [-2147483648.0, 2147483647.0]),
        ("uint16", "uint16", [0, 65535]),
        ("bool", "bit", [0, 1]),
    ],
)
def test_types(dtype, name, ends):
    found = told(layout(9, 9, bands=1, dtype=dtype))
    assert (found["meta"]["pixelsType"], found["pixel_range"]) == (name, ends)


def test_case_27_the_range_of_the_bits_that_count():
    info = replace(layout(9, 9, bands=1), significant_bits=12)
    found = told(info)
    assert (found["meta"]["pixelsType"], found["pixel_range"]) == ("uint16", [0, 4095])
    assert found["channels"][0]["window"] == {
        "min": 0.0,
        "max": 4095.0,
        "start": 0.0,
        "end": 4095.0,
    }
    assert told(replace(info, dtype="int16"))["pixel_range"] == [-2048.0, 2047.0]


SIXTEEN = [
    *((1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 2)),
    *[(3, 3)] * 3,
    *[(4, 3)] * 3,
    *[(4, 4)] * 4,
]


@pytest.mark.parametrize(("count", "across", "down"), [(n, *g) for n, g in enumerate(SIXTEEN, 1)])
def test_case_25_grids_of_panels(count, across, down):
    grid = PanelGrid(Size(20, 10), count)
    assert (grid.across, grid.down) == (across, down)
    assert grid.size == Size(20 * across + 2 * (across + 1), 10 * down + 2 * (down + 1))
    right, bottom = grid.corner(count - 1)
    assert right + 20 + 2 <= grid.size.width
    assert bottom + 10 + 2 <= grid.size.height


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("size.width", 20),
        ("size.width/", 20),
        ("size", {"width": 20, "height": 20, "z": 1, "t": 1, "c": 1}),
        ("channels.0.label", "C0"),
        ("channels.1", None),
        ("channels.x", None),
        ("channels.-1", None),
        ("channels.99999999999999999999", None),
        ("size.width.more", None),
        ("nothing", None),
        ("", None),
        (".", None),
        ("." * 500, None),
    ],
)
def test_dotted_keys(key, value):
    assert dotted(told(layout(20, 20, bands=1)), key) == value


@pytest.mark.parametrize("name", ["f", "jQuery_123", "$", "_a9$"])
def test_a_callback_wraps_the_document(name):
    assert callback_name(f"callback={name}&_=1") == name
    assert wrapped({"a": [1, None]}, name) == (
        f'{name}({{"a":[1,null]}})'.encode(),
        "application/javascript",
    )


def test_no_callback_is_plain_json():
    assert callback_name("") is None
    assert wrapped("data:é\u2028", None) == (b'"data:\\u00e9\\u2028"', "application/json")


@pytest.mark.parametrize("name", ["", "alert(1)", "a.b", "1a", "a b", "ä", "a" * 300, "a%0A"])
def test_a_callback_that_is_no_name(name):
    with pytest.raises(ParameterError) as caught:
        callback_name(f"callback={name}")
    assert caught.value.parameter == "callback"
