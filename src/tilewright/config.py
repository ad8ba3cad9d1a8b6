"""What a project can set: frozen values, each with its default and its meaning."""

from dataclasses import dataclass, field, fields

from tilewright.errors import ConfigurationError

MEBI = 1 << 20


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

    def __post_init__(self) -> None:
        _all_positive(self)


def _all_positive(settings: Limits | Config) -> None:
    for row in fields(settings):
        value = getattr(settings, row.name)
        if row.type == (str | None):
            continue
        if isinstance(value, bool | float | str) or (isinstance(value, int) and value < 1):
            raise ConfigurationError(f"{row.name} must be a whole number above 0, not {value!r}")
