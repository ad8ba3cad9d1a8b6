"""Colours to sRGB: ICC profiles, CMYK."""

import io
from functools import cache

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from tilewright.image import Array
from tilewright.readers.picture.layout import band_count

_STRIPE_BYTES = 16 << 20
_LATTICE = 9


def to_srgb(pixels: Array, icc: bytes | None) -> Array:
    """Convert pixels by their profile.

    ``pixels`` has shape (y, x) for grey, (y, x, 2) grey and alpha, (y, x, 3) RGB, (y, x, 4)
    RGB and alpha, uint8 or uint16; what comes back has the same shape, and alpha is kept.
    The array itself may be changed. A profile that is damaged, or made for other colours, is
    ignored, as browsers do.
    """
    if icc is None:
        return pixels
    try:
        made_for, grey = icc[16:20], band_count(pixels) < len("rgb")
        if made_for == b"GRAY" and grey:
            return _grey(pixels, icc)
        if made_for == b"RGB " and not grey:
            return _rgb(pixels, icc)
    except imagecodecs.CmsError:
        return pixels
    return pixels


def cmyk_to_srgb(pixels: Array, icc: bytes | None) -> Array:
    """Convert ink amounts (y, x, 4), uint8, 0 is no ink, to RGB (y, x, 3)."""
    if icc is not None and icc[16:20] == b"CMYK":
        try:
            return _striped(pixels, np.empty((*pixels.shape[:2], 3), pixels.dtype), icc, "cmyk")
        except imagecodecs.CmsError:
            pass
    height, width = pixels.shape[:2]
    image = Image.frombuffer("CMYK", (width, height), np.ascontiguousarray(pixels))
    return np.asarray(image.convert("RGB"))


@cache
def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_name(icc: bytes) -> str | None:
    """Return what a profile calls itself; None when it cannot be read."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.getProfileDescription(profile).strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _transform(pixels: Array, icc: bytes, space: str) -> Array:
    result: Array = imagecodecs.cms_transform(
        np.ascontiguousarray(pixels),
        icc,
        _srgb(),
        colorspace=space,
        outcolorspace="rgb",
        intent=imagecodecs.CMS.INTENT.PERCEPTUAL,
    )
    return result


def _grey(pixels: Array, icc: bytes) -> Array:
    """Grey stays grey: its tone curve as a table."""
    top = int(np.iinfo(pixels.dtype).max)
    ramp = np.arange(top + 1, dtype=pixels.dtype)[np.newaxis]
    table = _transform(ramp, icc, "gray")[0, :, 1]
    if band_count(pixels) == 1:
        return table[pixels]
    return np.dstack([table[pixels[..., 0]], pixels[..., 1]])


def _rgb(pixels: Array, icc: bytes) -> Array:
    if _is_srgb(icc):
        return pixels
    return _striped(pixels, pixels if pixels.flags.writeable else pixels.copy(), icc, "rgb")


def _is_srgb(icc: bytes) -> bool:
    """Tell whether the profile changes no colour by more than one step of 255.

    Most profiles are sRGB under one name or another; measuring beats comparing names, and
    saves the conversion.
    """
    steps = np.linspace(0, 255, _LATTICE).round().astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    change = _transform(lattice, icc, "rgb").astype(np.int16) - lattice
    return int(np.abs(change).max()) <= 1


def _striped(pixels: Array, out: Array, icc: bytes, space: str) -> Array:
    """Convert in stripes, so that a large picture needs no second copy of itself."""
    channels = len(space)
    rows = max(1, _STRIPE_BYTES // pixels[0].nbytes)
    for top in range(0, len(pixels), rows):
        stripe = pixels[top : top + rows, :, :channels]
        out[top : top + rows, :, :3] = _transform(stripe, icc, space)
    return out
