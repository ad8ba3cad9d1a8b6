"""How large a pixel is in the object, and through which objective, dialect by dialect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from tifffile import TiffFile, TiffPage

from tilewright.geometry import Size

_COARSEST_SCAN = 50.0
"""Micrometres per pixel: a resolution tag coarser than this speaks of paper, not of a scan."""
_IMAGEJ_MICROMETRES = {"micron": 1.0, "um": 1.0, "µm": 1.0, r"\u00B5m": 1.0, "nm": 1e-3, "mm": 1e3}


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a pixel is in the object."""

    micrometres_per_pixel: tuple[float, float] | None = None
    magnification: float | None = None
    micrometres_per_plane: float | None = None
    """From one focal plane to the next."""


def find_scale(tiff: TiffFile, page: TiffPage) -> Scale:
    """Return what the dialect says of the main picture, whose first page is given."""
    scale = Scale()
    if tiff.is_svs:
        scale = svs_scale(str(page.description))
    elif tiff.is_philips:
        scale = philips_scale(tiff.philips_metadata or "")
    elif tiff.is_scn:
        size = Size(int(page.imagewidth), int(page.imagelength))
        scale = scn_scale(tiff.scn_metadata or "", size)
    elif tiff.is_bif:
        scale = ventana_scale(tiff.pages.first.tags.valueof(700))
    elif tiff.is_ndpi:
        scale = Scale(tag_scale(page).micrometres_per_pixel, number(page.tags.valueof(65421)))
    elif tiff.is_imagej:
        unit = (tiff.imagej_metadata or {}).get("unit")
        scale = _resolution(page, _IMAGEJ_MICROMETRES.get(str(unit)))
    else:
        scale = tag_scale(page)
    return scale


def svs_scale(description: str) -> Scale:
    """Read ``MPP`` and ``AppMag`` of an Aperio description."""
    found = dict(re.findall(r"\|\s*(MPP|AppMag)\s*=\s*([0-9.]+)", description))
    size = number(found.get("MPP"))
    return Scale((size, size) if size else None, number(found.get("AppMag")))


def tag_scale(page: TiffPage) -> Scale:
    """Read the resolution tags (TIFF 6.0, section 8) where they speak of a scan."""
    scale = _resolution(page, {2: 25_400.0, 3: 10_000.0}.get(int(page.tags.valueof(296) or 0)))
    sizes = scale.micrometres_per_pixel
    return scale if sizes and max(sizes) < _COARSEST_SCAN else Scale()


def _resolution(page: TiffPage, unit: float | None) -> Scale:
    """Read the resolution tags, pixels a unit; the unit is in micrometres."""
    sizes = []
    for code in (282, 283):
        value = page.tags.valueof(code)
        if unit is None or not isinstance(value, tuple) or len(value) != 2 or not all(value):  # noqa: PLR2004
            return Scale()
        sizes.append(unit * value[1] / value[0])
    return Scale((sizes[0], sizes[1]))


def philips_scale(xml: str) -> Scale:
    """Read the first pixel spacing, in millimetres down and across, of a Philips text."""
    for element in _parsed(xml).iter("DataObject"):
        if element.get("ObjectType") != "PixelDataRepresentation":
            continue
        for attribute in children(element, "Attribute"):
            if attribute.get("Name") == "DICOM_PIXEL_SPACING":
                spacing = [number(word) for word in (attribute.text or "").replace('"', "").split()]
                if len(spacing) == 2 and spacing[0] and spacing[1]:  # noqa: PLR2004
                    return Scale((spacing[1] * 1e3, spacing[0] * 1e3))
    return Scale()


def scn_scale(xml: str, size: Size) -> Scale:
    """Read the view, in nanometres, and the objective of Leica's image of that size."""
    for image in children(_parsed(xml), "image", deep=True):
        pixels, view = next(children(image, "pixels"), None), next(children(image, "view"), None)
        objective = next(children(image, "objective", deep=True), None)
        if pixels is None or (pixels.get("sizeX"), pixels.get("sizeY")) != (
            str(size.width),
            str(size.height),
        ):
            continue
        across = number(None if view is None else view.get("sizeX"))
        down = number(None if view is None else view.get("sizeY"))
        return Scale(
            (across / size.width / 1e3, down / size.height / 1e3) if across and down else None,
            number(None if objective is None else objective.text),
        )
    return Scale()


def ventana_scale(xmp: object) -> Scale:
    """Read ``ScanRes`` (micrometres) and ``Magnification`` of Ventana's iScan element."""
    text = xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else ""
    found = dict(re.findall(r'\b(ScanRes|Magnification)="([0-9.]+)"', text))
    size = number(found.get("ScanRes"))
    return Scale((size, size) if size else None, number(found.get("Magnification")))


def children(element: ET.Element, name: str, *, deep: bool = False) -> Iterator[ET.Element]:
    """Yield children by local name: each year's OME model has a namespace of its own."""
    for child in element.iter() if deep else element:
        if child.tag.rpartition("}")[2] == name:
            yield child


def number(text: Any) -> float | None:
    """Return a text as a finite number; None when it is not one."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if abs(value) < float("inf") else None


def _parsed(xml: str) -> ET.Element:
    """Return the root of an XML text; an empty element when it is not readable."""
    try:
        return ET.fromstring(xml)  # noqa: S314 - expat refuses entity bombs since 2.4.1
    except (ET.ParseError, ValueError):
        return ET.Element("none")
