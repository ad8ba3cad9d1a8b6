"""What a project can set: frozen values, each with its default and its meaning."""

from dataclasses import dataclass, field, fields
from math import inf

from tilewright.errors import ConfigurationError

KIBI = 1 << 10
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
    streamed_pixels: int = 256 * MEBI
    """Pixels of an answer that is written to a temporary file and sent from there: a TIFF or NPY
    too large to hold."""
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
    remote_hosts: tuple[str, ...] = ()
    """Where files may be read from, besides the engine's stores: ``example.org``,
    ``*.example.org`` and ``example.org:8443`` by https, ``http://example.org`` by http too,
    ``s3://bucket``, ``gs://bucket`` and ``az://container`` without credentials; empty: nowhere."""
    remote_allow_private: bool = False
    """True lets those hosts have private and loopback addresses: for tests and intranets."""
    remote_timeout_s: float = 10.0
    """Seconds to wait for a connection, and for the next bytes; four times that for an answer."""
    remote_retries: int = 2
    """How often a request that failed is sent again, each time after a longer pause."""
    remote_head_bytes: int = 64 * KIBI
    """The first request for a remote file fetches this many bytes."""
    remote_block_bytes: int = 32 * KIBI
    """Remote bytes are fetched and kept in blocks of this size."""
    remote_cache_bytes: int = 8 * MEBI
    """Bytes of blocks kept in memory, per open remote file."""
    remote_whole_bytes: int = 32 * MEBI
    """A file up to this size is read at once where the server gives no ranges, or where it lies
    deflated in a ZIP archive."""
    remote_fresh_s: float = 60.0
    """Seconds for which a remote file is believed not to have changed."""
    copy_folder: str | None = None
    """Where files are copied that cannot be read by range, as their storage or their reader does
    not do so; None: a folder of the user's own among the system's temporary files."""
    copy_cache_bytes: int = 4096 * MEBI
    """The most that those copies may take together; what was used longest ago goes first."""

    def __post_init__(self) -> None:
        _all_positive(self)
        for name, what in _NAMES.items():
            names = getattr(self, name)
            if not isinstance(names, tuple) or not all(
                isinstance(one, str) and one for one in names
            ):
                raise ConfigurationError(f"{name} must be a tuple of {what}")


_NAMES = {"gdal_drivers": "names of GDAL's drivers", "remote_hosts": "names of hosts"}


def _all_positive(settings: Limits | Config) -> None:
    for row in fields(settings):
        value = getattr(settings, row.name)
        least = 0 if row.name == "remote_retries" else 1
        if row.type is bool and not isinstance(value, bool):
            raise ConfigurationError(f"{row.name} must be True or False, not {value!r}")
        if row.type is float and (
            isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf
        ):
            raise ConfigurationError(f"{row.name} must be a number above 0, not {value!r}")
        if row.type is int and (
            isinstance(value, bool) or not isinstance(value, int) or value < least
        ):
            raise ConfigurationError(
                f"{row.name} must be a whole number above {least - 1}, not {value!r}"
            )
