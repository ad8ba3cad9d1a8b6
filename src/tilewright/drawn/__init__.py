"""Pictures that code makes for one request: charts, backgrounds, badges, legends.

Its names are loaded when they are first used: Django imports this package, which is an app,
before it has any models.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilewright.drawn.animation import Animation
    from tilewright.drawn.figure_views import AsyncFigureView, FigureView
    from tilewright.drawn.parameters import (
        Boolean,
        Choice,
        Color,
        Date,
        Integer,
        Number,
        Numbers,
        Text,
    )
    from tilewright.drawn.source import DrawnSource, drawn_source, pixel_centers
    from tilewright.drawn.views import AsyncDrawnImageView, DrawnImageView

_HOMES = {
    "animation": ("Animation",),
    "figure_views": ("AsyncFigureView", "FigureView"),
    "parameters": (
        "Boolean",
        "Choice",
        "Color",
        "Date",
        "Integer",
        "Number",
        "Numbers",
        "Text",
    ),
    "source": ("DrawnSource", "drawn_source", "pixel_centers"),
    "views": ("AsyncDrawnImageView", "DrawnImageView"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Animation",
    "AsyncDrawnImageView",
    "AsyncFigureView",
    "Boolean",
    "Choice",
    "Color",
    "Date",
    "DrawnImageView",
    "DrawnSource",
    "FigureView",
    "Integer",
    "Number",
    "Numbers",
    "Text",
    "drawn_source",
    "pixel_centers",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
