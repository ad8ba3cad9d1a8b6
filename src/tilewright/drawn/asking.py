"""A request for a drawn picture as a value: what is drawn, and in which format."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tilewright.drawn import outputs
from tilewright.drawn.declaration import Declaration
from tilewright.drawn.declared import Declared
from tilewright.drawn.outputs import Encoders
from tilewright.drawn.parameters import Choice, Integer, Number, Text
from tilewright.errors import ConfigurationError
from tilewright.web import downloads, http

FORMAT_KWARG = "fmt"
"""Under this name the path has a suffix."""
EXPIRES, SIGNATURE = "expires", "signature"
LONGEST_SIGNATURE = 100
TAKEN = frozenset({"format", "quality", "dpr", "download", EXPIRES, SIGNATURE, FORMAT_KWARG})
"""Names that a view's own parameters cannot have."""

_SAME = {"jpg": "jpeg"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the pictures of a view can be asked for."""

    own: tuple[Declaration[Any], ...]
    formats: tuple[str, ...]
    """The first is sent to a client that likes all alike."""
    max_dpr: float = 1.0
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One picture of a view."""

    values: Mapping[str, Any]
    """Of the view's own parameters, by name."""
    format: str
    negotiated: bool
    """Whether the Accept header has chosen the format."""
    quality: int | None
    dpr: float
    canonical: str
    """The query that says the same, defaults and signature left out."""
    download: str | None
    """The name of the file to save; None: it is shown."""
    expires: int | None
    signature: str | None


def read(
    manner: Manner, query: str, path: Mapping[str, Any], accept: str, encoder: Encoders
) -> Asked:
    """Return what a query string and the values of a path ask for. Raises ParameterError."""
    found = declared(manner).read(query, _as_format(path))
    return _asked(manner, found, accept, encoder)


def given(manner: Manner, values: Mapping[str, Any], encoder: Encoders) -> Asked:
    """Return what values of Python ask for; their texts do as well. Raises ParameterError."""
    found = declared(manner).values(_as_format(values))
    return _asked(manner, found, "", encoder)


@lru_cache(maxsize=256)
def declared(manner: Manner) -> Declared:
    """Return all parameters of a view, its own first. Raises ConfigurationError."""
    for each in manner.own:
        if each.name in TAKEN:
            raise ConfigurationError(
                f"{each.name!r} has a meaning of its own in each picture's URL"
            )
    return Declared((*manner.own, *_common(manner)), strict=manner.strict)


def _as_format(path: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of a path, its suffix under the name of the parameter."""
    if FORMAT_KWARG not in path:
        return path
    rest = {name: value for name, value in path.items() if name != FORMAT_KWARG}
    return {**rest, "format": path[FORMAT_KWARG]}


def _asked(manner: Manner, found: dict[str, Any], accept: str, encoder: Encoders) -> Asked:
    expires, signature = found.pop(EXPIRES), found.pop(SIGNATURE)
    named = found["format"] = _SAME.get(found["format"], found["format"])
    canonical = declared(manner).write(found)
    chosen = _liked(manner.formats, accept, encoder) if named is None else named
    download = None
    if found["download"] is not None:
        download = downloads.file_name(canonical, outputs.suffixes(chosen, encoder))
    return Asked(
        {each.name: found[each.name] for each in manner.own},
        chosen,
        named is None and len(manner.formats) > 1,
        found.get("quality") if chosen in outputs.LOSSY else None,
        found.get("dpr", 1.0),
        canonical,
        download,
        expires,
        signature,
    )


def _liked(formats: tuple[str, ...], accept: str, encoder: Encoders) -> str:
    if len(formats) == 1 or not accept:
        return formats[0]
    offers = {outputs.media_type(each, encoder): each for each in formats}
    return offers[http.negotiate(accept, tuple(offers))]


def _common(manner: Manner) -> list[Declaration[Any]]:
    words = (*manner.formats, *(word for word, name in _SAME.items() if name in manner.formats))
    common: list[Declaration[Any]] = [
        Choice("format", words, default=None, help="The format; else Accept decides.")
    ]
    if outputs.LOSSY & {*manner.formats}:
        helps = "Quality of JPEG, WebP and AVIF."
        common.append(Integer("quality", default=None, low=1, high=100, help=helps))
    if manner.max_dpr > 1:
        helps = "Pixels of the picture to one of the page, each way."
        common.append(Number("dpr", default=1.0, low=1.0, high=manner.max_dpr, help=helps))
    return [
        *common,
        Text("download", default=None, max_length=downloads.LONGEST, help=downloads.DOWNLOAD.help),
        Integer(EXPIRES, default=None, low=0, help="When a signed address ends, as Unix time."),
        Text(SIGNATURE, default=None, max_length=LONGEST_SIGNATURE, help="Signs the address."),
    ]
