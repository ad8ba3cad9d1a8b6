"""Whether a file is a Cloud Optimized GeoTIFF (OGC 21-026): the checks that rio-cogeo makes.

The verdict is rio-cogeo's. Beyond that the bytes around the blocks are looked at, as GDAL's
own check does; what is wrong there is a warning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tilewright.blobs import Blob
from tilewright.cog import Verdict
from tilewright.cog.details import details
from tilewright.cog.directories import Directory, read_directories
from tilewright.cog.ghost import check_blocks, check_masks, read_ghost
from tilewright.config import Limits
from tilewright.readers.tiff.directory import check_directories

MOST_OVERVIEWS = 30
"""Overviews that GDAL looks at."""
_LONG_SIDE = 512
"""Past this width or height an image needs tiles and overviews."""
_LATEST_DIRECTORY = 300
"""Where the main directory begins at the latest; the ghost area comes before it."""
_MAGIC = {b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"}
_MAIN = "the main image"


@dataclass(frozen=True, slots=True)
class _Pyramid:
    """The images of a file that matter here."""

    main: Directory
    overviews: tuple[Directory, ...]
    """In the order of their directories."""
    masks: tuple[Directory, ...]

    def decimation(self, overview: Directory) -> int:
        """Return how many pixels of the main image one of an overview stands for, across."""
        return round(self.main.size.width / overview.size.width)

    @property
    def named(self) -> list[tuple[str, Directory]]:
        """Each image that is no mask, and what it is called in a sentence."""
        overviews = enumerate(self.overviews)
        return [(_MAIN, self.main), *((f"overview {index}", each) for index, each in overviews)]


def validate(blob: Blob, limits: Limits | None = None) -> Verdict:
    """Return whether the file is a COG, and why not.

    Reads directories, tile lists and a few bytes around at most 256 blocks of each image; no
    pixel is decoded. Overviews in another file are looked for beside ``blob.path``. Raises
    CorruptSourceError, UnsupportedSourceError or LimitError for a TIFF whose directories
    cannot be followed.
    """
    if blob.read(0, 4) not in _MAGIC:
        return Verdict(valid=False, errors=("the file is not a GeoTIFF",))
    form = check_directories(blob, limits or Limits())
    main, *others = read_directories(blob, form)
    inside = [each for each in others if each.is_overview and each.samples == main.samples]
    masks = tuple(each for each in others if each.is_mask)
    pyramid = _Pyramid(main, tuple(inside[:MOST_OVERVIEWS]), masks)
    outside = _has_overviews_beside(blob)
    ghost = read_ghost(blob)
    errors = (
        *(["the overviews lie in another file, with the suffix .ovr"] if outside else []),
        *_check_tiling(pyramid),
        *_check_directories(pyramid),
        *_check_ghost(ghost or {}),
        *_check_decimations(pyramid),
        *_check_data(pyramid),
    )
    warnings = (
        *([] if outside else _check_overviews(pyramid)),
        *_check_bytes(blob, pyramid, ghost or {}),
    )
    return Verdict(not errors, errors, warnings, _details(blob, pyramid, ghost))


def _has_overviews_beside(blob: Blob) -> bool:
    if blob.path is None:
        return False
    path = Path(blob.path)
    if path.suffix.lower() == ".ovr":
        return True
    for suffix in (".ovr", ".OVR"):
        try:
            with path.with_name(path.name + suffix).open("rb") as file:
                if file.read(4) in _MAGIC:
                    return True
        except OSError:
            continue
    return False


def _is_long(image: Directory) -> bool:
    return max(image.size.width, image.size.height) > _LONG_SIDE


def _check_tiling(pyramid: _Pyramid) -> list[str]:
    # One tile as wide as the image is no better than a strip.
    return [
        f"{name} is longer than {_LONG_SIDE} pixels and not tiled"
        for name, image in pyramid.named
        if _is_long(image) and image.block.width == image.size.width
    ]


def _check_overviews(pyramid: _Pyramid) -> list[str]:
    if pyramid.overviews or not _is_long(pyramid.main):
        return []
    return [f"{_MAIN} is longer than {_LONG_SIDE} pixels and has no overviews"]


def _check_directories(pyramid: _Pyramid) -> list[str]:
    """Directories come first in the file, from the main one to the smallest overview."""
    found = []
    if pyramid.main.offset > _LATEST_DIRECTORY:
        found.append(
            f"the directory of {_MAIN} begins at byte {pyramid.main.offset:,}, "
            f"not within the first {_LATEST_DIRECTORY}"
        )
    for (before, earlier), (name, image) in pairwise(pyramid.named):
        if image.offset < earlier.offset:
            found.append(
                f"the directory of {name}, at byte {image.offset:,}, lies before the one of "
                f"{before}, at byte {earlier.offset:,}"
            )
    return found


def _check_ghost(ghost: dict[str, str]) -> list[str]:
    if not ghost.get("KNOWN_INCOMPATIBLE_EDITION", "").startswith("YES"):
        return []
    return ["the file was a COG; later changes have broken its layout"]


def _check_decimations(pyramid: _Pyramid) -> list[str]:
    steps = [pyramid.decimation(overview) for overview in pyramid.overviews]
    found = [] if steps == sorted(steps) else ["the overviews are not sorted from large to small"]
    return found + [
        f"overview {index} is not smaller than {_MAIN}"
        for index, step in enumerate(steps)
        if step <= 1
    ]


def _check_data(pyramid: _Pyramid) -> list[str]:
    """Pixels come after all directories, those of the smallest overview first."""
    places = [(name, image.first_block) for name, image in pyramid.named]
    present = [(name, place) for name, place in places if place is not None]
    found = []
    last_name, last = pyramid.named[-1]
    if present and present[-1][1] < last.offset:
        found.append(f"pixels of {present[-1][0]} lie before the directory of {last_name}")
    for (name, place), (smaller, smaller_place) in reversed(list(pairwise(present))):
        if place < smaller_place:
            found.append(f"the pixels of {name} lie before those of {smaller}")
    return found


def _check_bytes(blob: Blob, pyramid: _Pyramid, ghost: dict[str, str]) -> list[str]:
    # A broken promise has been told already.
    promised = {} if _check_ghost(ghost) else ghost
    masks = [(f"mask {index}", mask) for index, mask in enumerate(pyramid.masks)]
    masks = masks[: MOST_OVERVIEWS + 1]
    found: list[str] = []
    for name, image in [*pyramid.named, *masks]:
        found += check_blocks(blob, image, name, promised)
    if promised.get("MASK_INTERLEAVED_WITH_IMAGERY") == "YES":
        for name, image in pyramid.named:
            mask = next((mask for mask in pyramid.masks if mask.size == image.size), None)
            found += [] if mask is None else check_masks(image, mask, name)
    return found


def _details(blob: Blob, pyramid: _Pyramid, ghost: dict[str, str] | None) -> dict[str, object]:
    return {
        **details(blob, pyramid.main, masked=bool(pyramid.masks)),
        "ghost_header": ghost,
        "ifds": _levels(pyramid),
    }


def _levels(pyramid: _Pyramid) -> Sequence[dict[str, object]]:
    return [
        {
            "level": level,
            "width": image.size.width,
            "height": image.size.height,
            "blocksize": [image.block.width, image.block.height],
            "decimation": pyramid.decimation(image) if level else 0,
            "offset": image.offset,
            "data_offset": image.first_block,
        }
        for level, (_, image) in enumerate(pyramid.named)
    ]
