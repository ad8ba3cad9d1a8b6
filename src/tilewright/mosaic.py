"""Several rasters of one grid as one: pure arithmetic on values and masks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from tilewright.image import Array, Mask, Raster, Source
from tilewright.request import RenderRequest

Method = Literal["first", "last", "highest", "lowest", "mean", "median", "count", "stack"]
METHODS: tuple[Method, ...] = (
    "first",
    "last",
    "highest",
    "lowest",
    "mean",
    "median",
    "count",
    "stack",
)
MEANS: frozenset[Method] = frozenset({"mean", "median"})
"""Methods that make values which no source has."""
MOST_SOURCES = 256
Maker = Callable[[], Raster]
"""Reads one raster; called only when it is needed."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """What to open, in order, and what becomes of a pixel that several of them have.

    ``first`` and ``last`` go by the order; ``highest``, ``lowest``, ``mean`` and ``median``
    are of each band alone; ``count`` tells how many have the pixel. ``stack`` is no choice
    at all: the first band of each source is a band of the whole.
    """

    sources: tuple[Source, ...]
    method: Method = "first"

    def __post_init__(self) -> None:
        if not 1 <= len(self.sources) <= MOST_SOURCES:
            raise ValueError(f"a mosaic has 1 to {MOST_SOURCES} sources, not {len(self.sources)}")
        if self.method not in METHODS:
            raise ValueError(f"there is no method {self.method!r}")

    def key(self, request: RenderRequest) -> str:
        """Return the cache key and ETag seed of a request on this mosaic."""
        members = [(one.uri, one.version, one.options) for one in self.sources]
        text = f"mosaic|{self.method}|{members}|{request.key(self.sources[0])}"
        return blake2b(text.encode(), digest_size=16).hexdigest()


def combine(makers: Sequence[Maker], method: Method) -> Raster:
    """Join the rasters that ``makers`` read, all of one grid, bands and dtype; at least one.

    No more are read than are needed: ``first`` and ``last`` stop when no hole is left. NaN
    is no value in a band. Means are rounded to integers where the dtype has no others, and
    halves to the even one. The result of ``count`` has one band of uint16.
    """
    if not makers:
        raise ValueError("a mosaic joins at least one raster")
    return _JOINS[method](makers)


def stack(rasters: Sequence[Raster]) -> Raster:
    """Lay the bands of rasters of one grid on each other, in a dtype that holds them all.

    A pixel is valid where every raster has it: an expression over a missing band is no value.
    """
    dtype = np.result_type(*(raster.data.dtype for raster in rasters))
    data = np.concatenate([raster.data.astype(dtype, copy=False) for raster in rasters])
    masks = [raster.mask for raster in rasters if raster.mask is not None]
    return Raster(data, np.logical_and.reduce(masks) if masks else None, rasters[0].grid)


def _stacked(makers: Sequence[Maker]) -> Raster:
    return stack([make() for make in makers])


def _last(makers: Sequence[Maker]) -> Raster:
    return _filled(makers[::-1])


def _filled(makers: Sequence[Maker]) -> Raster:
    """Return the first raster, its holes filled from the next, and so on."""
    first = makers[0]()
    if first.mask is None or first.mask.all():
        return first
    data, known = first.data.copy(), first.mask.copy()
    for make in makers[1:]:
        raster = make()
        wanted = ~known if raster.mask is None else raster.mask & ~known
        np.copyto(data, raster.data, where=wanted)
        known |= wanted
        if known.all():
            return Raster(data, None, first.grid)
    return Raster(data, known, first.grid)


def _highest(makers: Sequence[Maker]) -> Raster:
    return _extreme(makers, np.fmax)


def _lowest(makers: Sequence[Maker]) -> Raster:
    return _extreme(makers, np.fmin)


def _extreme(makers: Sequence[Maker], choose: np.ufunc) -> Raster:
    first = makers[0]()
    data, known = first.data.copy(), _mask(first).copy()
    for make in makers[1:]:
        raster = make()
        mask = _mask(raster)
        choose(data, raster.data, out=data, where=mask & known)
        np.copyto(data, raster.data, where=mask & ~known)
        known |= mask
    return Raster(data, _or_none(known), first.grid)


def _mean(makers: Sequence[Maker]) -> Raster:
    first = makers[0]()
    total = np.zeros(first.data.shape, np.float64)
    count = np.zeros(first.data.shape, np.uint16)
    known = np.zeros(first.data.shape[1:], np.bool_)
    for index, make in enumerate(makers):
        raster = make() if index else first
        mask = _mask(raster)
        valid = _valid(raster.data, mask)
        np.add(total, raster.data, out=total, where=valid)
        count += valid
        known |= mask
    with np.errstate(invalid="ignore"):
        # Nothing valid in a band of a pixel: NaN where the dtype has one.
        total /= np.where(count == 0, np.nan, count)
    return Raster(_cast(total, first.data.dtype), _or_none(known), first.grid)


def _median(makers: Sequence[Maker]) -> Raster:
    rasters = [make() for make in makers]
    dtype = rasters[0].data.dtype
    known: Mask = np.logical_or.reduce([_mask(raster) for raster in rasters])
    values = np.stack([raster.data for raster in rasters])
    # What is not valid goes to the end when sorted.
    top: Any = np.nan if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max
    valid = np.stack([_valid(raster.data, _mask(raster)) for raster in rasters])
    np.copyto(values, top, where=~valid)
    values.sort(axis=0)
    count = valid.sum(0)
    middle = [
        np.take_along_axis(values, np.maximum(place, 0)[np.newaxis], 0)[0]
        for place in ((count - 1) // 2, count // 2)
    ]
    half = middle[0].astype(np.float64) / 2 + middle[1].astype(np.float64) / 2
    # Where both are one, no rounding: int64 has values that float64 has not.
    median = np.where(middle[0] == middle[1], middle[0], _cast(half, dtype))
    return Raster(median, _or_none(known), rasters[0].grid)


def _count(makers: Sequence[Maker]) -> Raster:
    first = makers[0]()
    count = np.zeros(first.data.shape[1:], np.uint16)
    for index, make in enumerate(makers):
        count += _mask(make() if index else first)
    return Raster(count[np.newaxis], _or_none(count > 0), first.grid)


def _mask(raster: Raster) -> Mask:
    return np.ones(raster.data.shape[1:], np.bool_) if raster.mask is None else raster.mask


def _valid(data: Array, mask: Mask) -> Mask:
    """Return where each band has a value, shape (band, y, x)."""
    if data.dtype.kind == "f":
        return mask & ~np.isnan(data)
    return np.broadcast_to(mask, data.shape)


def _or_none(known: Mask) -> Mask | None:
    return None if known.all() else known


def _cast(values: Array, dtype: np.dtype[Any]) -> Array:
    cast: Array
    if dtype.kind == "f":
        cast = values.astype(dtype)
        return cast
    whole = np.rint(np.nan_to_num(values))
    if dtype.kind == "b":
        cast = whole > 0
        return cast
    limits = np.iinfo(dtype)
    # The largest int64 has no float64: the clip to it would pass the end.
    top = np.nextafter(limits.max, 0) if dtype.itemsize == 8 else limits.max  # noqa: PLR2004
    cast = whole.clip(limits.min, top).astype(dtype)
    return cast


_JOINS: Mapping[Method, Callable[[Sequence[Maker]], Raster]] = {
    "first": _filled,
    "last": _last,
    "highest": _highest,
    "lowest": _lowest,
    "mean": _mean,
    "median": _median,
    "count": _count,
    "stack": _stacked,
}
