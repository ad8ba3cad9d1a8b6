"""What GDAL says of a file, as an `ImageInfo`: parts, levels, bands. No pixel is read."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tilewright.config import Limits
from tilewright.errors import (
    CorruptSourceError,
    LimitError,
    OutsideError,
    SourceError,
    UnsupportedSourceError,
)
from tilewright.geometry import Size
from tilewright.image import Axis, Band, ColorInterpretation, ImageInfo, Level
from tilewright.readers.gdal.access import Dataset, Handles, gdal_errors
from tilewright.readers.gdal.georeference import georeference

FRAME = "frame"
_MOST_PARTS = 256
"""Parts of a container that are looked at; each has to be opened."""
_LEAST_SIDE, _MOST_SIDE = 256, 1024
_MOST_TAGS, _MOST_CHARACTERS = 64, 256
_MOST_COLOURS = 65_536
_INTERPRETATIONS: dict[str, ColorInterpretation] = {
    "gray": "gray",
    "palette": "palette",
    "red": "red",
    "green": "green",
    "blue": "blue",
    "alpha": "alpha",
    "cyan": "cyan",
    "magenta": "magenta",
    "yellow": "yellow",
    "black": "black",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A raster in a file: the file itself, or what GDAL calls a subdataset."""

    place: str
    """GDAL's name of it."""
    name: str
    """Ours; empty for the file itself."""
    form: tuple[str, int, tuple[Size, ...]]
    """Data type, bands, and the size of each level: parts of one form are frames."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What reading has to know besides the `ImageInfo`."""

    info: ImageInfo
    frames: tuple[Part, ...]
    overviews: tuple[int, ...]
    """GDAL's number of each level's overview; -1 for level 0."""
    together: bool
    """Whether all bands of a block lie in one piece, and so are read at once."""


def survey(handles: Handles, path: str, limits: Limits, associated: str | None) -> Layout:
    """Look at a file. Call it within `gdal_errors`. Raises a SourceError or a LimitError."""
    frames, others = _choose(_parts(handles, path, limits), associated)
    first = frames[0]

    def described(dataset: Dataset) -> Layout:
        overviews, levels = _levels(handles, dataset, first)
        together = str(dataset.tags(ns="IMAGE_STRUCTURE").get("INTERLEAVE", "")) == "PIXEL"
        info = ImageInfo(
            size=levels[0].size,
            levels=tuple(levels),
            bands=_bands(dataset),
            dtype=first.form[0],
            format=_long_name(dataset.driver),
            axes=(Axis(FRAME, len(frames)),) if len(frames) > 1 else (),
            palette=_palette(dataset),
            masked=has_mask(dataset),
            geo=georeference(dataset, levels[0].size),
            associated=() if associated else tuple(part.name for part in others),
            metadata=_metadata(dataset, frames),
        )
        return Layout(info, frames, overviews, together and 1 < dataset.count <= 4)  # noqa: PLR2004

    return handles.use((first.place, -1), described)


def _parts(handles: Handles, path: str, limits: Limits) -> list[Part]:
    """Return the rasters of a file that can be shown, in the file's order."""

    def looked_at(root: Dataset) -> list[str] | Part:
        # What GDAL lists is opened only as far as it is in this very file.
        listed = [] if '"' in path else [text for text in root.subdatasets if path in text]
        if not listed and root.count == 0:
            raise UnsupportedSourceError("the file holds no raster")
        return listed or _part(root, path, "", limits)

    listed = handles.use((path, -1), looked_at)
    if isinstance(listed, Part):
        return [listed]
    if len(listed) > limits.pages:
        raise LimitError("pages", len(listed), limits.pages)
    found: dict[str, Part] = {}
    refusal: SourceError | None = None
    for place in listed[:_MOST_PARTS]:
        name = _part_name(place, path)
        try:
            with gdal_errors("parse"):
                part = handles.use(
                    (place, -1), partial(_part, place=place, name=name, limits=limits)
                )
                found.setdefault(name, part)
        except (CorruptSourceError, UnsupportedSourceError) as error:
            # One variable of text or of complex numbers does not make the others unreadable.
            refusal = error
    if not found:
        raise refusal or UnsupportedSourceError("the file holds no raster")
    return list(found.values())


def _part(dataset: Dataset, place: str, name: str, limits: Limits) -> Part:
    longest = max(dataset.width, dataset.height)
    if longest > limits.file_side:
        raise LimitError("file_side", longest, limits.file_side)
    if not 1 <= dataset.count <= limits.pages:
        raise LimitError("pages", dataset.count, limits.pages)
    if min(dataset.width, dataset.height) < 1:
        raise CorruptSourceError("the raster has no pixels")
    size = Size(dataset.width, dataset.height)
    sizes = (size, *(Size(*pair) for pair in _overview_sizes(dataset, size)))
    return Part(place, name, (_common_type(dataset.dtypes), dataset.count, sizes))


def _overview_sizes(dataset: Dataset, size: Size) -> Iterator[tuple[int, int]]:
    for factor in dataset.overviews(1):
        yield max(1, -(-size.width // factor)), max(1, -(-size.height // factor))


def _common_type(names: tuple[str, ...]) -> str:
    try:
        kinds = [np.dtype(name) for name in names]
    except TypeError as error:
        raise UnsupportedSourceError(f"values of type {names[0]} are not shown") from error
    if any(kind.kind not in "buif" for kind in kinds):
        raise UnsupportedSourceError("complex numbers are not shown")
    return np.result_type(*kinds).name


def _choose(parts: list[Part], associated: str | None) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return the parts that are the image, and the others.

    The image is the largest part, and its frames are all that have the same form.
    """
    if associated is not None:
        chosen = next((part for part in parts if part.name == associated), None)
        if chosen is None or not associated:
            raise OutsideError("the file has no associated image of this name")
        return (chosen,), ()
    largest = max(parts, key=lambda part: part.form[2][0].pixels)
    frames = tuple(part for part in parts if part.form == largest.form)
    return frames, tuple(part for part in parts if part.form != largest.form)


def _part_name(place: str, path: str) -> str:
    """Return what is left of GDAL's name for a part: ``NETCDF:"/a.nc":ndvi`` is ndvi."""
    _, _, rest = place.partition(":")
    return rest.replace(path, "").strip('":/ ') or "0"


def _levels(handles: Handles, dataset: Dataset, part: Part) -> tuple[tuple[int, ...], list[Level]]:
    """Return the overviews that make a pyramid, and what they look like."""
    whole = Size(dataset.width, dataset.height)
    numbers, levels = [-1], [Level(whole, (1.0, 1.0), _chunk(dataset))]
    for number in range(len(dataset.overviews(1))):
        size, chunk, count = handles.use((part.place, number), _outline)
        if size.pixels < levels[-1].size.pixels and count == dataset.count:
            shrink = (whole.width / size.width, whole.height / size.height)
            numbers.append(number)
            levels.append(Level(size, shrink, chunk))
    return tuple(numbers), levels


def _outline(dataset: Dataset) -> tuple[Size, Size, int]:
    """Return the size, the chunk and the number of bands."""
    return Size(dataset.width, dataset.height), _chunk(dataset), dataset.count


def _chunk(dataset: Dataset) -> Size:
    """Return what is decoded at once: whole blocks of GDAL, of about 256 to 1024 pixels a side.

    A block may be one row, or the whole of a large raster; GDAL keeps the latter for the next
    chunk.
    """
    rows, columns = dataset.block_shapes[0]
    return Size(_side(columns, dataset.width), _side(rows, dataset.height))


def _side(block: int, whole: int) -> int:
    block = max(1, min(block, whole))
    if block > _MOST_SIDE:
        return min(whole, _MOST_SIDE)
    return min(whole, block * math.ceil(_LEAST_SIDE / block))


def _bands(dataset: Dataset) -> tuple[Band, ...]:
    meanings = [_INTERPRETATIONS.get(item.name, "undefined") for item in dataset.colorinterp]
    if meanings == ["undefined"]:
        meanings = ["gray"]
    rows = zip(
        dataset.descriptions,
        meanings,
        dataset.nodatavals,
        dataset.scales,
        dataset.offsets,
        strict=True,
    )
    return tuple(
        Band(
            name=(name or "")[:_MOST_CHARACTERS],
            interpretation=meaning,
            nodata=None if nodata is None else float(nodata),
            scale=float(scale) if math.isfinite(scale) and scale else 1.0,
            offset=float(offset) if math.isfinite(offset) else 0.0,
        )
        for name, meaning, nodata, scale, offset in rows
    )


def _palette(dataset: Dataset) -> tuple[tuple[int, int, int, int], ...] | None:
    if dataset.colorinterp[0].name != "palette":
        return None
    try:
        table: dict[int, tuple[int, int, int, int]] = dataset.colormap(1)
    except ValueError:
        return None
    colours = min(max(table, default=-1) + 1, _MOST_COLOURS)
    nodata = dataset.nodatavals[0]
    return tuple(
        (*table.get(value, (0, 0, 0, 255))[:3], 0)
        if value == nodata
        else table.get(value, (0, 0, 0, 255))
        for value in range(colours)
    )


def has_mask(dataset: Dataset) -> bool:
    """Tell whether there is a mask besides nodata values and alpha bands."""
    return any(
        not {"all_valid", "nodata", "alpha"} & {flag.name for flag in flags}
        for flags in dataset.mask_flag_enums
    )


def _long_name(driver: str) -> str:
    from rasterio.env import Env  # noqa: PLC0415 - beside the only use

    return str(Env().drivers().get(driver, driver))


def _metadata(dataset: Dataset, frames: tuple[Part, ...]) -> dict[str, Any]:
    tags = {
        str(key)[:_MOST_CHARACTERS]: str(value)[:_MOST_CHARACTERS]
        for key, value in list(dataset.tags().items())[:_MOST_TAGS]
    }
    found: dict[str, Any] = {"driver": str(dataset.driver), "tags": tags}
    if len(frames) > 1:
        found["frames"] = [part.name for part in frames]
    return found
