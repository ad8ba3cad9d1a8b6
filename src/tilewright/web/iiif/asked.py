"""What the path and the query of an image ask for, and the one path that asks for the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from tilewright.errors import ParameterError
from tilewright.geometry import Size, Window
from tilewright.paint import number_text
from tilewright.request import Region, RenderRequest
from tilewright.style import Style
from tilewright.web.iiif.segments import Quality, Segments, SizeText
from tilewright.web.iiif.sizes import Most, Subject, height_for, most_of, size_of, window_of
from tilewright.web.lattice import cut
from tilewright.web.maps.asked import asked as picture_asked


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
    asked = picture_asked(Region(), name, query, lambda: info)
    most = most_of(subject, asked.style if asked.style.channels else subject.look)
    window = window_of(segments.region, info.size)
    size = size_of(segments.size, window.size, most)
    request = replace(asked, target=cut(info, window, size))
    return ImageAsked(request, segments, _canonical(segments, window, size, info.size, most))


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
