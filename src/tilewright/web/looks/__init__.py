"""Looks in a query: every language that clients write them in, to one `Style`.

``look`` is Tilewright's own text; ``style`` large_image's JSON; ``band``, ``min``, ``palette``
and their like are django-large-image's; ``bidx``, ``rescale``, ``colormap_name`` and their like
titiler's. OMERO's language, of routes of its own, is in `omero`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from tilewright.errors import ParameterError
from tilewright.image import ImageInfo
from tilewright.stretch import AUTO
from tilewright.style import MOST_CHANNELS, Style
from tilewright.web.looks import large_image, simple, titiler
from tilewright.web.looks.bands import ImageNeededError, Look
from tilewright.web.looks.formula import PLAIN
from tilewright.web.looks.parameters import (
    ALGORITHM,
    ALGORITHM_PARAMS,
    BAND,
    BIDX,
    CMAP,
    COLOR_FORMULA,
    COLORMAP,
    COLORMAP_NAME,
    EXPRESSION,
    LOOK,
    MAX,
    MIN,
    NODATA,
    PALETTE,
    RESCALE,
    RETURN_MASK,
    SCHEME,
    SIMPLE,
    STYLE,
    TERMS,
    TITILER,
    UNSCALE,
    Term,
)
from tilewright.web.params import Parameter

__all__ = ["PARAMETERS", "Look", "parse_look", "write_look"]

PARAMETERS: tuple[Parameter[Any], ...] = tuple(term.parameter for term in TERMS)
"""All parameters that `parse_look` reads, for the sets of the routes that draw."""

_UNSET = {term.parameter.name: term.unset for term in TERMS}
Pairs = tuple[tuple[str, str], ...]
T = TypeVar("T")
V = TypeVar("V")


def parse_look(query: Iterable[tuple[str, str]], info: Callable[[], ImageInfo]) -> Look:
    """Return the look that the fields of a query ask for. Raises ParameterError.

    ``info`` opens the image. It is called only for what cannot be told without: a band by
    name, large_image's ``frame``, or a range for bands that are not named. Fields that are no
    part of a look are passed over.
    """
    pairs = tuple(
        (name, text) for name, text in query if name in _UNSET and text.lower() not in _UNSET[name]
    )
    if not pairs:
        return Look(Style())
    try:
        return _parse_alone(pairs)
    except ImageNeededError:
        return _parse(pairs, info())


def write_look(style: Style) -> Pairs:
    """Return the fields of a query that `parse_look` brings back to this style, unquoted."""
    text = style.text
    return ((LOOK.parameter.name, text),) if text else ()


@lru_cache(maxsize=1024)
def _parse_alone(pairs: Pairs) -> Look:
    """Parse without the image. A viewer repeats the same look for thousands of tiles."""
    return _parse(pairs, None)


def _parse(pairs: Pairs, info: ImageInfo | None) -> Look:
    query = _Query(pairs)
    if query.has(LOOK):
        query.refuse((STYLE, *SIMPLE, NODATA, *TITILER), beside=LOOK)
        return Look(query.last(LOOK, Style()))
    if query.has(STYLE):
        query.refuse(TITILER, beside=STYLE)
        return large_image.parse(query.last(STYLE, ""), info)
    used = next((term for term in TITILER if query.has(term)), None)
    if used is not None:
        query.refuse(SIMPLE, beside=used)
        return titiler.parse(_titiler(query), info)
    return simple.parse(_simple(query), info)


class _Query:
    """The fields of one query, each name with all of its texts."""

    def __init__(self, pairs: Pairs) -> None:
        self._texts: dict[str, list[str]] = {}
        for name, text in pairs:
            self._texts.setdefault(name, []).append(text)

    def has(self, term: Term[Any]) -> bool:
        return term.parameter.name in self._texts

    def refuse(self, terms: Sequence[Term[Any]], *, beside: Term[Any]) -> None:
        """Raise ParameterError when one of these is given too."""
        for term in terms:
            if self.has(term):
                allowed = f"left out beside {beside.parameter.name}: each is a language of its own"
                raise ParameterError(term.parameter.name, allowed)

    def last(self, term: Term[T], otherwise: V) -> T | V:
        """Return the last value of a parameter."""
        texts = self._texts.get(term.parameter.name)
        return term.read(texts[-1]) if texts else otherwise

    def every(self, term: Term[T]) -> tuple[T, ...]:
        """Return all values of a parameter."""
        texts = self._texts.get(term.parameter.name, [])
        if len(texts) > MOST_CHANNELS:
            allowed = f"given at most {MOST_CHANNELS} times"
            raise ParameterError(term.parameter.name, allowed, f"{len(texts)} of them")
        return tuple(term.read(text) for text in texts)


def _simple(query: _Query) -> simple.Asked:
    # `cmap` is an alias of `palette` in django-large-image: the one that is given counts.
    return simple.Asked(
        query.last(BAND, 0),
        query.last(MIN, AUTO.low),
        query.last(MAX, AUTO.high),
        query.last(CMAP, None) if query.has(CMAP) else query.last(PALETTE, None),
        query.last(NODATA, None),
        query.last(SCHEME, False),
    )


def _titiler(query: _Query) -> titiler.Asked:
    return titiler.Asked(
        query.every(BIDX),
        query.last(EXPRESSION, None),
        query.every(RESCALE),
        query.last(COLORMAP_NAME, None),
        query.last(COLORMAP, None),
        query.last(COLOR_FORMULA, PLAIN),
        query.last(ALGORITHM, None),
        query.last(ALGORITHM_PARAMS, None),
        query.last(NODATA, None),
        query.last(UNSCALE, False),
        query.last(RETURN_MASK, True),
    )
