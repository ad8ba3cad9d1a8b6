"""How many requests tiles of a remote COG take."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio

from tests.blobs.far import Far, far_away
from tilewright.config import Config
from tilewright.engine import Engine
from tilewright.errors import (
    CorruptSourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.geometry import Size, Window
from tilewright.image import Plane, Source
from tilewright.request import Encoding, RenderRequest, Tile

SIDE = 2048
TILE = 128


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)


@pytest.fixture(scope="module")
def cog(pixels: npt.NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cog") / "far.tif"
    with warnings.catch_warnings(action="ignore"):
        made = rasterio.open(
            path, "w", driver="COG", width=SIDE, height=SIDE, count=1, dtype="uint8",
            blocksize=TILE, compress="deflate",
        )  # fmt: skip
        with made:
            made.write(pixels, 1)
    return Path(path).read_bytes()


@pytest.fixture
def far(cog: bytes) -> Iterator[Far]:
    with far_away(cog=cog) as server:
        yield server


def engine(far: Far, **settings: object) -> Engine:
    config = Config(remote_hosts=far.allowed, remote_allow_private=True, **settings)  # type: ignore[arg-type]
    return Engine(config)


def read(made: Engine, source: Source, window: Window) -> npt.NDArray[np.uint8]:
    reader = made.open_reader(source)
    data, _ = reader.read(0, window, bands=[0], plane=Plane())
    return data[0]


def test_the_first_tile_takes_two_requests_and_later_ones_one(
    far: Far, pixels: npt.NDArray[np.uint8]
) -> None:
    made = engine(far)
    source = made.source(far.url("/cog"))
    reader = made.open_reader(source)
    for number, (column, row) in enumerate([(3, 3), (10, 5), (2, 12), (15, 15), (7, 0)], 2):
        x, y = column * TILE, row * TILE
        data, mask = reader.read(0, Window(x, y, TILE, TILE), bands=[0], plane=Plane())
        assert mask is None
        np.testing.assert_array_equal(data[0], pixels[y : y + TILE, x : x + TILE])
        assert len(far.asked) <= number
    reader.close()


def test_a_drawn_tile_takes_two_requests_from_nothing(far: Far) -> None:
    made = engine(far)
    request = RenderRequest(Tile(0, 0, 0), Encoding("png"))
    made.render(made.source(far.url("/cog")), request)
    assert len(far.asked) <= 2


def test_directories_longer_than_the_head_come_with_one_more_request(far: Far) -> None:
    made = engine(far, remote_head_bytes=1024)
    reader = made.open_reader(made.source(far.url("/cog")))
    assert reader.info.size == Size(SIDE, SIDE)
    assert len(far.asked) == 2
    for level in range(len(reader.info.levels)):
        before = len(far.asked)
        reader.read(level, Window(0, 0, 64, 64), bands=[0], plane=Plane())
        assert len(far.asked) <= before + 1
    reader.close()


def test_a_window_of_many_tiles_takes_a_request_a_row_of_tiles_at_most(
    far: Far, pixels: npt.NDArray[np.uint8]
) -> None:
    made = engine(far)
    source = made.source(far.url("/cog"))
    window = Window(5 * TILE, 6 * TILE, 6 * TILE, 5 * TILE)
    data = read(made, source, window)
    np.testing.assert_array_equal(data, pixels[window.y : window.bottom, window.x : window.right])
    assert len(far.asked) <= 1 + 5


def test_a_window_larger_than_the_memory_is_right(far: Far, pixels: npt.NDArray[np.uint8]) -> None:
    made = engine(far, remote_cache_bytes=256 * 1024)
    data = read(made, made.source(far.url("/cog")), Window(0, 0, SIDE, SIDE))
    np.testing.assert_array_equal(data, pixels)
    assert len(far.asked) < SIDE * SIDE // TILE**2 // 4


def test_threads_that_want_the_same_tile_share_its_bytes(far: Far) -> None:
    made = engine(far)
    url = far.url("/cog")
    far.latency_s = 0.05
    request = RenderRequest(Tile(3, 4, 4), Encoding("png"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: made.render(made.source(url), request), range(8)))
    assert len({answer.data for answer in answers}) == 1
    assert len(far.asked) <= 2


def test_a_file_that_changes_is_served_anew(far: Far, cog: bytes) -> None:
    made = engine(far)
    url = far.url("/cog")
    old = made.source(url)
    assert read(made, old, Window(0, 0, 9, 9)).shape == (9, 9)
    far.etag = '"two"'
    with pytest.raises(SourceUnavailableError, match="changed"):
        read(made, old, Window(1024, 1024, 9, 9))
    renewed = made.source(url)
    assert renewed != old
    assert read(made, renewed, Window(0, 0, 9, 9)).shape == (9, 9)


def test_a_missing_file_is_not_found(far: Far) -> None:
    with pytest.raises(SourceNotFoundError):
        engine(far).source(far.url("/nothing"))


@pytest.mark.parametrize("cut", [3, 100, 1024, 70_000])
def test_a_cut_file_is_no_failure_of_ours(far: Far, cog: bytes, cut: int) -> None:
    far.files["/cog"] = cog[:cut]
    made = engine(far, remote_head_bytes=512)
    request = RenderRequest(Tile(3, 4, 4), Encoding("png"))
    with pytest.raises((CorruptSourceError, UnsupportedSourceError)):
        made.render(made.source(far.url("/cog")), request)
