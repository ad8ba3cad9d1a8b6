"""Images that a project's function draws, tiled and zoomed like any other.

@drawn_source("waves", size=(65_536, 65_536), parameters=(Number("period", default=512.0),))
def waves(window, level, period):
    x, y = pixel_centers(window, level)
    return (127.5 + 127.5 * np.sin(x * y / period**2)).astype(np.uint8)

image.file = waves.source(period=100.0)   # wherever a `Source` is taken

Clients name no function: a source is made by the project's code, from values that it declared.
Put the functions into a module ``drawn_sources`` of an app: every process imports it at start.
"""

import inspect
import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import TIMEOUT_MAX
from typing import Any

from tilewright.drawn.declaration import Declaration
from tilewright.drawn.declared import Declared
from tilewright.drawn.running import chunks as running_chunks
from tilewright.errors import (
    ConfigurationError,
    DrawTimeoutError,
    OutsideError,
    SourceNotFoundError,
    SourceUnavailableError,
)
from tilewright.geo import Geo
from tilewright.geometry import Size, Window
from tilewright.image import Array, Axis, Band, ColorInterpretation, ImageInfo, Plane, Source
from tilewright.readers import ChunkStore
from tilewright.readers.drawn import DrawnReader, drawn_info, pixel_centers

__all__ = ["SCHEME", "DrawnSource", "drawn_source", "open_drawn", "pixel_centers"]

SCHEME = "drawn"
TIME_LIMIT_S = 10.0

logger = logging.getLogger(__name__)

_MEANINGS: Mapping[int, tuple[ColorInterpretation, ...]] = {
    1: ("gray",),
    3: ("red", "green", "blue"),
    4: ("red", "green", "blue", "alpha"),
}


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSource:
    """A function that draws an image, and how that is laid out."""

    name: str
    draw: Callable[..., Array]
    info: ImageInfo
    declared: Declared
    version: str | Callable[..., str]
    """Changes when the function draws something else; may be asked with the values."""
    time_limit_s: float | None = TIME_LIMIT_S
    """How long a call of the function is waited for."""

    def source(self, **values: Any) -> Source:
        """Return the source of the image that these values make. Raises ParameterError."""
        complete = self.declared.values(values)
        query = self.declared.write(complete)
        uri = f"{SCHEME}://{self.name}" + (f"?{query}" if query else "")
        return Source(uri, self._version(complete))

    def open(self, source: Source, chunks: ChunkStore) -> DrawnReader:
        """Return the reader of such a source.

        Raises ParameterError; SourceUnavailableError when the version is another by now.
        """
        values = self.declared.read(source.uri.partition("?")[2], {})
        if self._version(values) != source.version:
            raise SourceUnavailableError("the image has just changed", uri=source.uri)
        draw, axes = self.draw, bool(self.info.axes)

        def drawn(window: Window, level: int, plane: Plane) -> Array:
            return draw(window, level, **({"plane": plane} if axes else {}), **values)

        def within_its_time(key: Hashable, chunk: Callable[[], Array]) -> Array:
            try:
                return running_chunks().do((self, key), lambda: chunk, self.time_limit_s)
            except DrawTimeoutError as error:
                logger.error("%s: %s", source.uri, error)  # noqa: TRY400 - the trace is our own
                raise

        return DrawnReader(source, self.info, drawn, chunks, run=within_its_time)

    def _version(self, values: Mapping[str, Any]) -> str:
        return self.version if isinstance(self.version, str) else str(self.version(**values))


def drawn_source(
    name: str,
    *,
    size: tuple[int, int],
    bands: int | Sequence[Band] = 1,
    dtype: str = "uint8",
    parameters: Sequence[Declaration[Any]] = (),
    version: str | Callable[..., str] = "1",
    levels: int | None = None,
    tile: int = 256,
    axes: Sequence[Axis] = (),
    geo: Geo | None = None,
    micrometres_per_pixel: tuple[float, float] | None = None,
    time_limit_s: float | None = TIME_LIMIT_S,
) -> Callable[[Callable[..., Array]], DrawnSource]:
    """Register a function as an image of ``size`` (width, height), under a name.

    It is called with a window, the level (one pixel of which spans 2**level of level 0) and the
    declared parameters by name, with ``plane`` too where there are axes. It returns an array
    (band, y, x), or (y, x) of one band, of just that dtype; what was not measured is NaN, or
    the band's nodata value. It runs in any thread, and must return the same for the same: raise
    ``version`` when it changes. One band is grey, 3 or 4 are colours. A call is waited for so
    many seconds, then clients are told to come back; None: for ever, and it runs in the
    request's own thread. Raises ConfigurationError.
    """
    if not name.replace("-", "_").isidentifier() or not name.isascii():
        raise ConfigurationError(f"a drawn image's name has letters, digits, - and _, not {name!r}")
    if time_limit_s is not None and not 0 < time_limit_s <= TIMEOUT_MAX:
        raise ConfigurationError(f"the drawn image {name}: time_limit_s must be above 0, or None")
    declared = Declared(tuple(parameters), strict=True)
    try:
        info = drawn_info(
            Size(*size),
            bands=_described(bands) if isinstance(bands, int) else bands,
            dtype=dtype,
            levels=levels,
            tile=tile,
            axes=axes,
            geo=geo,
            micrometres_per_pixel=micrometres_per_pixel,
        )
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the drawn image {name}: {error}") from None

    def register(draw: Callable[..., Array]) -> DrawnSource:
        _check_signature(name, draw, [*(["plane"] if axes else []), *_names(declared)])
        taken = _REGISTERED.get(name)
        if taken is not None and _place(taken.draw) != _place(draw):
            raise ConfigurationError(f"two functions draw the image {name}")
        made = DrawnSource(name, draw, info, declared, version, time_limit_s)
        _REGISTERED[name] = made
        return made

    return register


def open_drawn(source: Source, chunks: ChunkStore) -> DrawnReader:
    """Open a source of the scheme ``drawn``, for an engine.

    Raises SourceNotFoundError when no function has the name, and as `DrawnSource.open` does.
    """
    name = source.uri.partition("://")[2].partition("?")[0]
    found = _REGISTERED.get(name)
    if found is None:
        raise SourceNotFoundError("no drawn image has this name", uri=source.uri)
    if source.options:
        raise OutsideError("a drawn image has no further images")
    return found.open(source, chunks)


_REGISTERED: dict[str, DrawnSource] = {}
"""By name. Filled as modules are imported, in each process alike; nothing is removed."""


def _described(count: int) -> tuple[Band, ...]:
    plain: ColorInterpretation = "undefined"
    return tuple(Band(interpretation=one) for one in _MEANINGS.get(count, (plain,) * count))


def _names(declared: Declared) -> list[str]:
    return [each.name for each in declared.parameters]


def _check_signature(name: str, draw: Callable[..., Array], keywords: Sequence[str]) -> None:
    """Find out now, and not at the first tile, that a function cannot be called."""
    try:
        inspect.signature(draw).bind(None, 0, **dict.fromkeys(keywords))
    except TypeError as error:
        raise ConfigurationError(f"the function of the drawn image {name}: {error}") from None


def _place(draw: Callable[..., Array]) -> tuple[str, str]:
    """Return where a function is defined: a module that is loaded anew defines it again."""
    return draw.__module__, draw.__qualname__
