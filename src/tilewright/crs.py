"""Coordinate reference systems, by PROJ. The library is loaded when a CRS is first named.

Coordinates are always x to the east, y to the north here, whatever order a CRS's definition
has; faces whose standard says otherwise ask `northing_first`.
"""

import math
import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tilewright.coordinates import Doubles, Places
from tilewright.errors import ParameterError

if TYPE_CHECKING:
    from pyproj import CRS
    from pyproj import Transformer as _Transformer

WGS84 = "EPSG:4326"
WEB_MERCATOR = "EPSG:3857"
_MOST_CHARACTERS = 4096
_REMEMBERED = 128
_URI = re.compile(
    r"(?:https?://www\.opengis\.net/def/crs/|urn:ogc:def:crs:)"
    r"(?P<authority>[A-Za-z]+)[/:](?P<version>[\w.]*)[/:](?P<code>\w+)"
)
_NAMES_FILES = re.compile(
    r"PARAMETERFILE|PROJ4_GRIDS|GEOIDMODEL|(?:grids|file|model|init)=", re.IGNORECASE
)
"""How WKT tells PROJ which file to open: any file of the machine that a client likes."""
_NO_FILE = "nadgrids=@null"
_UP_AND_DOWN = {"north", "south"}
_CYLINDRICAL = ("mercator", "cylindrical", "plate carr")
_OTHERWISE_LAID = ("transverse", "oblique")
_LOCAL = threading.local()


def canonical_crs(
    text: str,
    parameter: str = "crs",
    allowed: str = "a coordinate reference system such as EPSG:3857",
) -> str:
    """Return a CRS's short name: ``EPSG:3857``; WKT where it has none.

    It takes authority codes, OGC's URIs and URNs, plain numbers of EPSG, and WKT; no PROJ
    pipelines and no files. Of compound WKT only the horizontal part counts. Raises
    ParameterError, which names the parameter and says what is ``allowed``.
    """
    short = _short(text)
    if len(text) > _MOST_CHARACTERS or not short:
        raise ParameterError(parameter, allowed, text)
    try:
        return _canonical(short)
    except ValueError:
        raise ParameterError(parameter, allowed, text) from None
    except ImportError as error:
        missing = "left out: this server has no PROJ, which comes with tilewright[geo]"
        raise ParameterError(parameter, missing) from error


def _short(text: str) -> str:
    """Return the authority's code that a URI, a URN or a number stands for."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]  # OGC's safe CURIE
    found = _URI.fullmatch(text)
    if found is not None:
        return f"{found['authority'].upper()}:{found['code']}"
    if text.isascii() and text.isdigit():
        return f"EPSG:{text}"
    if text.upper() in {"CRS84", "CRS:84"}:
        return "OGC:CRS84"
    if re.fullmatch(r"[A-Za-z]{2,16}:\w{1,16}", text):
        return text.upper()
    # Anything else that PROJ takes could name a file or a pipeline.
    return text if re.match(r"[A-Z_]{5,20}\[", text) else ""


@lru_cache(maxsize=_REMEMBERED)
def _canonical(text: str) -> str:
    crs = _parse(text)
    if not (crs.is_projected or crs.is_geographic):
        raise ValueError("neither projected nor geographic")
    if text == "OGC:CRS84" or (text.isascii() and text.startswith("EPSG:")):
        return text
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    authority = crs.to_authority(min_confidence=100)
    if authority:
        return ":".join(authority)
    wkt = str(crs.to_wkt())
    # As it came and as PROJ understood it: older dialects say the same in other words.
    if _names_files(text) or _names_files(wkt):
        raise ValueError("WKT that names files")
    _made(wkt, WGS84)
    return wkt


def _names_files(wkt: str) -> bool:
    return _NAMES_FILES.search(wkt.replace(_NO_FILE, "")) is not None


@lru_cache(maxsize=_REMEMBERED)
def _parse(text: str) -> "CRS":
    from pyproj import CRS  # noqa: PLC0415 - loaded when a CRS is first named
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise ValueError("unknown to PROJ") from error


def convert(source: str, target: str, x: Doubles, y: Doubles) -> Places:
    """Bring places from one CRS to another; inf where the target has no such place."""
    if source == target:
        return x, y
    there, up = _transformer(source, target).transform(x, y, errcheck=False)
    return np.asarray(there, np.float64), np.asarray(up, np.float64)


def _transformer(source: str, target: str) -> "_Transformer":
    """Return this thread's transformer: PROJ's objects are not to be shared.

    Raises ParameterError where PROJ knows no way.
    """
    held: dict[tuple[str, str], _Transformer] | None = getattr(_LOCAL, "held", None)
    if held is None:
        held = _LOCAL.held = {}
    found = held.get((source, target))
    if found is None:
        if len(held) >= _REMEMBERED:
            held.clear()
        try:
            found = held[source, target] = _made(source, target)
        except ValueError:
            raise ParameterError(
                "projection", "a CRS that PROJ can bring the image to", target
            ) from None
    return found


def _made(source: str, target: str) -> "_Transformer":
    """Return a new transformer. Raises ValueError where PROJ knows no way."""
    from pyproj import Transformer  # noqa: PLC0415 - loaded when a CRS is first named
    from pyproj.exceptions import ProjError  # noqa: PLC0415

    try:
        return Transformer.from_crs(_parse(source), _parse(target), always_xy=True)
    except ProjError as error:
        raise ValueError("no way between the two") from error


@lru_cache(maxsize=_REMEMBERED)
def is_geographic(crs: str) -> bool:
    """Tell whether coordinates are degrees of longitude and latitude."""
    return bool(_parse(crs).is_geographic)


@lru_cache(maxsize=_REMEMBERED)
def northing_first(crs: str) -> bool:
    """Tell whether the CRS's own definition puts latitude, or northing, before the other."""
    axes = _parse(crs).axis_info
    if len(axes) < 2:  # noqa: PLR2004
        return False
    first, second = axes[0], axes[1]
    if first.direction in _UP_AND_DOWN and second.direction in _UP_AND_DOWN:
        # At a pole both axes run along meridians: only their names tell.
        return first.name.lower().startswith("north") and second.name.lower().startswith("east")
    return first.direction in _UP_AND_DOWN and second.direction in {"east", "west"}


@lru_cache(maxsize=_REMEMBERED)
def period(crs: str) -> float | None:
    """Return how far to the east one comes back to the same place; None where one does not."""
    parsed = _parse(crs)
    if parsed.is_geographic:
        return math.tau / _units(crs)
    operation = parsed.coordinate_operation
    name = "" if operation is None else operation.method_name.lower()
    if not any(word in name for word in _CYLINDRICAL) or any(
        word in name for word in _OTHERWISE_LAID
    ):
        return None
    # The scale is that of a standard parallel: PROJ tells what a degree comes to.
    west = np.array([-120.0, 0.0, 120.0])
    left, _ = convert(WGS84, crs, west, np.zeros(3))
    right, _ = convert(WGS84, crs, west + 1.0, np.zeros(3))
    turn = float(np.median(right - left)) * 360.0
    if not (math.isfinite(turn) and turn > 0):
        return None
    ellipsoid = parsed.ellipsoid
    equator = math.tau * ellipsoid.semi_major_metre / _units(crs) if ellipsoid else turn
    # To the last bit where the scale is 1: the ends of the earth are compared with it.
    return equator if math.isclose(turn, equator, rel_tol=1e-9) else turn


@lru_cache(maxsize=_REMEMBERED)
def _units(crs: str) -> float:
    """Return what one unit of the axes is: radians, or metres."""
    axes = _parse(crs).axis_info
    return float(axes[0].unit_conversion_factor) if axes else 1.0


@lru_cache(maxsize=_REMEMBERED)
def metres_per_unit(crs: str) -> float:
    """Return the metres of one unit: at the equator for degrees, as OGC's scales reckon."""
    return _units(crs) * 6378137.0 if is_geographic(crs) else _units(crs)


@lru_cache(maxsize=_REMEMBERED)
def title(crs: str) -> str:
    """Return the CRS's name for people."""
    return str(_parse(crs).name)


def uri(crs: str) -> str:
    """Return OGC's URI of a CRS; the text itself where it has no authority."""
    authority, _, code = crs.partition(":")
    if not code.isalnum():
        return crs
    version = "1.3" if authority == "OGC" else "0"
    return f"http://www.opengis.net/def/crs/{authority}/{version}/{code}"


def urn(crs: str) -> str:
    """Return OGC's URN of a CRS, as WMTS writes it; the text itself without an authority."""
    authority, _, code = crs.partition(":")
    if not code.isalnum():
        return crs
    version = "1.3" if authority == "OGC" else ""
    return f"urn:ogc:def:crs:{authority}:{version}:{code}"


def area_of_use(crs: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north in degrees; None where the definition says nothing."""
    area = _parse(crs).area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)
