"""One drawing: a view draws, and what it drew becomes a file. Whatever fails is one error."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from django.http import Http404

from tilewright.django import conf
from tilewright.drawn import outputs
from tilewright.errors import DrawError, TilewrightError
from tilewright.image import Encoded


class Draws(Protocol):
    """What can draw: a view, without its request."""

    def draw(self, *args: Any, **kwargs: Any) -> Any:
        """Return what `outputs.encoded` takes."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is drawn, and as what it is sent."""

    keywords: Mapping[str, Any]
    """Of ``draw``."""
    format: str
    quality: int | None
    dpr: float
    max_pixels: int


@contextmanager
def failures_as_one() -> Iterator[None]:
    """Let pass what a view raises on purpose: errors of this library, 403 and 404.

    Whatever else goes wrong is the cause of a DrawError, also what is no `Exception`:
    SystemExit, a panic of a library in Rust, a task that was cancelled.
    """
    try:
        yield
    except (TilewrightError, Http404, PermissionDenied, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise DrawError("the picture could not be drawn") from error


def carry_out(view: Draws, job: Job) -> Encoded:
    """Draw and encode. Raises what `failures_as_one` does."""
    with failures_as_one():
        return outputs.encoded(
            view.draw(**job.keywords),
            job.format,
            quality=job.quality,
            dpr=job.dpr,
            max_pixels=job.max_pixels,
            encoder=conf.edge().engine.encoder,
        )
