"""OME-XML: the images of an OME-TIFF, their channels and their scale."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from tilewright.image import Band
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
    emission_nm: float | None

    def told_of(self, band: Band) -> Band:
        """Return a band with what the channel says of it."""
        return replace(band, name=self.name, color=self.color, emission_nm=self.emission_nm)


@dataclass(frozen=True, slots=True)
class OmeImage:
    """The part of an OME ``Image`` element that matters here."""

    name: str
    channels: tuple[OmeChannel, ...]
    scale: Scale
    planes: int
    """How many positions on all axes the text claims; it may claim more than there is."""
    significant_bits: int | None = None
    """Of each value; it may claim more than a value has."""


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
            _nanometres(channel, "EmissionWavelength"),
        )
        for channel in children(pixels, "Channel")
    )
    planes = steps + math.prod(int(number(pixels.get(f"Size{axis}")) or 1) for axis in "ZCT")
    across = _micrometres(pixels, "PhysicalSizeX")
    down = _micrometres(pixels, "PhysicalSizeY") or across
    sizes = None if across is None or down is None else (across, down)
    scale = Scale(sizes, magnification, _micrometres(pixels, "PhysicalSizeZ"))
    bits = int(number(pixels.get("SignificantBits")) or 0)
    return OmeImage(element.get("Name", ""), channels, scale, planes, bits or None)


def _micrometres(element: ET.Element, name: str, unit: str = "µm") -> float | None:
    """Return a length above 0, whose unit stands beside it or is the one given."""
    value = number(element.get(name))
    factor = _MICROMETRES.get(element.get(f"{name}Unit", unit))
    length = value * factor if value and factor else 0.0
    return length if 0 < length < math.inf else None


def _nanometres(element: ET.Element, name: str) -> float | None:
    length = _micrometres(element, name, "nm")
    # Rounded: 500 nm by way of 0.5 µm are 500 again.
    return None if length is None else round(length * 1e3, 6) or None


def _ome_color(text: str | None) -> str | None:
    """Return a colour from OME's signed 32-bit RGBA; white (-1) is its default."""
    value = number(text)
    return None if value is None else f"#{int(value) >> 8 & 0xFFFFFF:06x}"
