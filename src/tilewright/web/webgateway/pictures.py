"""Whole planes, regions, tiles and thumbnails: their queries to a `RenderRequest`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from tilewright.errors import LimitError, ParameterError
from tilewright.image import ImageInfo, Plane
from tilewright.request import (
    Encoding,
    Fit,
    LevelRegion,
    Region,
    RenderRequest,
    Target,
    check_plane,
)
from tilewright.style import Projection, Style
from tilewright.web.params import whole
from tilewright.web.webgateway.areas import area, flips_of, orientation_of, whole_plane
from tilewright.web.webgateway.looks import AS_IT_IS, Subject, needs_settings, style_of
from tilewright.web.webgateway.query import (
    CHANNELS,
    DEFAULT_QUALITY,
    IMAGE,
    RENDER,
    RENDER_AT_QUALITY,
    THUMBNAIL,
    quality_in_path,
)

THUMBNAIL_SIDE = 96
SMALLEST_THUMBNAIL = 3
LARGEST_THUMBNAIL = 4096
MOST_THUMBNAILS = 50
"""In one answer."""
_ENCODERS = {"tif": "tiff"}


def region_request(
    query: str, subject: Subject, z: int, t: int, *, quality: int | None = None
) -> RenderRequest:
    """Return what ``render_image_region/{id}/{z}/{t}/?{query}`` asks for.

    ``quality`` is that of the path, from 1 to 100; it wins over ``q``. Planes count from 0.
    Raises ParameterError, OutsideError or LimitError.
    """
    if quality is None:
        values = RENDER.read(query)
    else:
        values = {**RENDER_AT_QUALITY.read(query), "q": quality_in_path(quality)}
    return _request(values, subject, area(values, subject.info, subject.limits), z, t)


def image_request(
    query: str, subject: Subject, z: int | None = None, t: int | None = None
) -> RenderRequest:
    """Return what ``render_image/{id}/[{z}/][{t}/]?{query}`` asks for: a whole plane.

    Raises ParameterError, OutsideError or LimitError.
    """
    settings = subject.settings
    return _request(
        IMAGE.read(query),
        subject,
        whole_plane(subject.info),
        settings.z if z is None else z,
        settings.t if t is None else t,
    )


def thumbnail_request(
    query: str, subject: Subject, width: int | None = None, height: int | None = None
) -> RenderRequest:
    """Return what ``render_thumbnail/{id}/[{width}/][{height}/]?{query}`` asks for.

    The picture has exactly the width and height; with one of them that is the longest side,
    with none it is 96. The look is that of the settings. Raises ParameterError or OutsideError.
    """
    values = THUMBNAIL.read(query)
    side = THUMBNAIL_SIDE if width is None else thumbnail_side("width", width)
    target: Target = _longest(subject.info, side)
    if height is not None:
        target = Region(None, side, thumbnail_side("height", height))
    settings = subject.settings
    plane = plane_at(subject.info, values.get("z", settings.z), values.get("t", settings.t))
    return RenderRequest(
        target, Encoding("jpeg", quality=DEFAULT_QUALITY), style_of({}, subject), plane
    )


def thumbnail_rdef(query: str) -> int | None:
    """Return which saved settings a thumbnail's query names. Raises ParameterError."""
    found: int | None = THUMBNAIL.read(query).get("rdefId")
    return found


def thumbnail_ids(query: str) -> tuple[int, ...]:
    """Return the images of ``get_thumbnails/?id=1&id=2``, each once. Raises ParameterError."""
    allowed = f"at most {MOST_THUMBNAILS} whole numbers"
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=4 * MOST_THUMBNAILS)
        found = dict.fromkeys(whole(text) for name, text in pairs if name == "id")
    except ValueError:
        raise ParameterError("id", allowed) from None
    if len(found) > MOST_THUMBNAILS:
        raise ParameterError("id", allowed, f"{len(found)} of them")
    return tuple(found)


def check_thumbnails(count: int, width: int | None, most: int) -> None:
    """Raise LimitError when thumbnails of a width come to more pixels than one answer may have.

    ParameterError for a width that no thumbnail has.
    """
    side = THUMBNAIL_SIDE if width is None else thumbnail_side("width", width)
    if count * side**2 > most:
        raise LimitError("output_pixels", count * side**2, most)


def needs_ranges(query: str) -> bool:
    """Tell whether a picture depends on windows that its query leaves to the settings.

    Where it does not, and nothing was saved, no range need be measured. Raises ParameterError.
    """
    return needs_settings(CHANNELS.read(query))


def _request(
    values: Mapping[str, Any], subject: Subject, target: LevelRegion, z: int, t: int
) -> RenderRequest:
    info = subject.info
    style = style_of(values, subject)
    plane = plane_at(info, z, t)
    if style.projection is not None:
        check_projection(style, target, info, subject.limits.max_projection_bytes)
        # All planes of the axis are joined: where one stands on it changes nothing.
        plane = plane_at(info, 0, t)
    encoding = _encoding(values, plain=style == AS_IT_IS)
    turned = replace(style, orientation=orientation_of(flips_of(values.get("flip", ""))))
    return RenderRequest(target, encoding, turned, plane)


def _encoding(values: Mapping[str, Any], *, plain: bool) -> Encoding:
    """Return the encoding; without a quality only where a stored tile may be handed on."""
    name = values.get("format", "jpeg")
    if name in {"png", "tif"}:
        return Encoding(_ENCODERS.get(name, name))
    asked = values.get("q")
    if asked is None and plain and name == "jpeg":
        return Encoding(name)
    return Encoding(name, quality=asked or DEFAULT_QUALITY)


def plane_at(info: ImageInfo, z: int, t: int) -> Plane:
    """Return the plane at positions from 0. Raises OutsideError."""
    plane = Plane.of({"z": z, "t": t})
    check_plane(info, plane)
    return plane


def check_projection(style: Style, target: LevelRegion, info: ImageInfo, most: int) -> None:
    """Raise LimitError when the planes that a look joins have more bytes than allowed."""
    joined = style.projection
    if joined is None:
        return
    planes = _joined_planes(info, joined)
    bands = len({channel.band for channel in style.channels})
    size = target.window.pixels * planes * bands * np.dtype(info.dtype).itemsize
    if size > most:
        raise LimitError("max_projection_bytes", size, most)


def _joined_planes(info: ImageInfo, joined: Projection) -> int:
    size = next((axis.size for axis in info.axes if axis.name == joined.axis), 1)
    last = size - 1 if joined.stop is None else joined.stop
    return last - (joined.start or 0) + 1


def thumbnail_side(name: str, length: int) -> int:
    """Return a side of a thumbnail: at least 3 pixels. Raises ParameterError."""
    if not 1 <= length <= LARGEST_THUMBNAIL:
        raise ParameterError(name, f"a whole number from 1 to {LARGEST_THUMBNAIL}", length)
    return max(SMALLEST_THUMBNAIL, length)


def _longest(info: ImageInfo, side: int) -> Target:
    """Return the whole image with a longest side, which also enlarges it."""
    size = info.size
    if max(size.width, size.height) >= side:
        return Fit(side, side)
    grown = side / max(size.width, size.height)
    wide, high = (max(1, round(length * grown)) for length in (size.width, size.height))
    return Region(None, wide, high)
