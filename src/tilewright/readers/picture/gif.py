"""The blocks of a GIF, walked without decoding."""

import io
from typing import BinaryIO

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError
from tilewright.readers.picture.layout import checked_frames

_HAS_COLOURS = 0x80
_EXTENSION = b"\x21"
_IMAGE = b"\x2c"


def count_frames(blob: Blob, limits: Limits) -> int:
    """Return the number of frames, as far as the file goes.

    Pillow counts too, but a file of a million frames keeps it busy for long; this stops.
    Raises LimitError as soon as there are more than ``pages``, CorruptSourceError without any.
    """
    file = io.BufferedReader(BlobFile(blob), 1 << 16)
    header = file.read(13)
    _skip_colours(file, header[10:11])
    frames = 0
    while (kind := file.read(1)) in (_EXTENSION, _IMAGE):
        if kind == _IMAGE:
            frames = checked_frames(frames + 1, limits)
            place = file.read(9)
            _skip_colours(file, place[8:9])
        file.read(1)  # an extension's label, or the size of the code
        _skip_data(file)
    if not frames:
        raise CorruptSourceError("the GIF has no frame")
    return frames


def _skip_colours(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & _HAS_COLOURS:
        file.read(3 << ((flags[0] & 7) + 1))


def _skip_data(file: BinaryIO) -> None:
    while (length := file.read(1)) and length[0]:
        file.read(length[0])
