"""What the path and the query of an image ask for, and the one path that asks for the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import cast
from urllib.parse import parse_qsl

from tilewright.errors import ParameterError
from tilewright.geometry import Box, Size, Window
from tilewright.image import ImageInfo
from tilewright.paint import number_text
from tilewright.pyramid import pyramid
from tilewright.request import LevelRegion, Region, RenderRequest, Resampling, Target
from tilewright.style import Style
from tilewright.web import looks
from tilewright.web.iiif.segments import Quality, Segments, SizeText
from tilewright.web.iiif.sizes import Most, Subject, height_for, most_of, size_of, window_of
from tilewright.web.maps import tiles as maps
from tilewright.web.outputs import ENCODING, encoding_of
from tilewright.web.params import ParameterSet
from tilewright.web.places import PLANE, plane_of

PARAMETERS = ParameterSet((maps.RESAMPLING, *ENCODING, *PLANE, *looks.PARAMETERS))
"""Of the query. The standard has none: they are those of all pictures here."""

_HAIR = 1e-6
"""Pixels by which a product of a quotient may be too small."""


@dataclass(frozen=True, slots=True)
class ImageAsked:
    """One picture, before it is known in which look an image is shown without being asked."""

    request: RenderRequest
    """Its style is what the query asks for."""
    segments: Segments
    canonical: str
    """The path that asks for the same, below the image's base URI."""

    def toned(self, look: Style) -> Style:
        """Return a look as the path wants it: in grey, in black and white, turned."""
        saturation, bilevel = _TONES.get(self.segments.quality, (look.saturation, look.bilevel))
        return replace(
            look,
            saturation=saturation,
            bilevel=bilevel,
            orientation=self.segments.orientation,
        )


_TONES: Mapping[Quality, tuple[float, bool]] = {"gray": (0.0, False), "bitonal": (1.0, True)}


def image_asked(segments: Segments, query: str, subject: Subject) -> ImageAsked:
    """Return what segments and query ask of an image.

    Raises ParameterError, and OutsideError for a plane that the image has not.
    """
    info, name = subject.info, subject.suffixes.get(segments.suffix)
    if name is None:
        raise ParameterError("format", f"one of {', '.join(subject.suffixes)}", segments.suffix)
    values = PARAMETERS.read(query)
    fields = tuple(parse_qsl(query, keep_blank_values=True))
    asked = looks.parse_look(fields, lambda: info)
    most = most_of(subject, asked.style if asked.style.channels else subject.look)
    window = window_of(segments.region, info.size)
    size = size_of(segments.size, window.size, most)
    request = RenderRequest(
        _target(info, window, size),
        encoding_of(name, values),
        asked.style,
        plane_of(values) if asked.plane is None else asked.plane,
        cast("Resampling", values.get("resampling", "bilinear")),
    )
    return ImageAsked(request, segments, _canonical(segments, window, size, info.size, most))


def _target(info: ImageInfo, window: Window, size: Size) -> Target:
    """Return the region; where it is whole pixels of a zoom, as those.

    Clients cut an image into tiles of powers of two, and round the last ones up. Such a tile
    lies on the lattice of a stored level, and needs no resampling.
    """
    zooms = pyramid(info)
    for zoom, shrink in enumerate(zooms.shrinks):
        scale = 1 << (zooms.max_zoom - zoom)
        if _is_whole(window, size, scale, info.size):
            part = Window(window.x // scale, window.y // scale, size.width, size.height)
            if _is_there(info, shrink, part):
                return LevelRegion(shrink, part)
    box = Box(window.x, window.y, window.width, window.height)
    return Region(box, size.width, size.height)


def _is_whole(window: Window, size: Size, scale: int, whole: Size) -> bool:
    """Tell whether a window is ``size`` whole pixels of a zoom, up to the edge of the image."""
    if window.x % scale or window.y % scale:
        return False
    if window.width % scale and window.right != whole.width:
        return False
    if window.height % scale and window.bottom != whole.height:
        return False
    return (size.width, size.height) == (-(-window.width // scale), -(-window.height // scale))


def _is_there(info: ImageInfo, shrink: tuple[float, float], part: Window) -> bool:
    """Tell whether the level that a window is read from holds some of its last pixels.

    Writers may have rounded it down.
    """
    level = next(
        level
        for level in reversed(info.levels)
        if level.shrink[0] <= shrink[0] and level.shrink[1] <= shrink[1]
    )
    last_x, last_y = (part.right - 1) * shrink[0], (part.bottom - 1) * shrink[1]
    held_x, held_y = level.size.width * level.shrink[0], level.size.height * level.shrink[1]
    return last_x < held_x - _HAIR and last_y < held_y - _HAIR


def _canonical(segments: Segments, window: Window, size: Size, whole: Size, most: Most) -> str:
    region = f"{window.x},{window.y},{window.width},{window.height}"
    if window.size == whole:
        region = "full"
    turn = segments.orientation
    # A number of the standard has no exponent.
    degrees = f"{Decimal(number_text(turn.rotation)):f}"
    rotation = f"{'!' if turn.mirror else ''}{degrees}"
    quality = "default" if segments.quality == "color" else segments.quality
    written = (
        _size_of_2(size, window.size)
        if segments.version == 2  # noqa: PLR2004 - of the API
        else _size_of_3(size, window.size, most)
    )
    return f"{region}/{written}/{rotation}/{quality}.{segments.suffix}"


def _size_of_2(size: Size, part: Size) -> str:
    """Return the canonical size of 2.1.1, section 4.7."""
    if size == part:
        return "full"
    return (
        f"{size.width},"
        if size.height == height_for(size.width, part)
        else f"{size.width},{size.height}"
    )


def _size_of_3(size: Size, part: Size, most: Most) -> str:
    """Return the canonical size of 3.0, section 4.7."""
    larger = size.width > part.width or size.height > part.height
    up = "^" if larger else ""
    if size == size_of(SizeText("max", enlarge=larger), part, most):
        return f"{up}max"
    return f"{up}{size.width},{size.height}"
