"""Arrays as images."""

import numpy as np
import pytest

from tilewright.blobs.memory import MemoryBlob
from tilewright.config import Config
from tilewright.errors import UnsupportedSourceError
from tilewright.geometry import Size, Window
from tilewright.image import Array, Axis, Band, Plane, Source
from tilewright.readers import NoChunkStore, Opening, Reader
from tilewright.readers.array import ArrayReader, array_bytes, array_driver
from tilewright.testing import ReaderSuite

FULL = np.random.default_rng(1).normal(size=(3, 2, 120, 90)).astype(np.float32)
HALF = FULL[..., ::2, ::2]
MASK = np.random.default_rng(2).random((120, 90)) < 0.5
AXES = [Axis("z", 3)]


def make() -> ArrayReader:
    return ArrayReader(
        [FULL, HALF],
        shrinks=[(1.0, 1.0), (2.0, 2.0)],
        masks=[MASK, MASK[::2, ::2]],
        axes=AXES,
        chunk=Size(64, 64),
    )


class TestArrayReader(ReaderSuite):
    @pytest.fixture
    def reader(self) -> Reader:
        return make()

    @pytest.fixture
    def truth(self) -> Array:
        return FULL[0]


class TestPlainArray(ReaderSuite):
    @pytest.fixture
    def reader(self) -> Reader:
        return ArrayReader([FULL[0] > 0])

    @pytest.fixture
    def truth(self) -> Array:
        return FULL[0] > 0


def test_planes_are_places_on_the_axes() -> None:
    window = Window(10, 20, 30, 40)
    data, mask = make().read(0, window, bands=[1], plane=Plane.of({"z": 2}))
    np.testing.assert_array_equal(data[0], FULL[2, 1, 20:60, 10:40])
    np.testing.assert_array_equal(mask, MASK[20:60, 10:40])


def test_the_array_itself_is_not_locked() -> None:
    array = np.zeros((1, 4, 4), np.uint8)
    data, _ = ArrayReader([array]).read(0, Window(0, 0, 4, 4), bands=[0], plane=Plane())
    assert not data.flags.writeable
    assert array.flags.writeable


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": [np.zeros((4, 4))]},
        {"levels": [np.zeros((1, 4, 4)), np.zeros((1, 2, 2))]},
        {"levels": [np.zeros((1, 4, 4)), np.zeros((2, 2, 2))], "shrinks": [(1, 1), (2, 2)]},
        {"levels": [np.zeros((1, 4, 4))], "masks": [np.ones((4, 5), bool)]},
        {"levels": [np.zeros((1, 4, 4))], "masks": []},
        {"levels": [np.zeros((1, 4, 4))], "bands": [Band(), Band()]},
        {"levels": [np.zeros((1, 4, 4))], "axes": AXES},
        {"levels": [np.zeros((2, 1, 4, 4))], "axes": AXES},
    ],
)
def test_what_does_not_fit_together_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"level|mask|band"):
        ArrayReader(**wrong)


def opening(content: bytes) -> Opening:
    return Opening(Source("memory", "1"), MemoryBlob(content), Config(), NoChunkStore())


def test_the_driver_opens_by_name() -> None:
    driver = array_driver({"ramp": make})
    content = array_bytes("ramp")
    assert driver.sniff(content)
    assert not driver.sniff(b"II*\0")
    assert driver.open(opening(content)).info.size == Size(90, 120)
    with pytest.raises(UnsupportedSourceError):
        driver.open(opening(array_bytes("other")))


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_a_name_has_a_length(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        array_bytes(name)
