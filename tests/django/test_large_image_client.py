"""A client of django-large-image, moved here by changing the prefix of its URLs alone.

What is expected was recorded: django-large-image 0.10.5 with large-image 1.35.6 (its sources
rasterio and tiff) answered the same requests for the files that the fixtures below write. What
differs on purpose stands in docs/how-to/from-django-large-image.md.
"""

import io
import json
import math
from urllib.parse import quote

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.testapp.models import Scan

MERCATOR = "projection=EPSG:3857"
UTM = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32611)
PLACES = ((10, 20), (200, 100), (0, 0))
SUFFIXES = {
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "tif": "image/tiff",
    "tiled": "image/tiff",
    "jfif": "image/jpeg",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "dib": "image/bmp",
    "pcx": "image/x-pcx",
    "eps": "application/postscript",
    "gif": "image/gif",
    "jpeg2000": "image/jp2",
    "jp2": "image/jp2",
    "ppm": "image/x-portable-anymap",
    "sgi": "image/sgi",
    "tga": "image/x-tga",
    "webp": "image/webp",
    "xbm": "image/xbm",
}
"""All that it writes but ``mpo``: of one picture that is a JPEG, and is said to be one here."""

BOUNDS = {
    "ll": {"x": -118.4028767023805, "y": 31.790894394923654},
    "ul": {"x": -118.44197139108059, "y": 34.225639157792195},
    "lr": {"x": -114.60091849769431, "y": 31.77601795627616},
    "ur": {"x": -114.53411564203434, "y": 34.209320637606524},
    "xmin": -118.44197139108059,
    "xmax": -114.53411564203434,
    "ymin": 31.77601795627616,
    "srs": "EPSG:4326",
}
"""Without ymax: it takes the corners' for the northern edge, which bulges beyond them."""
SOURCE_BOUNDS = {
    "ll": {"x": 367185.0, "y": 3518115.0},
    "ul": {"x": 367185.0, "y": 3788115.0},
    "lr": {"x": 727185.0, "y": 3518115.0},
    "ur": {"x": 727185.0, "y": 3788115.0},
    "xmin": 367185.0,
    "xmax": 727185.0,
    "ymin": 3518115.0,
    "ymax": 3788115.0,
    "srs": "EPSG:32611",
}
OF_THE_IMAGE = {
    "levels": 2,
    "sizeX": 400,
    "sizeY": 300,
    "tileWidth": 256,
    "tileHeight": 256,
    "magnification": None,
    "dtype": "uint8",
    "bandCount": 3,
    "geospatial": True,
    "sourceLevels": 2,
    "sourceSizeX": 400,
    "sourceSizeY": 300,
    "sourceBounds": SOURCE_BOUNDS,
    "frames": False,
}
OF_THE_WORLD = OF_THE_IMAGE | {
    "levels": 9,
    "sizeX": 65536,
    "sizeY": 65536,
    "projection": "EPSG:3857",
}


def ramps(height, width, bands):
    """Return ramps of 251 values, each band steeper than the one before."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([(x * band + y * 2) % 251 for band in range(1, bands + 1)], -1)


def placed(left, top, pitch, keys):
    return [
        (33550, "d", 3, (pitch, pitch, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, left, top, 0.0), True),
        (34735, "H", len(keys), keys, True),
    ]


@pytest.fixture
def ask(db, client, folder, settings):
    """Ask for a path below an image: of the earth, or ``plain``."""
    settings.TILEWRIGHT = {"region_units": "EPSG:4326"}
    utm = placed(367185.0, 3788115.0, 900.0, UTM)
    made = {"photometric": "rgb", "tile": (256, 256)}
    tifffile.imwrite(folder / "map.tif", ramps(300, 400, 3).astype(np.uint8), extratags=utm, **made)
    tifffile.imwrite(folder / "plain.tif", ramps(700, 900, 3).astype(np.uint8), **made)
    records = {
        name: Scan.objects.create(name=name, file=f"{name}.tif") for name in ("map", "plain")
    }
    return lambda path, name="map": client.get(f"/api/scans/{records[name].pk}/{path}")


def shown(response):
    assert response.status_code == 200, response.content
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGBA"))


def style(document):
    return f"style={quote(json.dumps(document))}"


def flat(document, path=""):
    """Return each value that is no object, by the path to it."""
    if not isinstance(document, dict):
        return {path: document}
    return {
        key: value
        for name, inner in document.items()
        for key, value in flat(inner, f"{path}.{name}").items()
    }


@pytest.mark.parametrize(("query", "expected"), [("", OF_THE_IMAGE), (MERCATOR, OF_THE_WORLD)])
def test_metadata_have_the_same_keys_and_values(ask, query, expected):
    told = ask(f"info/metadata?{query}").json()
    assert told.items() >= expected.items()
    assert {"mm_x", "mm_y", "projection"} <= told.keys()
    bounds = flat(told["bounds"])
    assert {name: bounds[name] for name in flat(BOUNDS)} == pytest.approx(flat(BOUNDS), abs=1e-9)
    assert bounds[".ymax"] == pytest.approx(34.2256, abs=0.02)
    assert list(told["bands"]) == ["1", "2", "3"]
    of_a_band = told["bands"]["1"]
    assert (of_a_band["scale"], of_a_band["offset"], of_a_band["interpretation"]) == (1, 0, "red")
    tiles = ask(f"tiles/metadata?{query}").json()
    assert tiles.pop("additional_metadata") == told
    assert tiles == {
        "levels": expected["levels"],
        "size_x": expected["sizeX"],
        "size_y": expected["sizeY"],
        "tile_size": 256,
        "geospatial": True,
    }


@pytest.mark.parametrize("name", ["map", "plain"])
@pytest.mark.parametrize("query", ["projection=", "projection=None", "projection=undefined"])
def test_an_open_projection_is_none(ask, name, query):
    for path in ("info/metadata", "tiles/metadata", "tiles/0/0/0.png", "data/region.png"):
        assert ask(f"{path}?{query}", name).content == ask(path, name).content


def test_a_picture_that_lies_nowhere_has_no_other_pyramid(ask):
    told = ask(f"info/metadata?{MERCATOR}", "plain").json()
    assert (told["levels"], told["sizeX"], told["geospatial"]) == (3, 900, False)
    assert "projection" not in told


def test_a_projection_has_metadata_and_a_tag_of_its_own(ask):
    tags = {ask(f"info/metadata?{query}")["ETag"] for query in ("", MERCATOR, "projection=3413")}
    assert len(tags) == 3
    assert ask("info/metadata?projection=moon").status_code == 400


def test_values_are_the_same(ask):
    assert ask("data/pixel?left=100&top=50").json() == {
        "value": [200, 49, 149],
        "r": 200,
        "g": 49,
        "b": 149,
        "bands": {"1": 200, "2": 49, "3": 149},
    }
    ends = ask("data/histogram?onlyMinMax=true").json()
    assert ends["min"] == [0, 0, 0]
    assert ends["max"] == [250, 250, 250]
    assert ends["mean"] == pytest.approx([124.817475, 124.50265, 125.22738333333334])
    assert ends["stdev"] == pytest.approx([71.36053479543887, 72.3693059451139, 72.24102744853317])
    # Its range ends one past the largest value: 250 + 1.
    (first, *_) = ask("data/histogram?bins=4&density=true&min=0&max=251").json()
    assert first["hist"] == pytest.approx([0.24425833333333, 0.25904166666667, 0.25795, 0.23875])
    assert first["bin_edges"] == [0.0, 62.75, 125.5, 188.25, 251.0]
    assert (first["bins"], first["density"], first["samples"]) == (4, True, 120_000)
    bands = ask("info/bands").json()
    assert {"min", "max", "mean", "stdev", "scale", "offset", "interpretation"} <= set(bands["3"])
    (frame,) = ask("info/frames").json()["frames"]
    assert [(band["index"], band["name"]) for band in frame["bands"]] == [
        (1, "red"),
        (2, "green"),
        (3, "blue"),
    ]


def test_corners_are_the_same(ask):
    corners = ask(f"tiles/3/1/3/corners?{MERCATOR}").json()
    assert corners == pytest.approx(
        {"xmin": -15028131.257091932, "xmax": -10018754.171394622, "ymin": 0.0}
        | {"ymax": 5009377.085697311},
        abs=1e-6,
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [(50, 60, 70, 255), (149, 98, 47, 255), (0, 0, 0, 255)]),
        (
            "band=1&palette=viridis&min=0&max=250",
            [(65, 68, 135, 255), (33, 166, 133, 255), (68, 1, 84, 255)],
        ),
        (
            "band=1&cmap=plasma&min=100&max=200",
            [(13, 8, 135, 255), (200, 67, 122, 255), (13, 8, 135, 255)],
        ),
        (
            "band=2&palette=%23ff0000&min=0&max=250",
            [(61, 0, 0, 255), (99, 0, 0, 255), (0, 0, 0, 255)],
        ),
        (
            "band=1&palette=viridis&min=0&max=250&nodata=50",
            [(0, 0, 0, 0), (33, 166, 133, 255), (68, 1, 84, 255)],
        ),
        ("band=1&min=0&max=250", [(51, 51, 51, 255), (151, 151, 151, 255), (0, 0, 0, 255)]),
        (
            "band=3&min=undefined&max=null&palette=none",
            [(70, 70, 70, 255), (47, 47, 47, 255), (0, 0, 0, 255)],
        ),
        # As its viewer sends them: what was typed stays a text.
        (
            style(
                {"bands": [{"band": 1, "frame": 0, "palette": "viridis", "min": "0", "max": ""}]}
            ),
            [(65, 66, 135, 255), (32, 164, 134, 255), (68, 1, 84, 255)],
        ),
        (
            style(
                {
                    "bands": [
                        {"band": 1, "palette": ["#000", "#f00"], "min": 0, "max": 250},
                        {"band": 2, "palette": ["#000", "#0f0"], "min": 0, "max": 250},
                    ]
                }
            ),
            [(51, 61, 0, 255), (151, 99, 0, 255), (0, 0, 0, 255)],
        ),
        (
            style(
                {
                    "band": 1,
                    "palette": ["#ffffff", "#ff0000", "#0000ff"],
                    "scheme": "discrete",
                    "min": 0,
                    "max": 250,
                }
            ),
            [(255, 255, 255, 255), (255, 0, 0, 255), (255, 255, 255, 255)],
        ),
        (
            style({"bands": [{"band": "green", "palette": "#fff", "min": 0, "max": 250}]}),
            [(61, 61, 61, 255), (99, 99, 99, 255), (0, 0, 0, 255)],
        ),
        (
            style({"band": 1, "min": 100, "max": 200, "clamp": False, "palette": "#ff0000"}),
            [(0, 0, 0, 0), (124, 0, 0, 255), (0, 0, 0, 0)],
        ),
    ],
)
def test_looks_are_the_same(ask, query, expected):
    for path, name in (("tiles/1/0/0.png", "map"), ("tiles/2/0/0.png", "plain")):
        tile = shown(ask(f"{path}?{query}", name)).astype(int)
        found = np.array([tile[row, column] for column, row in PLACES])
        told = np.array(expected)
        assert np.array_equal(found[:, 3], told[:, 3])
        # What is transparent has no colour.
        assert np.abs(found - told)[told[:, 3] > 0].max() <= 1


@pytest.mark.parametrize(("suffix", "media_type"), SUFFIXES.items())
def test_every_suffix_is_written(ask, suffix, media_type):
    paths = (
        f"tiles/1/0/0.{suffix}",
        f"data/thumbnail.{suffix}",
        f"data/region.{suffix}?units=pixels&left=10&right=110&top=20&bottom=80",
        f"tiles/6/11/25.{suffix}?{MERCATOR}",
    )
    for path in paths:
        response = ask(path)
        assert response.status_code == 200
        assert response["Content-Type"] == media_type
        assert int(response["Content-Length"]) == len(response.content) > 0


def test_the_tiled_region_is_a_tiled_tiff(ask):
    query = f"left=-117&right=-116&top=33.5&bottom=32.5&units=EPSG:4326&{MERCATOR}"
    with tifffile.TiffFile(io.BytesIO(ask(f"data/region.tiled?{query}").content)) as file:
        assert file.pages[0].is_tiled
        assert file.geotiff_metadata["ProjectedCSTypeGeoKey"] == 3857


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("data/thumbnail.png", (256, 192)),
        ("data/thumbnail.png?max_width=100", (100, 75)),
        ("data/thumbnail.png?max_height=100", (133, 100)),
        ("data/region.png?left=10&right=110&top=20&bottom=80&units=pixels", (100, 60)),
        ("data/region.png?left=110&right=10&top=80&bottom=20&units=Pixels", (100, 60)),
        ("data/region.png?left=-117&right=-116&top=33.5&bottom=32.5", (104, 123)),
        ("data/region.png?left=-117&right=-116&top=33.5&bottom=32.5&units=", (104, 123)),
        ("data/region.png?left=-117&right=-116&top=33.5&bottom=32.5&units=EPSG:4326", (104, 123)),
    ],
)
def test_sizes_are_the_same_to_a_pixel(ask, path, size):
    height, width = shown(ask(path)).shape[:2]
    assert abs(width - size[0]) <= 1
    assert abs(height - size[1]) <= 1


@pytest.mark.parametrize(
    "path",
    [
        "tiles/100/0/0.png",
        "data/region.png?left=900&right=990&top=0&bottom=9&units=pixels",
        "tiles/0/0/0.png?style=%7B%22band",
        "info/band?band=9",
    ],
)
def test_errors_are_the_clients_still(ask, path):
    assert 400 <= ask(path).status_code < 500


def test_a_map_is_shown_as_geojs_and_qgis_show_it(ask):
    told = ask("info/metadata").json()
    assert told["geospatial"]
    bounds = told["bounds"]
    zoom = 6
    # Of the tiles of the world those are asked that touch the bounds.
    column = math.floor((bounds["xmin"] + 180) / 360 * 2**zoom)
    rows = [
        math.floor((1 - math.asinh(math.tan(math.radians(edge))) / math.pi) / 2 * 2**zoom)
        for edge in (bounds["ymax"], bounds["ymin"])
    ]
    seen = [
        shown(ask(f"tiles/{zoom}/{column}/{row}.png?{MERCATOR}"))[..., 3].any()
        for row in range(rows[0] - 1, rows[1] + 2)
    ]
    assert seen == [False, *[True] * (rows[1] - rows[0] + 1), False]


def test_bounds_of_the_whole_world_are_those_that_viewers_take(ask, client, folder):
    degrees = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    wide = placed(-180.00416667, 90.00416667, 1.0, degrees)
    tifffile.imwrite(
        folder / "world.tif", np.zeros((180, 360), np.uint8), tile=(256, 256), extratags=wide
    )
    world = Scan.objects.create(name="world", file="world.tif")
    told = client.get(f"/api/scans/{world.pk}/info/metadata").json()
    bounds = told["bounds"]
    assert (bounds["xmin"], bounds["xmax"]) == (-180.0, 180.0)
    assert bounds["ymin"] >= -90
    assert bounds["ymax"] == pytest.approx(90)
    assert bounds["ymax"] <= 90
    assert bounds["ul"] == {"x": -180.0, "y": bounds["ymax"]}
    assert bounds["lr"] == {"x": 180.0, "y": bounds["ymin"]}


@pytest.mark.urls("tilewright.django.urls")
def test_lists_name_what_its_clients_offer(client):
    formats = client.get("/large-image/formats").json()
    assert {suffix.upper(): kind for suffix, kind in SUFFIXES.items()}.items() <= formats.items()
    colormaps = client.get("/large-image/colormaps").json()
    assert colormaps["simple"] == ["red", "green", "blue"]
    assert {"viridis", "plasma", "magma"} <= set(colormaps["matplotlib"])
