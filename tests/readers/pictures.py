"""Small pictures of every kind, made in memory, and what Pillow makes of them."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import imagecodecs
import numpy as np
from PIL import Image, ImageCms, ImageOps

from tilewright.blobs.memory import MemoryBlob
from tilewright.config import Config, Limits
from tilewright.image import Source
from tilewright.readers import ChunkStore, NoChunkStore, Opening
from tilewright.readers.picture import DRIVER
from tilewright.readers.picture.reader import PictureReader

WIDTH, HEIGHT = 61, 43
ORIENTATION = 274


def open_bytes(
    data: bytes, *, limits: Limits | None = None, chunks: ChunkStore | None = None
) -> PictureReader:
    opening = Opening(
        Source("memory", "1"),
        MemoryBlob(data),
        Config(limits=limits or Limits()),
        chunks or NoChunkStore(),
    )
    reader = DRIVER.open(opening)
    assert isinstance(reader, PictureReader)
    return reader


def colours(width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> np.ndarray:
    """Gentle ramps with a little noise, (y, x, 4)."""
    y, x = np.mgrid[:height, :width]
    ramps = np.stack([x * 3, y * 5, x + y * 2, 40 + x * 2 + y], axis=-1)
    noise = np.random.default_rng(seed).integers(0, 9, ramps.shape)
    return ((ramps + noise) % 256).astype(np.uint8)


def picture(mode: str, width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> Image.Image:
    rgba = Image.fromarray(colours(width, height, seed))
    if mode == "RGBA":
        return rgba
    if mode == "LA":
        return Image.merge("LA", (rgba.convert("RGB").convert("L"), rgba.getchannel("A")))
    if mode == "P":
        return rgba.convert("RGB").quantize(37)
    return rgba.convert("RGB").convert(mode)


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags[271] = "Maker"
    return tags.tobytes()


@cache
def wide_gamut() -> bytes:
    """A profile with the primaries of Display P3."""
    return imagecodecs.cms_profile(
        "rgb",
        whitepoint=[0.3127, 0.329, 1.0],
        primaries=[0.68, 0.32, 1.0, 0.265, 0.69, 1.0, 0.15, 0.06, 1.0],
        gamma=2.2,
    )


@cache
def grey_profile() -> bytes:
    return imagecodecs.cms_profile("gray", whitepoint=[0.3127, 0.329, 1.0], gamma=1.4)


def deep(channels: int) -> np.ndarray:
    """16 bits that do not fit in 8, (y, x[, channel])."""
    numbers = np.random.default_rng(channels).integers(0, 65536, (HEIGHT, WIDTH, channels))
    return np.squeeze(numbers.astype(np.uint16), axis=2 if channels == 1 else ())


def frames(mode: str) -> list[Image.Image]:
    return [picture(mode, seed=seed).rotate(90 * seed) for seed in range(3)]


def animated(format: str, mode: str = "RGBA", **options: object) -> bytes:
    first, *others = frames(mode)
    return saved(first, format, save_all=True, append_images=others, duration=50, **options)


LOSSLESS: dict[str, Callable[[], bytes]] = {
    "1-bit png": lambda: saved(picture("1"), "PNG"),
    "grey png": lambda: saved(picture("L"), "PNG"),
    "grey png with a clear shade": lambda: saved(picture("L"), "PNG", transparency=90),
    "grey and alpha png": lambda: saved(picture("LA"), "PNG"),
    "palette png": lambda: saved(picture("P"), "PNG"),
    "palette png of 4 bits": lambda: saved(picture("RGB").quantize(11), "PNG", bits=4),
    "palette png with a clear colour": lambda: saved(picture("P"), "PNG", transparency=3),
    "palette png with alpha": lambda: saved(
        picture("P"), "PNG", transparency=bytes(range(0, 200, 10))
    ),
    "rgb png": lambda: saved(picture("RGB"), "PNG"),
    "rgb png with a clear colour": lambda: saved(
        picture("RGB"), "PNG", transparency=picture("RGB").getpixel((5, 5))
    ),
    "rgba png": lambda: saved(picture("RGBA"), "PNG"),
    "animated png": lambda: animated("PNG"),
    "animated palette png": lambda: animated("PNG", "P"),
    "bmp": lambda: saved(picture("RGB"), "BMP"),
    "rgba bmp": lambda: saved(picture("RGBA"), "BMP"),
    "palette bmp": lambda: saved(picture("P"), "BMP"),
    "grey bmp": lambda: saved(picture("L"), "BMP"),
    "1-bit bmp": lambda: saved(picture("1"), "BMP"),
    "gif": lambda: saved(picture("P"), "GIF"),
    "grey gif": lambda: saved(picture("L"), "GIF"),
    "gif with a clear colour": lambda: saved(picture("P"), "GIF", transparency=2),
    "animated gif": lambda: animated("GIF", "RGB"),
    "animated gif with a clear colour": lambda: animated("GIF", disposal=2),
    "lossless webp": lambda: saved(picture("RGB"), "WEBP", lossless=True),
    "lossless rgba webp": lambda: saved(picture("RGBA"), "WEBP", lossless=True, exact=True),
    "lossy webp": lambda: saved(picture("RGB"), "WEBP"),
    "lossy rgba webp": lambda: saved(picture("RGBA"), "WEBP"),
    "animated webp": lambda: animated("WEBP"),
    "avif": lambda: saved(picture("RGB"), "AVIF", quality=80),
    "rgba avif": lambda: saved(picture("RGBA"), "AVIF", quality=80),
    "animated avif": lambda: animated("AVIF"),
    "grey jp2": lambda: saved(picture("L"), "JPEG2000", num_resolutions=2),
    "grey and alpha jp2": lambda: saved(picture("LA"), "JPEG2000", num_resolutions=2),
    "rgb jp2": lambda: saved(picture("RGB"), "JPEG2000", num_resolutions=2),
    "rgba jp2": lambda: saved(picture("RGBA"), "JPEG2000", num_resolutions=2),
    "codestream": lambda: saved(picture("RGB"), "JPEG2000", no_jp2=True, num_resolutions=2),
    "tiled jp2": lambda: saved(
        picture("RGB", 301, 297), "JPEG2000", tile_size=(128, 128), num_resolutions=3
    ),
    **{
        f"png turned as {turn}": lambda turn=turn: saved(picture("RGB"), "PNG", exif=exif(turn))
        for turn in (3, 6)
    },
    "webp turned as 8": lambda: saved(picture("RGB"), "WEBP", lossless=True, exif=exif(8)),
    "avif turned as 6": lambda: saved(picture("RGB"), "AVIF", exif=exif(6)),
}
"""Decoded to the very pixels of Pillow: a lossy format, too, has one right answer."""

JPEGS: dict[str, Callable[[], bytes]] = {
    "rgb jpeg": lambda: saved(picture("RGB"), "JPEG"),
    "large jpeg": lambda: saved(picture("RGB", 1203, 701), "JPEG"),
    "large grey jpeg": lambda: saved(picture("L", 701, 1203), "JPEG"),
    "progressive jpeg": lambda: saved(picture("RGB", 601, 403), "JPEG", progressive=True),
    "grey jpeg": lambda: saved(picture("L"), "JPEG"),
    "cmyk jpeg": lambda: saved(picture("CMYK"), "JPEG"),
    "large cmyk jpeg": lambda: saved(picture("CMYK", 601, 403), "JPEG"),
    "jpeg of full colour resolution": lambda: saved(picture("RGB"), "JPEG", subsampling=0),
    "jpeg kept in rgb": lambda: saved(picture("RGB"), "JPEG", keep_rgb=True),
    "jpeg of 1 pixel": lambda: saved(picture("RGB", 1, 1), "JPEG"),
    "narrow jpeg": lambda: saved(picture("RGB", 3, 2000), "JPEG"),
    **{
        f"jpeg turned as {turn}": lambda turn=turn: saved(
            picture("RGB", 403, 300), "JPEG", exif=exif(turn)
        )
        for turn in range(1, 9)
    },
}

PROFILED: dict[str, Callable[[], bytes]] = {
    "wide-gamut jpeg": lambda: saved(picture("RGB"), "JPEG", icc_profile=wide_gamut()),
    "wide-gamut png": lambda: saved(picture("RGB"), "PNG", icc_profile=wide_gamut()),
    "wide-gamut rgba png": lambda: saved(picture("RGBA"), "PNG", icc_profile=wide_gamut()),
    "wide-gamut palette png": lambda: saved(picture("P"), "PNG", icc_profile=wide_gamut()),
    "wide-gamut webp": lambda: saved(picture("RGB"), "WEBP", icc_profile=wide_gamut()),
    "grey jpeg with a tone curve": lambda: saved(picture("L"), "JPEG", icc_profile=grey_profile()),
    "grey png with an rgb profile": lambda: saved(picture("L"), "PNG", icc_profile=wide_gamut()),
    "png with a damaged profile": lambda: saved(
        picture("RGB"), "PNG", icc_profile=wide_gamut()[:150]
    ),
}


def expected(data: bytes, frame: int = 0, shrink: int = 1) -> np.ndarray:
    """What Pillow makes of it, (band, y, x)."""
    with Image.open(io.BytesIO(data)) as image:
        several = getattr(image, "n_frames", 1) > 1
        image.seek(frame)
        if shrink > 1:
            image.draft(None, (image.width // shrink, image.height // shrink))
        shown = ImageOps.exif_transpose(image)
        profile = image.info.get("icc_profile")
        if several:
            shown = shown.convert("RGBA")
        elif "transparency" in shown.info:
            # Both ways to say it: two bands suffice for grey in PNG.
            shown = shown.convert("LA" if (shown.mode, image.format) == ("L", "PNG") else "RGBA")
        elif shown.mode in ("1", "P"):
            shown = shown.convert("L" if shown.mode == "1" else "RGB")
        shown = _srgb(shown, profile)
        if shown.mode == "CMYK":
            shown = shown.convert("RGB")
    return np.moveaxis(np.atleast_3d(np.asarray(shown)), 2, 0)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is None:
        return image
    srgb = ImageCms.createProfile("sRGB")
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except OSError:
        return image
    if image.mode == "RGBA":
        converted = _srgb(image.convert("RGB"), profile)
        converted.putalpha(image.getchannel("A"))
        return converted
    space = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}[profile[16:20]]
    if image.mode != space:
        return image
    converted = ImageCms.profileToProfile(image, given, srgb, outputMode="RGB")
    assert converted is not None
    return converted.getchannel("G") if space == "L" else converted


def png_chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
