"""What is written in strips is what would have been made at once."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import rasterio
import tifffile

from tilewright import strips
from tilewright.config import Config, Limits
from tilewright.engine import Engine
from tilewright.errors import EncodeError, LimitError, ParameterError
from tilewright.geometry import Box
from tilewright.polygon import Clip, Polygon
from tilewright.request import Encoding, MapRegion, Region, RenderRequest
from tilewright.style import Channel, Orientation, Style

HEIGHT, WIDTH = 2200, 900


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a GeoTIFF of two uint16 bands, with a pyramid, whose lower left was not measured."""
    path = tmp_path_factory.mktemp("strips") / "map.tif"
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    bands = np.stack([rows + columns + 1, rows * 3 + columns % 7 + 1]).astype(np.uint16)
    bands[:, 1000:, :300] = 0
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=WIDTH,
        height=HEIGHT,
        count=2,
        dtype="uint16",
        nodata=0,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        crs="EPSG:32633",
        transform=rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000),
    ) as file:
        file.write(bands)
        file.build_overviews([2], rasterio.enums.Resampling.average)
    return str(path)


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.close()


def written(engine, source, request):
    file = BytesIO()
    engine.write(source, request, file)
    return file.getvalue()


def values(name, data):
    """Return values (band, y, x), the mask, and where the file says that it lies."""
    if name == "npy":
        return np.load(BytesIO(data)), None, None
    with rasterio.MemoryFile(data) as held, held.open() as file:
        return file.read(), file.dataset_mask(), (file.crs, file.transform)


STYLE = Style((Channel(0), Channel(1)))
SHAPES = {
    "whole": Region(),
    "part": Region(Box(13, 7, 700, 2100)),
    "halved": Region(None, WIDTH // 2, HEIGHT // 2),
    "thirds": Region(Box(0, 0, 900, 2196), 330, 1098),
    "enlarged": Region(Box(0, 900, 300, 400), 600, 1300),
    "map": MapRegion("EPSG:3857", None, 700, 1300),
}


@pytest.mark.parametrize("format", ["tiff", "npy"])
@pytest.mark.parametrize("style", [Style(), STYLE], ids=["values", "look"])
@pytest.mark.parametrize("shape", SHAPES)
def test_strips_make_what_is_made_at_once(engine, place, shape, style, format):
    source = engine.source(place)
    request = RenderRequest(SHAPES[shape], Encoding(format), style)
    once = values(format, engine.render(source, request).data)
    piecewise = values(format, written(engine, source, request))
    assert once[0].shape[1] > 2 * strips.STRIP_ROWS
    assert piecewise[0].dtype == once[0].dtype
    if style.text:
        assert len(piecewise[0]) == 4
    for one, other in zip(piecewise[:2], once[:2], strict=True):
        if shape == "map" and one is not None:
            # Each strip has its own trace, within 1/32 pixel: values here change by 3 a pixel.
            assert np.mean(one != other) < 0.05
            known = (one != 0) & (other != 0)
            assert np.abs(one[known].astype(int) - other[known]).max() <= 2
        else:
            np.testing.assert_array_equal(one, other)
    assert piecewise[2] == once[2]


@pytest.mark.parametrize("compression", ["deflate", "lzw", "zstd", "none"])
def test_each_compression_is_kept(engine, place, compression):
    source = engine.source(place)
    request = RenderRequest(Region(), Encoding("tiff", compression=compression))
    data = written(engine, source, request)
    with tifffile.TiffFile(BytesIO(data)) as file:
        found = file.pages[0].compression.name
        assert len(file.pages) == 2, "the values and their mask"
    assert found == {"deflate": "ADOBE_DEFLATE", "none": "NONE"}.get(
        compression, compression.upper()
    )


def test_a_polygon_is_cut_out_of_all_strips(engine, place):
    source = engine.source(place)
    ring = np.array([(15.0, 45.01), (15.1, 45.01), (15.05, 45.15), (15.0, 45.01)])
    clip = Clip(Polygon("EPSG:4326", (ring,)), touched=True)
    request = RenderRequest(Region(), Encoding("tiff"), clip=clip)
    once = values("tiff", engine.render(source, request).data)
    piecewise = values("tiff", written(engine, source, request))
    assert 0 < np.count_nonzero(once[1]) < once[1].size / 2
    np.testing.assert_array_equal(piecewise[1], once[1])


def test_what_fits_into_memory_is_not_large(engine, place):
    source = engine.source(place)
    small = RenderRequest(Region(), Encoding("tiff"))
    large = RenderRequest(Region(None, 6000, 6000), Encoding("tiff"))
    assert not engine.is_large(source, small)
    assert engine.is_large(source, large)
    assert engine.is_large(source, replace(large, encoding=Encoding("npy")))
    assert not engine.is_large(source, replace(large, encoding=Encoding("png")))
    turned = Style((Channel(0),), orientation=Orientation(rotation=90))
    assert not engine.is_large(source, replace(large, style=turned))


def test_a_format_that_needs_all_at_once_is_refused(engine, place):
    with pytest.raises(ParameterError, match="format"):
        written(engine, engine.source(place), RenderRequest(Region(), Encoding("png")))


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"streamed_pixels": 1000}, "streamed_pixels"),
        ({"output_side": 2100}, "output_side"),
        ({"source_pixels": WIDTH * 600}, "source_pixels"),
    ],
)
def test_limits_die_before_anything_is_written(place, limits, name):
    engine = Engine(Config(limits=Limits(**limits)))
    file = BytesIO()
    with pytest.raises(LimitError) as caught:
        engine.write(engine.source(place), RenderRequest(Region(), Encoding("tiff")), file)
    assert (caught.value.limit, file.getvalue()) == (name, b"")
    engine.close()


def test_several_bands_of_bits_are_refused(engine, tmp_path):
    path = tmp_path / "bits.tif"
    tifffile.imwrite(path, np.zeros((2, 600, 40), bool), planarconfig="separate")
    with pytest.raises(EncodeError, match="bits"):
        written(engine, engine.source(str(path)), RenderRequest(Region(), Encoding("tiff")))


@pytest.mark.slow
def test_a_large_answer_takes_little_memory(tmp_path):
    side = 14_000
    path, out = tmp_path / "large.tif", tmp_path / "out.tif"
    tifffile.imwrite(
        path, shape=(side, side), dtype=np.uint16, tile=(256, 256), compression="zlib",
        data=(np.full((256, 256), n % 999, np.uint16) for n in range((-(-side // 256)) ** 2)),
    )  # fmt: skip
    code = f"""
from tilewright.engine import Engine
from tilewright.request import *
engine = Engine()
request = RenderRequest(Region(), Encoding("tiff"))
source = engine.source({str(path)!r})
assert engine.is_large(source, request)
with open({str(out)!r}, "wb") as file:
    engine.write(source, request, file)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    kilobytes = int(subprocess.check_output([sys.executable, "-c", code]))
    values_bytes = side * side * 2
    assert kilobytes * 1024 < values_bytes * 0.8
    with tifffile.TiffFile(out) as file, tifffile.TiffFile(path) as original:
        assert file.pages[0].shape == (side, side)
        np.testing.assert_array_equal(file.asarray()[7000], original.asarray()[7000])
