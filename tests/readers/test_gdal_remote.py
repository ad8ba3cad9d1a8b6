"""GDAL on files that lie elsewhere: by range, or copied; the same values as from a local file."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from rasterio.transform import Affine

from tests.blobs.far import Far, far_away
from tests.readers import hdf5s
from tests.readers.gdals import copy, noise, open_file, write
from tests.readers.test_gdal import FORMATS
from tests.services import s3_server
from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import (
    CorruptSourceError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.geometry import Window
from tilewright.image import Array, Plane
from tilewright.readers import NoChunkStore, Opening
from tilewright.readers.gdal import DRIVER, JP2_DRIVER
from tilewright.readers.gdal.reader import GdalReader

DEGREES = {"crs": "EPSG:4326", "transform": Affine(0.01, 0, 10, 0, -0.01, 50)}
COPIED: dict[str, Callable[[Path], Path]] = {
    name: FORMATS[name] for name in ("netCDF", "netCDF-4", "netCDF of three variables")
} | {"GRIB": lambda folder: copy(folder / "a.grb2", noise("float32", 2), "GRIB", **DEGREES)}
RANGED: dict[str, Callable[[Path], Path]] = {
    name: FORMATS[name] for name in ("AAIGrid", "HFA with overviews", "NITF", "JP2")
} | {
    "JP2 of tiles": lambda folder: write(
        folder / "a.jp2",
        noise("uint8", 3, width=1100, height=900),
        "JP2OpenJPEG",
        QUALITY="100",
        REVERSIBLE="YES",
        BLOCKXSIZE="256",
        BLOCKYSIZE="256",
        **DEGREES,
    ),
    "SGI": lambda folder: copy(folder / "a.sgi", noise("uint8", 3), "SGI"),
    "a name that is not plain": lambda folder: FORMATS["HFA with overviews"](folder).rename(
        folder / "ä b.img"
    ),
}


BESIDE = {"AAIGrid"}
"""Whose CRS stands in a file of its own, which is not looked for elsewhere."""


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Config]:
    def make(far: Far, **settings: Any) -> Config:
        return Config(
            remote_hosts=far.allowed,
            remote_allow_private=True,
            remote_retries=1,
            copy_folder=str(tmp_path / "copies"),
            **settings,
        )

    return make


def opened(places: Places, uri: str, config: Config, *, jp2: bool = False) -> GdalReader:
    source = places.source(uri)
    blob = places.open(source)
    try:
        driver = JP2_DRIVER if jp2 else DRIVER
        reader = driver.open(Opening(source, blob, config, NoChunkStore()))
    except BaseException:
        blob.close()
        raise
    assert isinstance(reader, GdalReader)
    return reader


def everything(reader: GdalReader) -> Iterator[Array]:
    bands = range(len(reader.info.bands))
    for number, level in enumerate(reader.info.levels):
        window = Window(0, 0, level.size.width, level.size.height)
        yield reader.read(number, window, bands=bands, plane=Plane())[0]


@pytest.mark.parametrize("name", [*RANGED, *COPIED])
def test_a_file_far_away_reads_as_a_local_one(
    name: str, tmp_path: Path, config: Callable[..., Config]
) -> None:
    path = (RANGED | COPIED)[name](tmp_path)
    with far_away(**{path.name: path.read_bytes()}) as far, closing(open_file(path)) as local:
        settings = config(far)
        with closing(Places(settings)) as places:
            uri = far.url(f"/{path.name}".replace(" ", "%20").replace("ä", "%C3%A4"))
            far.files[uri.removeprefix(far.url(""))] = path.read_bytes()
            with closing(opened(places, uri, settings)) as remote:
                assert remote.info.size == local.info.size
                assert remote.info.levels == local.info.levels
                assert remote.info.bands == local.info.bands
                assert remote.info.axes == local.info.axes
                assert remote.info.geo == (local.info.geo if name not in BESIDE else None)
                for theirs, ours in zip(everything(local), everything(remote), strict=True):
                    np.testing.assert_array_equal(ours, theirs)
        assert all(far.asked), "each request is for a range"
    copies = [*(tmp_path / "copies").glob("?" * 40 + "*")]
    assert len(copies) == (name in COPIED)


def test_an_object_of_s3_is_read(tmp_path: Path) -> None:
    path = RANGED["JP2 of tiles"](tmp_path)
    with s3_server() as endpoint:
        options = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **options)
        client.create_bucket(Bucket="scenes")
        client.upload_file(str(path), "scenes", "a.jp2")
        client.close()
        store = {"endpoint": endpoint, "region": "us-east-1"} | {
            name.removeprefix("aws_"): value for name, value in options.items()
        }
        with (
            closing(Places(Config(), {"s3://scenes": store})) as places,
            closing(opened(places, "s3://scenes/a.jp2", Config(), jp2=True)) as remote,
            closing(open_file(path)) as local,
        ):
            for theirs, ours in zip(everything(local), everything(remote), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_a_window_is_fetched_and_not_the_file(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    pixels = noise("uint8", 1, width=4000, height=4000)
    data = write(tmp_path / "a.img", pixels, "HFA").read_bytes()
    with far_away(**{"a.img": data}) as far:
        settings = config(far)
        with (
            closing(Places(settings)) as places,
            closing(opened(places, far.url("/a.img"), settings)) as reader,
        ):
            window = Window(1000, 1000, 64, 64)
            found, _ = reader.read(0, window, bands=[0], plane=Plane())
        np.testing.assert_array_equal(found, pixels[:, 1000:1064, 1000:1064])
        spans = [text.removeprefix("bytes=").split("-") for text in far.asked]
        assert sum(int(last) - int(first) + 1 for first, last in spans) < len(data) / 4


@pytest.mark.parametrize("name", ["JP2 of tiles", "HFA with overviews", "NITF", "AAIGrid"])
def test_many_threads_read_at_once(
    name: str, tmp_path: Path, config: Callable[..., Config]
) -> None:
    path = RANGED[name](tmp_path)
    with far_away(a=path.read_bytes()) as far:
        far.latency_s = 0.001
        settings = config(far, remote_cache_bytes=128 << 10)
        with (
            closing(Places(settings)) as places,
            closing(opened(places, far.url("/a"), settings)) as reader,
        ):
            expected = [*everything(reader)]
            with ThreadPoolExecutor(8) as threads:
                for found in threads.map(lambda _: [*everything(reader)], range(24)):
                    for theirs, ours in zip(expected, found, strict=True):
                        np.testing.assert_array_equal(ours, theirs)


def test_a_header_beside_a_remote_file_is_not_looked_for(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    path = FORMATS["ENVI by band"](tmp_path)
    header = path.with_suffix(".hdr").read_bytes()
    with far_away(**{"a.img": path.read_bytes(), "a.hdr": header}) as far:
        settings = config(far)
        with closing(Places(settings)) as places, pytest.raises(UnsupportedSourceError):
            opened(places, far.url("/a.img"), settings)
        assert {*far.paths} == {"/a.img"}


def test_a_copy_larger_than_the_folder_is_refused(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    data = COPIED["netCDF"](tmp_path).read_bytes()
    with far_away(a=data) as far:
        settings = config(far, copy_cache_bytes=len(data) - 1)
        with (
            closing(Places(settings)) as places,
            pytest.raises(UnsupportedSourceError, match="larger than copies"),
        ):
            opened(places, far.url("/a"), settings)
        assert len(far.asked) == 1


def test_a_copy_that_was_removed_is_made_again(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    with far_away(a=COPIED["GRIB"](tmp_path).read_bytes()) as far:
        settings = config(far)
        with (
            closing(Places(settings)) as places,
            closing(opened(places, far.url("/a"), settings)) as reader,
        ):
            [expected] = everything(reader)
            for file in (tmp_path / "copies").glob("?" * 40 + "*"):
                file.unlink()
            gate = threading.Barrier(3)

            def read(_: int) -> Array:
                gate.wait()
                return next(everything(reader))

            with ThreadPoolExecutor(3) as threads:
                for found in threads.map(read, range(3)):
                    np.testing.assert_array_equal(found, expected)


def test_a_storage_that_fails_meanwhile_is_not_a_damaged_file(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    pixels = noise("uint8", 1, width=4000, height=1000)
    data = write(tmp_path / "a.img", pixels, "HFA").read_bytes()
    with far_away(**{"a.img": data}) as far:
        settings = config(far)
        with (
            closing(Places(settings)) as places,
            closing(opened(places, far.url("/a.img"), settings)) as reader,
        ):
            window = Window(0, 900, 64, 64)
            far.fault = lambda asked: not asked.answer(503)
            with pytest.raises(SourceUnavailableError):
                reader.read(0, window, bands=[0], plane=Plane())
            far.fault = None
            found, _ = reader.read(0, window, bands=[0], plane=Plane())
            np.testing.assert_array_equal(found, pixels[:, 900:964, :64])
            far.etag = '"two"'
            with pytest.raises(SourceUnavailableError, match="changed"):
                reader.read(0, Window(3000, 0, 64, 64), bands=[0], plane=Plane())


@pytest.mark.parametrize("packed", hdf5s.NAMES_OTHERS.values(), ids=hdf5s.NAMES_OTHERS)
def test_hdf5_that_names_other_files_is_not_copied(
    packed: str, tmp_path: Path, config: Callable[..., Config]
) -> None:
    with far_away(a=hdf5s.content(packed)) as far:
        settings = config(far)
        with closing(Places(settings)) as places, pytest.raises(UnsupportedSourceError):
            opened(places, far.url("/a"), settings)
    assert not (tmp_path / "copies").exists()


@pytest.mark.parametrize("data", [b"", b"GRIB", b"CDF\1", b"\x0e\x03\x13\x01", b"x" * 100_000])
def test_nonsense_is_refused(data: bytes, config: Callable[..., Config]) -> None:
    with far_away(a=data) as far:
        settings = config(far)
        with (
            closing(Places(settings)) as places,
            pytest.raises((UnsupportedSourceError, CorruptSourceError)),
        ):
            opened(places, far.url("/a"), settings)
