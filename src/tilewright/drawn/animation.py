"""Animated pictures from frames: GIF, WebP and APNG, bounded in frames, pixels and time."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from tilewright.errors import ConfigurationError, DrawError, DrawTimeoutError, LimitError
from tilewright.geometry import Size
from tilewright.image import Encoded, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

MEDIA_TYPES = {"gif": "image/gif", "webp": "image/webp", "apng": "image/apng"}

_QUALITY = 80
_LONGEST_MS = 65_535
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_PILLOW = {"gif": "GIF", "webp": "WEBP", "apng": "PNG"}


@dataclass(frozen=True, slots=True, eq=False)
class Animation:
    """Frames in order, and how long each is shown. Return it from ``draw``."""

    frames: Iterable[object]
    """Pictures, arrays, Pillow images or figures, all of one size; a generator draws each when
    the one before is done."""
    duration_ms: int | Sequence[int] = 100
    """Of every frame, or of each. GIF counts in hundredths of a second."""
    loop: int = 0
    """How often all of them are shown; 0: for ever."""
    most_frames: int = 500
    time_limit_s: float = 10.0
    """Checked between frames. What takes longer within one frame is for the view to bound."""

    def __post_init__(self) -> None:
        durations = (
            (self.duration_ms,) if isinstance(self.duration_ms, int) else tuple(self.duration_ms)
        )
        if not durations or not all(10 <= one <= _LONGEST_MS for one in durations):  # noqa: PLR2004
            raise ConfigurationError(f"duration_ms must be 10 to {_LONGEST_MS}")
        if not 0 <= self.loop <= _LONGEST_MS:
            raise ConfigurationError(f"loop must be 0 to {_LONGEST_MS}")
        if self.most_frames < 1 or self.time_limit_s <= 0:
            raise ConfigurationError("most_frames and time_limit_s must be above 0")


def encode_animation(
    animation: Animation,
    format: str,
    *,
    quality: int | None,
    max_pixels: int,
    clock: Callable[[], float] = time.monotonic,
) -> Encoded:
    """Return an animation as ``gif``, ``webp`` or ``apng``.

    ``max_pixels`` bounds those of all frames together. Raises LimitError for more frames or
    pixels, DrawTimeoutError, DrawError for no frame, or for one of another size.
    """
    if format not in MEDIA_TYPES:
        raise _wrong(f"an animation cannot be shown as {format}")
    # Pillow's encoders look at the frames more than once, so all are held; they are bounded.
    frames = list(_bounded(animation, max_pixels, clock))
    if not frames:
        raise _wrong("the animation has no frame")
    durations = animation.duration_ms
    if not isinstance(durations, int) and len(durations) != len(frames):
        raise _wrong(f"{len(frames)} frames have {len(durations)} durations")
    file = BytesIO()
    frames[0].save(
        file,
        _PILLOW[format],
        save_all=True,
        append_images=frames[1:],
        duration=durations if isinstance(durations, int) else list(durations),
        **_options(format, animation.loop, quality),
    )
    return Encoded(file.getvalue(), MEDIA_TYPES[format], Size(*frames[0].size))


def _options(format: str, loop: int, quality: int | None) -> dict[str, Any]:
    if format == "webp":
        return {"loop": loop, "quality": quality or _QUALITY, "method": 0}
    if format == "apng":
        return {"loop": loop, "compress_level": 1, "default_image": False}
    # Frames are laid on each other: what is clear in one must not show the one before.
    shown = {} if loop == 1 else {"loop": max(0, loop - 1)}
    return {**shown, "disposal": 2, "optimize": False}


def _bounded(
    animation: Animation, max_pixels: int, clock: Callable[[], float]
) -> "Iterator[Image]":
    """Yield the frames as Pillow images, until one goes too far."""
    deadline = clock() + animation.time_limit_s
    pixels, size = 0, None
    for count, frame in enumerate(islice(animation.frames, animation.most_frames + 1), 1):
        if count > animation.most_frames:
            raise LimitError("frames", count, animation.most_frames)
        picture = _picture(frame, max_pixels)
        size = size or picture.size
        if picture.size != size:
            raise _wrong("the frames differ in size")
        pixels += size.pixels
        if pixels > max_pixels:
            raise LimitError("max_pixels", pixels, max_pixels)
        if clock() > deadline:
            raise DrawTimeoutError("the picture takes too long to draw")
        yield _pillow(picture)


def _picture(frame: object, max_pixels: int) -> Picture:
    from tilewright.drawn import figures, outputs  # noqa: PLC0415 - outputs knows animations

    if not figures.is_figure(frame):
        return outputs.as_picture(frame, max_pixels)
    figure: Any = frame
    width, height = figure.get_size_inches() * figure.dpi
    if width * height > max_pixels:
        raise LimitError("max_pixels", int(width * height), max_pixels)
    return figures.figure_picture(figure, dpi=figure.dpi)


def _pillow(picture: Picture) -> "Image":
    from PIL import Image  # noqa: PLC0415

    data = picture.data
    channels = data.shape[2]
    return Image.fromarray(data[..., 0] if channels == 1 else data, _MODES[channels])


def _wrong(detail: str) -> DrawError:
    error = DrawError("the picture could not be drawn")
    error.__cause__ = TypeError(detail)
    return error
