"""What tags say about bands and colours, and what a dialect is called."""

from typing import Any

import numpy as np
from tifffile import TiffFile, TiffPage

from tilewright.image import Band, ColorInterpretation

_PHOTOMETRIC: dict[str, tuple[ColorInterpretation, ...]] = {
    "MINISBLACK": ("gray",),
    "MINISWHITE": ("white-is-zero",),
    "RGB": ("red", "green", "blue"),
    "YCBCR": ("red", "green", "blue"),
    "PALETTE": ("palette",),
    "SEPARATED": ("cyan", "magenta", "yellow", "black"),
}
_BYTE = 8
_ASSOCIATED_ALPHA, _STRAIGHT_ALPHA = 1, 2


def photometric(page: TiffPage) -> str:
    """Return the name of a page's photometric interpretation; empty when it has none known."""
    return str(getattr(page.photometric, "name", ""))


def sample_bands(page: TiffPage) -> list[Band]:
    """Return a page's samples as bands, by its photometric and extra-sample tags."""
    names = list(_PHOTOMETRIC.get(photometric(page), ()))
    count = int(page.samplesperpixel)
    extras = [int(extra) for extra in page.extrasamples]
    names = names[: count - len(extras)] if len(extras) < count else names[:count]
    for extra in extras[: count - len(names)]:
        if extra == _ASSOCIATED_ALPHA:
            names.append("premultiplied-alpha")
        else:
            names.append("alpha" if extra == _STRAIGHT_ALPHA else "undefined")
    names += ["undefined"] * (count - len(names))
    if photometric(page) == "MINISBLACK" and names.count("undefined"):
        names = ["undefined" if name == "gray" else name for name in names]
    nodata = _nodata(page)
    bits = page.bitspersample
    # Such bytes shown as they are would all be dark.
    display = (0.0, 2.0**bits - 1) if isinstance(bits, int) and 1 < bits < _BYTE else None
    return [
        Band(
            interpretation=name,
            nodata=nodata,
            display=None if name == "palette" else display,
        )
        for name in names
    ]


def significant_bits(page: TiffPage, dtype: np.dtype[Any], stated: int | None) -> int | None:
    """Return how many bits of whole numbers count: as stated, else by tag 258.

    None when it is all of them, and for other numbers.
    """
    bits = page.bitspersample if stated is None else stated
    whole = dtype.kind in "iu" and isinstance(bits, int)
    return bits if whole and 0 < bits < _BYTE * dtype.itemsize else None


def _nodata(page: TiffPage) -> float | None:
    """Read GDAL's nodata tag (42113), a text."""
    text = page.tags.valueof(42113)
    try:
        return None if text is None else float(str(text).strip("\0 "))
    except ValueError:
        return None


def palette(page: TiffPage) -> tuple[tuple[int, int, int, int], ...] | None:
    """Return the colour map (TIFF 6.0, section 5) as 8-bit RGBA, nodata transparent."""
    values = page.tags.valueof(320)
    if values is None or len(values) % 3:
        return None
    table = np.asarray(values, np.uint16).reshape(3, -1)
    # Old writers stored 8-bit values where 16-bit ones belong.
    scale = 8 if table.max(initial=0) > 255 else 0  # noqa: PLR2004
    nodata = _nodata(page)
    return tuple(
        (int(red) >> scale, int(green) >> scale, int(blue) >> scale, 0 if index == nodata else 255)
        for index, (red, green, blue) in enumerate(table.T)
    )


def format_name(tiff: TiffFile) -> str:
    """Return the dialect's name for people."""
    dialects = {
        "svs": "Aperio SVS", "ome": "OME-TIFF", "ndpi": "Hamamatsu NDPI", "scn": "Leica SCN",
        "philips": "Philips TIFF", "bif": "Ventana BIF", "qpi": "PerkinElmer QPTIFF",
        "imagej": "ImageJ TIFF", "lsm": "Zeiss LSM", "geotiff": "GeoTIFF",
    }  # fmt: skip
    for kind, name in dialects.items():
        if getattr(tiff, f"is_{kind}", False):
            return name
    return "BigTIFF" if tiff.is_bigtiff else "TIFF"
