"""Arrays as images: for tests, and for pictures that a program makes.

bands = ArrayReader([full, half], shrinks=[(1, 1), (2, 2)])
registry.register("array", array_driver({"ramp": lambda: ArrayReader([ramp])}))
blob = MemoryBlob(array_bytes("ramp"))
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tilewright.errors import UnsupportedSourceError
from tilewright.geo import Geo
from tilewright.geometry import Size, Window
from tilewright.image import Array, Axis, Band, ImageInfo, Level, Mask, Plane
from tilewright.readers import Driver, Opening

_MAGIC = b"tilewright array\n"
_MOST_NAME_BYTES = 255
_TILE = Size(256, 256)
_PLANE_DIMENSIONS = 3


class ArrayReader:
    """An image whose levels are arrays in memory; reading gives read-only views of them."""

    thread_safe = True

    def __init__(
        self,
        levels: Sequence[Array],
        *,
        shrinks: Sequence[tuple[float, float]] = ((1.0, 1.0),),
        chunk: Size = _TILE,
        masks: Sequence[Mask] | None = None,
        bands: Sequence[Band] | None = None,
        axes: Sequence[Axis] = (),
        geo: Geo | None = None,
        format: str = "array",
    ) -> None:
        """Wrap the arrays; nothing is copied.

        Each level has shape (band, y, x), behind one dimension for each of ``axes``; its
        shrink says how many level-0 pixels one of its pixels spans along x and y. Masks, one
        a level, have shape (y, x), True where something was measured. Bands without a
        description are grey when there is one, and else undefined.

        Raises ValueError when these do not fit together.
        """
        if len(shrinks) != len(levels) or (masks is not None and len(masks) != len(levels)):
            raise ValueError("each level has a shrink, and a mask when there are masks")
        leading = tuple(axis.size for axis in axes)
        first = levels[0]
        if first.ndim != len(leading) + _PLANE_DIMENSIONS:
            raise ValueError("a level has shape (*axes, band, y, x)")
        for array in levels:
            same = array.shape[:-2] == (*leading, first.shape[-3])
            if not same or array.dtype != first.dtype:
                raise ValueError("levels differ in their axes, bands or dtype")
        if masks is not None:
            for array, mask in zip(levels, masks, strict=True):
                if mask.shape != array.shape[-2:]:
                    raise ValueError("a mask has the shape (y, x) of its level")
        count = first.shape[-3]
        described = tuple(bands) if bands is not None else _undescribed(count)
        if len(described) != count:
            raise ValueError("each band has one description")
        self._levels = tuple(_read_only(array) for array in levels)
        self._masks = None if masks is None else tuple(_read_only(mask) for mask in masks)
        self._info = ImageInfo(
            size=_size(first),
            levels=tuple(
                Level(_size(array), shrink, chunk)
                for array, shrink in zip(levels, shrinks, strict=True)
            ),
            bands=described,
            dtype=first.dtype.name,
            format=format,
            axes=tuple(axes),
            geo=geo,
        )

    @property
    def info(self) -> ImageInfo:
        """The layout."""
        return self._info

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Return the window's numbers (band, y, x), and its part of the mask."""
        place = tuple(plane.index(axis.name) for axis in self._info.axes)
        rows, columns = slice(window.y, window.bottom), slice(window.x, window.right)
        data = self._levels[level][place][:, rows, columns]
        if list(bands) != list(range(len(data))):
            data = data[list(bands)]
        return data, None if self._masks is None else self._masks[level][rows, columns]

    def close(self) -> None:
        """Do nothing: the arrays belong to whoever made them."""


def array_bytes(name: str) -> bytes:
    """Return the content of the file that `array_driver` opens as the image of that name.

    Raises ValueError when the name is empty or longer than 255 bytes.
    """
    encoded = name.encode()
    if not 1 <= len(encoded) <= _MOST_NAME_BYTES:
        raise ValueError("a name has 1 to 255 bytes")
    return _MAGIC + encoded


def array_driver(images: Mapping[str, Callable[[], ArrayReader]]) -> Driver:
    """Return a driver that opens the content made by `array_bytes`.

    Each opening calls the function of that name. Register the driver in code; it is not
    there unless a program asks for it.
    """

    def open_array(opening: Opening) -> ArrayReader:
        content = opening.blob.read(0, len(_MAGIC) + _MOST_NAME_BYTES)
        make = images.get(content.removeprefix(_MAGIC).decode(errors="replace"))
        if make is None:
            raise UnsupportedSourceError("no array has this name", uri=opening.source.uri)
        return make()

    return Driver(name="array", sniff=lambda head: head.startswith(_MAGIC), open=open_array)


def _undescribed(count: int) -> tuple[Band, ...]:
    return (Band(interpretation="gray"),) if count == 1 else (Band(),) * count


def _size(array: Array) -> Size:
    return Size(array.shape[-1], array.shape[-2])


def _read_only(array: Array) -> Array:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
