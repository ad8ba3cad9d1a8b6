"""The sources of a mosaic: each is read on the same grid, and they are joined."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import numpy as np

from tilewright import mosaic as joining
from tilewright.config import Config
from tilewright.errors import LimitError, OutsideError
from tilewright.extent import extent
from tilewright.gather import gather
from tilewright.geo import on_earth
from tilewright.geometry import Grid
from tilewright.image import ImageInfo, Plane, Raster, Source
from tilewright.mosaic import Method, Mosaic
from tilewright.operands import to_bytes
from tilewright.plan import covering_chunks, plan
from tilewright.readers import Reader
from tilewright.request import Resampling, check_plane

SAMPLED = 16
"""Sources that an automatic range is measured on; all of them in a stack."""
Lease = Callable[[Source], AbstractContextManager[Reader]]
_WORKING_BYTES: Mapping[Method, int] = {"mean": 10, "median": 32}
"""Of each value of the answer, besides the rasters: sums and counts; what is sorted out."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of a mosaic once all its sources were opened."""

    infos: tuple[ImageInfo, ...]
    """Of each source."""
    whole: ImageInfo
    """Of all together."""


@dataclass(slots=True, eq=False)
class Budget:
    """What one request may still decode, over all its sources."""

    config: Config
    pixels: int = 0
    held: int = 0

    def spend(self, pixels: int, held: int) -> None:
        """Count what will be read. Raises LimitError."""
        limits = self.config.limits
        self.pixels += pixels
        self.held += held
        if self.pixels > limits.source_pixels:
            raise LimitError("source_pixels", self.pixels, limits.source_pixels)
        if self.held > limits.decoded_bytes:
            raise LimitError("decoded_bytes", self.held, limits.decoded_bytes)


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The sources of a mosaic, and how one grid is read from them."""

    mosaic: Mosaic
    layout: Layout
    config: Config
    lease: Lease

    def joined(
        self,
        members: Sequence[int],
        grid: Grid,
        bands: Sequence[int] | None,
        plane: Plane,
        resampling: Resampling,
    ) -> Raster:
        """Return the raster of a grid, joined from these members; masked where none has it."""
        whole, method = self.layout.whole, self.mosaic.method
        chosen = tuple(range(len(whole.bands)) if bands is None else bands)
        _check_bands(whole, chosen)
        check_plane(whole, plane)
        laid = on_earth(grid, whole.geo)
        if method == "stack":
            members = chosen
        touching = [index for index in members if self.touches(index, laid)]
        if not touching or (method == "stack" and len(touching) < len(members)):
            # An empty answer may be too large, too.
            plan(whole, laid, self.config.limits, chosen)
            return _nothing(whole, laid, len(chosen))
        budget = Budget(self.config)
        budget.spend(0, laid.size.pixels * len(chosen) * _WORKING_BYTES.get(method, 0))
        own = (0,) if method in {"stack", "count"} else chosen
        makers = [
            partial(self.one, index, laid, own, plane, resampling, budget=budget)
            for index in touching
        ]
        raster = joining.combine(makers, method)
        dtype = np.dtype(whole.dtype)
        return Raster(raster.data.astype(dtype, copy=False), raster.mask, laid)

    def sampled(self, grid: Grid, bands: Sequence[int]) -> Sequence[int]:
        """Return the members that ranges are measured on: few, and not too dear to read."""
        members = range(len(self.layout.infos))
        if self.mosaic.method == "stack":
            return members
        laid = on_earth(grid, self.layout.whole.geo)
        picked: list[int] = []
        spent = 0
        for index in members[:: -(-len(members) // SAMPLED)]:
            info = self.layout.infos[index]
            own = (0,) if self.mosaic.method == "count" else bands
            reading = plan(info, laid, self.config.limits, own)
            if reading.window is not None:
                spent += covering_chunks(reading.window, info.levels[reading.level]).pixels
            if picked and spent > self.config.limits.source_pixels // 2:
                break
            picked.append(index)
        return picked

    def touches(self, index: int, grid: Grid) -> bool:
        """Tell whether a member may have a pixel of the grid; it is not opened for that."""
        info = self.layout.infos[index]
        if info.geo is None or grid.crs is None:
            return True
        boxes = extent(info.geo, info.size, grid.crs)
        around = grid.box
        return boxes is None or any(
            around.x < box.right
            and box.x < around.right
            and around.y < box.bottom
            and box.y < around.bottom
            for box in boxes
        )

    def one(
        self,
        index: int,
        grid: Grid,
        bands: Sequence[int],
        plane: Plane,
        resampling: Resampling,
        *,
        budget: Budget,
    ) -> Raster:
        """Read a member. What its alpha hides is masked, whether or not alpha is asked for."""
        info = self.layout.infos[index]
        opacity = [row for row, name in enumerate(info.interpretations) if "alpha" in name]
        wanted = (*bands, *(band for band in opacity if band not in bands))
        reading = plan(info, grid, self.config.limits, wanted, resampling)
        if reading.window is not None:
            level = info.levels[reading.level]
            held = grid.size.pixels * len(wanted) * np.dtype(info.dtype).itemsize
            keeps = self.mosaic.method in {"median", "stack"}
            budget.spend(covering_chunks(reading.window, level).pixels, held if keeps else 0)
        with self.lease(self.mosaic.sources[index]) as reader:
            raster = gather(reader, reading, plane, self.config.read_piece_bytes)
        mask = raster.mask
        for row, band in enumerate(wanted):
            if band in opacity:
                seen = to_bytes(raster.data[row]) > 0
                mask = seen if mask is None else mask & seen
        return Raster(raster.data[: len(bands)], mask, raster.grid)


def _check_bands(info: ImageInfo, bands: Sequence[int]) -> None:
    for band in bands:
        if not 0 <= band < len(info.bands):
            raise OutsideError(f"band {band + 1} is outside 1 to {len(info.bands)}")


def _nothing(info: ImageInfo, grid: Grid, bands: int) -> Raster:
    shape = (grid.size.height, grid.size.width)
    data = np.zeros((bands, *shape), np.dtype(info.dtype))
    return Raster(data, np.zeros(shape, np.bool_), grid)
