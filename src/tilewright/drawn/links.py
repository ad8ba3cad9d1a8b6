"""Addresses of drawn pictures, made from the declarations of their views, signed where need be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from django.conf import settings
from django.urls import (
    NoReverseMatch,
    URLPattern,
    URLResolver,
    get_resolver,
    get_script_prefix,
    get_urlconf,
    reverse,
)

from tilewright.django import conf
from tilewright.drawn import asking, signing
from tilewright.drawn.asking import EXPIRES, FORMAT_KWARG, SIGNATURE, Asked
from tilewright.drawn.hooks import Hooks


@dataclass(frozen=True, slots=True)
class Route:
    """A path to a view of drawn pictures."""

    view: Hooks
    """As the URL configuration sets it up, without a request."""
    names: frozenset[str]
    """Of what the path has to be given."""
    fixed: Mapping[str, Any]
    """What the URL configuration gives the view besides."""


def image_url(name: str, /, *, valid_s: float | None = None, **values: Any) -> str:
    """Return the address of a picture: of the view with that name, with these parameters.

    ``values`` has what stands in the path too, and ``format``, ``quality``, ``dpr`` and
    ``download`` on wish. The address of a view that asks for it is signed; with ``valid_s`` it
    expires after that many seconds, or up to an eighth of them before. Raises ParameterError;
    NoReverseMatch where no view of drawn pictures has that name and path.
    """
    route, values = _chosen(name, values)
    in_path = {each: values[each] for each in route.names}
    path = reverse(name, kwargs=in_path)
    asked = _asked(route, values)
    hidden = {*in_path, *route.fixed} | ({"format"} if FORMAT_KWARG in in_path else set())
    query = [pair for pair in parse_qsl(asked.canonical, True) if pair[0] not in hidden]
    if route.view.must_be_signed:
        expires = None if valid_s is None else signing.expiry(valid_s)
        below = "/" + unquote(path.removeprefix(get_script_prefix()))
        signature = signing.sign(route.view.salt, below, asked.canonical, expires)
        query += [] if expires is None else [(EXPIRES, str(expires))]
        query.append((SIGNATURE, signature))
    return f"{path}?{urlencode(query)}" if query else path


def size(name: str, /, **values: Any) -> tuple[int, int] | None:
    """Return the width and height of such a picture on a page; None: not known before."""
    route, values = _chosen(name, values)
    asked = _asked(route, values)
    known = route.view.size(**_rest(route, values), **asked.values)
    return None if known is None else (round(known[0]), round(known[1]))


def view_of(name: str, /, **values: Any) -> tuple[Hooks, Mapping[str, Any]]:
    """Return the view that answers such an address, and the values that it is given."""
    route, values = _chosen(name, values)
    return route.view, {**route.fixed, **values}


def _chosen(name: str, values: Mapping[str, Any]) -> tuple[Route, dict[str, Any]]:
    """Return the path with the most of what is given, and the values under its names."""
    free = {"format", FORMAT_KWARG}
    values = {key: each for key, each in values.items() if each is not None or key not in free}
    suffixed = {FORMAT_KWARG if key == "format" else key: each for key, each in values.items()}
    best: tuple[Route, dict[str, Any]] | None = None
    for route in _routes(get_urlconf() or settings.ROOT_URLCONF).get(name, ()):
        given = suffixed if FORMAT_KWARG in route.names else values
        fits = route.names <= given.keys()
        if fits and (best is None or len(route.names) > len(best[0].names)):
            best = route, dict(given)
    if best is None:
        named = ", ".join(values) or "nothing"
        raise NoReverseMatch(f"no drawn picture is named {name!r} with a path of {named}")
    return best


def _asked(route: Route, values: Mapping[str, Any]) -> Asked:
    named = {each.name for each in route.view.parameters}
    rest = _rest(route, values)
    own = {name: each for name, each in values.items() if name not in rest}
    fixed = {name: each for name, each in route.fixed.items() if name in named}
    return asking.given(route.view.manner, {**fixed, **own}, conf.edge().engine.encoder)


def _rest(route: Route, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the path has that is no parameter, but for the suffix."""
    named = {each.name for each in route.view.parameters} | {FORMAT_KWARG}
    return {name: values[name] for name in route.names if name not in named}


@lru_cache(maxsize=16)
def _routes(urlconf: Any) -> Mapping[str, tuple[Route, ...]]:
    """Return all paths to drawn pictures by their names, with their namespaces."""
    found: dict[str, list[Route]] = {}
    for name, route in _walked(get_resolver(urlconf), (), frozenset(), {}):
        found.setdefault(name, []).append(route)
    return {name: tuple(routes) for name, routes in found.items()}


def _walked(
    resolver: URLResolver, spaces: tuple[str, ...], names: frozenset[str], fixed: Mapping[str, Any]
) -> Iterator[tuple[str, Route]]:
    for each in resolver.url_patterns:
        here = names | _names(each)
        if isinstance(each, URLPattern):
            callback: Any = each.callback
            kind = getattr(callback, "view_class", None)
            if each.name and isinstance(kind, type) and issubclass(kind, Hooks):
                view = kind(**callback.view_initkwargs)
                given = {**fixed, **(each.default_args or {})}
                yield ":".join((*spaces, each.name)), Route(view, here, given)
            continue
        given = {**fixed, **(each.default_kwargs or {})}
        # Both the application's name and that of its instance are understood.
        for space in {each.namespace, each.app_name} if each.namespace else {None}:
            inner = spaces if space is None else (*spaces, space)
            yield from _walked(each, inner, here, given)


def _names(each: URLPattern | URLResolver) -> frozenset[str]:
    converters = getattr(each.pattern, "converters", None)
    if converters:
        return frozenset(converters)
    return frozenset(each.pattern.regex.groupindex)
