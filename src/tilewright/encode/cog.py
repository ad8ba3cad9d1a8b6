"""Cloud-optimised GeoTIFF: tiles of 512 pixels and a pyramid, laid out by GDAL's COG driver."""

from tilewright.encode import RasterEncoder
from tilewright.encode.tiff import write_tiff
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Raster
from tilewright.request import Encoding

MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


def _encode(raster: Raster, encoding: Encoding) -> Encoded:
    try:
        import rasterio  # noqa: PLC0415 - slow to load
        from rasterio.errors import RasterioError  # noqa: PLC0415
        from rasterio.io import MemoryFile  # noqa: PLC0415
        from rasterio.shutil import copy  # noqa: PLC0415
    except ImportError as error:
        raise EncodeError("a cloud-optimised GeoTIFF needs tilewright[geo]") from error

    plain = write_tiff(raster)
    options = {} if encoding.compression in {"lzw", "none"} else {"LEVEL": "1"}
    predictor = encoding.compression != "none" and raster.data.dtype.kind in "uif"
    try:
        with (
            rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_NUM_THREADS="1"),
            MemoryFile(plain) as source,
            MemoryFile() as target,
        ):
            copy(
                source.name,
                target.name,
                driver="COG",
                COMPRESS=encoding.compression.upper(),
                PREDICTOR="YES" if predictor else "NO",
                OVERVIEW_RESAMPLING="AVERAGE",
                BIGTIFF="IF_SAFER",
                STATISTICS="NO",
                **options,
            )
            return Encoded(target.read(), MEDIA_TYPE, raster.grid.size)
    except RasterioError as error:
        raise EncodeError("GDAL cannot write these values as a COG") from error


ENCODER = RasterEncoder(
    name="cog",
    media_type=MEDIA_TYPE,
    suffixes=("cog",),
    encode=_encode,
)
"""As `tiff`, but that bool is written as GDAL sees it, uint8, and float16 as float32."""
