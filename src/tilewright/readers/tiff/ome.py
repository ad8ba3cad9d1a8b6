"""OME-XML: the images of an OME-TIFF, their channels and their scale."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from tilewright.readers.tiff.scale import Scale, children, number

_MICROMETRES = {
    "nm": 1e-3, "µm": 1.0, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "pm": 1e-6, "Å": 1e-4,
}  # fmt: skip


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
    planes: int
    """How many positions on all axes the text claims; it may claim more than there is."""


def ome_images(xml: str) -> list[OmeImage]:
    """Read the images of an OME-XML text (OME model 2016-06); none when it is not readable."""
    try:
        root = ET.fromstring(xml)  # noqa: S314 - expat refuses entity bombs since 2.4.1
    except (ET.ParseError, ValueError):
        return []
    powers = {
        element.get("ID"): number(element.get("NominalMagnification"))
        for element in children(root, "Objective", deep=True)
    }
    steps = sum(_modulo_steps(element) for element in root.iter())
    return [_ome_image(element, powers, steps) for element in children(root, "Image")]


def _modulo_steps(element: ET.Element) -> int:
    """Return how many positions a further axis claims (ModuloAlongZ and its brothers)."""
    start, end = number(element.get("Start")), number(element.get("End"))
    step = number(element.get("Step", 1))
    return int((end - start) / step) if start is not None and end is not None and step else 0


def _ome_image(
    element: ET.Element, powers: Mapping[str | None, float | None], steps: int
) -> OmeImage:
    pixels = next(children(element, "Pixels"), None)
    settings = next(children(element, "ObjectiveSettings"), None)
    magnification = None if settings is None else powers.get(settings.get("ID"))
    if pixels is None:
        return OmeImage(element.get("Name", ""), (), Scale(None, magnification), 0)
    channels = tuple(
        OmeChannel(
            channel.get("Name", ""),
            _ome_color(channel.get("Color")),
            int(number(channel.get("SamplesPerPixel")) or 1),
        )
        for channel in children(pixels, "Channel")
    )
    planes = steps + math.prod(int(number(pixels.get(f"Size{axis}")) or 1) for axis in "ZCT")
    across = _micrometres(pixels, "X")
    down = _micrometres(pixels, "Y") or across
    scale = None if across is None or down is None else (across, down)
    return OmeImage(element.get("Name", ""), channels, Scale(scale, magnification), planes)


def _micrometres(pixels: ET.Element, axis: str) -> float | None:
    value = number(pixels.get(f"PhysicalSize{axis}"))
    unit = _MICROMETRES.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    return value * unit if value and unit and value > 0 else None


def _ome_color(text: str | None) -> str | None:
    """Return a colour from OME's signed 32-bit RGBA; white (-1) is its default."""
    value = number(text)
    return None if value is None else f"#{int(value) >> 8 & 0xFFFFFF:06x}"
