"""Pictures of every kind, against Pillow's own full decode."""

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from tests.readers.pictures import (
    HEIGHT,
    JPEGS,
    LOSSLESS,
    PROFILED,
    WIDTH,
    animated,
    deep,
    exif,
    expected,
    open_bytes,
    picture,
    png_chunk,
    saved,
)
from tilewright.blobs.local import LocalBlob, local_source
from tilewright.cache import ChunkCache
from tilewright.config import Config, Limits
from tilewright.errors import CorruptSourceError, UnsupportedSourceError
from tilewright.geometry import Size, Window
from tilewright.image import Array, Plane
from tilewright.readers import NoChunkStore, Opening, Reader
from tilewright.readers.picture import DRIVER
from tilewright.readers.picture.reader import PictureReader
from tilewright.testing import ReaderSuite
from tilewright.testing.reader_suite import whole

SHARED = Path(__file__).parents[3] / "shared/images"


def largest_difference(one: Array, other: Array) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(np.int64) - other.astype(np.int64)).max())


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_picture_is_what_pillow_shows(name: str) -> None:
    data = LOSSLESS[name]()
    reader = open_bytes(data)
    pixels, mask = whole(reader, 0)
    np.testing.assert_array_equal(pixels, expected(data))
    assert mask is None


@pytest.mark.parametrize("name", JPEGS)
def test_every_level_of_a_jpeg_is_what_pillow_shows(name: str) -> None:
    data = JPEGS[name]()
    reader = open_bytes(data)
    for index, level in enumerate(reader.info.levels):
        pixels, _ = whole(reader, index)
        truth = expected(data, shrink=int(level.shrink[0]))
        assert largest_difference(pixels, truth) <= 2


@pytest.mark.parametrize("name", PROFILED)
def test_a_profile_is_applied(name: str) -> None:
    data = PROFILED[name]()
    pixels, _ = whole(open_bytes(data), 0)
    assert largest_difference(pixels, expected(data)) <= 2


def test_a_wide_gamut_changes_colours() -> None:
    plain, _ = whole(open_bytes(saved(picture("RGB"), "PNG")), 0)
    wide, _ = whole(open_bytes(PROFILED["wide-gamut png"]()), 0)
    assert largest_difference(plain, wide) > 10


@pytest.mark.parametrize(
    ("name", "meanings"),
    [
        ("1-bit png", ("gray",)),
        ("grey and alpha png", ("gray", "alpha")),
        ("grey png with a clear shade", ("gray", "alpha")),
        ("palette png", ("red", "green", "blue")),
        ("palette png with alpha", ("red", "green", "blue", "alpha")),
        ("rgb png with a clear colour", ("red", "green", "blue", "alpha")),
        ("gif with a clear colour", ("red", "green", "blue", "alpha")),
        ("grey jp2", ("gray",)),
        ("rgba avif", ("red", "green", "blue", "alpha")),
    ],
)
def test_bands_say_what_they_mean(name: str, meanings: tuple[str, ...]) -> None:
    assert open_bytes(LOSSLESS[name]()).info.interpretations == meanings


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bits_stay_16_bits_in_png(channels: int) -> None:
    numbers = deep(channels)
    reader = open_bytes(imagecodecs.png_encode(numbers))
    pixels, _ = whole(reader, 0)
    assert reader.info.dtype == "uint16"
    np.testing.assert_array_equal(pixels, np.moveaxis(np.atleast_3d(numbers), 2, 0))


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_deep_jpeg_2000_keeps_its_numbers(bits: int, channels: int) -> None:
    numbers = deep(channels) >> (16 - bits)
    data = imagecodecs.jpeg2k_encode(numbers, level=0, bitspersample=bits, codecformat="jp2")
    reader = open_bytes(data)
    pixels, _ = whole(reader, 0)
    np.testing.assert_array_equal(pixels, np.moveaxis(np.atleast_3d(numbers), 2, 0))
    assert reader.info.dtype == "uint16"
    assert reader.info.bands[0].display == (0, 2**bits - 1)


def test_a_12_bit_jpeg_keeps_its_numbers() -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    numbers = (x * 40 + y * 30).astype(np.uint16)
    reader = open_bytes(imagecodecs.jpeg8_encode(numbers, level=98, bitspersample=12))
    pixels, _ = whole(reader, 0)
    assert reader.info.dtype == "uint16"
    assert largest_difference(pixels, numbers[np.newaxis]) <= 16


@pytest.mark.parametrize(
    "name",
    ["animated gif", "animated gif with a clear colour", "animated webp", "animated png"],
)
def test_frames_are_an_axis(name: str) -> None:
    data = LOSSLESS[name]()
    reader = open_bytes(data)
    assert [(axis.name, axis.size) for axis in reader.info.axes] == [("frame", 3)]
    window = Window.whole(reader.info.size)
    for frame in (2, 0, 1):
        pixels, _ = reader.read(0, window, bands=range(4), plane=Plane.of({"frame": frame}))
        np.testing.assert_array_equal(pixels, expected(data, frame))


@pytest.mark.parametrize(
    ("size", "levels"),
    [((1203, 701), 4), ((600, 600), 3), ((257, 10), 2), ((256, 256), 1), ((2000, 3), 2)],
)
def test_jpeg_levels_halve_until_they_are_small(size: tuple[int, int], levels: int) -> None:
    info = open_bytes(saved(picture("RGB", *size), "JPEG")).info
    assert [level.shrink for level in info.levels] == [(2**i, 2**i) for i in range(levels)]
    for i, level in enumerate(info.levels):
        assert level.size == Size(-(-size[0] // 2**i), -(-size[1] // 2**i))
        assert level.chunk == level.size  # small enough for one strip


@pytest.mark.parametrize("size", [(299, 297), (1025, 514), (257, 301)])
@pytest.mark.parametrize("tile", [None, (128, 128)])
def test_jpeg_2000_levels_are_its_own_resolutions(
    size: tuple[int, int], tile: tuple[int, int] | None
) -> None:
    data = saved(picture("RGB", *size), "JPEG2000", num_resolutions=4, tile_size=tile)
    reader = open_bytes(data)
    assert len(reader.info.levels) >= 2
    full = whole(reader, 0)[0].astype(np.float64)
    for index, level in enumerate(reader.info.levels):
        pixels, _ = whole(reader, index)
        assert level.size.width == -(-size[0] // 2**index)
        # A wavelet's low band lies near plain sampling; a wrong size or place would not.
        step = 2**index
        assert np.median(np.abs(pixels - full[:, ::step, ::step])) < 8


def test_a_thumbnail_level_never_decodes_in_full() -> None:
    # The full picture is over the limit here, and yet its eighth can be read.
    data = JPEGS["large jpeg"]()
    reader = open_bytes(data, limits=Limits(decoded_bytes=100_000))
    assert whole(reader, 3)[0].shape == (3, 88, 151)


def test_exif_behind_the_pixels_counts() -> None:
    data = saved(picture("RGB"), "PNG")
    block = png_chunk(b"eXIf", exif(6).removeprefix(b"Exif\0\0"))
    late = data[:-12] + block + data[-12:]
    assert open_bytes(late).info.size == Size(HEIGHT, WIDTH)
    np.testing.assert_array_equal(whole(open_bytes(late), 0)[0], expected(late))


def test_words_are_told_and_bounded() -> None:
    data = saved(picture("RGB"), "JPEG", exif=exif(1), comment="x" * 5000)
    metadata = open_bytes(data).info.metadata
    assert metadata["exif"] == {"Make": "Maker"}
    assert metadata["comment"] == "x" * 1000


def test_the_profile_is_named() -> None:
    data = (SHARED / "pictures/cmyk-icc.jpg").read_bytes() if SHARED.exists() else None
    if data is None:
        pytest.skip("shared images absent")
    assert "SWOP" in open_bytes(data).info.metadata["icc_profile"]


@pytest.mark.parametrize(
    "head",
    [b"", b"BM", b"BM" + bytes(40), b"II*\0", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x1cftypmp42", b"GIF8"],
)
def test_other_files_are_left_alone(head: bytes) -> None:
    assert not DRIVER.sniff(head)
    with pytest.raises(UnsupportedSourceError):
        open_bytes(head)


@pytest.mark.parametrize("name", [*LOSSLESS, *JPEGS])
def test_pictures_are_known_by_their_first_bytes(name: str) -> None:
    assert DRIVER.sniff({**LOSSLESS, **JPEGS}[name]()[:4096])


def test_chunks_are_shared_and_told_apart() -> None:
    chunks = ChunkCache(1 << 24)
    reader = open_bytes(animated("GIF", "RGB"), chunks=chunks)
    window = Window(0, 0, 8, 8)
    for frame in (0, 1, 0, 1, 0):
        reader.read(0, window, bands=[0], plane=Plane.of({"frame": frame}))
    assert chunks.used_bytes == 2 * WIDTH * HEIGHT * 4


def test_a_jpeg_that_ends_early_is_refused() -> None:
    data = saved(picture("RGB", 200, 200), "JPEG")
    with pytest.raises(CorruptSourceError):
        whole(open_bytes(data[: len(data) // 2]), 0)


@pytest.mark.parametrize("trailer", [b"\xff\xda and no end", b"\0" * 1000])
def test_what_stands_behind_a_jpeg_does_no_harm(trailer: bytes) -> None:
    data = JPEGS["rgb jpeg"]()
    pixels, _ = whole(open_bytes(data + trailer), 0)
    assert largest_difference(pixels, expected(data)) <= 2


class PictureSuite(ReaderSuite):
    data: bytes

    @pytest.fixture
    def reader(self) -> Reader:
        return open_bytes(self.data, chunks=ChunkCache(1 << 24))

    @pytest.fixture
    def truth(self) -> Array:
        return expected(self.data)


class TestPalettePng(PictureSuite):
    data = LOSSLESS["palette png with alpha"]()


class TestTurnedJpeg(PictureSuite):
    data = JPEGS["jpeg turned as 7"]()
    tolerance = 2


class TestTiledJpeg2000(PictureSuite):
    data = LOSSLESS["tiled jp2"]()


class TestAnimation(PictureSuite):
    data = LOSSLESS["animated webp"]()


FILES = {
    "pictures/1.webp": ("lossy WebP", 0),
    "pictures/avif-orientation-6.avif": ("turned, wide gamut", 2),
    "pictures/cmyk-icc.jpg": ("CMYK with a press profile", 2),
    "pictures/cramps.gif": ("palette of 32 colours", 0),
    "pictures/exif_1_topleft.jpg": ("upright, grey", 2),
    "pictures/exif_3_bottomright.jpg": ("upside down", 2),
    "pictures/exif_6_righttop.jpg": ("a quarter turn", 2),
    "pictures/exif_8_leftbottom.jpg": ("three quarter turns", 2),
    "pictures/jpeg_with_p3_profile.jpg": ("wide gamut", 2),
    "pictures/rgba.png": ("alpha", 0),
    "pictures/sample.jpg": ("Adobe RGB", 2),
    "pictures/world.jp2": ("made by Kakadu, lossy", 0),
    "bad/fake.jp2": ("a JPEG under a wrong name", 2),
    "bad/nontiff.tif": ("a PNG under a wrong name", 0),
}
NOT_PICTURES = {
    "pictures/sample.exr": "no library here decodes OpenEXR",
}
LARGE = "pictures/yb10kx5ktrans.png"


def open_file(name: str, *, chunks: ChunkCache | None = None) -> PictureReader:
    path = SHARED / name
    if not path.exists():
        pytest.skip("shared images absent")
    blob, source = LocalBlob(str(path)), local_source(path)
    reader = DRIVER.open(Opening(source, blob, Config(), chunks or NoChunkStore()))
    assert isinstance(reader, PictureReader)
    return reader


def test_every_shared_picture_is_listed() -> None:
    if not SHARED.exists():
        pytest.skip("shared images absent")
    present = {f"pictures/{path.name}" for path in (SHARED / "pictures").iterdir()}
    assert present <= {*FILES, *NOT_PICTURES, LARGE}


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_what_pillow_shows(name: str) -> None:
    tolerance = FILES[name][1]
    reader = open_file(name, chunks=ChunkCache(1 << 28))
    data = (SHARED / name).read_bytes()
    suite = ReaderSuite()
    for index, level in enumerate(reader.info.levels):
        pixels, _ = whole(reader, index)
        if index == 0 or reader.info.format == "JPEG":
            truth = expected(data, shrink=int(level.shrink[0]))
            assert largest_difference(pixels, truth) <= tolerance
    suite.test_info_is_whole(reader)
    suite.test_windows_equal_the_whole(reader)


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_not_a_picture_is_not_taken(name: str) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip("shared images absent")
    assert not DRIVER.sniff(path.read_bytes()[:4096])


def test_the_large_palette_png_pans() -> None:
    reader = open_file(LARGE, chunks=ChunkCache(1 << 27))
    assert reader.info.size == Size(10_000, 5_000)
    whole_truth = _large_truth()
    for window in ReaderSuite().windows(reader, 0)[:4]:
        small = Window(window.x, window.y, min(600, window.width), min(600, window.height))
        pixels, _ = reader.read(0, small, bands=range(4), plane=Plane())
        box = (small.x, small.y, small.right, small.bottom)
        truth = np.moveaxis(np.asarray(whole_truth.crop(box).convert("RGBA")), 2, 0)
        np.testing.assert_array_equal(pixels, truth)


def _large_truth() -> Image.Image:
    image = Image.open(io.BytesIO((SHARED / LARGE).read_bytes()))
    image.load()
    return image


def test_truncated_jpeg_file_is_refused() -> None:
    with pytest.raises(CorruptSourceError) as caught:
        whole(open_file("bad/truncated.jpg"), 0)
    assert "/" not in str(caught.value)


def test_ihdr_of_no_pixels_is_refused() -> None:
    data = saved(picture("L"), "PNG")
    empty = data[:8] + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 5, 8, 0, 0, 0, 0)) + data[33:]
    with pytest.raises(CorruptSourceError):
        open_bytes(empty)
