"""What an image is, in words for people."""

from tilewright.image import ImageInfo

_LONG_CRS = 40
"""Characters from which on a CRS is WKT, and nothing to read."""


def facts(info: ImageInfo) -> dict[str, str]:
    """Return format, size, bands, levels and CRS, each in a few words; no CRS is empty."""
    axes = "".join(f", {axis.size} {axis.name}" for axis in info.axes)
    crs = "" if info.geo is None else info.geo.crs
    return {
        "format": info.format,
        "size": f"{info.size.width:,} × {info.size.height:,}{axes}",
        "bands": f"{len(info.bands)} of {info.dtype}",
        "levels": str(len(info.levels)),
        "crs": crs if len(crs) <= _LONG_CRS else "a CRS without a code",
    }


def sentence(info: ImageInfo) -> str:
    """Return the same as one line: ``PNG, 900 × 700 pixels, 3 bands of uint8, 1 level``."""
    told = facts(info)
    parts = [
        told["format"],
        f"{told['size']} pixels",
        _counted(len(info.bands), "band") + f" of {info.dtype}",
        _counted(len(info.levels), "level"),
        told["crs"],
    ]
    return ", ".join(part for part in parts if part)


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
