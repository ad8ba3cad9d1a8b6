"""Answers too large to hold: written to a temporary file that has no name, and sent from there."""

from collections.abc import AsyncIterator
from errno import EDQUOT, ENOSPC
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from tilewright.django.replies import to_response
from tilewright.engine import Engine
from tilewright.image import Source
from tilewright.request import RenderRequest
from tilewright.web import http

_PIECE_BYTES = 1 << 18


def answer(
    request: HttpRequest,
    engine: Engine,
    source: Source,
    asked: RenderRequest,
    validator: http.Validator,
) -> HttpResponseBase:
    """Return the file that a request describes; to a HEAD the headers alone.

    A HEAD is told no length, as that is known only when all has been drawn. A failure while
    drawing is answered as any other: nothing has been sent yet. Raises as `Engine.write`.
    """
    if http.matches_any(request.META.get("HTTP_IF_NONE_MATCH")):
        return to_response(http.not_modified(validator), request.method)
    media_type = engine.encoder(asked.encoding.format).media_type
    headers = {**validator.headers(), "Content-Type": media_type}
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    file = TemporaryFile()  # noqa: SIM115 - it is closed when it has been sent
    try:
        engine.write(source, asked, file)
        headers["Content-Length"] = str(file.seek(0, 2))
        file.seek(0)
    except OSError as error:
        file.close()
        if error.errno not in {ENOSPC, EDQUOT}:
            raise
        words = "the server has no room for so large a file now"
        retry = {"Retry-After": str(http.RETRY_AFTER_S)}
        problem = http.problem_document(HTTPStatus.SERVICE_UNAVAILABLE, words, {}, retry)
        return to_response(problem, request.method)
    except BaseException:
        file.close()
        raise
    pieces = _AsyncPieces(file) if isinstance(request, ASGIRequest) else _Pieces(file)
    return StreamingHttpResponse(pieces, headers=headers)


class _Pieces:
    """The bytes of a file. Django closes it, whether all was sent or not."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> "_Pieces":
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(_PIECE_BYTES)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        self._file.close()


class _AsyncPieces:
    """The same for a server that speaks ASGI: it is not kept waiting for the disk."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await sync_to_async(self._file.read, thread_sensitive=False)(_PIECE_BYTES)
        if not piece:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        self._file.close()
