"""Frames: one number for a position on all axes, as large_image counts, the last axis fastest."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tilewright.config import Limits
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.geometry import Size
from tilewright.image import ImageInfo, Plane
from tilewright.request import Fit, RenderRequest
from tilewright.web import looks, xyz
from tilewright.web.downloads import DOWNLOAD
from tilewright.web.looks.bands import frame_count, frame_plane
from tilewright.web.maps.asked import without
from tilewright.web.maps.tiles import RESAMPLING
from tilewright.web.metadata import info_document
from tilewright.web.outputs import ENCODING, FRAME, THUMBNAIL_SIDE
from tilewright.web.params import Parameter, ParameterSet, integer, whole

MOST_SHOWN = 1024
"""Frames on one sheet."""

_AXIS = "frame"


def located(plane: Plane, info: xyz.Info) -> Plane:
    """Return a plane whose ``frame`` has become a position on each of the image's axes.

    So is one reached whose axes no query can name, such as those of angles or lifetimes.
    ``info`` opens the image; it is called only for a frame other than the first. Raises
    ParameterError, and OutsideError for a frame that is not there.
    """
    frame = plane.index(_AXIS)
    if not frame or _AXIS in [axis.name for axis in info().axes]:
        return plane
    named = [name for name, _ in plane.indices if name != _AXIS]
    if named:
        raise ParameterError(_AXIS, f"left out where {named[0]} is given")
    return plane_of_frame(frame, info())


def framed(asked: RenderRequest, info: xyz.Info) -> RenderRequest:
    """Return a picture's request with its plane `located`. Raises as that does."""
    plane = located(asked.plane, info)
    return asked if plane is asked.plane else replace(asked, plane=plane)


def plane_of_frame(frame: int, info: ImageInfo) -> Plane:
    """Return the plane of a frame. Raises OutsideError."""
    try:
        return frame_plane(frame, info)
    except ValueError:
        raise OutsideError(f"frame {frame} is outside 0 to {frame_count(info) - 1}") from None


def info_with_frames(info: ImageInfo) -> dict[str, Any]:
    """Return the document of ``info/metadata``, frames listed as large_image lists them."""
    return info_document(info) | _frames_keys(info)


def _frames_keys(info: ImageInfo) -> dict[str, Any]:
    count = frame_count(info)
    if count == 1:
        return {}
    strides, step = {}, 1
    for axis in reversed(info.axes):
        strides[_index_key(axis.name)] = step
        step *= axis.size
    return {
        "frames": [_frame(frame, info) for frame in range(count)],
        "IndexRange": {_index_key(axis.name): axis.size for axis in info.axes},
        "IndexStride": {
            _index_key(axis.name): strides[_index_key(axis.name)] for axis in info.axes
        },
    }


def _index_key(axis: str) -> str:
    return f"Index{axis.upper()}"


def _frame(frame: int, info: ImageInfo) -> dict[str, int]:
    plane = frame_plane(frame, info)
    places = {_index_key(axis.name): plane.index(axis.name) for axis in info.axes}
    return {"Frame": frame, "Index": frame, **places}


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(whole(part) for part in text.split(","))
    if len(numbers) > MOST_SHOWN or min(numbers) < 0:
        raise ValueError
    return numbers


LIST: Parameter[tuple[int, ...]] = Parameter(
    "frames",
    "Numbers of the frames, from 0, with commas between; all when left out.",
    f"at most {MOST_SHOWN:,} numbers of frames with commas between",
    _numbers,
    lambda numbers: ",".join(map(str, numbers)),
    {"type": "string", "pattern": "^[0-9]+(,[0-9]+)*$"},
    aliases=("frameList",),
    misspellings=("frame_list",),
)
ACROSS = integer(
    "frames_across",
    "How many frames lie side by side; when left out, the sheet is about square.",
    low=1,
    high=MOST_SHOWN,
    aliases=("framesAcross",),
)
LAYOUT = ParameterSet((LIST, ACROSS, *FRAME))
SHEET = ParameterSet((*LAYOUT.parameters, RESAMPLING, *ENCODING, *looks.PARAMETERS, DOWNLOAD))
_TAKEN = frozenset(name.lower() for each in (LIST, ACROSS) for name in (each.name, *each.aliases))

SHEET_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["width", "height", "frameWidth", "frameHeight", "framesAcross", "frames"],
    "properties": {
        "width": {"type": "integer", "description": "Of the sheet, in pixels."},
        "height": {"type": "integer"},
        "frameWidth": {"type": "integer"},
        "frameHeight": {"type": "integer"},
        "framesAcross": {"type": "integer"},
        "framesDown": {"type": "integer"},
        "frames": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "frame": {"type": "integer"},
                    "left": {"type": "integer"},
                    "top": {"type": "integer"},
                    "position": {"type": "object", "additionalProperties": {"type": "integer"}},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Frames side by side in one picture, all of one size, row after row."""

    frames: tuple[int, ...]
    across: int
    cell: Size

    @property
    def down(self) -> int:
        """How many rows there are."""
        return -(-len(self.frames) // self.across)

    @property
    def size(self) -> Size:
        """Of the whole sheet."""
        return Size(self.across * self.cell.width, self.down * self.cell.height)

    def corner(self, index: int) -> tuple[int, int]:
        """Return left and top of a cell, in pixels."""
        row, column = divmod(index, self.across)
        return column * self.cell.width, row * self.cell.height


def sheet(query: str, info: ImageInfo, limits: Limits) -> Sheet:
    """Return the sheet that ``tile_frames?{query}`` asks for.

    Raises ParameterError, OutsideError for a frame that is not there, LimitError.
    """
    values = LAYOUT.read(query)
    target = Fit(values.get("max_width", THUMBNAIL_SIDE), values.get("max_height", THUMBNAIL_SIDE))
    count = frame_count(info)
    frames: Sequence[int] = values.get("frames", range(count))
    if len(frames) > MOST_SHOWN:
        raise LimitError("frames", len(frames), MOST_SHOWN)
    for frame in frames:
        plane_of_frame(frame, info)
    across = min(len(frames), values.get("frames_across", math.ceil(math.sqrt(len(frames)))))
    found = Sheet(tuple(frames), across, target.grid(info).size)
    longest = max(found.size.width, found.size.height)
    if longest > limits.output_side:
        raise LimitError("output_side", longest, limits.output_side)
    if found.size.pixels > limits.output_pixels:
        raise LimitError("output_pixels", found.size.pixels, limits.output_pixels)
    return found


def cell_query(query: str) -> str:
    """Return the query of one cell, as that of a thumbnail. Raises ParameterError."""
    SHEET.read(query)
    return without(query, _TAKEN)


def sheet_document(found: Sheet, info: ImageInfo) -> dict[str, Any]:
    """Return where each frame stands on its sheet."""
    rows = []
    for index, frame in enumerate(found.frames):
        left, top = found.corner(index)
        plane = frame_plane(frame, info)
        position = {axis.name: plane.index(axis.name) for axis in info.axes}
        rows.append({"frame": frame, "left": left, "top": top, "position": position})
    return {
        "width": found.size.width,
        "height": found.size.height,
        "frameWidth": found.cell.width,
        "frameHeight": found.cell.height,
        "framesAcross": found.across,
        "framesDown": found.down,
        "frames": rows,
    }
