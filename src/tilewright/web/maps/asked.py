"""A picture of a map, asked for in a standard's own way and with Tilewright's parameters."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache
from typing import cast
from urllib.parse import parse_qsl, urlencode

from tilewright.errors import ParameterError
from tilewright.image import ImageInfo, Plane
from tilewright.request import Encoding, RenderRequest, Resampling, Target
from tilewright.web import looks
from tilewright.web.maps.tiles import RESAMPLING
from tilewright.web.outputs import ENCODING, encoding_of
from tilewright.web.params import MOST_FIELDS, ParameterSet
from tilewright.web.places import PLANE, plane_of

PARAMETERS = ParameterSet((RESAMPLING, *ENCODING, *PLANE, *looks.PARAMETERS))
Pairs = tuple[tuple[str, str], ...]


def asked(target: Target, format: str, query: str, info: Callable[[], ImageInfo]) -> RenderRequest:
    """Return the request that a target, a format's name and Tilewright's parameters make.

    ``info`` opens the image, and is called only when the look cannot be told without. Raises
    ParameterError.
    """
    encoding, plane, resampling, pairs = _settings(format, query)
    request = RenderRequest(target, encoding, plane=plane, resampling=resampling)
    if not pairs:
        return request
    look = looks.parse_look(pairs, info)
    return replace(request, style=look.style, plane=plane if look.plane is None else look.plane)


def plane_in(query: str) -> Plane:
    """Return the plane that a query names. Raises ParameterError."""
    return plane_of(PARAMETERS.read(query))


def fields(query: str) -> Pairs:
    """Return the fields of a query. Raises ParameterError for too many."""
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise ParameterError("the query", f"at most {MOST_FIELDS} fields long") from None


def without(query: str, names: Collection[str]) -> str:
    """Return a query less the fields of these names, which are in lower case."""
    return urlencode([(name, text) for name, text in fields(query) if name.lower() not in names])


@lru_cache(maxsize=1024)
def _settings(format: str, query: str) -> tuple[Encoding, Plane, Resampling, Pairs]:
    """Read a query. A client repeats the same one for thousands of tiles."""
    values = PARAMETERS.read(query)
    resampling = cast("Resampling", values.get("resampling", "bilinear"))
    return encoding_of(format, values), plane_of(values), resampling, fields(query)
