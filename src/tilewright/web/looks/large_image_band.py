"""Where a band of large_image's JSON lies: its number, and the plane when it tells one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tilewright.errors import ParameterError
from tilewright.image import ImageInfo, Plane
from tilewright.web.looks.bands import (
    MOST_BANDS,
    frame_count,
    frame_plane,
    named_band,
    needed,
    plain_bands,
)

MOST_FRAMES = 10**9


@dataclass(frozen=True, slots=True)
class Entry:
    """One band of the style, or the whole of it."""

    where: str
    """``bands[2].``, or nothing in a style of one band."""
    values: Mapping[str, Any]

    def get(self, key: str) -> Any:
        """Return what stands under a key; None without it."""
        return self.values.get(key)

    def wrong(self, key: str, allowed: str, value: object = None) -> ParameterError:
        """Return the error that says what a key may be."""
        return ParameterError("style", f"JSON whose {self.where}{key} is {allowed}", value)

    def whole(self, key: str) -> int | None:
        """Return a whole number from 0, or None without one. Raises ParameterError."""
        value = self.get(key)
        if value is not None and not (type(value) is int and 0 <= value <= MOST_FRAMES):
            raise self.wrong(key, "a whole number from 0", value)
        return value


def place(entry: Entry, info: ImageInfo | None) -> tuple[int, Plane | None]:
    """Return the band, and the plane when the entry tells it."""
    frame = entry.whole("frame")
    delta = entry.whole("framedelta")
    band = entry.get("band")
    if frame is not None and delta is not None:
        raise entry.wrong("framedelta", "left out beside frame")
    if band is None and (frame is not None or delta):
        return _channel_frame(entry, frame, delta or 0, needed(info))
    if delta:
        raise entry.wrong("framedelta", "0: one plane is drawn", delta)
    index = _band(entry, band, info)
    if frame is None:
        return index, None
    try:
        return index, frame_plane(frame, needed(info))
    except ValueError:
        last = frame_count(needed(info)) - 1
        raise entry.wrong("frame", f"a whole number from 0 to {last}", frame) from None


def _channel_frame(
    entry: Entry, frame: int | None, delta: int, info: ImageInfo
) -> tuple[int, Plane | None]:
    """Read a frame without a band as large_image counts: each channel is a frame, fastest."""
    bands = plain_bands(info)
    colored = {*info.interpretations} & {"red", "palette", "cyan"}
    channels = [_band(entry, None, info)] if colored else bands
    if frame is None:
        if not delta < len(channels):
            raise entry.wrong("framedelta", f"from 0 to {len(channels) - 1}", delta)
        return channels[delta], None
    place, channel = divmod(frame, len(channels))
    try:
        return channels[channel], frame_plane(place, info)
    except ValueError:
        last = frame_count(info) * len(channels) - 1
        raise entry.wrong("frame", f"a whole number from 0 to {last}", frame) from None


def _band(entry: Entry, band: object, info: ImageInfo | None) -> int:
    if isinstance(band, str) and band.isascii() and band.isdigit() and len(band) <= len("65535"):
        band = int(band)
    if type(band) is int and 1 <= band <= MOST_BANDS:
        return band - 1
    if band is None or (type(band) is int and band == -1):
        return named_band("gray", needed(info))
    if isinstance(band, str):
        try:
            return named_band(band, needed(info))
        except ValueError:
            names = [band.name for band in needed(info).bands if band.name]
            words = ", ".join(dict.fromkeys([*names, *needed(info).interpretations]))
            raise entry.wrong("band", f"a number from 1 or one of {words}", band) from None
    raise entry.wrong("band", "a number from 1 or a band's name", band)
