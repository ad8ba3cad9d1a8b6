"""What one request of the webgateway may ask."""

from dataclasses import dataclass, fields

from tilewright.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Limits beside those of the engine, and the one choice that OMERO's servers make apart."""

    max_tile_length: int = 1024
    """Width or height of a ``tile``; more is cut down to it before the tile is placed."""
    max_projection_bytes: int = 268_435_456
    """Bytes of all planes that one projection joins."""
    max_plane_side: int = 3192
    """An image of more than this squared has levels, stored or not; a histogram is made of the
    largest level whose sides are no longer."""
    whole_plane: bool = False
    """True: a region that is not given is the whole plane; False: it is an error."""

    def __post_init__(self) -> None:
        for row in fields(self):
            value = getattr(self, row.name)
            if row.type is int and (isinstance(value, bool) or value < 1):
                raise ConfigurationError(f"{row.name} must be a whole number above 0, not {value}")
