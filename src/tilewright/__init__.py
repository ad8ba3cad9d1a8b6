"""Serve pictures that are not static files, from Python and Django.

Importing this package loads no codec and reads no entry point; its names are loaded when
they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilewright.api import Image, open
    from tilewright.config import Config, Limits
    from tilewright.engine import Engine
    from tilewright.errors import (
        EncodeError,
        LimitError,
        ParameterError,
        RequestError,
        SourceError,
        TilewrightError,
    )
    from tilewright.geometry import Affine, Box, Grid, Size, Window
    from tilewright.image import Encoded, ImageInfo, Picture, Plane, Raster, Source
    from tilewright.request import Encoding, Fit, Region, RenderRequest, Tile
    from tilewright.stretch import Stretch
    from tilewright.style import Channel, Style

__version__ = "0.1.0.dev0"

_HOMES = {
    "api": ("Image", "open"),
    "config": ("Config", "Limits"),
    "engine": ("Engine",),
    "errors": (
        "EncodeError",
        "LimitError",
        "ParameterError",
        "RequestError",
        "SourceError",
        "TilewrightError",
    ),
    "geometry": ("Affine", "Box", "Grid", "Size", "Window"),
    "image": ("Encoded", "ImageInfo", "Picture", "Plane", "Raster", "Source"),
    "request": ("Encoding", "Fit", "Region", "RenderRequest", "Tile"),
    "stretch": ("Stretch",),
    "style": ("Channel", "Style"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Affine",
    "Box",
    "Channel",
    "Config",
    "EncodeError",
    "Encoded",
    "Encoding",
    "Engine",
    "Fit",
    "Grid",
    "Image",
    "ImageInfo",
    "LimitError",
    "Limits",
    "ParameterError",
    "Picture",
    "Plane",
    "Raster",
    "Region",
    "RenderRequest",
    "RequestError",
    "Size",
    "Source",
    "SourceError",
    "Stretch",
    "Style",
    "Tile",
    "TilewrightError",
    "Window",
    "open",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'tilewright' has no attribute {name!r}")
    return getattr(import_module(f"tilewright.{module}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
