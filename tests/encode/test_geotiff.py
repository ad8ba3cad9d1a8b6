from io import BytesIO

import numpy as np
import pytest
import rasterio
import tifffile
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rio_cogeo.cogeo import cog_validate

from tests.corpus import IMAGES
from tilewright.encode import cog, tiff
from tilewright.encode.geotiff import geo_tags
from tilewright.errors import EncodeError
from tilewright.geo import ControlPoint, Geo, from_points, on_earth
from tilewright.geometry import Affine, Box, Grid, Size
from tilewright.image import Raster
from tilewright.request import Encoding

SIZE = Size(900, 700)
ENCODERS = [tiff.ENCODER, cog.ENCODER]
UPRIGHT = Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0)
ROTATED = Affine(8.0, 3.0, 500_000.0, 3.0, -8.0, 5_000_000.0)
DEGREES = Affine(0.01, 0.0, -4.5, 0.0, -0.01, 51.25)
LAEA = (
    'PROJCS["mine",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
    'PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["latitude_of_center",51],'
    'PARAMETER["longitude_of_center",7],PARAMETER["false_easting",0],'
    'PARAMETER["false_northing",0],UNIT["metre",1]]'
)

encoders = pytest.mark.parametrize("encoder", ENCODERS, ids=lambda one: one.name)


def raster(grid, bands=3, dtype="uint16", *, masked=True):
    random = np.random.default_rng(4)
    shape = (bands, grid.size.height, grid.size.width)
    data = random.integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)
    mask = None
    if masked:
        mask = np.ones(shape[1:], bool)
        mask[:60, 30:] = False
    return Raster(data, mask, grid)


def encode(encoder, one):
    return encoder.encode(one, Encoding(encoder.name)).data


@encoders
@pytest.mark.parametrize(
    ("crs", "affine"),
    [
        ("EPSG:32631", UPRIGHT),
        ("EPSG:3857", UPRIGHT),
        ("EPSG:32631", ROTATED),
        ("EPSG:32631", Affine(10.0, 0.0, 5e5, 0.0, 10.0, 5e6)),
        ("EPSG:4326", DEGREES),
        ("OGC:CRS84", DEGREES),
        (LAEA, UPRIGHT),
    ],
)
def test_the_place_comes_back(encoder, crs, affine):
    one = raster(Grid(SIZE, affine, crs))
    with MemoryFile(encode(encoder, one)) as file, file.open() as found:
        expected = CRS.from_user_input(crs)
        assert found.crs == (CRS.from_epsg(4326) if crs == "OGC:CRS84" else expected)
        assert tuple(found.transform)[:6] == pytest.approx(
            (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f), rel=1e-12
        )
        assert np.array_equal(found.read(), one.data)
        assert np.array_equal(found.dataset_mask() > 0, one.mask)
        assert found.profile["compress"] == "deflate"


@encoders
@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int16", "uint32", "int64", "float32", "float64"]
)
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_every_type_is_kept(encoder, dtype, bands):
    one = raster(Grid(Size(70, 50), UPRIGHT, "EPSG:32631"), bands, dtype, masked=False)
    with MemoryFile(encode(encoder, one)) as file, file.open() as found:
        assert found.crs.to_epsg() == 32631
        assert set(found.dtypes) == {"uint8" if dtype == "bool" else dtype}
        assert np.array_equal(found.read(), one.data)
        assert (found.dataset_mask() == 255).all()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@encoders
def test_a_grid_of_pixels_lies_nowhere(encoder):
    one = raster(Grid.over(Box.whole(SIZE), SIZE))
    assert geo_tags(one.grid) == ()
    with MemoryFile(encode(encoder, one)) as file, file.open() as found:
        assert found.crs is None
        assert found.transform.is_identity
        assert np.array_equal(found.read(), one.data)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("masked", [True, False])
def test_a_cog_is_one(tmp_path, bands, masked):
    one = raster(Grid(Size(1500, 1100), UPRIGHT, "EPSG:32631"), bands, "uint8", masked=masked)
    path = tmp_path / "a.tif"
    path.write_bytes(encode(cog.ENCODER, one))
    valid, errors, warnings = cog_validate(path, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(path) as found:
        assert found.overviews(1) == [2, 4]
        assert found.block_shapes[0] == (512, 512)
        assert np.array_equal(found.read(), one.data)
    assert list(tmp_path.iterdir()) == [path]


def test_a_plain_tiff_is_tiled_once():
    one = raster(Grid(SIZE, UPRIGHT, "EPSG:32631"))
    with tifffile.TiffFile(BytesIO(encode(tiff.ENCODER, one))) as file:
        first, mask = file.pages
        assert (first.tilewidth, first.predictor) == (256, 2)
        assert first.is_geotiff
        assert 34735 not in mask.tags


@encoders
def test_the_same_raster_gives_the_same_bytes(encoder):
    one = raster(Grid(SIZE, UPRIGHT, "EPSG:32631"))
    assert encode(encoder, one) == encode(encoder, one)


def test_a_crs_that_gdal_does_not_know_is_refused():
    with pytest.raises(EncodeError):
        encode(tiff.ENCODER, raster(Grid(SIZE, UPRIGHT, "EPSG:999999")))


def test_pixels_are_laid_on_the_earth_by_an_affine_only():
    geo = Geo("EPSG:32631", ROTATED)
    grid = Grid(Size(10, 20), Affine.scale(2, 4, left=100, top=50))
    found = on_earth(grid, geo)
    assert (found.crs, found.size) == ("EPSG:32631", grid.size)
    assert found.affine(3, 5) == ROTATED(106, 70)
    assert on_earth(grid, None) is grid
    there = Grid(Size(10, 20), UPRIGHT, "EPSG:3857")
    assert on_earth(there, geo) is there
    corners = [(0, 0), (9, 0), (0, 9)]
    points = from_points("EPSG:4326", tuple(ControlPoint(c, r, c, -r) for c, r in corners))
    assert on_earth(grid, points) is grid


@pytest.mark.parametrize(
    "name", ["rt_cog.tif", "shade.tif", "rt_inverted_lat.tif", "world.byte.tif"]
)
def test_real_places_survive(name):
    path = IMAGES / "geo" / name
    if not path.exists():
        pytest.skip("shared images absent")
    with rasterio.open(path) as source:
        affine = Affine(*tuple(source.transform)[:6])
        grid = Grid(Size(40, 30), affine, source.crs.to_wkt())
        expected = source.crs, source.transform
    with MemoryFile(encode(tiff.ENCODER, raster(grid, masked=False))) as file, file.open() as found:
        assert found.crs == expected[0]
        assert found.transform.almost_equals(expected[1], 1e-9)
