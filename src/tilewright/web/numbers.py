"""What is in the pixels: the queries of statistics, histograms, pixels and profiles."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilewright.errors import ParameterError
from tilewright.geometry import Box
from tilewright.image import ImageInfo, Plane
from tilewright.request import Region
from tilewright.statistics import MOST_BINS, MOST_PERCENTILES, Wanted
from tilewright.web import places
from tilewright.web.params import Parameter, ParameterSet, choice, flag, integer, whole
from tilewright.web.places import EDGES, PLANE, PLANE_NAMES, UNITS, box_of, plane_of

BINS = 256
PERCENTILES = (2.0, 98.0)
MOST_LISTED = 65_535
"""Bands that a query may name."""
MOST_ROWS = 1 << 20
"""Bins, or classes, that one answer may have over all of its bands."""
MOST_SAMPLES = 4096
"""Of a profile."""

_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_LONGEST = 40
_MOST_CLASSED_BANDS = 64


def decimal(text: str) -> float:
    """Return the finite number written in plain digits. Raises ValueError otherwise."""
    # `float` alone would take "nan", "1_0", " 7 " and the digits of every script.
    if len(text) > _LONGEST or not _DECIMAL.fullmatch(text):
        raise ValueError
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _text(value: float) -> str:
    # A plus sign in a query is a space.
    return repr(value).replace("+", "")


def _end(name: str, help: str, misspellings: tuple[str, ...]) -> Parameter[float]:
    return Parameter(
        name, help, "a finite number", decimal, _text, {"type": "number"}, misspellings=misspellings
    )


def _bands(text: str) -> tuple[int, ...]:
    bands = tuple(dict.fromkeys(whole(part) for part in text.split(",")))
    if not all(1 <= band <= MOST_LISTED for band in bands):
        raise ValueError
    return bands


def _percentiles(text: str) -> tuple[float, ...]:
    shares = tuple(dict.fromkeys(decimal(part) + 0.0 for part in text.split(",")))
    if len(shares) > MOST_PERCENTILES or not all(0 <= share <= 100 for share in shares):  # noqa: PLR2004 - per cent
        raise ValueError
    return shares


def _points(text: str) -> tuple[tuple[float, float], ...]:
    points = []
    for pair in text.split(";"):
        x, y = (decimal(part) for part in pair.split(","))
        points.append((x, y))
    return tuple(points)


BANDS = Parameter(
    "band",
    "Numbers of the bands, from 1, with commas between; all when left out.",
    "numbers of bands, from 1, with commas between",
    _bands,
    lambda bands: ",".join(map(str, bands)),
    {"type": "string", "pattern": "^[0-9]+(,[0-9]+)*$"},
    aliases=("bands",),
)
EXACT = flag("exact", "Look at every pixel of full resolution, not at a sample that is enough.")
WHERE = (BANDS, *EDGES, UNITS, *PLANE, EXACT)

OVERVIEW = ParameterSet(PLANE)
BAND = ParameterSet(
    (integer("band", "Number of the band, from 1.", low=1, high=MOST_LISTED, default=1), *PLANE)
)
HISTOGRAM = ParameterSet(
    (
        integer("bins", "How many bins.", low=1, high=MOST_BINS, default=BINS),
        _end(
            "min",
            "Where the first bin begins; the least value when left out, with max.",
            ("range_min", "vmin"),
        ),
        _end("max", "Where the last bin ends, inclusive.", ("range_max", "vmax")),
        flag("density", "Give shares of the values, which sum up to 1, rather than counts."),
        flag(
            "onlyMinMax",
            "Leave the bins out: lists of min, max, mean and stdev, with one entry per band.",
            misspellings=("onlyminmax", "only_min_max"),
        ),
        *WHERE,
    )
)
STATISTICS = ParameterSet(
    (
        Parameter(
            "percentiles",
            "Which percentiles, with commas between.",
            f"at most {MOST_PERCENTILES} numbers from 0 to 100 with commas between",
            _percentiles,
            lambda shares: ",".join(map(_text, shares)),
            {"type": "string", "default": "2,98"},
            misspellings=("percentile", "p"),
        ),
        flag("categorical", "List the different values and how often each occurs, when few."),
        *WHERE,
    )
)
PIXEL = ParameterSet(
    (
        *places.PIXEL.parameters,
        choice("axis", "Give the values in all planes of this axis as well.", PLANE_NAMES),
    )
)
PROFILE = ParameterSet(
    (
        Parameter(
            "points",
            "The corners of the line in pixels of full resolution: ``x,y;x,y``.",
            "two points or more as x,y;x,y",
            _points,
            lambda points: ";".join(f"{_text(x)},{_text(y)}" for x, y in points),
            {"type": "string", "example": "0,0;100,50"},
            required=True,
            misspellings=("point", "line"),
        ),
        integer(
            "samples",
            "How many values, at equal distances; one for each pixel of length when left out.",
            low=2,
            high=MOST_SAMPLES,
            misspellings=("sample", "count"),
        ),
        BANDS,
        *PLANE,
    )
)


@dataclass(frozen=True, slots=True)
class Measuring:
    """What is to be measured, and where."""

    wanted: Wanted
    bands: tuple[int, ...] | None = None
    """Count from 1; None: all."""
    plane: Plane = Plane()  # noqa: RUF009 - a frozen value
    box: Box | None = None
    exact: bool = False
    only_ends: bool = False
    """True: a histogram's answer holds no bins."""


@dataclass(frozen=True, slots=True)
class Probing:
    """A line of points, or one."""

    points: tuple[tuple[float, float], ...]
    bands: tuple[int, ...] | None
    plane: Plane
    samples: int | None


def overview(query: str) -> Plane:
    """Return the plane that ``info/bands?{query}`` is measured at. Raises ParameterError."""
    return plane_of(OVERVIEW.read(query))


def band(query: str) -> tuple[int, Plane]:
    """Return the band, from 1, and plane of ``info/band?{query}``. Raises ParameterError."""
    values = BAND.read(query)
    return values.get("band", 1), plane_of(values)


def histogram(query: str) -> Measuring:
    """Return what ``data/histogram?{query}`` asks for. Raises ParameterError."""
    values = HISTOGRAM.read(query)
    only_ends = values.get("onlyMinMax", False)
    wanted = Wanted(
        percentiles=(),
        bins=1 if only_ends else values.get("bins", BINS),
        range=_range(values),
        density=values.get("density", False),
    )
    return _measuring(wanted, values, only_ends=only_ends)


def statistics(query: str) -> Measuring:
    """Return what ``data/statistics?{query}`` asks for. Raises ParameterError."""
    values = STATISTICS.read(query)
    wanted = Wanted(
        percentiles=values.get("percentiles", PERCENTILES),
        categorical=values.get("categorical", False),
        bins=1,
    )
    return _measuring(wanted, values)


def pixel(query: str) -> tuple[Region, Plane, str | None]:
    """Return the pixel of ``data/pixel?{query}``, its plane, and the axis to go along.

    Raises ParameterError, and OutsideError left of or above the image.
    """
    target, plane = places.pixel(query)
    return target, plane, PIXEL.read(query).get("axis")


def profile(query: str) -> Probing:
    """Return what ``data/profile?{query}`` asks for. Raises ParameterError."""
    values = PROFILE.read(query)
    return Probing(values["points"], values.get("band"), plane_of(values), values.get("samples"))


def chosen(bands: Sequence[int] | None, info: ImageInfo) -> tuple[int, ...]:
    """Return the bands that are meant, from 0. Raises ParameterError for one that is not there."""
    count = len(info.bands)
    for number in bands or ():
        if number > count:
            raise ParameterError("band", f"from 1 to {count}", number)
    return tuple(range(count)) if bands is None else tuple(number - 1 for number in bands)


def check_rows(asked: Measuring, bands: int) -> None:
    """Refuse what would make too long an answer over so many bands. Raises ParameterError."""
    if asked.wanted.bins * bands > MOST_ROWS:
        allowed = f"at most {MOST_ROWS // bands} for {bands} bands"
        raise ParameterError("bins", allowed, asked.wanted.bins)
    if asked.wanted.categorical and bands > _MOST_CLASSED_BANDS:
        raise ParameterError("categorical", f"asked of at most {_MOST_CLASSED_BANDS} bands", bands)


def _range(values: Mapping[str, Any]) -> tuple[float, float] | None:
    low, high = values.get("min"), values.get("max")
    if (low is None) != (high is None):
        raise ParameterError("max" if high is None else "min", "given when the other end is")
    if low is None or high is None:
        return None
    if not low < high:
        raise ParameterError("max", f"above min, which is {low:g}", f"{high:g}")
    return low, high


def _measuring(wanted: Wanted, values: Mapping[str, Any], *, only_ends: bool = False) -> Measuring:
    return Measuring(
        wanted=wanted,
        bands=values.get("band"),
        plane=plane_of(values),
        box=box_of(values),
        exact=values.get("exact", False),
        only_ends=only_ends,
    )
