"""Plug-ins by name: registered in code, or found as entry points when first asked for."""

import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things of one kind. An entry point is imported when it is first used."""

    def __init__(self, group: str) -> None:
        """Watch an entry-point group, such as ``tilewright.readers``."""
        self._group = group
        self._loaded: dict[str, T] = {}
        self._found: dict[str, EntryPoint] | None = None

    def register(self, name: str, thing: T) -> None:
        """Add one, or replace the one of that name."""
        self._loaded[name] = thing

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted; nothing is imported."""
        return tuple(sorted({*self._loaded, *self._entry_points()}))

    def get(self, name: str) -> T | None:
        """Return the one of that name; None when there is none."""
        if name not in self._loaded:
            point = self._entry_points().get(name)
            if point is None:
                return None
            self._loaded[name] = cast("T", point.load())
        return self._loaded[name]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        """Yield names and things in the order of the names, importing each."""
        for name in self.names():
            thing = self.get(name)
            if thing is not None:
                yield name, thing

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._found is None:
            self._found = {point.name: point for point in _installed(self._group, (*sys.path,))}
        return self._found


@lru_cache(maxsize=16)
def _installed(group: str, search_path: tuple[str, ...]) -> EntryPoints:  # noqa: ARG001 - a key
    """Return a group's entry points. To look through ``sys.path`` takes milliseconds."""
    return entry_points(group=group)
