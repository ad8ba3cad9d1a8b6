"""What any encoder must do, as tests: subclass one of the suites and give it the encoder.

class TestMine(EncoderSuite):
    exact = "always"

    @pytest.fixture
    def encoder(self):
        return mine.ENCODER
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tilewright.encode import PictureEncoder, RasterEncoder
from tilewright.errors import EncodeError
from tilewright.geometry import Size
from tilewright.image import Array, Encoded, Mask, Picture, Raster
from tilewright.request import QUALITIES, Encoding
from tilewright.testing.synthetic import measured, noise, see_through, smooth

SIZES = [Size(1, 1), Size(1, 7), Size(7, 1), Size(3, 5), Size(65, 33), Size(255, 257)]
DTYPES = (
    *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
)
THREADS = 8
OPAQUE = 255
RGBA = 4
RED = "#ff0000"

_by_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")


class EncoderSuite:
    """Proves a `PictureEncoder`. The class attributes say what the format promises."""

    exact: ClassVar[Literal["always", "asked", "never"]] = "never"
    """When decoded pixels equal the picture: always, with ``lossless``, or never."""
    has_quality: ClassVar[bool] = True
    """False when the format knows no quality: then it must change nothing."""
    tolerance: ClassVar[float] = 3.0
    """The mean absolute difference, in levels, allowed for smooth pictures at quality 90."""

    @pytest.fixture
    def encoder(self) -> PictureEncoder:
        """Return the encoder to prove; a subclass gives it."""
        raise NotImplementedError

    def decode(self, data: bytes) -> npt.NDArray[np.uint8]:
        """Return the file's pixels, shape (y, x) or (y, x, channel). By default Pillow's."""
        with Image.open(BytesIO(data)) as image:
            return np.asarray(image)

    def test_it_describes_itself(self, encoder: PictureEncoder) -> None:
        """Name, media type and suffixes are such as URLs and headers need."""
        check_description(encoder)

    @_by_size
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_it_decodes_to_the_picture(
        self, encoder: PictureEncoder, size: Size, channels: int
    ) -> None:
        """Any size and any number of channels come back."""
        picture = smooth(size, channels)
        encoded = encoder.encode(picture, Encoding(encoder.name, quality=90))
        check_encoded(encoded, encoder, size)
        difference = self._difference(encoded, picture.data)
        assert difference.mean() <= (0 if self.exact == "always" else self.tolerance)

    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_exact_means_exact(self, encoder: PictureEncoder, channels: int) -> None:
        """Noise, and alpha where there is one, come back bit for bit; or ``lossless`` is ignored."""
        picture = noise(Size(67, 41), channels)
        asked = Encoding(encoder.name, lossless=self.exact != "always")
        encoded = encoder.encode(picture, asked)
        if self.exact == "never":
            assert encoded == encoder.encode(picture, Encoding(encoder.name))
        else:
            kept = encoder.alpha or channels != RGBA
            expected = picture.data if kept else _laid(picture.data, asked.background)
            assert not self._difference(encoded, expected).any()

    def test_transparency_is_kept_or_gets_the_background(self, encoder: PictureEncoder) -> None:
        """Alpha comes back; where the format has none, the picture lies on the background."""
        picture = see_through(Size(96, 64))
        encoded = encoder.encode(picture, Encoding(encoder.name, quality=90, background=RED))
        if encoder.alpha:
            pixels = self.decode(encoded.data)
            assert pixels.shape[2] == picture.data.shape[2]
            alpha = np.abs(pixels[..., 3].astype(int) - picture.data[..., 3])
            assert alpha.mean() <= self.tolerance
            opaque = picture.data[..., 3] == OPAQUE
            assert self._difference(encoded, picture.data)[opaque].mean() <= self.tolerance
            return
        expected = _laid(picture.data, RED)
        # Hard edges of colour cost a lossy format more than gentle ramps do.
        assert self._difference(encoded, expected).mean() <= 2 * self.tolerance

    def test_size_grows_with_quality(self, encoder: PictureEncoder) -> None:
        """More quality makes larger files and smaller errors; or nothing, if there is none."""
        ramps, grain = smooth(Size(128, 96), 3).data, noise(Size(128, 96), 3).data
        picture = Picture(ramps // 2 + grain // 4)
        files = [
            encoder.encode(picture, Encoding(encoder.name, quality=quality))
            for quality in (1, 20, 40, 60, 80, 100)
        ]
        if not self.has_quality:
            assert len({file.data for file in files}) == 1
            return
        sizes = [len(file.data) for file in files]
        assert all(more > 0.95 * less for less, more in pairwise(sizes)), sizes
        assert sizes[-1] > 1.5 * sizes[0], sizes
        worst, best = (
            self._difference(file, picture.data).mean() for file in files[:: len(files) - 1]
        )
        assert best < worst

    def test_every_quality_is_taken(self, encoder: PictureEncoder) -> None:
        """1 to 100 all give a file of the right size."""
        picture = smooth(Size(16, 16), 3)
        for quality in QUALITIES:
            encoded = encoder.encode(picture, Encoding(encoder.name, quality=quality))
            assert self.decode(encoded.data).shape[:2] == picture.data.shape[:2]

    def test_the_same_picture_gives_the_same_bytes(self, encoder: PictureEncoder) -> None:
        """Twice in a row, and from many threads at once."""
        picture = smooth(Size(130, 70), 4)
        check_threads(lambda: encoder.encode(picture, Encoding(encoder.name)).data)

    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_the_picture_is_left_alone(self, encoder: PictureEncoder, channels: int) -> None:
        """A read-only picture is taken and not changed."""
        picture = noise(Size(20, 10), channels)
        before = picture.data.copy()
        picture.data.flags.writeable = False
        encoder.encode(picture, Encoding(encoder.name))
        assert np.array_equal(before, picture.data)

    def _difference(
        self, encoded: Encoded, expected: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.int_]:
        """Return absolute differences as RGBA, however the format spells grey and opaque."""
        difference: npt.NDArray[np.int_] = _as_rgba(self.decode(encoded.data)) - _as_rgba(expected)
        return np.abs(difference, out=difference)


class RasterEncoderSuite:
    """Proves a `RasterEncoder`. The class attributes say what the format promises."""

    keeps_mask: ClassVar[bool] = False
    dtypes: ClassVar[Sequence[str]] = DTYPES
    """Those that the format can hold; the others it must refuse."""

    @pytest.fixture
    def encoder(self) -> RasterEncoder:
        """Return the encoder to prove; a subclass gives it."""
        raise NotImplementedError

    def decode(self, data: bytes) -> tuple[Array, Mask | None]:
        """Return the file's values, shape (band, y, x), and mask; a subclass says how."""
        raise NotImplementedError

    def test_it_describes_itself(self, encoder: RasterEncoder) -> None:
        """Name, media type and suffixes are such as URLs and headers need."""
        check_description(encoder)

    @pytest.mark.parametrize("bands", [1, 2, 3, 4, 5, 17])
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_values_and_dtype_come_back(
        self, encoder: RasterEncoder, dtype: str, bands: int
    ) -> None:
        """The whole range of each dtype, NaN and infinity, bit for bit; or it is refused."""
        raster = measured(Size(37, 23), bands, dtype)
        if dtype in self.dtypes:
            self._check_round_trip(encoder, raster)
        else:
            with pytest.raises(EncodeError):
                encoder.encode(raster, Encoding(encoder.name))

    @_by_size
    @pytest.mark.parametrize("bands", [1, 3])
    def test_any_size_comes_back(self, encoder: RasterEncoder, size: Size, bands: int) -> None:
        """From one pixel to past one tile."""
        self._check_round_trip(encoder, measured(size, bands, "uint16"))

    @_by_size
    def test_the_mask_comes_back(self, encoder: RasterEncoder, size: Size) -> None:
        """Where the format keeps masks; elsewhere it changes nothing."""
        mask = noise(size, 1).data[..., 0] > 100
        self._check_round_trip(encoder, measured(size, 3, "uint8", mask=mask))

    def test_a_view_is_taken_and_left_alone(self, encoder: RasterEncoder) -> None:
        """Data that are read-only and not contiguous."""
        whole = measured(Size(40, 30), 4, "int16")
        view = whole.data[::-1, :, ::2]
        view.flags.writeable = False
        raster = Raster(view, None, measured(Size(20, 30), 1, "uint8").grid)
        self._check_round_trip(encoder, raster)

    def test_the_same_raster_gives_the_same_bytes(self, encoder: RasterEncoder) -> None:
        """Twice in a row, and from many threads at once."""
        raster = measured(Size(130, 70), 3, "float32")
        check_threads(lambda: encoder.encode(raster, Encoding(encoder.name)).data)

    def _check_round_trip(self, encoder: RasterEncoder, raster: Raster) -> None:
        before = raster.data.copy()
        encoded = encoder.encode(raster, Encoding(encoder.name))
        check_encoded(encoded, encoder, raster.grid.size)
        values, mask = self.decode(encoded.data)
        assert values.dtype == raster.data.dtype
        assert np.array_equal(values, before, equal_nan=values.dtype.kind == "f")
        if self.keeps_mask and raster.mask is not None:
            assert mask is not None
            assert np.array_equal(mask, raster.mask)
        else:
            assert mask is None
        assert np.array_equal(raster.data, before, equal_nan=values.dtype.kind == "f")


def check_description(encoder: PictureEncoder | RasterEncoder) -> None:
    """Assert that name, media type and suffixes can stand in URLs and headers."""
    assert encoder.name.isalnum()
    assert encoder.name == encoder.name.lower()
    kind, _, subtype = encoder.media_type.partition("/")
    assert kind in {"image", "application"}
    assert subtype
    assert encoder.suffixes
    assert all(suffix.isalnum() and suffix == suffix.lower() for suffix in encoder.suffixes)


def check_encoded(encoded: Encoded, encoder: PictureEncoder | RasterEncoder, size: Size) -> None:
    """Assert that the result is bytes and describes itself rightly."""
    assert type(encoded.data) is bytes
    assert encoded.media_type == encoder.media_type
    assert encoded.size == size


def check_threads(encode: Callable[[], bytes]) -> None:
    """Assert that a call gives the same bytes again, and from threads that start together."""
    expected = encode()
    assert encode() == expected
    start = threading.Barrier(THREADS)

    def together() -> list[bytes]:
        start.wait()
        return [encode() for _ in range(3)]

    with ThreadPoolExecutor(THREADS) as pool:
        runs = [pool.submit(together) for _ in range(THREADS)]
    assert all(data == expected for run in runs for data in run.result())


def _laid(data: npt.NDArray[np.uint8], background: str) -> npt.NDArray[np.uint8]:
    """Return an RGBA picture on a plain colour, as RGB."""
    image = Image.fromarray(data)
    paper = Image.new("RGB", image.size, background)
    paper.paste(image, mask=image.getchannel("A"))
    return np.asarray(paper)


def _as_rgba(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int_]:
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    colour = pixels if pixels.shape[2] > 1 else np.repeat(pixels, 3, axis=2)
    if colour.shape[2] == 3:
        colour = np.dstack([colour, np.full(colour.shape[:2], OPAQUE, np.uint8)])
    return colour.astype(np.int_)
