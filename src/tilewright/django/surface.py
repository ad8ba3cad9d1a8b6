"""Questions about a file's insides, its further images and its frames: each a query, read first."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import numpy as np
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from tilewright.django import surface_dump
from tilewright.django.numbers import Ask
from tilewright.drawing import picture_raster
from tilewright.encode import PictureEncoder
from tilewright.engine import Engine
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Affine, Grid
from tilewright.image import Encoded, Picture, Source
from tilewright.request import RenderRequest
from tilewright.style import Orientation
from tilewright.web import bars, borders, frames, insides


@dataclass(frozen=True, slots=True)
class Special:
    """A way to draw that is not the engine's own."""

    key: Hashable
    """What the picture depends on besides the source and the request."""
    render: Callable[[Source, RenderRequest], Encoded]
    """Raises SourceError, RequestError and EncodeError."""


def internal(query: str) -> Ask:  # noqa: ARG001 - all asks are made of a query
    """Return what the file says of itself."""
    return Ask(None, lambda engine, source: insides.internal_document(engine.info(source)))


def tiffdump(query: str) -> Ask:  # noqa: ARG001
    """Return the directories of a TIFF and their tags."""

    def answer(engine: Engine, source: Source) -> Any:
        blob = engine.open_blob(source)
        try:
            return surface_dump.dump(blob, engine.config.limits)
        finally:
            blob.close()

    return Ask(None, answer)


def images(query: str) -> Ask:  # noqa: ARG001
    """List the names of the associated images."""
    return Ask(None, lambda engine, source: list(engine.info(source).associated))


def associated(engine: Engine, source: Source, key: str) -> Source:
    """Return the source of an associated image. Raises OutsideError when there is none."""
    if key not in engine.info(source).associated:
        raise OutsideError(f"the image has no associated image {key[:60]!r}")
    return source.with_option("associated", key)


def sheet_layout(query: str) -> Ask:
    """Return where each frame stands on the sheet that the same query draws."""
    frames.LAYOUT.read(query)

    def answer(engine: Engine, source: Source) -> Any:
        info = engine.info(source)
        return frames.sheet_document(frames.sheet(query, info, engine.config.limits), info)

    return Ask(query, answer)


def sheet(engine: Engine, query: str) -> Special:
    """Return how all frames are drawn in one picture; the request is that of one of them."""

    def render(source: Source, cell: RenderRequest) -> Encoded:
        info = engine.info(source)
        found = frames.sheet(query, info, engine.config.limits)
        encoder = _picture_encoder(engine, cell)
        whole = np.zeros((found.size.height, found.size.width, 4), np.uint8)
        for index, frame in enumerate(found.frames):
            plane = frames.plane_of_frame(frame, info)
            shown = engine.picture(source, replace(cell, plane=plane)).data
            if shown.shape[:2] != (found.cell.height, found.cell.width):
                raise ParameterError("the look", "one that turns nothing")
            left, top = found.corner(index)
            part = whole[top : top + shown.shape[0], left : left + shown.shape[1]]
            part[..., :3] = shown[..., :3]
            part[..., 3] = shown[..., 3] if shown.shape[2] == part.shape[2] else 255
        return encoder.encode(Picture(whole), cell.encoding)

    return Special(("sheet", query), render)


def filling(engine: Engine, fill: borders.Fill) -> Special:
    """Return how a tile with a colour past the border of the image is drawn."""

    def render(source: Source, asked: RenderRequest) -> Encoded:
        encoder = _picture_encoder(engine, asked)
        if asked.style.orientation != Orientation():
            raise ParameterError("edge", "left out where the look turns the tile")
        picture = borders.filled(engine.picture(source, asked), fill)
        return encoder.encode(picture, asked.encoding)

    return Special(fill, render)


def framing(engine: Engine, beside: bars.Bars) -> Special:
    """Return how a picture is drawn that has bars beside it."""

    def render(source: Source, asked: RenderRequest) -> Encoded:
        encoder = _picture_encoder(engine, asked)
        picture = bars.laid(engine.picture(source, asked), beside)
        return encoder.encode(picture, asked.encoding)

    return Special(beside, render)


def as_seen(engine: Engine) -> Special:
    """Return how a picture is drawn into a file that else holds measured values."""

    def render(source: Source, asked: RenderRequest) -> Encoded:
        encoder = engine.encoder(asked.encoding.format)
        if encoder.kind != "raster":
            raise ParameterError("fmt", "a format of measured values", asked.encoding.format)
        picture = engine.picture(source, asked)
        nowhere = Grid(picture.size, Affine.scale(1.0, 1.0))
        return encoder.encode(picture_raster(picture, nowhere), asked.encoding)

    return Special("as seen", render)


def _picture_encoder(engine: Engine, asked: RenderRequest) -> PictureEncoder:
    """Return the encoder. Raises ParameterError for a format that holds measured values."""
    encoder = engine.encoder(asked.encoding.format)
    if encoder.kind != "picture":
        raise ParameterError("fmt", "a format of pictures, such as png", asked.encoding.format)
    return encoder


def saved_as(response: HttpResponseBase, name: str) -> HttpResponseBase:
    """Return a reply that a browser saves under a name (RFC 6266); a 304 is left as it is."""
    if response.status_code == HTTPStatus.OK:
        response["Content-Disposition"] = content_disposition_header(True, name)
    return response
