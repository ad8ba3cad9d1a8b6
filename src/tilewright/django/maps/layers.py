"""What a project gives to the faces of maps: its layers, and who may see them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from django.http import HttpRequest

from tilewright.image import Source
from tilewright.style import Style


@dataclass(frozen=True, slots=True)
class MapSource:
    """A layer before its file is opened."""

    name: str
    """Short, of letters, digits, ``-``, ``_`` and ``.``: it stands in URLs."""
    title: str
    source: Source
    style: Style = field(default_factory=Style)
    """Shown when a client asks for no look."""
    abstract: str = ""


class Layers(Protocol):
    """The layers of a service. Both methods leave out what the request's user may not see."""

    def every(self, request: HttpRequest) -> Iterable[MapSource]:
        """Return all layers; those whose file lies nowhere on the earth are passed over."""

    def named(self, request: HttpRequest, name: str) -> MapSource:
        """Return one layer. Raises OutsideError when there is none of that name."""
