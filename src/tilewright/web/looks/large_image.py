"""The JSON style of large_image: an object, or many below ``bands``."""

from typing import Any

from tilewright.errors import ParameterError
from tilewright.image import ImageInfo, Plane
from tilewright.paint import Paint, Ramp, Solid
from tilewright.stretch import Limit
from tilewright.style import MOST_CHANNELS, Blend, Channel, Style
from tilewright.web.looks import colors, ranges
from tilewright.web.looks.bands import Look, needed
from tilewright.web.looks.json_text import LONGEST, decode
from tilewright.web.looks.large_image_band import Entry, place

_BASE = frozenset({"dtype", "icc"})
_BAND = frozenset(
    {
        "band",
        "frame",
        "framedelta",
        "min",
        "max",
        "palette",
        "scheme",
        "nodata",
        "composite",
        "clamp",
        "axis",
        "dtype",
    }
)
_RED_TO_BLUE = 3


def parse(text: str, info: ImageInfo | None) -> Look:
    """Return the look of a JSON style. Raises ParameterError.

    The image is needed for a band by name, for -1, and for ``frame``. ``{}`` is the default
    look. ``icc`` changes nothing: readers bring pictures to sRGB. ``function`` is refused,
    as are keys that are not known and types of output other than uint8.
    """
    style = _object(text)
    entries = _entries(style)
    _check_base(style)
    if not entries:
        return Look(Style())
    layers, plane = _layers(entries, info)
    channels = tuple(_channel(entry, band) for entry, band in layers)
    return Look(Style(channels, _blend([entry for entry, _ in layers], channels)), plane)


def _object(text: str) -> dict[str, Any]:
    try:
        style = decode(text)
    except ValueError:
        raise ParameterError("style", f"JSON of at most {LONGEST:,} characters", text) from None
    if not isinstance(style, dict):
        raise ParameterError("style", "a JSON object", text)
    return style


def _entries(style: dict[str, Any]) -> list[Entry]:
    if "bands" not in style:
        own = {key: value for key, value in style.items() if key != "icc"}
        if own.keys() <= {"dtype"}:
            return []
        return [_checked(Entry("", own))]
    bands = style["bands"]
    if not (isinstance(bands, list) and 1 <= len(bands) <= MOST_CHANNELS):
        raise ParameterError("style", f"JSON whose bands is a list of 1 to {MOST_CHANNELS} objects")
    for key in sorted(style.keys() - _BASE - {"bands"}):
        _refuse_key(Entry("", style), key)
    entries = []
    for index, band in enumerate(bands):
        if not isinstance(band, dict):
            raise ParameterError("style", f"JSON whose bands[{index}] is an object", band)
        entries.append(_checked(Entry(f"bands[{index}].", band)))
    return entries


def _checked(entry: Entry) -> Entry:
    for key in sorted(entry.values.keys() - _BAND):
        _refuse_key(entry, key)
    return entry


def _refuse_key(entry: Entry, key: str) -> None:
    if key == "function":
        raise ParameterError("style", f"JSON without {entry.where}function: no code is run")
    known = ", ".join(sorted(_BAND | _BASE | {"bands"}))
    raise ParameterError("style", f"JSON with the keys {known}", f"{entry.where}{key}")


def _check_base(style: dict[str, Any]) -> None:
    whole = Entry("", style)
    if style.get("dtype") not in (None, "uint8"):
        raise whole.wrong("dtype", "uint8, which a picture has", style["dtype"])
    if not isinstance(style.get("icc"), bool | str | None):
        raise whole.wrong("icc", "true, false or the name of an intent", style["icc"])


def _layers(
    entries: list[Entry], info: ImageInfo | None
) -> tuple[list[tuple[Entry, int]], Plane | None]:
    """Return each band with its index, alpha left out: it counts without being named."""
    layers: list[tuple[Entry, int]] = []
    planes: list[Plane] = []
    for entry in entries:
        band, plane = place(entry, info)
        planes += [plane] if plane is not None else []
        if not _is_alpha(entry, band, info):
            layers.append((entry, band))
    if any(plane != planes[0] for plane in planes) or len(planes) not in {0, len(entries)}:
        raise ParameterError("style", "JSON with the same frame in all bands: one plane is drawn")
    if not layers:
        raise ParameterError("style", "JSON with a band besides alpha")
    return layers, planes[0] if planes else None


def _is_alpha(entry: Entry, band: int, info: ImageInfo | None) -> bool:
    """Return True for alpha by its name; by its number it is a band like any other."""
    name = entry.get("band")
    named = isinstance(name, str) and not name.isdigit()
    return named and "alpha" in needed(info).interpretations[band]


def _channel(entry: Entry, band: int) -> Channel:
    stretch = ranges.stretch(
        _limit(entry, "min", upper=False),
        _limit(entry, "max", upper=True),
        "style",
        f"JSON whose {entry.where}min is below its max",
    )
    clamp = entry.get("clamp")
    if not isinstance(clamp, bool | None):
        raise entry.wrong("clamp", "true or false", clamp)
    if entry.get("dtype") not in (None, "uint8"):
        raise entry.wrong("dtype", "uint8, which a picture has", entry.get("dtype"))
    paint = _on_axis(entry, _paint(entry))
    discard = clamp is False
    return Channel(band, None, stretch, paint=paint, nodata=_nodata(entry), discard=discard)


def _limit(entry: Entry, key: str, *, upper: bool) -> Limit:
    value = entry.get(key)
    # A field that the user of django-large-image's viewer emptied is sent as an empty text.
    if value is None or value == "":
        return Limit("auto")
    try:
        return ranges.limit(_text(value), upper=upper)
    except ValueError:
        raise entry.wrong(key, ranges.LIMIT, value) from None


def _text(value: object) -> str:
    """Return the text of a word or number. Raises ValueError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("neither a word nor a number")  # noqa: TRY004 - caught with its brothers
    return repr(value)


def _nodata(entry: Entry) -> float | None:
    value = entry.get("nodata")
    if value is None or value == "auto":
        return None
    try:
        return ranges.finite(_text(value))
    except ValueError:
        raise entry.wrong("nodata", "a number or auto", value) from None


def _paint(entry: Entry) -> Paint:
    palette, scheme = entry.get("palette"), entry.get("scheme")
    if scheme not in (None, "linear", "discrete"):
        raise entry.wrong("scheme", "linear or discrete", scheme)
    try:
        paint = _palette(palette)
    except ValueError:
        allowed = "a colour, a list of two and more, or the name of a colormap"
        raise entry.wrong("palette", allowed, palette) from None
    return colors.in_scheme(paint, discrete=scheme == "discrete")


def _palette(palette: object) -> Paint:
    if palette is None:
        return Solid()
    if isinstance(palette, str):
        return colors.palette(palette)
    if not isinstance(palette, list):
        raise ValueError("not a palette")  # noqa: TRY004 - caught with its brothers
    return colors.ramp([_color(color) for color in palette])


def _color(value: object) -> str:
    if isinstance(value, str):
        return colors.color(value)
    if not isinstance(value, list) or any(type(part) not in {int, float} for part in value):
        raise ValueError("not a colour")
    return colors.shares(value)


def _on_axis(entry: Entry, paint: Paint) -> Paint:
    """Keep one of red, green and blue of a paint's colours."""
    axis = entry.get("axis")
    if axis is None:
        return paint
    if not (type(axis) is int and 0 <= axis < _RED_TO_BLUE):
        raise entry.wrong("axis", "0, 1 or 2 (red, green, blue)", axis)
    match paint:
        case Solid(color):
            return Solid(_one(color, axis))
        case Ramp(palette, discrete):
            return Ramp(tuple(_one(color, axis) for color in palette), discrete)
        case _:
            raise entry.wrong("axis", "left out beside a named palette", axis)


def _one(color: str, axis: int) -> str:
    kept = [color[i : i + 2] if i == 1 + 2 * axis else "00" for i in (1, 3, 5)]
    return f"#{''.join(kept)}{color[7:]}"


def _blend(entries: list[Entry], channels: tuple[Channel, ...]) -> Blend:
    """Return how the bands are joined; what the first would do to nothing does not count."""
    for entry in entries:
        if entry.get("composite") not in (None, "lighten", "multiply"):
            raise entry.wrong("composite", "lighten or multiply", entry.get("composite"))
    modes = {entry.get("composite") or "lighten" for entry in entries[1:]}
    if len(modes) > 1:
        raise ParameterError("style", "JSON with the same composite in all bands after the first")
    if modes == {"multiply"}:
        return "multiply"
    # Colours that share no light are the brighter of, and the sum of, each other.
    return "add" if _apart([channel.paint for channel in channels]) else "lighten"


def _apart(paints: list[Paint]) -> bool:
    lights: list[int] = []
    for paint in paints:
        if not isinstance(paint, Solid) or len(paint.color) > len("#rrggbb"):
            return False
        lights += [i for i in (1, 3, 5) if paint.color[i : i + 2] != "00"]
    return len({*lights}) == len(lights)
