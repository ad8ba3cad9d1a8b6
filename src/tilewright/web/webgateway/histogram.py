"""``histogram_json``: how often the values of a channel occur in a plane."""

from dataclasses import dataclass
from typing import Any

from tilewright.errors import OutsideError
from tilewright.geometry import Window
from tilewright.image import ImageInfo, Plane, Raster
from tilewright.request import LevelRegion
from tilewright.statistics import MOST_BINS, Wanted, histogram
from tilewright.statistics.compute import finite
from tilewright.web.looks import omero
from tilewright.web.looks.bands import plain_bands
from tilewright.web.params import ParameterSet, flag, integer
from tilewright.web.webgateway.areas import levels_of
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.pictures import plane_at
from tilewright.web.webgateway.query import SentenceError
from tilewright.web.webgateway.settings import Ranges, value_range

BINS = 256
_TOO_LARGE = "no level of the image is small enough for a histogram"

HISTOGRAM = ParameterSet(
    (
        integer("theZ", "Position along the focal axis, from 0.", default=0, aliases=("z",)),
        integer("theT", "Position in time, from 0.", default=0, aliases=("t",)),
        integer("bins", "How many bins.", low=1, high=MOST_BINS, default=BINS),
        flag("usePixelsTypeRange", "Span the bins over all values that the type can hold."),
    )
)


@dataclass(frozen=True, slots=True)
class HistogramAsked:
    """Which values are counted, and how."""

    band: int
    plane: Plane
    target: LevelRegion
    bins: int
    whole_type: bool
    """True: the bins span the type; False: the channel's least to its greatest value."""


def histogram_asked(
    query: str, info: ImageInfo, channel: int, limits: GatewayLimits
) -> HistogramAsked:
    """Return what ``histogram_json/{id}/channel/{channel}/?{query}`` asks for.

    It looks at the largest level that is no larger than a plane may be. Raises OutsideError for
    a channel or a plane that is not there, ParameterError, also when no level is small enough.
    """
    values = HISTOGRAM.read(query)
    bands = plain_bands(info)
    if not 0 <= channel < len(bands):
        raise OutsideError(f"channel {channel} is outside 0 to {len(bands) - 1}")
    plane = plane_at(info, values.get("theZ", 0), values.get("theT", 0))
    most = limits.max_plane_side
    for level in levels_of(info, limits):
        if max(level.size.width, level.size.height) <= most:
            target = LevelRegion(level.shrink, Window.whole(level.size))
            bins = values.get("bins", BINS)
            whole_type = values.get("usePixelsTypeRange", False)
            return HistogramAsked(bands[channel], plane, target, bins, whole_type)
    raise SentenceError("the image", f"of a level with sides up to {most}", _TOO_LARGE)


def histogram_document(
    asked: HistogramAsked, raster: Raster, info: ImageInfo, ranges: Ranges
) -> dict[str, Any]:
    """Return the counts of a raster of the one band, as JSON can hold them.

    Values outside the range are not counted in a bin; the last bin includes its upper edge.
    """
    layer = raster.data[0]
    values = finite(layer if raster.mask is None else layer[raster.mask])
    if asked.whole_type:
        low, high = omero.type_range(info)
    else:
        low, high = value_range(info, asked.band, ranges)
    counted = histogram(values, Wanted(percentiles=(), bins=asked.bins, range=(low, high)))
    empty = values.size == 0
    return {
        "data": list(counted.counts),
        "min": low,
        "max": high,
        "leftOutlierCount": 0 if empty else int((values < low).sum()),
        "rightOutlierCount": 0 if empty else int((values > high).sum()),
        "statsInfoMinMax": not asked.whole_type and asked.band in ranges,
    }
