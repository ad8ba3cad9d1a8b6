"""The GDAL reader against rasterio: each format, each level, every kind of description."""

import os
import random
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from tests.corpus import BY_GDAL, IMAGES
from tests.readers import hdf5s
from tests.readers.gdals import CORNERS, HEIGHT, ROTATED, UTM, WIDTH, copy, noise, open_file, write
from tilewright.blobs.local import local_source
from tilewright.cache import ChunkCache
from tilewright.config import Config, Limits
from tilewright.engine import Engine
from tilewright.errors import (
    CorruptSourceError,
    LimitError,
    OutsideError,
    SourceError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.geometry import Size, Window
from tilewright.image import Axis, Plane
from tilewright.readers.gdal import DRIVER, JP2_DRIVER
from tilewright.request import Fit
from tilewright.testing import ReaderSuite
from tilewright.testing.reader_suite import whole

ON_EARTH = {"crs": "EPSG:32633", "transform": UTM}

FORMATS: dict[str, Callable[[Path], Path]] = {
    "netCDF": lambda folder: copy(
        folder / "a.nc", noise("float32", 1), "netCDF", nodata=-9999, **ON_EARTH
    ),
    "netCDF-4": lambda folder: copy(
        folder / "a.nc",
        noise("int16", 1),
        "netCDF",
        creation="FORMAT=NC4 COMPRESS=DEFLATE",
        **ON_EARTH,
    ),
    "netCDF of three variables": lambda folder: copy(
        folder / "a.nc", noise("int16", 3), "netCDF", creation="FORMAT=NC4", **ON_EARTH
    ),
    "AAIGrid": lambda folder: write(
        folder / "a.asc", noise("int32", 1), "AAIGrid", nodata=-1, **ON_EARTH
    ),
    "ENVI by band": lambda folder: write(folder / "a.img", noise("uint16", 5), "ENVI", **ON_EARTH),
    "ENVI by pixel": lambda folder: write(
        folder / "a.img", noise("uint16", 3), "ENVI", INTERLEAVE="BIP", **ON_EARTH
    ),
    "HFA with overviews": lambda folder: write(
        folder / "a.img", noise("uint8", 3), "HFA", overviews=[2, 4], **ON_EARTH
    ),
    "NITF": lambda folder: write(folder / "a.ntf", noise("uint16", 2), "NITF"),
    "JP2": lambda folder: write(
        folder / "a.jp2",
        noise("uint8", 3),
        "JP2OpenJPEG",
        QUALITY="100",
        REVERSIBLE="YES",
        RESOLUTIONS="3",
        **ON_EARTH,
    ),
    "TIFF with overviews": lambda folder: write(
        folder / "a.tif", noise("int16", 2), "GTiff", overviews=[2, 4], tiled=True, **ON_EARTH
    ),
    "wide raster in rows": lambda folder: write(
        folder / "a.img", noise("uint8", 1, width=2500, height=300), "ENVI"
    ),
}


@pytest.fixture(params=FORMATS)
def path(request, tmp_path):
    return FORMATS[request.param](tmp_path)


def first_part(path):
    with rasterio.open(path) as dataset:
        return dataset.subdatasets[0] if dataset.subdatasets else str(path)


def by_rasterio(place, level):
    """A level by rasterio alone, (band, y, x)."""
    options = {} if level == 0 else {"overview_level": level - 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(place, **options) as dataset:
            return dataset.read()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
class TestFormats(ReaderSuite):
    @pytest.fixture
    def reader(self, path):
        with opened(path) as reader:
            yield reader

    @pytest.fixture
    def truth(self, path):
        return by_rasterio(first_part(path), 0)

    def test_levels_equal_those_of_rasterio(self, reader, path):
        place = first_part(path)
        for level in range(len(reader.info.levels)):
            data, _ = whole(reader, level)
            np.testing.assert_array_equal(data, by_rasterio(place, level))


@contextmanager
def opened(path, **options):
    with closing(open_file(path, **options)) as reader:
        yield reader


def test_levels_are_there(tmp_path):
    with opened(FORMATS["HFA with overviews"](tmp_path)) as reader:
        info = reader.info
        assert [level.size for level in info.levels] == [
            Size(301, 283),
            Size(151, 142),
            Size(76, 71),
        ]
        assert info.levels[1].shrink == (301 / 151, 283 / 142)
        assert (info.format, info.metadata["driver"]) == ("Erdas Imagine Images (.img)", "HFA")


def test_variables_of_one_form_are_frames(tmp_path):
    path = FORMATS["netCDF of three variables"](tmp_path)
    truth = noise("int16", 3)
    with opened(path) as reader:
        assert reader.info.axes == (Axis("frame", 3),)
        assert reader.info.metadata["frames"] == ["Band1", "Band2", "Band3"]
        for index in range(3):
            data, _ = reader.read(
                0, Window(7, 5, 90, 80), bands=[0], plane=Plane.of({"frame": index})
            )
            np.testing.assert_array_equal(data[0], truth[index, 5:85, 7:97])
    with opened(path, associated="Band2") as reader:
        assert reader.info.axes == ()
        np.testing.assert_array_equal(whole(reader, 0)[0][0], truth[1])
    for name in ("Band4", "", "../Band1"):
        with pytest.raises(OutsideError):
            open_file(path, associated=name)


def test_pages_of_another_form_are_associated(tmp_path):
    path = write(tmp_path / "a.tif", noise("uint8", 1), "GTiff", overviews=None)
    write(path, noise("uint8", 3, width=40, height=30), "GTiff", APPEND_SUBDATASET="YES")
    with opened(path) as reader:
        assert (reader.info.size, reader.info.associated) == (Size(WIDTH, HEIGHT), ("2",))
    with opened(path, associated="2") as reader:
        assert (reader.info.size, len(reader.info.bands)) == (Size(40, 30), 3)


def test_places_on_the_earth(tmp_path):
    straight = write(tmp_path / "straight.tif", noise("uint8", 1), "GTiff", **ON_EARTH)
    rotated = write(
        tmp_path / "rotated.tif", noise("uint8", 1), "GTiff", crs="EPSG:32633", transform=ROTATED
    )
    points = write(
        tmp_path / "points.tif", noise("uint8", 1), "GTiff", crs="EPSG:32633", gcps=CORNERS
    )
    for path, affine in ((straight, UTM), (rotated, ROTATED), (points, UTM)):
        with opened(path) as reader:
            geo = reader.info.geo
            assert geo is not None
            assert geo.crs == "EPSG:32633"
            x, y = geo.to_crs(np.array([0.0, 100.0]), np.array([0.0, 50.0]))
            a, b, c, d, e, f = affine[:6]
            expected = [(c, f), (100 * a + 50 * b + c, 100 * d + 50 * e + f)]
            np.testing.assert_allclose(np.stack([x, y], 1), expected, atol=1e-3)
    assert geo.points


@pytest.mark.parametrize(
    "place", [{}, {"crs": "EPSG:32633"}, {"transform": UTM}], ids=["none", "crs", "transform"]
)
def test_half_a_place_is_none(tmp_path, place):
    with opened(write(tmp_path / "a.tif", noise("uint8", 1), "GTiff", **place)) as reader:
        assert reader.info.geo is None


def test_bands_are_described(tmp_path):
    path = write(
        tmp_path / "a.tif",
        noise("int16", 2),
        "GTiff",
        nodata=-7,
        descriptions=["near infrared", "red"],
        scales=[0.5, 2.0],
        offsets=[-1.0, 3.0],
    )
    with opened(path) as reader:
        first, second = reader.info.bands
    assert (first.name, first.nodata, first.scale, first.offset) == ("near infrared", -7, 0.5, -1)
    assert (second.name, second.nodata, second.scale, second.offset) == ("red", -7, 2, 3)


def test_a_palette(tmp_path):
    colours = {0: (1, 2, 3, 255), 1: (250, 0, 9, 255), 2: (7, 7, 7, 255)}
    path = write(tmp_path / "a.img", noise("uint8", 1) % 3, "HFA", colormap=colours)
    with opened(path) as reader:
        assert reader.info.interpretations == ("palette",)
        assert reader.info.palette is not None
        assert reader.info.palette[:3] == tuple(colours.values())


def test_a_mask(tmp_path):
    valid = noise("uint8", 1)[0] > 99
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
        path = write(tmp_path / "a.tif", noise("uint8", 3), "GTiff", mask=valid)
    with opened(path) as reader:
        assert reader.info.masked
        np.testing.assert_array_equal(whole(reader, 0)[1], valid)


def test_a_single_chunk_is_bounded(tmp_path):
    path = write(tmp_path / "a.tif", noise("uint8", 1, width=3000, height=1), "GTiff")
    with opened(path) as reader:
        assert reader.info.levels[0].chunk == Size(1024, 1)


def test_a_chunk_is_decoded_once(tmp_path):
    path = FORMATS["HFA with overviews"](tmp_path)
    with opened(path, chunks=ChunkCache(1 << 24)) as reader:
        window = Window(10, 10, 50, 50)
        first, _ = reader.read(0, window, bands=[0, 1], plane=Plane())
        # Once its handles are closed, only what is kept can be read.
        reader._handles.close()
        again, _ = reader.read(0, window, bands=[0, 1], plane=Plane())
        np.testing.assert_array_equal(first, again)
        with pytest.raises(SourceUnavailableError):
            reader.read(0, Window(280, 270, 9, 9), bands=[0], plane=Plane())


def test_handles_are_few_and_closed(tmp_path):
    path = FORMATS["HFA with overviews"](tmp_path)
    reader = open_file(path)
    start = threading.Barrier(8)

    def read(seed):
        start.wait()
        chance = random.Random(seed)
        for _ in range(20):
            level = chance.randrange(3)
            reader.read(level, Window(0, 0, 70, 70), bands=[0, 2], plane=Plane())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read, range(8)))
    assert len(reader._handles._idle) <= reader._handles.MOST_IDLE
    assert times_open(path) > 0
    reader.close()
    assert times_open(path) == 0


def times_open(path):
    """How many of this process' open files are the one at ``path``.

    Not how many there are in all: the rest of the suite opens and closes files meanwhile.
    """
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("the system does not list open files")
    names = [os.path.realpath(link) for link in folder.iterdir()]
    return names.count(os.path.realpath(path))


def test_nothing_is_written(path):
    before = {name: name.stat().st_mtime_ns for name in path.parent.iterdir()}
    with opened(path) as reader, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda level: whole(reader, level), range(len(reader.info.levels))))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: open_file(path).close(), range(8)))
    assert {name: name.stat().st_mtime_ns for name in path.parent.iterdir()} == before


def test_geo_jp2_is_not_left_to_the_picture_reader(tmp_path):
    path = FORMATS["JP2"](tmp_path)
    plain = write(
        tmp_path / "plain.jp2", noise("uint8", 1), "JP2OpenJPEG", GeoJP2="NO", GMLJP2="NO"
    )
    head = path.read_bytes()[:4096]
    assert JP2_DRIVER.sniff(head)
    assert not JP2_DRIVER.sniff(plain.read_bytes()[:4096])
    engine = Engine()
    info = engine.info(local_source(path))
    assert info.geo is not None
    assert info.geo.crs == "EPSG:32633"
    assert engine.info(local_source(plain)).format == "JPEG 2000"


@pytest.mark.parametrize("name", BY_GDAL)
def test_a_shared_file_equals_rasterio(name):
    path = IMAGES / name
    if not path.exists():
        pytest.skip("shared images absent")
    engine = Engine()
    truth = by_rasterio(path, 0)
    info = engine.info(local_source(path))
    assert (info.dtype, len(info.bands)) == (truth.dtype.name, len(truth))
    data = engine.read(local_source(path), Fit(info.size.width, info.size.height)).data
    np.testing.assert_array_equal(data, truth)


# What must not be read.


def test_a_file_that_names_another_is_refused_unless_allowed(tmp_path):
    write(tmp_path / "a.tif", noise("uint8", 1), "GTiff")
    vrt = tmp_path / "a.vrt"
    vrt.write_text(
        f'<VRTDataset rasterXSize="{WIDTH}" rasterYSize="{HEIGHT}"><VRTRasterBand dataType="Byte" '
        'band="1"><SimpleSource><SourceFilename relativeToVRT="1">a.tif</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    renamed = tmp_path / "b.nc"
    renamed.write_bytes(vrt.read_bytes())
    for path in (vrt, renamed):
        with pytest.raises(UnsupportedSourceError):
            open_file(path)
    with pytest.raises(UnsupportedSourceError):
        Engine().info(local_source(vrt))
    allowed = Config(gdal_drivers=("VRT", "GTiff"))
    with opened(vrt, config=allowed) as reader:
        np.testing.assert_array_equal(whole(reader, 0)[0], noise("uint8", 1))


def test_the_shared_vrt():
    path = IMAGES / "bad/names-another-file.vrt"
    if not path.exists():
        pytest.skip("shared images absent")
    with pytest.raises(UnsupportedSourceError):
        open_file(path)
    # Allowed, it is understood; the file that it names is not there.
    with pytest.raises(CorruptSourceError):
        open_file(path, config=Config(gdal_drivers=("VRT",)))


@pytest.mark.parametrize("name", hdf5s.NAMES_OTHERS)
@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_hdf5_that_names_other_files_is_refused(tmp_path, name, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(hdf5s.content(hdf5s.NAMES_OTHERS[name]))
    with pytest.raises(UnsupportedSourceError, match="other files"):
        open_file(path)


@pytest.mark.parametrize("name", hdf5s.NAMES_OTHERS)
def test_hdf5_behind_other_bytes_is_refused(tmp_path, name):
    path = tmp_path / "a.h5"
    path.write_bytes(bytes(512) + hdf5s.content(hdf5s.NAMES_OTHERS[name]))
    with pytest.raises(SourceError):
        open_file(path)


@pytest.mark.parametrize("name", hdf5s.PLAIN)
def test_plain_hdf5_is_read(tmp_path, name):
    path = tmp_path / "a.h5"
    path.write_bytes(hdf5s.content(hdf5s.PLAIN[name]))
    with opened(path) as reader:
        assert reader.info.axes == (Axis("frame", 22),)
        np.testing.assert_array_equal(
            whole(reader, 0)[0], np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
        )
    small = Config(limits=Limits(pages=5))
    with pytest.raises(LimitError):
        open_file(path, config=small)


def test_drivers_that_are_not_named_do_not_open(tmp_path):
    path = FORMATS["AAIGrid"](tmp_path)
    for names in ((), ("GTiff",), ("NoSuchDriver",)):
        with pytest.raises(UnsupportedSourceError):
            open_file(path, config=Config(gdal_drivers=names))
    open_file(path, config=Config(gdal_drivers=("AAIGrid",))).close()


@pytest.mark.parametrize("name", ["a b'c.nc", 'quote".nc', "NETCDF:x.nc", "ünï.nc", "a:b.nc"])
def test_names_of_files_are_only_names(tmp_path, name):
    made = FORMATS["netCDF"](tmp_path)
    path = made.rename(tmp_path / name)
    with opened(path) as reader:
        np.testing.assert_array_equal(whole(reader, 0)[0], noise("float32", 1))


# Damage, and claims.


def test_complex_numbers_are_refused(tmp_path):
    pixels = noise("float32", 1).astype("complex64")
    with pytest.raises(UnsupportedSourceError, match="complex"):
        open_file(write(tmp_path / "a.tif", pixels, "GTiff"))


@pytest.mark.parametrize(
    ("limits", "named"),
    [(Limits(file_side=300), "file_side"), (Limits(pages=2), "pages")],
    ids=["file_side", "pages"],
)
def test_claims_above_the_limits_are_refused(tmp_path, limits, named):
    path = FORMATS["ENVI by band"](tmp_path)
    with pytest.raises(LimitError) as caught:
        open_file(path, config=Config(limits=limits))
    assert caught.value.limit == named


def test_claims_without_pixels(tmp_path):
    path = tmp_path / "a.asc"
    path.write_text(
        "ncols 1000000000\nnrows 1000000000\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n"
    )
    with pytest.raises((LimitError, SourceError)):
        open_file(path)


# rasterio cannot hand on a message of GDAL that quotes damaged bytes, and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("share", [0, 0.02, 0.3, 0.9])
def test_cut_short(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    attempt(path)


# rasterio cannot hand on a message of GDAL that quotes damaged bytes, and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes(path, seed):
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)
    places = len(data) if seed % 2 else min(len(data), 4096)
    for _ in range(200):
        data[chance.randrange(places)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    attempt(path)


def attempt(path):
    """Read what can be read: errors are ours, and name no path."""
    errors = []
    try:
        reader = open_file(path)
    except (SourceError, LimitError) as error:
        errors.append(error)
    else:
        errors += read_all(reader)
        reader.close()
    assert not any(str(path.parent) in str(error) for error in errors)


def read_all(reader):
    info = reader.info
    for index, level in enumerate(info.levels):
        window = Window(0, 0, min(64, level.size.width), min(64, level.size.height))
        try:
            data, _ = reader.read(index, window, bands=range(len(info.bands)), plane=Plane())
        except (SourceError, LimitError) as error:
            yield error
        else:
            assert data.shape == (len(info.bands), window.height, window.width)


def test_a_file_that_changes_is_noticed(tmp_path):
    path = FORMATS["ENVI by band"](tmp_path)
    with opened(path) as reader:
        path.write_bytes(bytes(path.stat().st_size + 1))
        with pytest.raises(SourceUnavailableError):
            whole(reader, 0)


def test_without_rasterio_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tilewright.readers.gdal.reader", None)
    with pytest.raises(UnsupportedSourceError, match=r"tilewright\[geo\]"):
        open_file(FORMATS["AAIGrid"](tmp_path))


def test_the_driver_comes_last():
    assert DRIVER.priority == 90
    assert DRIVER.sniff(b"any")
    assert not DRIVER.sniff(b"")
