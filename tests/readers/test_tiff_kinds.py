"""Each way in which a TIFF can store pixels, against what was written or an independent decoder."""

import io
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tests.readers.tiffs import (
    HEIGHT,
    TILE,
    WIDTH,
    Made,
    by_gdal,
    check,
    check_level,
    gdal_file,
    gdal_read,
    halved,
    interleaved,
    joined,
    mask_of,
    near,
    noise,
    open_bytes,
    ramps,
    shown,
    written,
)
from tilewright.errors import OutsideError, UnsupportedSourceError
from tilewright.geometry import Size, Window
from tilewright.image import Array, Plane

TILES = {"tiled": TILE, "stripped": None}


def by_tifffile(pixels: Array, *, byteorder: str = "<", bigtiff: bool = False, **options: Any):
    """Write one page; strips of 7 rows unless tiled."""
    planar = options.get("planarconfig") == "separate"
    if options.get("tile") is None:
        options.setdefault("rowsperstrip", 7)
    options.setdefault("photometric", "rgb" if len(pixels) in {3, 4} else "minisblack")
    data = pixels if planar else interleaved(pixels)
    return written(
        lambda writer: writer.write(data, metadata=None, **options),
        byteorder=byteorder,
        bigtiff=bigtiff,
    )


@pytest.mark.parametrize("bigtiff", [False, True], ids=["classic", "big"])
@pytest.mark.parametrize("byteorder", ["<", ">"], ids=["little", "big-endian"])
@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_layouts(bigtiff, byteorder, tile, planarconfig, compression):
    pixels = noise("uint16")
    data = by_tifffile(
        pixels,
        bigtiff=bigtiff,
        byteorder=byteorder,
        tile=tile,
        planarconfig=planarconfig,
        compression=compression,
    )
    reader = check(Made(data, [pixels]))
    assert reader.info.format == ("BigTIFF" if bigtiff else "TIFF")


@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize(
    "dtype",
    [f"{kind}int{bits}" for kind in ("", "u") for bits in (8, 16, 32, 64)]
    + [f"float{bits}" for bits in (16, 32, 64)],
)
def test_sample_types(byteorder, tile, dtype):
    pixels = noise(dtype, 2)
    data = by_tifffile(pixels, byteorder=byteorder, tile=tile, planarconfig="contig")
    check(Made(data, [pixels]))


@pytest.mark.parametrize("interleave", ["PIXEL", "BAND"])
@pytest.mark.parametrize("endianness", ["LITTLE", "BIG"])
@pytest.mark.parametrize("bits", [1, 2, 4, 7, 12, 15, 20, 31])
@pytest.mark.parametrize("bands", [1, 3])
def test_odd_numbers_of_bits(interleave, endianness, bits, bands):
    dtype = "uint8" if bits <= 8 else "uint16" if bits <= 16 else "uint32"
    pixels = noise(dtype, bands, bits=bits)
    data = by_gdal(
        pixels,
        nbits=bits,
        interleave=interleave,
        endianness=endianness,
        tiled=True,
        blockxsize=TILE[1],
        blockysize=TILE[0],
        compress="DEFLATE" if bits % 2 else "NONE",
    )
    check(Made(data, [pixels.astype(bool) if bits == 1 else pixels]))


def test_24_bits_with_the_high_byte_first_are_refused_rather_than_wrong():
    data = by_gdal(noise("uint32", 1, bits=24), nbits=24, endianness="BIG")
    with pytest.raises(UnsupportedSourceError, match="24-bit"):
        open_bytes(data)


def test_fewer_than_8_bits_say_their_range():
    data = by_gdal(noise("uint8", 1, bits=4), nbits=4)
    assert open_bytes(data).info.bands[0].display == (0, 15)


@pytest.mark.parametrize("compression", ["deflate", "lzw", "zstd", "lzma", "packbits"])
@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_byte_codecs(compression, byteorder, tile, dtype):
    pixels = noise(dtype)
    data = by_tifffile(pixels, byteorder=byteorder, tile=tile, compression=compression)
    check(Made(data, [pixels]))


IMAGE_CODECS = [
    ("webp", {"lossless": True}, "uint8"),
    *(("jpeg2000", {"level": 0}, dtype) for dtype in ("uint8", "uint16")),
    *(("jpegxl", {"lossless": True}, dtype) for dtype in ("uint8", "uint16")),
    *(("lerc", {}, dtype) for dtype in ("uint8", "uint16", "float32", "float64")),
]


@pytest.mark.parametrize(("compression", "options", "dtype"), IMAGE_CODECS)
@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
def test_lossless_image_codecs(compression, options, dtype, tile):
    pixels = ramps(dtype=dtype)
    data = by_tifffile(pixels, tile=tile, compression=compression, compressionargs=options)
    check(Made(data, [pixels]))


@pytest.mark.parametrize("compression", ["webp", "jpeg2000", "jpegxl", "jpeg"])
@pytest.mark.parametrize("bands", [1, 3])
def test_lossy_image_codecs(compression, bands):
    if compression == "webp" and bands == 1:
        bands = 4
    options = {"lossless": False, "level": 80} if compression == "webp" else {"level": 80}
    data = by_tifffile(
        ramps(bands),
        tile=TILE,
        compression=compression,
        compressionargs=options,
        **({"extrasamples": ["unassalpha"]} if bands == 4 else {}),
    )
    truth = tifffile.imread(io.BytesIO(data))
    check(Made(data, [np.moveaxis(truth.reshape(HEIGHT, WIDTH, bands), -1, 0)]))


GDAL_CODECS = [
    *itertools.product(["LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"], [1, 3, 4]),
    *itertools.product(["LERC", "LERC_DEFLATE", "LERC_ZSTD"], [1, 3, 4]),
    ("WEBP", 3),
    ("WEBP", 4),
]


@pytest.mark.parametrize(("codec", "bands"), GDAL_CODECS)
@pytest.mark.parametrize("tiled", [True, False])
def test_codecs_as_gdal_writes_them(codec, bands, tiled):
    pixels = ramps(bands)
    blocks = {"blockxsize": TILE[1], "blockysize": TILE[0]} if tiled else {}
    data = by_gdal(
        pixels, compress=codec, tiled=tiled, interleave="PIXEL", webp_lossless=True, **blocks
    )
    check(Made(data, [pixels]))


@pytest.mark.parametrize("options", [{"interleave": "PIXEL"}, {"interleave": "BAND"}])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_jpeg_with_shared_tables(options, bands):
    data = by_gdal(
        ramps(bands), compress="JPEG", tiled=True, blockxsize=16, blockysize=32, **options
    )
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages.first.jpegtables
    check(Made(data, [gdal_read(data)], tolerance=2))


@pytest.mark.parametrize("tiled", [True, False])
def test_jpeg_in_ycbcr(tiled):
    blocks = {"blockxsize": 32, "blockysize": 32} if tiled else {}
    data = by_gdal(
        ramps(), compress="JPEG", photometric="YCBCR", interleave="PIXEL", tiled=tiled, **blocks
    )
    # Not GDAL: where two strips of it meet, its own chroma differs by 4 from libjpeg's.
    truth = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    check(Made(data, [np.moveaxis(truth, -1, 0)], tolerance=2))


def test_each_page_has_jpeg_tables_of_its_own():
    """Tables differ with the quality; pages that share all else have their own."""
    pages = [by_gdal(ramps(1), compress="JPEG", jpeg_quality=quality) for quality in (95, 30)]
    data = joined(*pages)
    planes = {Plane.of({"frame": index}): gdal_read(page) for index, page in enumerate(pages)}
    reader = check(Made(data, [gdal_read(pages[0])], tolerance=2, planes=planes))
    assert reader.info.axes[0].size == 2


@pytest.mark.parametrize("codec", ["CCITTRLE", "CCITTFAX3", "CCITTFAX4"])
def test_fax(codec):
    pixels = noise("uint8", 1, bits=1)
    data = by_gdal(pixels, compress=codec, nbits=1)
    check(Made(data, [pixels.astype(bool)]))


@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize(
    ("predictor", "dtype"),
    [
        *((2, dtype) for dtype in ("uint8", "int8", "uint16", "int32", "uint64")),
        *((3, dtype) for dtype in ("float16", "float32", "float64")),
    ],
)
def test_predictors(byteorder, planarconfig, tile, predictor, dtype):
    pixels = noise(dtype)
    data = by_tifffile(
        pixels,
        byteorder=byteorder,
        planarconfig=planarconfig,
        tile=tile,
        predictor=predictor,
        compression="lzw" if byteorder == "<" else "deflate",
    )
    check(Made(data, [pixels]))


MEANINGS: list[tuple[dict[str, Any], int, tuple[str, ...]]] = [
    ({"photometric": "minisblack"}, 1, ("gray",)),
    ({"photometric": "miniswhite"}, 1, ("white-is-zero",)),
    ({"photometric": "rgb"}, 3, ("red", "green", "blue")),
    ({"photometric": "separated"}, 4, ("cyan", "magenta", "yellow", "black")),
    (
        {"photometric": "rgb", "extrasamples": ["unassalpha"]},
        4,
        ("red", "green", "blue", "alpha"),
    ),
    (
        {"photometric": "rgb", "extrasamples": ["assocalpha"]},
        4,
        ("red", "green", "blue", "premultiplied-alpha"),
    ),
    (
        {"photometric": "rgb", "extrasamples": ["unspecified"]},
        4,
        ("red", "green", "blue", "undefined"),
    ),
    (
        {"photometric": "minisblack", "extrasamples": ["unassalpha"], "planarconfig": "contig"},
        2,
        ("gray", "alpha"),
    ),
    ({"photometric": "minisblack", "planarconfig": "contig"}, 5, ("undefined",) * 5),
]


@pytest.mark.parametrize(("options", "bands", "meanings"), MEANINGS)
def test_bands_say_what_they_mean(options, bands, meanings):
    pixels = noise(bands=bands)
    reader = check(Made(by_tifffile(pixels, **options), [pixels]))
    assert reader.info.interpretations == meanings


def test_palette():
    pixels = noise(bands=1)
    table = np.random.default_rng(1).integers(0, 65535, (3, 256), np.uint16)
    data = by_tifffile(pixels, photometric="palette", colormap=table)
    reader = check(Made(data, [pixels]))
    palette = np.array(reader.info.palette, np.uint8)
    shown_colors = palette[pixels[0], :3]
    pillow = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(shown_colors, pillow)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
def test_orientation_is_applied(orientation, tile):
    levels = [noise(), halved(noise())]

    def make(writer):
        for index, level in enumerate(levels):
            writer.write(
                interleaved(level),
                photometric="rgb",
                tile=tile,
                rowsperstrip=None if tile else 7,
                compression="deflate",
                subfiletype=min(index, 1),
                extratags=[(274, "H", 1, orientation, True)],
                metadata=None,
            )

    data = written(make)
    turned = [shown(level, orientation) for level in levels]
    near(shown(np.moveaxis(np.asarray(Image.open(io.BytesIO(data))), -1, 0), 1), turned[0], 0)
    check(Made(data, turned))


@pytest.mark.parametrize("compress", ["DEFLATE", "JPEG"])
@pytest.mark.parametrize("factors", [[], [2, 4]], ids=["single", "pyramid"])
def test_internal_mask(compress, factors):
    pixels = ramps(width=300, height=200)
    valid = noise(bands=1, width=300, height=200, bits=1)[0] * 255
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), gdal_file() as memory:
        with memory.open(
            driver="GTiff",
            width=300,
            height=200,
            count=3,
            dtype="uint8",
            compress=compress,
            tiled=True,
            blockxsize=128,
            blockysize=128,
            interleave="pixel",
        ) as dataset:
            dataset.write(pixels)
            dataset.write_mask(valid)
            dataset.build_overviews(factors, rasterio.enums.Resampling.nearest)
        data = bytes(memory.read())
    reader = open_bytes(data)
    assert len(reader.info.levels) == 1 + len(factors)
    for index, level in enumerate(reader.info.levels):
        truth = mask_of(data, overview=index - 1 if index else None)
        for window in (Window.whole(level.size), Window(7, 5, level.size.width - 9, 11)):
            _, mask = reader.read(index, window, bands=[1], plane=Plane())
            np.testing.assert_array_equal(
                mask, truth[window.y : window.bottom, window.x : window.right]
            )


@pytest.mark.parametrize("interleave", ["PIXEL", "BAND"])
@pytest.mark.parametrize("nodata", [None, -7])
def test_tiles_left_out_of_the_file(interleave, nodata):
    pixels = noise("int16", 2, width=96, height=96)
    pixels[:, :32, :32] = nodata or 0
    data = by_gdal(
        pixels,
        nodata=nodata,
        sparse_ok=True,
        tiled=True,
        blockxsize=32,
        blockysize=32,
        interleave=interleave,
    )
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert 0 in file.pages.first.dataoffsets
    reader = check(Made(data, [pixels]))
    assert [band.nodata for band in reader.info.bands] == [nodata, nodata]


@pytest.mark.parametrize(("text", "value"), [("-9999", -9999.0), ("nan", float("nan"))])
def test_nodata(text, value):
    data = by_tifffile(noise("float32", 1), extratags=[(42113, "s", 0, text, True)])
    assert open_bytes(data).info.bands[0].nodata == pytest.approx(value, nan_ok=True)


BIG = noise(width=300, height=200)
STEPS = [BIG, halved(BIG), halved(halved(BIG))]


def pages(writer, **options):
    for index, level in enumerate(STEPS):
        writer.write(
            interleaved(level),
            photometric="rgb",
            tile=(64, 32),
            **{"subfiletype": min(index, 1)} | options,
        )


def subdirectories(writer, **options):
    for index, level in enumerate(STEPS):
        writer.write(
            interleaved(level),
            photometric="rgb",
            tile=(64, 32),
            subifds=0 if index else 2,
            subfiletype=min(index, 1),
            **options,
        )


PYRAMIDS: dict[str, Callable[[], bytes]] = {
    "reduced pages": lambda: written(lambda writer: pages(writer, metadata=None)),
    "plain pages": lambda: written(lambda writer: pages(writer, metadata=None, subfiletype=0)),
    "sub-directories": lambda: written(lambda writer: subdirectories(writer, metadata=None)),
    "sub-directories, shaped": lambda: written(subdirectories),
    "sub-directories, OME": lambda: written(subdirectories, ome=True),
}


def gdal_pyramid() -> bytes:
    with gdal_file() as memory:
        with memory.open(
            driver="GTiff",
            width=300,
            height=200,
            count=3,
            dtype="uint8",
            tiled=True,
            blockxsize=64,
            blockysize=64,
        ) as dataset:
            dataset.write(BIG)
            dataset.build_overviews([2, 4], rasterio.enums.Resampling.nearest)
        return bytes(memory.read())


@pytest.mark.parametrize("name", PYRAMIDS)
def test_pyramids(name):
    reader = check(Made(PYRAMIDS[name](), STEPS))
    assert [level.shrink for level in reader.info.levels] == [(1, 1), (2, 2), (4, 4)]
    assert reader.info.associated == ()


def test_overviews_of_gdal():
    data = gdal_pyramid()
    reader = check(Made(data, [BIG, overview(data, 0), overview(data, 1)]))
    assert [level.shrink for level in reader.info.levels] == [(1, 1), (2, 2), (4, 4)]


def overview(data: bytes, index: int) -> Array:
    with gdal_file(data) as memory, memory.open(overview_level=index) as dataset:
        return dataset.read()


def test_a_level_that_was_rounded_states_its_true_shrink():
    """299 pixels shrink by 4 to 74 or 75, never by 4.04."""
    fine = noise(bands=1, width=299, height=301)
    coarse = np.ascontiguousarray(fine[:, :300:4, :296:4])

    def make(writer):
        for index, level in enumerate((fine, coarse)):
            writer.write(level[0], photometric="minisblack", subfiletype=index, metadata=None)

    reader = check(Made(written(make), [fine, coarse]))
    assert reader.info.levels[1].shrink == (4, 4)


def test_pages_of_other_sizes_are_associated_images():
    sizes = [noise(bands=1, width=width, seed=width) for width in (60, 70, 80)]
    data = written(
        lambda writer: [
            writer.write(page[0], photometric="minisblack", metadata=None) for page in sizes
        ]
    )
    reader = check(Made(data, [sizes[0]]))
    assert reader.info.associated == ("image 1", "image 2")
    for name, page in zip(reader.info.associated, sizes[1:], strict=True):
        check_level(open_bytes(data, associated=name), 0, page, 0)
    with pytest.raises(OutsideError):
        open_bytes(data, associated="label")


def test_a_strip_without_compression_is_read_by_rows():
    """One vast strip is not decoded whole: a chunk is about a mebibyte."""
    pixels = noise("uint8", 3, width=1000, height=1000)
    data = written(
        lambda writer: writer.write(
            interleaved(pixels), photometric="rgb", rowsperstrip=1000, metadata=None
        )
    )
    reader = check(Made(data, [pixels]))
    assert reader.info.levels[0].chunk == Size(1000, 349)
