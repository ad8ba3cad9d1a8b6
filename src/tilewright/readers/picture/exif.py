"""EXIF: the orientation, and a few words about the picture."""

from typing import Any

from PIL import ExifTags, Image

from tilewright.image import Array

_TOLD = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
"""Nothing of GPS and no thumbnails: tiles are often public where the camera file was not."""
_MOST_CHARACTERS = 1000
_MOST_ORIENTATION = 8
_QUARTER_TURNS = (5, 6, 7, 8)


def parse(block: bytes | None) -> Image.Exif | None:
    """Return the EXIF block's tags; None when there is none or it is damaged."""
    if not block:
        return None
    exif = Image.Exif()
    try:
        exif.load(block)
    except Exception:  # noqa: BLE001 - a damaged block tells nothing; the pixels may be sound
        return None
    return exif


def tags_of(image: Image.Image) -> Image.Exif | None:
    """Return the picture's tags, as `parse`; XMP's orientation where EXIF has none."""
    try:
        return image.getexif()
    except Exception:  # noqa: BLE001 - as above
        return None


def orientation(exif: Image.Exif | None) -> int:
    """Return 1 to 8; 1 when nothing valid is said."""
    value = _get(exif, ExifTags.Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= _MOST_ORIENTATION else 1


def words(exif: Image.Exif | None) -> dict[str, str]:
    """Return the tags that tell people something, by their names in EXIF, bounded in length."""
    found = {}
    for tag in _TOLD:
        text = as_text(_get(exif, tag))
        if text:
            found[tag.name] = text
    return found


def as_text(value: Any) -> str:
    """Return a comment as clean text of at most 1000 characters; empty for other things."""
    if isinstance(value, bytes):
        value = value[:_MOST_CHARACTERS].decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    shown = "".join(c for c in value[:_MOST_CHARACTERS] if c.isprintable() or c.isspace())
    return shown.strip()


def turned(pixels: Array, orientation: int) -> Array:
    """Return a view of (y, x, …) pixels as they are to be seen."""
    if swaps_sides(orientation):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def swaps_sides(orientation: int) -> bool:
    """Tell whether width becomes height."""
    return orientation in _QUARTER_TURNS


def _get(exif: Image.Exif | None, tag: int) -> Any:
    if exif is None:
        return None
    try:
        return exif.get(tag)
    except Exception:  # noqa: BLE001 - values are decoded late, and may be damaged
        return None
