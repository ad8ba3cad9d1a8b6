"""Tiled, deflated TIFF that keeps dtype and bands, with the mask as GDAL's internal mask page.

A raster that lies on the earth becomes a GeoTIFF.
"""

from io import BytesIO

import numpy as np
import tifffile

from tilewright.encode import RasterEncoder
from tilewright.encode.geotiff import GeoTags, geo_tags
from tilewright.errors import EncodeError
from tilewright.image import Array, Encoded, Raster
from tilewright.request import Compression, Encoding

MEDIA_TYPE = "image/tiff"
MAX_BANDS = 65_535

_TILE = (256, 256)
_LEVELS = {"deflate": {"level": 1}, "zstd": {"level": 1}}
"""Of deflate: half as fast again as the usual 6, files at most a few per cent larger."""
_CODES = {"deflate": "adobe_deflate", "lzw": "lzw", "zstd": "zstd", "none": None}
_PREDICTORS = {"u": 2, "i": 2, "f": 3}
"""Differences for integers, differences of bytes for floats; none for bool and complex."""
_DTYPES = frozenset(
    ["bool", "float16", "float32", "float64", "complex64", "complex128"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)
_MASK_SUBFILE, _MASK_PHOTOMETRIC = 4, 4
_RGB = 3


def _encode(raster: Raster, encoding: Encoding) -> Encoded:
    return Encoded(write_tiff(raster, encoding.compression), MEDIA_TYPE, raster.grid.size)


def write_tiff(raster: Raster, compression: Compression = "deflate") -> bytes:
    """Return the whole file. Raises EncodeError."""
    data = raster.data
    if data.dtype.name not in _DTYPES:
        raise EncodeError(f"TIFF cannot hold values of type {data.dtype.name}")
    if len(data) > MAX_BANDS:
        raise EncodeError(f"a TIFF has at most {MAX_BANDS:,} bands")
    bands = len(data)
    colour = data.dtype == np.uint8 and bands in {_RGB, _RGB + 1}
    # What a further band means, alpha or infrared, a raster does not tell; nor then do we.
    extra = bands - (_RGB if colour else 1)
    if bands == 1:
        values, layout = data[0], None
    elif data.dtype == np.bool_:
        # tifffile packs the bits of several bands rightly only when the bands lie apart.
        values, layout = data, "separate"
    else:
        values, layout = np.moveaxis(data, 0, -1), "contig"
    file = BytesIO()
    with tifffile.TiffWriter(file, bigtiff=_is_big(data), byteorder="<") as writer:
        _write_page(
            writer,
            values,
            compression=compression,
            photometric="rgb" if colour else "minisblack",
            planarconfig=layout,
            extrasamples=("unspecified",) * extra,
            predictor=None if compression == "none" else _PREDICTORS.get(data.dtype.kind),
            extratags=geo_tags(raster.grid),
        )
        if raster.mask is not None:
            _write_page(
                writer,
                raster.mask,
                compression=compression,
                photometric=_MASK_PHOTOMETRIC,
                subfiletype=_MASK_SUBFILE,
            )
    return file.getvalue()


def _write_page(
    writer: tifffile.TiffWriter,
    data: Array,
    *,
    compression: Compression,
    photometric: int | str,
    planarconfig: str | None = None,
    extrasamples: tuple[str, ...] = (),
    predictor: int | None = None,
    subfiletype: int = 0,
    extratags: GeoTags = (),
) -> None:
    writer.write(
        data,
        photometric=photometric,
        planarconfig=planarconfig,
        extrasamples=extrasamples or None,
        predictor=predictor,
        subfiletype=subfiletype,
        tile=_TILE,
        compression=_CODES[compression],
        compressionargs=_LEVELS.get(compression),
        extratags=extratags,
        metadata=None,
        software="tilewright",
        maxworkers=1,
    )


def _is_big(data: Array) -> bool:
    """Tell whether the file may pass 4 GiB: a quarter more is for the mask and for noise."""
    bands, height, width = data.shape
    across, down = -(-width // _TILE[1]), -(-height // _TILE[0])
    padded: int = bands * across * down * _TILE[0] * _TILE[1] * data.itemsize
    return padded * 5 > 4 << 32


ENCODER = RasterEncoder(
    name="tiff",
    media_type=MEDIA_TYPE,
    suffixes=("tif", "tiff"),
    encode=_encode,
)
"""8-bit rasters of 3 or 4 bands are RGB, all others grey with further bands; pixel-interleaved,
except bool. bool is written with 1 bit and float16 with 16; both come back as they were (GDAL
shows them as uint8 and float32). A mask is a second page, 1 bit, set where valid. The CRS and the
affine of a grid on the earth are written as GeoTIFF 1.1 (OGC 19-008) has them."""
