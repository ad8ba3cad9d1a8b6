"""The places that a trace names, block by block, and an image sampled there.

Like `resample`, it leaves the arithmetic to OpenCV, which works without the GIL.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from tilewright.antialias import smoothed
from tilewright.geometry import Affine, Size, Window
from tilewright.image import Array, Mask
from tilewright.request import Resampling
from tilewright.trace import Lattice, Places32, Scatter, Trace

_BLOCK = 2048
"""Pixels of the grid along a side that are sampled at once."""
_FARTHEST = 32_000
"""OpenCV addresses pixels up to 32,767."""
_NOWHERE = -1e4
_TIE = 1e-4
"""Pixels by which a place is moved to the right and down, so that ties fall as GDAL's do."""
_MOST_PARTS = 8
_KERNELS: Mapping[Resampling, int] = {
    "nearest": cv2.INTER_NEAREST,
    "bilinear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
_RGB = 3


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a window of the image, its blocks averaged, is brought onto a grid."""

    onto: Trace
    """From corners of grid pixels to corners of reduced pixels."""
    size: Size
    """Of the grid."""
    edges: tuple[float, float]
    """The width and height of what was read, in reduced pixels: the last may be cut."""
    resampling: Resampling
    pitch: tuple[float, float]
    """Reduced pixels per pixel of the grid."""
    reduce: tuple[int, int]

    @property
    def part(self) -> Window:
        """The pixels of the grid that can touch the image."""
        return Window.whole(self.size) if isinstance(self.onto, Affine) else self.onto.part

    @property
    def parts(self) -> int:
        """Into how many parts along a side a pixel is cut, for kernels that look at areas."""
        if self.resampling not in {"average", "mode"}:
            return 1
        return min(_MOST_PARTS, max(1, math.ceil(2 * max(self.pitch) - 1)))


@dataclass(frozen=True, slots=True, eq=False)
class SampledPlaces:
    """The places of a sampling's part, block by block."""

    sampling: Sampling
    part: Window
    blocks: tuple[Window, ...]
    """Windows of the part, from its own corner."""
    held: dict[Window, Places32]

    @classmethod
    def of(cls, sampling: Sampling) -> "SampledPlaces":
        """Return the places of a sampling; none is worked out yet."""
        part = sampling.part
        return cls(sampling, part, tuple(_blocks(part.size)), {})

    def at(self, window: Window) -> Places32:
        """Return the places of a block's pixels, made when they are first asked for."""
        found = self.held.get(window)
        if found is None:
            found = self.held[window] = _places_in(self.sampling, self.part, window)
        return found

    @property
    def size(self) -> Size:
        """Of the part, in pixels of the grid."""
        return self.part.size

    def inside(self) -> Mask | None:
        """Return which pixels' centres lie in the image; None when all do."""
        wide, high = self.sampling.edges
        box = _box_of(self.sampling)
        if box is not None and box[0] >= 0 and box[1] >= 0 and box[2] <= wide and box[3] <= high:
            return None
        out = np.empty((self.size.height, self.size.width), np.bool_)
        parts = self.sampling.parts
        for window in self.blocks:
            places = self.at(window)
            x, y = (places[axis, parts // 2 :: parts, parts // 2 :: parts] for axis in range(2))
            found = (x >= 0) & (x < wide) & (y >= 0) & (y < high)
            out[window.y : window.bottom, window.x : window.right] = found
        return None if out.all() else out

    def pick(self, layer: Array) -> Array:
        """Return the pixel of a layer (y, x) that each place falls into."""
        parts = self.sampling.parts
        shape = (self.size.height * parts, self.size.width * parts)
        out = np.empty(shape, layer.dtype)
        for window in self.blocks:
            places = self.at(window)
            x = np.floor(places[0] + _TIE).astype(np.intp).clip(0, layer.shape[1] - 1)
            y = np.floor(places[1] + _TIE).astype(np.intp).clip(0, layer.shape[0] - 1)
            out[
                window.y * parts : window.bottom * parts, window.x * parts : window.right * parts
            ] = layer[y, x]
        return out

    def pick_all(self, mask: Mask) -> Mask:
        """Return what `pick` makes of a mask (y, x), or of the layers of one (band, y, x)."""
        if mask.ndim == 2:  # noqa: PLR2004
            return self.pick(mask)
        return np.stack([self.pick(layer) for layer in mask])

    def sample(self, image: Array) -> Array:
        """Return an image (y, x) or (y, x, channel) sampled at the places."""
        channels = image.shape[2:]
        if self.sampling.resampling == "bilinear":
            image = smoothed(image, self.sampling.pitch, self.sampling.reduce)
        if channels == (_RGB,) and image.dtype.name in {"uint8", "uint16", "float32"}:
            # OpenCV samples four channels in half the time of three.
            image = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
        if len(self.blocks) == 1:
            out = self._sample_block(image, self.blocks[0])
        else:
            out = np.empty((self.size.height, self.size.width, *image.shape[2:]), image.dtype)
            for window in self.blocks:
                part = self._sample_block(image, window)
                out[window.y : window.bottom, window.x : window.right] = part
        return cv2.cvtColor(out, cv2.COLOR_RGBA2RGB) if out.shape[2:] != channels else out

    def _sample_block(self, image: Array, window: Window) -> Array:
        sampling, parts = self.sampling, self.sampling.parts
        # Areas are looked at in places, and one place is enough where a pixel is not cut.
        kernel = _KERNELS.get(sampling.resampling, cv2.INTER_NEAREST)
        near = max(image.shape[:2]) <= _FARTHEST
        if near and parts == 1 and isinstance(sampling.onto, Affine):
            return _sheared(image, sampling.onto, window, kernel)
        places = self.at(window)
        if not near:
            image, places = _near(image, places)
        # OpenCV counts from the centres of pixels.
        x, y = places[0] - np.float32(0.5), places[1] - np.float32(0.5)
        sampled = cv2.remap(image, x, y, kernel, borderMode=cv2.BORDER_REPLICATE)
        if parts > 1:
            size = (sampled.shape[1] // parts, sampled.shape[0] // parts)
            sampled = cv2.resize(sampled, size, interpolation=cv2.INTER_AREA)
        return _with_channels(sampled, image)


def _sheared(image: Array, onto: Affine, window: Window, kernel: int) -> Array:
    """Return an image sampled where an affine leads: no place need be worked out."""
    centred = (
        Affine.scale(1.0, 1.0, left=-0.5, top=-0.5)
        @ onto
        @ Affine.scale(1.0, 1.0, left=window.x + 0.5, top=window.y + 0.5)
    )
    matrix = np.array([[centred.a, centred.b, centred.c], [centred.d, centred.e, centred.f]])
    sampled = cv2.warpAffine(
        image,
        matrix,
        (window.width, window.height),
        flags=kernel | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _with_channels(sampled, image)


def _with_channels(sampled: Array, image: Array) -> Array:
    """Return the sampled image with a last axis, which OpenCV drops when it is one long."""
    return sampled if sampled.ndim == image.ndim else sampled[..., np.newaxis]


def _blocks(size: Size) -> Iterator[Window]:
    for y in range(0, size.height, _BLOCK):
        for x in range(0, size.width, _BLOCK):
            yield Window(x, y, min(_BLOCK, size.width - x), min(_BLOCK, size.height - y))


def _places_in(sampling: Sampling, part: Window, window: Window) -> Places32:
    onto, parts = sampling.onto, sampling.parts
    if isinstance(onto, Affine):
        columns = ((np.arange(window.width * parts) + 0.5) / parts + window.x)[np.newaxis]
        rows = ((np.arange(window.height * parts) + 0.5) / parts + window.y)[:, np.newaxis]
        places: Places32 = np.empty((2, window.height * parts, window.width * parts), np.float32)
        np.add(onto.a * columns + onto.c, onto.b * rows, out=places[0], casting="same_kind")
        np.add(onto.d * columns + onto.f, onto.e * rows, out=places[1], casting="same_kind")
        return places
    there = Window(window.x + part.x, window.y + part.y, window.width, window.height)
    places = onto.at(there, parts)
    if isinstance(onto, Scatter):
        places[~np.isfinite(places)] = _NOWHERE
    return places


def _box_of(sampling: Sampling) -> tuple[float, float, float, float] | None:
    """Return bounds of all places, if they are known without looking at each."""
    onto, size = sampling.onto, sampling.size
    if isinstance(onto, Affine):
        corners = [onto(x, y) for x in (0, size.width) for y in (0, size.height)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return min(xs), min(ys), max(xs), max(ys)
    if isinstance(onto, Lattice):
        # The box is a pixel wider than the nodes: polynomials bulge less between them.
        box = onto.box
        return None if box is None else (box.x, box.y, box.right, box.bottom)
    return None


def _near(image: Array, places: Places32) -> tuple[Array, Places32]:
    """Return the part of an image that places need, and the places in it."""
    kept = places[:, (places != _NOWHERE).all(0)]
    if not kept.size:
        return image[:1, :1], places
    x, y = kept.min(1) - 8
    left, top = max(0, int(x)), max(0, int(y))
    right, bottom = (int(end) + 8 for end in kept.max(1))
    left, top = min(left, image.shape[1] - 1), min(top, image.shape[0] - 1)
    part = image[top : max(top + 1, bottom), left : max(left + 1, right)]
    if max(part.shape[:2]) > _FARTHEST:
        # A block of the grid spans more than OpenCV can address: the image is thinned out.
        step = -(-max(part.shape[:2]) // _FARTHEST)
        part = np.ascontiguousarray(part[::step, ::step])
        moved = (places - np.array([left, top], np.float32)[:, np.newaxis, np.newaxis]) / step
        return part, moved.astype(np.float32)
    return part, places - np.array([left, top], np.float32)[:, np.newaxis, np.newaxis]
