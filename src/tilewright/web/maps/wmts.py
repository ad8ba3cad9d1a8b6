"""WMTS 1.0.0 (OGC 07-057r7): questions by key and value, and what is answered in XML."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from tilewright.errors import OutsideError, ParameterError, RequestError, TilewrightError
from tilewright.request import MapTile
from tilewright.tms import TileMatrix, TileMatrixSet
from tilewright.web import http
from tilewright.web.maps import xml
from tilewright.web.maps.asked import fields
from tilewright.web.maps.feature_info import INFO_FORMATS
from tilewright.web.maps.suits import is_plain
from tilewright.web.paths import index

VERSION = "1.0.0"
STYLE = "default"
Formats = Mapping[str, str]
"""From media type to file suffix, the preferred format first."""

OPERATIONS = ("GetCapabilities", "GetTile", "GetFeatureInfo")
NAMES = frozenset(
    (
        *("service", "request", "version", "layer", "style", "format"),
        *("tilematrixset", "tilematrix", "tilerow", "tilecol", "i", "j", "infoformat"),
        *("acceptversions", "acceptformats", "sections", "updatesequence"),
    )
)
"""The standard's parameters in lower case; whatever else a query holds is Tilewright's."""

_REPORT_STATUS = {
    "OperationNotSupported": HTTPStatus.NOT_IMPLEMENTED,
    "TileOutOfRange": HTTPStatus.BAD_REQUEST,
    "PointIJOutOfRange": HTTPStatus.BAD_REQUEST,
}
"""As the standard's tables of exceptions say, where they say other than `http.STATUS`."""


class KeyValueError(ParameterError):
    """A parameter that the standard has an exception code of its own for."""

    code: ClassVar[str]


class MissingError(KeyValueError):
    """A parameter that must be given is not."""

    code = "MissingParameterValue"


class OperationError(KeyValueError):
    """The service has no such operation."""

    code = "OperationNotSupported"


class VersionError(KeyValueError):
    """None of the versions that the client takes is served."""

    code = "VersionNegotiationFailed"


class PixelError(KeyValueError):
    """I or J lies outside the tile."""

    code = "PointIJOutOfRange"


class TileError(OutsideError):
    """A row or a column lies outside its matrix."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """GetCapabilities."""


@dataclass(frozen=True, slots=True)
class TileAsked:
    """GetTile, or what GetFeatureInfo says of the tile."""

    layer: str
    format: str
    """A media type."""
    tile_matrix_set: str
    tile_matrix: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class FeatureInfo:
    """GetFeatureInfo: the values under a pixel of a tile."""

    tile: TileAsked
    pixel: "Pixel"


@dataclass(frozen=True, slots=True)
class Pixel:
    """A pixel of a tile, and the format to tell of it in."""

    i: int
    j: int
    format: str
    """A media type."""


def operation(query: str, formats: Formats) -> Capabilities | TileAsked | FeatureInfo:
    """Return what a query asks for; names are read in any case, the last of two counts.

    Raises ParameterError, and KeyValueError with the standard's code.
    """
    given = {name.lower(): text for name, text in fields(query)}
    _one_of("SERVICE", _need(given, "SERVICE"), ("WMTS",))
    name = _need(given, "REQUEST")
    if name not in OPERATIONS:
        raise OperationError("REQUEST", f"one of {', '.join(OPERATIONS)}", name)
    if name == "GetCapabilities":
        accepted = given.get("acceptversions", "")
        if accepted and VERSION not in accepted.split(","):
            raise VersionError("ACCEPTVERSIONS", f"a list with {VERSION}", accepted)
        return Capabilities()
    _one_of("VERSION", _need(given, "VERSION"), (VERSION,))
    layer = _need(given, "LAYER")
    if "style" not in given:
        raise MissingError("STYLE", f"given: {STYLE}, or empty")
    _one_of("STYLE", given["style"] or STYLE, (STYLE,))
    tile = TileAsked(
        layer,
        _one_of("FORMAT", _need(given, "FORMAT"), tuple(formats)),
        _need(given, "TILEMATRIXSET"),
        _need(given, "TILEMATRIX"),
        _tile_index("TILEROW", _need(given, "TILEROW")),
        _tile_index("TILECOL", _need(given, "TILECOL")),
    )
    if name == "GetTile":
        return tile
    i, j = index("I", _need(given, "I")), index("J", _need(given, "J"))
    info_format = _one_of("INFOFORMAT", _need(given, "INFOFORMAT"), tuple(INFO_FORMATS))
    return FeatureInfo(tile, Pixel(i, j, info_format))


def _need(given: Mapping[str, str], name: str) -> str:
    found = given.get(name.lower(), "")
    if not found:
        raise MissingError(name, "given")
    return found


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        words = allowed[0] if len(allowed) == 1 else f"one of {', '.join(allowed)}"
        raise ParameterError(name, words, text)
    return text


def _tile_index(name: str, text: str) -> int:
    try:
        return index(name, text)
    except OutsideError as error:
        raise TileError(str(error)) from error


def matrix_of(tile_set: TileMatrixSet, identifier: str) -> TileMatrix:
    """Return a matrix of a set that WMTS can describe. Raises OutsideError."""
    if not is_plain(tile_set):
        raise OutsideError(f"{tile_set.name} is not served by WMTS")
    return tile_set.matrix_of(identifier)


def map_tile(matrix: TileMatrix, column: int, row: int) -> MapTile:
    """Return a tile in the size of its set. Raises TileError beyond the matrix."""
    tile = MapTile(matrix, column, row, matrix.tile_width, matrix.tile_height)
    try:
        matrix.affine(column, row)
    except OutsideError as error:
        raise TileError(str(error)) from error
    return tile


def check_pixel(matrix: TileMatrix, pixel: Pixel) -> None:
    """Raise PixelError unless a tile has this pixel."""
    for name, value, side in (
        ("I", pixel.i, matrix.tile_width),
        ("J", pixel.j, matrix.tile_height),
    ):
        if not 0 <= value < side:
            raise PixelError(name, f"a whole number from 0 to {side - 1}", value)


def exception_report(error: TilewrightError) -> http.Reply | None:
    """Return the ExceptionReport of an error (OWS 1.1, 8); None for the server's own fault."""
    problem = http.problem(error)
    if problem is None:
        return None
    code, locator = _code(error)
    status = _REPORT_STATUS.get(code, HTTPStatus(problem.status))
    attributes = {"exceptionCode": code} | ({"locator": locator} if locator else {})
    body = xml.document(
        xml.element(
            "ows:ExceptionReport",
            {
                "xmlns:ows": "http://www.opengis.net/ows/1.1",
                "version": "1.1.0",
                "xml:lang": "en",
            },
            xml.element("ows:Exception", attributes, xml.leaf("ows:ExceptionText", str(error))),
        )
    )
    headers = {**problem.headers, "Content-Type": xml.MEDIA_TYPE}
    headers["Content-Length"] = str(len(body))
    return http.Reply(status, headers, body)


def _code(error: TilewrightError) -> tuple[str, str]:
    """Return the standard's code, and the parameter at fault."""
    if isinstance(error, KeyValueError):
        return error.code, error.parameter
    if isinstance(error, ParameterError):
        return "InvalidParameterValue", error.parameter
    if isinstance(error, TileError):
        return "TileOutOfRange", ""
    return ("InvalidParameterValue" if isinstance(error, RequestError) else "NoApplicableCode"), ""
