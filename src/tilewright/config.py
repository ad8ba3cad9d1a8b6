"""What a project can set: frozen values, each with its default and its meaning."""

from dataclasses import dataclass, field, fields

from tilewright.errors import ConfigurationError

MEBI = 1 << 20

SELF_CONTAINED = (
    "AAIGrid", "ACE2", "BT", "BYN", "DTED", "EHdr", "ENVI", "GRASSASCIIGrid", "GRIB", "GS7BG",
    "GSAG", "GSBG", "GTX", "GTiff", "GXF", "HDF4", "HDF4Image", "HDF5", "HDF5Image", "HF2", "HFA",
    "ISCE", "ISG", "JP2OpenJPEG", "LCP", "Leveller", "NITF", "NTv2", "PCRaster", "PNM", "RMF",
    "RST", "SAGA", "SGI", "SIGDEM", "SNODAS", "SRTMHGT", "Terragen", "USGSDEM", "ZMap", "netCDF",
)  # fmt: skip
"""GDAL's formats that hold their pixels themselves, or in a file of the same name beside a
header. Those are left out whose files name other files or addresses at will (VRT, GTI, MRF,
WMS, WMTS, STACIT, ERS, PCIDSK, PDS, ISIS3, Zarr, …), that ask a network (HTTP, EEDA, PLMOSAIC),
or that run a language of their own (PDF, GPKG, MBTiles). HDF5, and netCDF-4 which is HDF5, can
name files too: the reader looks into each before GDAL may."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use. Checked before a byte is read."""

    source_pixels: int = 1 << 30
    """Pixels that one request may decode, over all pieces that it is read in."""
    output_pixels: int = 64 * MEBI
    """Pixels of one answer."""
    output_side: int = 16_384
    """Width or height of one answer, in pixels."""
    bands: int = 512
    """Bands that one request may read."""
    decoded_bytes: int = 256 * MEBI
    """Bytes that one piece of reading, or one chunk of a file, may decode to."""
    pages: int = 65_536
    """Pages (directories) that a file may have."""
    file_side: int = 10_000_000
    """Width or height that a file may claim, in pixels."""

    def __post_init__(self) -> None:
        _all_positive(self)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that an `Engine` is told."""

    limits: Limits = field(default_factory=Limits)
    chunk_cache_bytes: int = 64 * MEBI
    """Decoded tiles and strips kept in memory, per process."""
    open_readers: int = 64
    """Files kept open, per process."""
    read_piece_bytes: int = 32 * MEBI
    """An image without a pyramid is shrunk in pieces of about this many decoded bytes."""
    lut_folder: str | None = None
    """A folder whose files ``NAME.lut`` are colormaps too; None: there is none."""
    tile_matrix_set_folder: str | None = None
    """A folder whose files ``NAME.json`` are tile matrix sets (OGC 17-083r4) too."""
    gdal_drivers: tuple[str, ...] = SELF_CONTAINED
    """Short names of GDAL's drivers that may open files; empty: none. A driver whose files name
    other files or addresses lets whoever makes such a file read these with the server's rights."""

    def __post_init__(self) -> None:
        _all_positive(self)
        names = self.gdal_drivers
        if not isinstance(names, tuple) or not all(
            isinstance(name, str) and name for name in names
        ):
            raise ConfigurationError("gdal_drivers must be a tuple of names of GDAL's drivers")


def _all_positive(settings: Limits | Config) -> None:
    for row in fields(settings):
        value = getattr(settings, row.name)
        if row.type in {str | None, tuple[str, ...]}:
            continue
        if isinstance(value, bool | float | str) or (isinstance(value, int) and value < 1):
            raise ConfigurationError(f"{row.name} must be a whole number above 0, not {value!r}")
