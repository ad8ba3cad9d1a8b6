"""What clients of django-large-image and of Girder ask besides tiles, regions and numbers."""

import io
import json

import numpy as np
import pytest
import tifffile

from tests.readers.test_tiff_slides import LABEL, MACRO, SLIDE, aperio
from tests.testapp.models import Scan
from tilewright.django import surface_dump


@pytest.fixture
def get(client, scan):
    def ask(path, record=None, **headers):
        return client.get(f"/api/scans/{(record or scan).pk}/{path}", headers=headers)

    return ask


@pytest.fixture
def slide(db, folder):
    """Return a slide of 400×300, 0.5 µm a pixel, magnified 20 times, with a label."""
    with tifffile.TiffWriter(folder / "slide.svs") as writer:
        aperio(writer)
    return Scan.objects.create(name="slide", file="slide.svs")


@pytest.fixture
def film(db, folder):
    """Return two times of three focal planes; each plane has the value of its frame."""
    planes = np.zeros((2, 3, 60, 80), np.uint8) + np.arange(6).reshape(2, 3, 1, 1) * 40
    tifffile.imwrite(
        folder / "film.ome.tif", planes.astype(np.uint8), ome=True, metadata={"axes": "TZYX"}
    )
    return Scan.objects.create(name="film", file="film.ome.tif")


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


def test_a_file_tells_of_itself_without_its_path(get, folder):
    response = get("info/metadata_internal")
    told = response.json()
    assert (told["RasterXSize"], told["RasterYSize"], told["geospatial"]) == (900, 700, False)
    assert told["driverLongName"]
    assert told["Metadata"]["compression"] == "ADOBE_DEFLATE"
    assert str(folder).encode() not in response.content


def test_a_map_tells_where_it_lies(get, folder):
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633)
    tags = [
        (33550, "d", 3, (10.0, 10.0, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, 500000.0, 5300000.0, 0.0), True),
        (34735, "H", len(keys), keys, True),
    ]
    tifffile.imwrite(folder / "map.tif", np.zeros((40, 50), np.uint8), extratags=tags)
    told = get("info/metadata_internal", Scan.objects.create(name="m", file="map.tif")).json()
    assert told["Affine"] == [10, 0, 500000, 0, -10, 5300000, 0, 0, 1]
    assert told["Projection"] == "EPSG:32633"
    assert told["geospatial"] is True
    assert 14.9 < told["bounds"]["xmin"] < 15.1


def test_the_directories_of_a_tiff_are_listed(get, folder):
    told = get("info/tiffdump").json()
    assert told["size"] == (folder / "a.tif").stat().st_size
    assert (told["bigEndian"], told["bigtiff"], told["truncated"]) == (False, False, False)
    (directory,) = told["ifds"]
    assert directory["offset"] == told["firstifd"]
    assert directory["tagcount"] == len(directory["tags"])
    assert directory["tags"]["256"] == {
        "name": "ImageWidth",
        "datatype": 4,
        "count": 1,
        "datapos": told["firstifd"] + 2 + 8,
        "data": [900],
    }
    with tifffile.TiffFile(folder / "a.tif") as file:
        for tag in file.pages.first.tags.values():
            shown = directory["tags"][str(tag.code)]
            # The offset is that of a value that does not fit into its entry.
            assert shown["datapos"] == tag.offset + 8
            assert shown.get("offset", shown["datapos"]) == tag.valueoffset
            value = [*tag.value] if isinstance(tag.value, tuple) else [tag.value]
            assert shown["name"] == tag.name
            assert shown["data"] == (tag.value if isinstance(tag.value, str) else value)


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"byteorder": ">"}])
def test_other_kinds_of_tiff_are_listed(get, folder, options):
    tifffile.imwrite(folder / "b.tif", np.zeros((700, 700), np.uint8), tile=(16, 16), **options)
    told = get("info/tiffdump", Scan.objects.create(name="b", file="b.tif")).json()
    assert told["bigtiff"] is ("bigtiff" in options)
    assert told["bigEndian"] is ("byteorder" in options)
    offsets = told["ifds"][0]["tags"]["324"]
    assert 0 < offsets["offset"] < told["size"]
    assert told["ifds"][0]["tags"]["256"].keys() >= {"datapos", "data"}
    assert offsets["count"] >= 44 * 44
    assert len(offsets["data"]) == surface_dump.MOST_VALUES


def test_a_long_tiff_is_cut(get, folder, monkeypatch):
    monkeypatch.setattr(surface_dump, "MOST_DIRECTORIES", 3)
    with tifffile.TiffWriter(folder / "b.tif") as writer:
        for _ in range(5):
            writer.write(np.zeros((20, 20), np.uint8), metadata=None)
    told = get("info/tiffdump", Scan.objects.create(name="b", file="b.tif")).json()
    assert (len(told["ifds"]), told["truncated"]) == (3, True)


def test_a_damaged_tiff_is_told_however_it_is_damaged(get, folder):
    whole = (folder / "a.tif").read_bytes()
    start = int.from_bytes(whole[4:8], "little")
    noise = np.random.default_rng(1)
    bad = Scan.objects.create(name="d", file="d.tif")
    for step in range(60):
        data = bytearray(whole)
        place = start + int(noise.integers(0, 200))
        data[place : place + 4] = noise.bytes(4)
        (folder / "d.tif").write_bytes(data[: len(data) if step % 2 else place])
        response = get("info/tiffdump", bad)
        assert response.status_code in {200, 413, 415, 422}, (step, place)


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"\x89PNG\r\n\x1a\n", 415), (b"II*\0\xff\xff\0\0", 422), (b"II*\0\x08\0\0\0\x10\0", 422)],
)
def test_what_is_no_sound_tiff_is_told(get, folder, content, status):
    (folder / "c.tif").write_bytes(content)
    found = problem(get("info/tiffdump", Scan.objects.create(name="c", file="c.tif")), status)
    assert str(folder) not in found["detail"]


def test_associated_images_are_listed_and_shown(get, slide, picture_of):
    assert sorted(get("images", slide).json()) == ["label", "macro", "thumbnail"]
    for name, pixels in (("label", LABEL), ("macro", MACRO)):
        shown = picture_of(get(f"images/{name}.png", slide))
        assert np.array_equal(shown, np.moveaxis(pixels, 0, -1))
    assert picture_of(get("images/macro.png?width=45", slide)).shape == (30, 45, 3)
    assert get("images").json() == []


@pytest.mark.parametrize("path", ["images/label.png", "images/%20.png", "images/x.jpg"])
def test_an_associated_image_that_is_not_there_is_not_found(get, path):
    problem(get(path), 404)


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("left=0.05&top=0.025&right=0.1&bottom=0.075&units=mm", (100, 50, 200, 150)),
        ("left=.25&top=0&right=.5&bottom=.5&units=fraction", (100, 0, 200, 150)),
        ("left=80&top=20&right=160&bottom=60&units=magnification&magnification=40&scale=1",
         (40, 10, 80, 30)),
        ("left=20&top=10&right=60&bottom=30&scale=1", (20, 10, 60, 30)),
        ("left=20&top=10&right=60&bottom=30&magnification=20", (20, 10, 60, 30)),
    ],
)  # fmt: skip
def test_a_region_in_other_units(get, slide, picture_of, query, window):
    left, top, right, bottom = window
    shown = picture_of(get(f"data/region.png?{query}", slide))
    assert np.array_equal(shown, np.moveaxis(SLIDE, 0, -1)[top:bottom, left:right])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("units=base_pixels", "units=pixels"),
        ("units=wgs84", "units=EPSG:4326"),
        ("units=WGS84&projection=EPSG:3857", "units=EPSG:4326&projection=EPSG:3857"),
        ("units=projection", "units=EPSG:4326"),
        ("units=projection&projection=EPSG:3857", "units=EPSG:3857&projection=EPSG:3857"),
    ],
)
def test_units_have_the_names_of_large_image_too(get, earth, theirs, ours):
    edges = "left=-20&top=20&right=10&bottom=5&width=40"
    answer = get(f"data/region.png?{edges}&{theirs}", earth)
    assert answer.status_code == 200
    assert answer["ETag"] == get(f"data/region.png?{edges}&{ours}", earth)["ETag"]


def test_pixels_of_a_magnification_have_two_names(get, slide):
    rest = "magnification=10&left=0&top=0&right=50&bottom=20"
    tags = {get(f"data/region.png?{rest}&units={name}", slide)["ETag"] for name in
            ("magnification", "mag_pixels")}  # fmt: skip
    assert len(tags) == 1


def test_wrong_units_are_told_which_there_are(get):
    told = problem(get("data/region.png?units=parsec&left=0&top=0&right=1&bottom=1"), 400)
    assert told["allowed"] == (
        "pixels, mm, magnification, fraction, projection, or a coordinate reference system such "
        "as EPSG:4326"
    )


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("scale=0.5", (200, 150)),
        ("scale=2&left=0&top=0&right=10&bottom=20", (20, 40)),
        ("magnification=5", (100, 75)),
        ("magnification=10&left=350&top=0&right=900&bottom=300", (25, 150)),
        ("units=magnification&magnification=10&left=0&top=0&right=50&bottom=20", (50, 20)),
        ("units=magnification&magnification=10&left=0&top=0&right=50&bottom=20&width=25", (25, 10)),
        ("units=fraction&left=0&top=0&right=1&bottom=1&width=40&height=50", (40, 50)),
        ("units=mm&left=0&top=0&right=0.1&bottom=0.1&scale=.1", (20, 20)),
    ],
)
def test_an_answer_at_a_scale(get, slide, picture_of, query, size):
    assert picture_of(get(f"data/region.png?{query}", slide)).shape[1::-1] == size


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("units=mm&left=0&top=0&right=1&bottom=1", "units"),
        ("magnification=10", "magnification"),
        ("units=magnification&left=0&top=0&right=1&bottom=1", "magnification"),
        ("scale=0", "scale"),
        ("scale=nan", "scale"),
        ("scale=1&width=10", "scale"),
        ("scale=1&magnification=10", "magnification"),
        ("scale=1&projection=EPSG:3857", "scale"),
        ("scale=1&units=EPSG:4326&left=0&top=0&right=1&bottom=1", "scale"),
        ("units=fraction&left=0&top=0&right=1", "bottom"),
        ("units=parsec", "units"),
    ],
)
def test_a_region_that_cannot_be_scaled_says_why(get, query, parameter):
    assert problem(get(f"data/region.png?{query}"), 400)["parameter"] == parameter


def test_a_scaled_region_outside_is_not_found(get):
    problem(get("data/region.png?units=fraction&left=2&top=2&right=3&bottom=3&scale=1"), 404)


def test_a_frame_is_a_position_on_all_axes(get, film):
    for frame in range(6):
        told = get(f"data/pixel?left=1&top=1&frame={frame}", film).json()
        assert told["value"] == [frame * 40]
        tile = np.load(io.BytesIO(get(f"tiles/0/0/0.npy?frame={frame}", film).content))
        assert tile[0, 5, 5] == frame * 40
        region = np.load(io.BytesIO(get(f"data/region.npy?frame={frame}", film).content))
        assert region.max() == region.min() == frame * 40
    ends = get("data/histogram?onlyMinMax=true&frame=4", film).json()
    assert ends["max"] == [160]
    problem(get("data/pixel?left=1&top=1&frame=6", film), 404)
    assert problem(get("data/pixel?left=1&top=1&frame=2&z=1", film), 400)["parameter"] == "frame"


def test_frames_are_listed_as_large_image_lists_them(get, film):
    told = get("info/metadata", film).json()
    assert told["IndexRange"] == {"IndexT": 2, "IndexZ": 3}
    assert told["IndexStride"] == {"IndexT": 3, "IndexZ": 1}
    assert told["frames"][4] == {"Frame": 4, "Index": 4, "IndexT": 1, "IndexZ": 1}
    assert get("tiles/metadata", film).json()["additional_metadata"] == told
    assert get("info/metadata").json()["frames"] is False


@pytest.mark.parametrize("query", ["", "frames_across=6&max_width=40", "frameList=5,0,3"])
def test_a_sheet_has_each_frame_where_its_layout_says(get, film, picture_of, query):
    look = "band=1&min=0&max=255"
    told = get(f"tile_frames/layout?{query}", film).json()
    shown = picture_of(get(f"tile_frames.png?{query}&{look}", film))
    assert shown.shape[1::-1] == (told["width"], told["height"])
    assert (told["frameWidth"], told["frameHeight"]) == ((40, 30) if "max" in query else (80, 60))
    expected = [5, 0, 3] if "List" in query else [*range(6)]
    assert [row["frame"] for row in told["frames"]] == expected
    for row in told["frames"]:
        part = shown[row["top"] :, row["left"] :][: told["frameHeight"], : told["frameWidth"]]
        assert np.all(part[..., 0] == row["frame"] * 40)
    assert told["frames"][-1]["position"] == {"t": expected[-1] // 3, "z": expected[-1] % 3}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("tile_frames.png?frames=6", 404),
        ("tile_frames.png?frames=-1", 400),
        ("tile_frames.png?frames=a", 400),
        ("tile_frames.png?frames_across=0", 400),
        ("tile_frames.npy", 400),
        ("tile_frames/layout?frames=6", 404),
    ],
)
def test_a_sheet_that_cannot_be_made(get, film, query, status):
    problem(get(query, film), status)


def test_a_sheet_is_no_larger_than_the_limits(get, film, settings):
    settings.TILEWRIGHT = {"limits": {"output_side": 200}}
    assert problem(get("tile_frames.png", film), 413)["limit"] == "output_side"
    settings.TILEWRIGHT = {"limits": {"output_pixels": 20_000}}
    assert problem(get("tile_frames.png", film), 413)["limit"] == "output_pixels"


def test_a_tile_at_the_border_is_cropped_or_filled(get, pixels, picture_of):
    inside = pixels[512:, 768:]
    cropped = picture_of(get("tiles/2/3/2.png?edge=crop"))
    assert np.array_equal(cropped, inside)
    filled = picture_of(get("tiles/2/3/2.png?edge=102030"))
    assert filled.shape[:2] == (256, 256)
    assert np.array_equal(filled[: 700 - 512, : 900 - 768, :3], inside)
    for rest in (filled[700 - 512 :], filled[:, 900 - 768 :]):
        assert np.array_equal(np.unique(rest[..., :3].reshape(-1, 3), axis=0), [[16, 32, 48]])
    assert picture_of(get("tiles/0/0/0.png?edge=crop")).shape[:2] == (175, 225)
    numbers = np.load(io.BytesIO(get("tiles/2/3/2.npy?edge=crop").content))
    assert numbers.shape == (3, 188, 132)


def test_each_edge_has_a_tag_of_its_own(get):
    queries = ("", "?edge=crop", "?edge=000000", "?edge=ffffff")
    assert len({get(f"tiles/2/3/2.png{query}")["ETag"] for query in queries}) == 4
    for query in ("?edge=false", "?edge=crop"):
        inner = get(f"tiles/2/1/1.png{query}")
        assert inner["ETag"] == get("tiles/2/1/1.png")["ETag"]
    tag = get("tiles/2/3/2.png?edge=000000")["ETag"]
    assert get("tiles/2/3/2.png?edge=000000", **{"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("tiles/2/3/2.png?edge=red", "edge"),
        ("tiles/2/3/2.npy?edge=ffffff", "fmt"),
        ("tiles/WebMercatorQuad/0/0/0.png?edge=crop", "edge"),
        ("tiles/0/0/0.png?download=a/b.png", "download"),
        ("tiles/0/0/0.png?download=", "download"),
        ("tiles/0/0/0.png?download=a%0d%0ab", "download"),
    ],
)
def test_a_bad_edge_or_name_is_told(get, path, parameter):
    assert problem(get(path), 400)["parameter"] == parameter


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("data/thumbnail.jpg?download=my scan.JPG", 'attachment; filename="my scan.JPG"'),
        ("data/region.png?width=9&download=x.exe", 'attachment; filename="x.exe.png"'),
        ("tiles/0/0/0.png?download=%C3%A9.png", "attachment; filename*=utf-8''%C3%A9.png"),
    ],
)
def test_an_answer_is_saved_under_a_name(get, path, header):
    response = get(path)
    assert response.status_code == 200
    assert response["Content-Disposition"] == header
    assert "Content-Disposition" not in get(path.partition("?")[0])


PATHS = ("info/metadata_internal", "info/tiffdump", "images", "tile_frames.png",
         "tile_frames/layout")  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, "images/label.png"])
def test_permissions_come_first(get, scan, path):
    Scan.objects.filter(pk=scan.pk).update(secret=True)
    problem(get(path), 403)
    scan.delete()
    problem(get(path, Scan(pk=999_999)), 404)


@pytest.mark.parametrize("path", PATHS)
def test_a_known_tag_is_enough(get, path):
    first = get(path)
    assert first.status_code == 200
    assert get(path, **{"if-none-match": first["ETag"]}).status_code == 304


@pytest.mark.urls("tilewright.django.urls")
def test_lists_hold_plain_names(client):
    sources = client.get("/large-image/sources").json()
    assert {"tiff", "picture", "gdal"} <= set(sources)
    assert set(sources["tiff"]) == {"priority", "by_magic"}
    formats = client.get("/large-image/formats").json()
    assert formats["PNG"] == "image/png"
    assert formats["JPG"] == formats["JPEG"] == "image/jpeg"
    response = client.get("/large-image/colormaps")
    assert "viridis" in response.json()["matplotlib"]
    for name in ("sources", "formats"):
        first = client.get(f"/large-image/{name}")
        assert "<class" not in first.content.decode()
        again = client.get(f"/large-image/{name}", headers={"if-none-match": first["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("suffix", ["tif", "tif?cog=true"])
def test_a_tiff_is_compressed_as_asked(get, pixels, suffix):
    joint = "&" if "?" in suffix else "?"
    sizes = {}
    for name, code in {"deflate": {8}, "lzw": {5}, "zstd": {50000, 50001}, "none": {1}}.items():
        content = get(f"data/region.{suffix}{joint}compression={name}").content
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            page = file.pages.first
            assert int(page.compression) in code | ({32946} if name == "deflate" else set())
            assert np.array_equal(page.asarray(), pixels)
        sizes[name] = len(content)
    assert sizes["none"] > max(sizes[name] for name in ("deflate", "lzw", "zstd"))
    refused = get(f"data/region.{suffix}{joint}compression=jpeg")
    assert problem(refused, 400)["parameter"] == "compression"
