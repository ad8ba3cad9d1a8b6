"""DeepZoom: ``name.dzi``, and the tiles of ``name_files/{level}/{column}_{row}.{format}``.

Level 0 is one pixel; each further one doubles both sides, rounded up from full resolution. The
tiles do not overlap, so that one which the file holds is sent as it lies there.
"""

from tilewright.errors import OutsideError
from tilewright.geometry import Size, Window
from tilewright.image import ImageInfo
from tilewright.request import LevelRegion, Region
from tilewright.web.lattice import cut
from tilewright.web.maps import xml
from tilewright.web.params import Parameter, ParameterSet, choice
from tilewright.web.paths import Suffixes

MEDIA_TYPE = "application/xml"
NAMESPACE = "http://schemas.microsoft.com/deepzoom/2008"
FORMATS = ("jpg", "png", "webp", "avif")
FORMAT: Parameter[str] = choice(
    "format",
    "The format of the tiles.",
    FORMATS,
    default=FORMATS[0],
    misspellings=("fmt",),
)
DESCRIPTOR = ParameterSet((FORMAT,))
"""Of ``name.dzi``. Viewers hand its query on to the tiles: a look in it is theirs."""


def descriptor(info: ImageInfo, query: str) -> bytes:
    """Return the document that describes the tiles. Raises ParameterError."""
    tiles = DESCRIPTOR.read(query).get(FORMAT.name, FORMATS[0])
    size = xml.element("Size", {"Width": info.size.width, "Height": info.size.height})
    layout = {"TileSize": info.tile_size, "Overlap": 0, "Format": tiles}
    return xml.document(xml.element("Image", {"xmlns": NAMESPACE, **layout}, [size]))


def offered(suffixes: Suffixes) -> Suffixes:
    """Return those of all file suffixes that tiles may have."""
    return {suffix: suffixes[suffix] for suffix in FORMATS if suffix in suffixes}


def last_level(size: Size) -> int:
    """Return the level of full resolution."""
    return (max(size.width, size.height) - 1).bit_length()


def tile(info: ImageInfo, level: int, column: int, row: int) -> LevelRegion | Region:
    """Return a tile as a part of the image. Raises OutsideError for one that is not there."""
    last = last_level(info.size)
    if not 0 <= level <= last:
        raise OutsideError(f"level {level} is outside 0 to {last}")
    scale, side = 1 << (last - level), info.tile_size
    whole = Size(-(-info.size.width // scale), -(-info.size.height // scale))
    across, down = -(-whole.width // side), -(-whole.height // side)
    if not (0 <= column < across and 0 <= row < down):
        raise OutsideError(f"tile {column}_{row} is outside {across}×{down} tiles")
    left, top = column * side, row * side
    size = Size(min(side, whole.width - left), min(side, whole.height - top))
    window = Window(
        left * scale,
        top * scale,
        min(size.width * scale, info.size.width - left * scale),
        min(size.height * scale, info.size.height - top * scale),
    )
    return cut(info, window, size)
