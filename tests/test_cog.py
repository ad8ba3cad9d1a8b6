"""The checks of a COG, against rio-cogeo on real and on made files, and on damaged ones."""

import json
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus import IMAGES
from tilewright.blobs.local import LocalBlob
from tilewright.blobs.memory import MemoryBlob
from tilewright.cog.validate import validate
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, LimitError, SourceError

rasterio = pytest.importorskip("rasterio")
cogeo = pytest.importorskip("rio_cogeo.cogeo")
profiles = pytest.importorskip("rio_cogeo.profiles")

WIDTH, HEIGHT = 1100, 700
PIXELS = np.random.default_rng(4).integers(1, 255, (3, HEIGHT // 20, WIDTH // 20), np.uint8)
PIXELS = PIXELS.repeat(20, 1).repeat(20, 2)
PLACED = {"crs": "EPSG:32618", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}


def _ignoring_warnings():
    """Let rasterio and rio-cogeo warn as they like; our own code may not."""
    return warnings.catch_warnings(action="ignore")


def judged(path):
    blob = LocalBlob(str(path))
    try:
        return validate(blob)
    finally:
        blob.close()


def counted(path):
    """Return rio-cogeo's verdict, its errors and its warnings as numbers, and if it is strict."""
    with _ignoring_warnings():
        valid, errors, warned = cogeo.cog_validate(path, quiet=True)
        strict, _, _ = cogeo.cog_validate(path, strict=True, quiet=True)
    return valid, len(errors), len(warned), strict


def count(verdict):
    return (
        verdict.valid,
        len(verdict.errors),
        len(verdict.warnings),
        verdict.passes(strict=True),
    )


# --- real files -----------------------------------------------------------------------------

FILES = sorted(
    path for folder in ("geo", "tiff", "slides") for path in (IMAGES / folder).glob("*.*")
)
APART = {
    # rio-cogeo also compares places in one file with places in the other.
    "validate_image_external.tif",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files_agree_with_rio_cogeo(path):
    try:
        expected = counted(path)
    except rasterio.RasterioIOError:
        pytest.skip("GDAL does not open it")
    verdict = judged(path)
    if path.name in APART:
        assert (verdict.valid, verdict.passes(strict=True)) == (expected[0], expected[3])
    else:
        assert count(verdict) == expected, verdict
    json.dumps(dict(verdict.details), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("validate_image_external.tif", "suffix .ovr"),
        ("validate_image_sorted.tif", "not sorted"),
        ("validate_image_dec.tif", "overview 0 is not smaller than the main image"),
        ("RGB.byte.tif", "not tiled"),
        ("float_nan.tif", "begins at byte 310"),
    ],
)
def test_real_files_say_what_is_wrong(name, words):
    path = IMAGES / "geo" / name
    if not path.exists():
        pytest.skip("shared images absent")
    assert words in " ".join(judged(path).errors)


def test_a_copy_without_its_neighbour_is_judged_alone(tmp_path):
    path = IMAGES / "geo" / "validate_image_external.tif"
    if not path.exists():
        pytest.skip("shared images absent")
    alone = tmp_path / "alone.tif"
    alone.write_bytes(path.read_bytes())
    assert count(judged(alone)) == counted(alone)
    (tmp_path / "alone.tif.ovr").write_text("no overviews, a note")
    assert count(judged(alone)) == counted(alone)
    inside_memory = validate(MemoryBlob(path.read_bytes()))
    assert count(inside_memory) == count(judged(alone))


# --- made files -----------------------------------------------------------------------------


def write(path, pixels=PIXELS, **options):
    shape = {"count": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2]}
    made = {"driver": "GTiff", "dtype": pixels.dtype, **shape, **PLACED, **options}
    with rasterio.open(path, "w", **made) as file:
        file.write(pixels)


def tiled(path, **options):
    write(path, tiled=True, blockxsize=256, blockysize=256, **options)


def translate(name, **more):
    def make(path):
        plain = path.with_name("plain.tif")
        write(plain)
        profile = profiles.cog_profiles.get(name)
        profile.update(blockxsize=256, blockysize=256)
        with _ignoring_warnings():
            cogeo.cog_translate(plain, path, profile, quiet=True, **more)

    return make


def gdal_cog(**options):
    return lambda path: write(path, driver="COG", blocksize=256, **options)


def overviews(*rounds, **options):
    def make(path):
        tiled(path, **options)
        for factors in rounds:
            with rasterio.open(path, "r+") as file:
                file.build_overviews(factors)

    return make


def outside(path):
    tiled(path)
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as file:
        file.build_overviews([2])


def pages(*sizes, subifds=False, **options):
    """Return a maker of a TIFF that tifffile writes: a page and reduced pages."""

    def make(path):
        with tifffile.TiffWriter(path) as writer:
            for index, (width, height, tile) in enumerate(sizes):
                inner = len(sizes) - 1 if subifds and index == 0 else None
                writer.write(
                    np.full((height, width), 7, np.uint8),
                    tile=tile,
                    subfiletype=1 if index else 0,
                    subifds=inner,
                    metadata=None,
                    **options,
                )

    return make


def edited(make, old, new):
    def change(path):
        make(path)
        data = path.read_bytes()
        assert data.count(old) == 1
        path.write_bytes(data.replace(old, new))

    return change


def updated(path):
    gdal_cog()(path)
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        file.write(PIXELS[:, ::-1])


def sparse(path, **options):
    shape = {"count": 1, "height": HEIGHT, "width": WIDTH, "dtype": "uint8"}
    with rasterio.open(
        path, "w", driver="GTiff", tiled=True, blockxsize=256, blockysize=256, sparse_ok=True,
        **shape, **options,
    ) as file:  # fmt: skip
        file.write(PIXELS[:1, :256, :256], window=rasterio.windows.Window(512, 256, 256, 256))


def sparse_cog(path):
    plain = path.with_name("plain.tif")
    sparse(plain, nodata=0)
    rasterio.shutil.copy(plain, path, driver="COG", blocksize=256, sparse_ok=True)


def empty(path):
    shape = {"count": 1, "height": HEIGHT, "width": WIDTH, "dtype": "uint8"}
    with rasterio.open(path, "w", driver="GTiff", tiled=True, sparse_ok=True, **shape):
        pass


def other_samples(path):
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.zeros((600, 600), np.uint8), tile=(256, 256), metadata=None)
        writer.write(
            np.zeros((300, 300, 3), np.uint8),
            tile=(256, 256), photometric="rgb", subfiletype=1, metadata=None,
        )  # fmt: skip


def classic(*directories, following=()):
    """Return a TIFF of directories of (tag, type, count, value), each linked to the next."""
    out = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for index, entries in enumerate(directories):
        end = len(out) + 2 + 12 * len(entries) + 4
        last = index == len(directories) - 1
        link = (following[0] if following else 0) if last else end
        out += struct.pack("<H", len(entries))
        for entry in entries:
            out += struct.pack("<HHII", *entry)
        out += struct.pack("<I", link)
    return bytes(out)


def page(width=600, height=600, tile=256, offsets=(1, 8), counts=(1, 8), subfile=0, samples=1):
    return [
        (254, 4, 1, subfile), (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8),
        (259, 3, 1, 1), (262, 3, 1, 1), (277, 4, 1, samples), (322, 4, 1, tile),
        (323, 4, 1, tile), (324, 4, *offsets), (325, 4, *counts),
    ]  # fmt: skip


def directories_swapped(path):
    """Write the directory of an overview, then that of the image, to which the header leads."""
    size, lists = 2 + 12 * 11 + 4, 400
    small = page(300, 300, offsets=(4, lists), counts=(4, lists + 36), subfile=1)
    data = bytearray(classic(small, page(offsets=(9, lists), counts=(9, lists + 36))))
    struct.pack_into("<I", data, 4, 8 + size)
    struct.pack_into("<I", data, 8 + size - 4, 0)
    struct.pack_into("<I", data, 8 + 2 * size - 4, 8)
    data += bytes(lists - len(data)) + struct.pack("<18I", *range(500, 509), *[1] * 9) + bytes(100)
    path.write_bytes(data)


MADE = {
    "deflate": (translate("deflate"), ""),
    "jpeg": (translate("jpeg"), ""),
    "webp": (translate("webp"), ""),
    "raw": (translate("raw"), ""),
    "no overviews": (translate("lzw", overview_level=0), "has no overviews"),
    "with a mask": (translate("deflate", add_mask=True), ""),
    "by GDAL": (gdal_cog(), ""),
    "by GDAL, BigTIFF": (gdal_cog(bigtiff="YES"), ""),
    "strips": (write, "longer than 512 pixels and not tiled"),
    "strips of JPEG": (lambda path: write(path, compress="jpeg"), "not tiled"),
    "small strips": (lambda path: write(path, PIXELS[:, :200, :200]), ""),
    "tiles alone": (tiled, "has no overviews"),
    "tiles in separate planes": (lambda path: tiled(path, interleave="band"), "has no overviews"),
    "high byte first": (lambda path: tiled(path, endianness="BIG"), "has no overviews"),
    "overviews added later": (overviews([2, 4]), "the pixels of the main image lie before"),
    "overviews out of order": (overviews([8], [2]), "not sorted from large to small"),
    "overviews outside": (outside, "suffix .ovr"),
    "known incompatible": (
        edited(gdal_cog(), b"EDITION=NO\n ", b"EDITION=YES\n"),
        "later changes have broken its layout",
    ),
    "written into": (updated, "later changes have broken its layout"),
    "one tile as wide as the image": (
        pages((1024, 1024, (1024, 1024))),
        "the main image is longer than 512 pixels and not tiled",
    ),
    "overview of the same size": (
        pages((600, 600, (256, 256)), (600, 600, (256, 256))),
        "overview 0 is not smaller than the main image",
    ),
    "directories out of order": (
        directories_swapped,
        "the directory of overview 0, at byte 8, lies before the one of the main image",
    ),
    "overview in strips": (
        pages((2048, 1200, (256, 256)), (1024, 600, None)),
        "overview 0 is longer than 512 pixels and not tiled",
    ),
    "overviews below the main directory": (
        pages((1024, 1024, (256, 256)), (512, 512, (256, 256)), subifds=True),
        "the pixels of the main image lie before those of overview 0",
    ),
    "overview with other samples": (other_samples, "has no overviews"),
    "sparse": (sparse, "has no overviews"),
    "sparse, by GDAL": (sparse_cog, ""),
    "empty": (empty, "has no overviews"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "words"), MADE.values(), ids=MADE)
def test_made_files_agree_with_rio_cogeo(tmp_path, make, words):
    path = tmp_path / "made.tif"
    with _ignoring_warnings():
        make(path)
    verdict = judged(path)
    assert count(verdict) == counted(path), verdict
    sentences = " ".join(verdict.errors + verdict.warnings)
    assert words in sentences
    assert bool(words) == bool(sentences)


@pytest.mark.parametrize(
    "make",
    [translate("deflate", add_mask=True), gdal_cog(nodata=0, bigtiff="YES"), sparse_cog],
    ids=["mask", "nodata", "sparse"],
)
def test_details_agree_with_rio_cogeo(tmp_path, make):
    path = tmp_path / "made.tif"
    with _ignoring_warnings():
        make(path)
        told = cogeo.cog_info(path)
    details = judged(path).details
    profile = details["profile"]
    for name in ("Bands", "Width", "Height", "Dtype", "AlphaBand", "InternalMask", "Nodata"):
        ours = "".join(f"_{c}" if c.isupper() else c for c in name).strip("_").lower()
        assert profile[ours] == getattr(told.Profile, name), name
    assert profile["interleave"] == told.Profile.Interleave.lower()
    assert details["tiled"] == told.Profile.Tiled
    assert (details["compression"] or "") == (told.Compression or "").lower()
    assert details["ghost_header"]["LAYOUT"] == "IFDS_BEFORE_DATA"
    if details["geo"] is not None:
        assert details["geo"]["crs"] == told.GEO.CRS
        assert details["geo"]["bounding_box"] == list(told.GEO.BoundingBox)
        assert details["geo"]["origin"] == list(told.GEO.Origin)
        assert details["geo"]["resolution"] == list(told.GEO.Resolution)
    assert [
        (ifd["level"], ifd["width"], ifd["height"], tuple(ifd["blocksize"]), ifd["decimation"])
        for ifd in details["ifds"]
    ] == [
        (ifd.Level, ifd.Width, ifd.Height, tuple(ifd.Blocksize), ifd.Decimation) for ifd in told.IFD
    ]


# --- what GDAL's own check sees beyond rio-cogeo ----------------------------------------------


def test_broken_promises_about_blocks_are_warnings(tmp_path):
    path = tmp_path / "cog.tif"
    translate("deflate", add_mask=True)(path)
    whole = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        first, second = page.dataoffsets[:2]
        length = page.databytecounts[0]
        entry = page.tags[324].valueoffset
    assert validate(MemoryBlob(bytes(whole))).warnings == ()

    def warned(place, value):
        data = bytearray(whole)
        data[place : place + len(value)] = value
        verdict = validate(MemoryBlob(bytes(data)))
        assert verdict.valid
        assert not verdict.passes(strict=True)
        return " ".join(verdict.warnings)

    assert "15 blocks of the main image do not have their size" in warned(first - 4, b"\1\2\3\4")
    trailer = bytes(byte ^ 255 for byte in whole[first + length : first + length + 4])
    assert "are not followed by their last bytes" in warned(first + length, trailer)
    swapped = warned(entry, struct.pack("<II", second, first))
    assert "1 of 15 blocks of the main image lie before the one to the left" in swapped
    assert "blocks of the mask of the main image do not follow theirs" in swapped
    assert "lie past the end" in warned(entry + 14 * 4, struct.pack("<I", len(whole)))


def test_a_file_cut_short_is_told(tmp_path):
    path = tmp_path / "cog.tif"
    gdal_cog()(path)
    cut = validate(MemoryBlob(path.read_bytes()[:-1000]))
    assert cut.valid
    assert any("past the end of the file" in sentence for sentence in cut.warnings)


# --- hostile files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"II*\0", CorruptSourceError),
        (b"II*\0\x08\0\0\0", CorruptSourceError),
        (b"II+\0\x08\0\0\0" + b"\xff" * 16, CorruptSourceError),
        (classic(page(), following=(8,)), CorruptSourceError),
        (classic(page(), following=(10**9,)), CorruptSourceError),
        (classic(page(width=0)), CorruptSourceError),
        (classic(page(tile=0)), CorruptSourceError),
        (classic(page(samples=4_000_000_000)), CorruptSourceError),
        (classic(page(samples=0)), CorruptSourceError),
        (classic(page(), page(subfile=1, width=0)), CorruptSourceError),
        (classic(*[page()] * 3), LimitError),
        (classic([]), CorruptSourceError),
        (classic([*page(), (330, 4, 1, 10**9)]), CorruptSourceError),
    ],
    ids=range(13),
)
def test_hostile_directories_are_refused(data, error):
    with pytest.raises(error):
        validate(MemoryBlob(data), Limits(pages=2))


@pytest.mark.parametrize(
    "data",
    [
        classic(page(offsets=(10**9, 8), counts=(10**9, 8))),
        classic(page(offsets=(9, 2**32 - 1), counts=(9, 2**32 - 1))),
        classic(page(offsets=(1, 2**32 - 1), counts=(1, 2**32 - 1))),
        classic(page(width=2**32 - 1, height=2**32 - 1, tile=1)),
        classic(page(), *[page(subfile=1, offsets=(10**9, 0), counts=(10**9, 0))] * 100),
        classic([*page(), (330, 4, 1, 8)]),
    ],
    ids=range(6),
)
def test_hostile_lists_cost_nothing(data):
    verdict = validate(MemoryBlob(data))
    json.dumps(verdict.details, allow_nan=False)


@pytest.mark.parametrize("data", [b"", b"II", b"%PDF-1.7", b"\0" * 100, b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_tiff_is_no_cog(data):
    verdict = validate(MemoryBlob(data))
    assert not verdict.valid
    assert verdict.errors == ("the file is not a GeoTIFF",)
    assert verdict.details == {}


def test_more_pages_than_the_limit_are_refused():
    one = [(254, 4, 1, 0)]
    with pytest.raises(LimitError):
        validate(MemoryBlob(classic(*[one] * 70_000)))


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path: Path = tmp_path_factory.mktemp("cog") / "sound.tif"
    translate("deflate", add_mask=True)(path)
    return path.read_bytes()


@settings(max_examples=150, deadline=None)
@given(places=st.lists(st.tuples(st.integers(0, 2800), st.integers(0, 255)), max_size=6))
def test_changed_bytes_lead_to_a_verdict_or_an_error_of_ours(sound, places):
    data = bytearray(sound)
    for place, value in places:
        data[place] = value
    try:
        json.dumps(validate(MemoryBlob(bytes(data))).details, allow_nan=False)
    except (SourceError, LimitError):
        return


@settings(max_examples=50, deadline=None)
@given(end=st.integers(0, 4000))
def test_a_cut_anywhere_leads_to_a_verdict_or_an_error_of_ours(sound, end):
    try:
        validate(MemoryBlob(sound[:end]))
    except (SourceError, LimitError):
        return
