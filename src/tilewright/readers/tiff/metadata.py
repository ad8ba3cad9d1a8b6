"""What TIFF dialects say about bands, scale and magnification."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from tifffile import TiffFile, TiffPage

from tilewright.image import Band, ColorInterpretation

_MICROMETRES = {
    "nm": 1e-3, "µm": 1.0, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "pm": 1e-6, "Å": 1e-4,
}  # fmt: skip
_COARSEST_SCAN = 50.0
"""Micrometres per pixel: a resolution tag coarser than this speaks of paper, not of a scan."""

_PHOTOMETRIC: dict[str, tuple[ColorInterpretation, ...]] = {
    "MINISBLACK": ("gray",),
    "MINISWHITE": ("white-is-zero",),
    "RGB": ("red", "green", "blue"),
    "YCBCR": ("red", "green", "blue"),
    "PALETTE": ("palette",),
    "SEPARATED": ("cyan", "magenta", "yellow", "black"),
}
_ASSOCIATED_ALPHA, _STRAIGHT_ALPHA = 1, 2


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a pixel is in the object."""

    micrometres_per_pixel: tuple[float, float] | None = None
    magnification: float | None = None


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
    return [Band(interpretation=name, nodata=nodata) for name in names]


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


@dataclass(frozen=True, slots=True)
class OmeChannel:
    """A channel as OME-XML describes it."""

    name: str
    color: str | None
    samples: int


@dataclass(frozen=True, slots=True)
class OmeImage:
    """The part of an OME ``Image`` element that matters here."""

    name: str
    channels: tuple[OmeChannel, ...]
    scale: Scale


def ome_images(xml: str) -> list[OmeImage]:
    """Read the images of an OME-XML text (OME model 2016-06); none when it is not readable."""
    try:
        root = ET.fromstring(xml)  # noqa: S314 - expat refuses entity bombs since 2.4.1
    except (ET.ParseError, ValueError):
        return []
    powers = {
        element.get("ID"): _number(element.get("NominalMagnification"))
        for element in _children(root, "Objective", deep=True)
    }
    return [_ome_image(element, powers) for element in _children(root, "Image")]


def _ome_image(element: ET.Element, powers: Mapping[str | None, float | None]) -> OmeImage:
    pixels = next(_children(element, "Pixels"), None)
    settings = next(_children(element, "ObjectiveSettings"), None)
    magnification = None if settings is None else powers.get(settings.get("ID"))
    if pixels is None:
        return OmeImage(element.get("Name", ""), (), Scale(None, magnification))
    channels = tuple(
        OmeChannel(
            channel.get("Name", ""),
            _ome_color(channel.get("Color")),
            int(_number(channel.get("SamplesPerPixel")) or 1),
        )
        for channel in _children(pixels, "Channel")
    )
    across = _micrometres(pixels, "X")
    down = _micrometres(pixels, "Y") or across
    scale = None if across is None or down is None else (across, down)
    return OmeImage(element.get("Name", ""), channels, Scale(scale, magnification))


def _micrometres(pixels: ET.Element, axis: str) -> float | None:
    value = _number(pixels.get(f"PhysicalSize{axis}"))
    unit = _MICROMETRES.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    return value * unit if value and unit and value > 0 else None


def _ome_color(text: str | None) -> str | None:
    """Return a colour from OME's signed 32-bit RGBA; white (-1) is its default."""
    number = _number(text)
    return None if number is None else f"#{int(number) >> 8 & 0xFFFFFF:06x}"


def _children(element: ET.Element, name: str, *, deep: bool = False) -> Iterator[ET.Element]:
    """Yield children by local name: each year's OME model has a namespace of its own."""
    for child in element.iter() if deep else element:
        if child.tag.rpartition("}")[2] == name:
            yield child


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None


def svs_scale(description: str) -> Scale:
    """Read ``MPP`` and ``AppMag`` of an Aperio description."""
    found = dict(re.findall(r"\|\s*(MPP|AppMag)\s*=\s*([0-9.]+)", description))
    size = _number(found.get("MPP"))
    return Scale((size, size) if size else None, _number(found.get("AppMag")))


def tag_scale(page: TiffPage) -> Scale:
    """Read the resolution tags (TIFF 6.0, section 8) where they speak of a scan."""
    unit = {2: 25_400.0, 3: 10_000.0}.get(int(page.tags.valueof(296) or 0))
    sizes = []
    for code in (282, 283):
        value = page.tags.valueof(code)
        if unit is None or not isinstance(value, tuple) or len(value) != 2 or not all(value):  # noqa: PLR2004
            return Scale()
        sizes.append(unit * value[1] / value[0])
    across, down = sizes
    return Scale((across, down)) if max(sizes) < _COARSEST_SCAN else Scale()


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
