"""Members of ZIP archives, good and hostile, and GDAL's names of files elsewhere."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.blobs.far import far_away
from tests.readers.gdals import copy, noise, write
from tilewright.blobs.archive import MOST_LISTING_BYTES, open_member
from tilewright.blobs.gdal_names import is_gdal_name, parse_gdal_name
from tilewright.blobs.local import local_source
from tilewright.blobs.memory import MemoryBlob
from tilewright.config import Config
from tilewright.engine import Engine
from tilewright.errors import (
    CorruptSourceError,
    LimitError,
    ParameterError,
    SourceError,
    SourceNotFoundError,
    TilewrightError,
    UnsupportedSourceError,
)
from tilewright.request import Fit

DATA = np.random.default_rng(5).bytes(50_000)
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def zipped(method: int = STORED, before: bytes = b"", **members: bytes) -> bytes:
    buffer = io.BytesIO()
    buffer.write(before)
    with zipfile.ZipFile(buffer, "a", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def linking() -> bytes:
    info = zipfile.ZipInfo("a")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def changed(data: bytes, mark: bytes, offset: int, layout: str, number: int) -> bytes:
    """Return an archive with one number of its only header of a kind changed."""
    found = bytearray(data)
    struct.pack_into(layout, found, data.index(mark) + offset, number)
    return bytes(found)


LISTED, LOCAL = b"PK\1\2", b"PK\3\4"


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n"])
def test_a_member_reads_as_its_file(method: int, before: bytes) -> None:
    archive = MemoryBlob(zipped(method, before, **{"b": b"x", "dir/a.bin": DATA}), "v1")
    blob = open_member(archive, "dir/a.bin", Config())
    assert (blob.size, blob.version, blob.path) == (len(DATA), "v1", None)
    assert blob.read(0, 10**9) == DATA
    assert blob.read_ranges([(10, 5), (len(DATA) - 3, 9), (10**9, 4), (0, 0)]) == [
        DATA[10:15],
        DATA[-3:],
        b"",
        b"",
    ]
    blob.close()


PLAIN, PACKED = zipped(a=DATA), zipped(DEFLATED, a=bytes(100_000))
REFUSED: dict[str, tuple[bytes, str, type[TilewrightError]]] = {
    "no such member": (PLAIN, "b", SourceNotFoundError),
    "upwards": (zipped(**{"../a": DATA}), "../a", UnsupportedSourceError),
    "upwards inside": (zipped(**{"b/../a": DATA}), "b/../a", UnsupportedSourceError),
    "absolute": (zipped(**{"/a": DATA}), "/a", UnsupportedSourceError),
    "backslash": (PLAIN, "b\\a", UnsupportedSourceError),
    "control": (PLAIN, "a\0", UnsupportedSourceError),
    "folder": (zipped(**{"d/": b""}), "d/", UnsupportedSourceError),
    "empty name": (PLAIN, "", UnsupportedSourceError),
    "link": (linking(), "a", UnsupportedSourceError),
    "encrypted": (changed(PLAIN, LISTED, 8, "<H", 1), "a", UnsupportedSourceError),
    "bzip2": (zipped(zipfile.ZIP_BZIP2, a=DATA), "a", UnsupportedSourceError),
    "no archive": (DATA, "a", CorruptSourceError),
    "empty": (b"", "a", CorruptSourceError),
    "cut": (PLAIN[:-30], "a", CorruptSourceError),
    "past the end": (changed(PLAIN, LISTED, 24, "<I", 10**6), "a", CorruptSourceError),
    "no local header": (changed(PLAIN, LOCAL, 0, "<I", 0), "a", CorruptSourceError),
    "lies about its size": (changed(PACKED, LISTED, 24, "<I", 10**6), "a", CorruptSourceError),
    "wrong checksum": (changed(PACKED, LISTED, 16, "<I", 7), "a", CorruptSourceError),
    "bomb": (zipped(DEFLATED, a=bytes(2_000_001)), "a", LimitError),
    "bomb that says it is small": (
        changed(zipped(DEFLATED, a=bytes(9_000_000)), LISTED, 24, "<I", 1000),
        "a",
        CorruptSourceError,
    ),
}


@pytest.mark.parametrize(("data", "name", "error"), REFUSED.values(), ids=REFUSED)
def test_what_is_hostile_is_refused(data: bytes, name: str, error: type[TilewrightError]) -> None:
    with pytest.raises(error) as caught:
        open_member(MemoryBlob(data), name, Config(remote_whole_bytes=2_000_000))
    assert "/etc" not in str(caught.value)


def test_a_long_listing_is_not_read() -> None:
    data = changed(PLAIN, b"PK\5\6", 12, "<I", MOST_LISTING_BYTES + 1)
    padded = bytes(MOST_LISTING_BYTES) + data
    with pytest.raises((LimitError, CorruptSourceError)) as caught:
        open_member(MemoryBlob(padded), "a", Config())
    assert isinstance(caught.value, LimitError)


def test_damage_is_never_an_error_of_another_kind() -> None:
    chance = np.random.default_rng(3)
    for _ in range(300):
        data = bytearray(PACKED)
        for place in chance.integers(0, len(data), 4):
            data[place] = chance.integers(0, 256)
        with suppress(SourceError, LimitError):
            open_member(MemoryBlob(bytes(data)), "a", Config()).close()


def tiff(path: Path) -> Path:
    pixels = noise("uint8", 3, width=900, height=700)
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="rgb", planarconfig="separate")
    return path


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.tif", tiff),
        ("a.img", lambda path: write(path, noise("uint8", 3), "HFA", overviews=[2])),
        ("a.nc", lambda path: copy(path, noise("int16", 1), "netCDF")),
    ],
)
def test_an_image_in_an_archive_far_away_is_read(
    method: int, name: str, make: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = make(tmp_path / name)
    data = zipped(method, **{f"deep/{name}": path.read_bytes()})
    with far_away(**{"a.zip": data}) as far:
        config = Config(
            remote_hosts=far.allowed,
            remote_allow_private=True,
            copy_folder=str(tmp_path / "copies"),
        )
        with closing(Engine(config)) as engine:
            inside = engine.source(far.url("/a.zip")).with_option("member", f"deep/{name}")
            target = Fit(300, 300)
            np.testing.assert_array_equal(
                engine.read(inside, target).data, engine.read(local_source(path), target).data
            )
            missing = inside.with_option("member", "b.tif")
            with pytest.raises(SourceNotFoundError):
                engine.info(missing)


@pytest.mark.parametrize(
    ("text", "uri", "member"),
    [
        ("/vsicurl/https://h.org/a.tif", "https://h.org/a.tif", None),
        ("/vsicurl?use_head=no&url=https%3A%2F%2Fh.org%2Fa.tif", "https://h.org/a.tif", None),
        ("/vsis3/b/k/l.tif", "s3://b/k/l.tif", None),
        ("/vsigs/b/k", "gs://b/k", None),
        ("/vsiaz/c/k", "az://c/k", None),
        ("/vsizip/vsicurl/https://h.org/a.zip/b/c.tif", "https://h.org/a.zip", "b/c.tif"),
        ("/vsizip//vsis3/b/a.ZIP/c.tif", "s3://b/a.ZIP", "c.tif"),
        ("/vsizip/{/vsis3/b/archive}/c.zip/d", "s3://b/archive", "c.zip/d"),
    ],
)
def test_names_of_gdal_are_understood(text: str, uri: str, member: str | None) -> None:
    assert is_gdal_name(text)
    assert parse_gdal_name(text) == (uri, member)


@pytest.mark.parametrize(
    "text",
    [
        "/vsizip//tmp/a.zip/b.tif",
        "/vsizip/a.zip/b.tif",
        "/vsizip/vsicurl/https://h.org/a.zip",
        "/vsizip/vsizip/vsis3/b/a.zip/b.zip/c",
        "/vsimem/a",
        "/vsistdin/",
        "/vsitar/vsis3/b/a.tar/c",
        "/vsigzip/vsis3/b/a.gz",
        "/vsicurl?url=https://a&url=https://b",
        "/vsicurl?header_file=/etc/passwd",
        "/vsisubfile/0_9,/etc/passwd",
        "/vsis3_streaming/b/k",
    ],
)
def test_other_names_of_gdal_are_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        parse_gdal_name(text)
