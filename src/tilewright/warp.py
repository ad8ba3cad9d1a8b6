"""Bring what was read onto a grid, at the places that a trace names: any lattice, any kernel."""

import numpy as np

from tilewright.image import Array, Mask
from tilewright.kernel import apply_kernel
from tilewright.places import SampledPlaces, Sampling


def warp(
    data: Array, mask: Mask | None, sampling: Sampling, *, alpha: int | None
) -> tuple[Array, Mask | None]:
    """Return ``data`` (band, y, x) on the grid, and where it is valid; None is everywhere.

    The mask has shape (band, y, x), or (y, x) when it holds for all bands; so has what comes back.
    Masked and transparent pixels have no weight, so that nothing bleeds over an edge. A pixel
    of the grid is valid when its centre lies in the image and half of its weight is valid.
    """
    places = SampledPlaces.of(sampling)
    inside = places.inside()
    if sampling.resampling == "mode":
        out, valid = _mode(data, mask, places)
    elif sampling.resampling == "nearest":
        out = np.stack([places.pick(layer) for layer in data])
        valid = None if mask is None else places.pick_all(mask)
    else:
        out, valid = apply_kernel(places.sample, data, mask, alpha)
    if valid is not None and inside is not None:
        valid &= inside
    return _onto_grid(out, inside if valid is None else valid, sampling)


def _onto_grid(data: Array, mask: Mask | None, sampling: Sampling) -> tuple[Array, Mask | None]:
    """Lay the traced part on the whole grid."""
    part, size = sampling.part, sampling.size
    if part.size == size:
        return data, mask
    place = (slice(part.y, part.bottom), slice(part.x, part.right))
    canvas = np.zeros((len(data), size.height, size.width), data.dtype)
    layers = () if mask is None else mask.shape[:-2]
    valid = np.zeros((*layers, size.height, size.width), np.bool_)
    canvas[:, *place] = data
    valid[..., *place] = True if mask is None else mask
    return canvas, valid


def _mode(data: Array, mask: Mask | None, places: SampledPlaces) -> tuple[Array, Mask | None]:
    """Return the most frequent valid value of each pixel's parts; of equal ones the least."""
    parts = places.sampling.parts
    out = np.empty((len(data), places.size.height, places.size.width), data.dtype)
    known: list[Mask] = []
    for row, layer in enumerate(data):
        samples = _areas(places.pick(layer), parts)
        if mask is not None and (mask.ndim > 2 or not known):  # noqa: PLR2004
            known.append(_areas(places.pick(mask if mask.ndim == 2 else mask[row]), parts))  # noqa: PLR2004
        if known:
            # NaN equals nothing, so that it never makes a run.
            samples = np.where(known[-1], samples, np.nan)
        out[row] = np.nan_to_num(_longest_run(np.sort(samples, axis=-1))).astype(data.dtype)
    if mask is None:
        return out, None
    shares = [valid.mean(-1) >= 0.5 for valid in known]  # noqa: PLR2004
    return out, shares[0] if mask.ndim == 2 else np.stack(shares)  # noqa: PLR2004


def _areas(samples: Array, parts: int) -> Array:
    """Return the samples of each pixel on a last axis."""
    high, wide = samples.shape[0] // parts, samples.shape[1] // parts
    cut = samples.reshape(high, parts, wide, parts).swapaxes(1, 2)
    return cut.reshape(high, wide, parts * parts)


def _longest_run(ordered: Array) -> Array:
    """Return the value of the longest run of equals along the last, sorted axis."""
    length = np.ones(ordered.shape[:-1], np.int16)
    best, found = length.copy(), ordered[..., 0].copy()
    for index in range(1, ordered.shape[-1]):
        same = ordered[..., index] == ordered[..., index - 1]
        length = np.where(same, length + 1, 1).astype(np.int16)
        longer = length > best
        best = np.where(longer, length, best)
        found = np.where(longer, ordered[..., index], found)
    return found
