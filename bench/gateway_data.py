"""The fluorescence image that the webgateway is measured on, and a straightforward rendering."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from bench import data
from bench.looks import HIGH, LOW, waves
from bench.rivals import Place

TILE = 512
CHANNELS = 3
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
QUALITY = 90
_SUBSAMPLED_BY_TWO = 2
_PERIOD = 2_048

Pixels = npt.NDArray[np.uint16]


def stained(folder: Path, side: int) -> Path:
    """Return a square OME-TIFF: three channels of uint16, 512-pixel tiles, deflated, a pyramid."""
    return data.once(folder / f"stained-{side}.ome.tif", lambda path: _write(path, side))


def _write(path: Path, side: int) -> None:
    period = min(side, _PERIOD)
    pattern = waves(CHANNELS, period).astype(np.uint16)
    layout = {
        "tile": (TILE, TILE),
        "photometric": "minisblack",
        "compression": "zlib",
        "predictor": True,
        "dtype": np.uint16,
    }
    shrinks = [2**n for n in range(1, 8) if side >> n >= TILE]
    with tifffile.TiffWriter(path, ome=True, bigtiff=True) as writer:
        for shrink in (1, *shrinks):
            level = side // shrink
            about = {"metadata": {"axes": "CYX"}, "subifds": len(shrinks)}
            kind = about if shrink == 1 else {"subfiletype": 1}
            tiles = _tiles(pattern, level, shrink)
            writer.write(tiles, shape=(CHANNELS, level, level), **layout, **kind)


def _tiles(pattern: Pixels, side: int, shrink: int) -> Iterator[Pixels]:
    """Yield a level's tiles: the pattern over and over, shifted so that no two are the same."""
    for channel in range(CHANNELS):
        for top in range(0, side, TILE):
            for left in range(0, side, TILE):
                rows = (np.arange(top, top + TILE) * shrink + left // 7) % pattern.shape[1]
                columns = (np.arange(left, left + TILE) * shrink + top // 5) % pattern.shape[2]
                yield pattern[channel][np.ix_(rows, columns)]


def query(place: Place, channels: int) -> str:
    """Return the query of a tile of full resolution, with a window and a colour a channel."""
    entries = [
        f"{number}%7C{LOW:.0f}:{HIGH:.0f}%24{''.join(f'{part:02X}' for part in COLORS[number - 1])}"
        for number in range(1, channels + 1)
    ]
    area = f"tile=0,{place[0]},{place[1]},{TILE},{TILE}"
    return f"{area}&c={','.join(entries)}&m=c&p=normal&q={QUALITY / 100}"


class Straightforward:
    """What one writes without a library for it: tifffile's tiles, numpy's sums, Pillow's JPEG."""

    def __init__(self, path: Path) -> None:
        """Open the file; where its tiles lie is read once."""
        self._file = path.open("rb")
        with tifffile.TiffFile(path) as tiff:
            pages = tiff.series[0].levels[0].pages[:CHANNELS]
            self._where = [(page.dataoffsets, page.databytecounts) for page in pages]
            self._page = pages[0].keyframe

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def decode(self, place: Place, channels: int) -> list[Pixels]:
        """Return a tile's values, channel by channel."""
        return [self._channel(place, channel) for channel in range(channels)]

    def jpeg(self, place: Place, channels: int) -> bytes:
        """Return a tile in colours as a JPEG."""
        return self.encoded(self.decode(place, channels))

    @staticmethod
    def encoded(values: list[Pixels]) -> bytes:
        """Return decoded values in colours as a JPEG."""
        picture = np.zeros((*values[0].shape, 3), np.float32)
        for channel, color in zip(values, COLORS, strict=False):
            grey = ((channel.astype(np.float32) - LOW) / (HIGH - LOW)).clip(0, 1)
            picture += np.rint(grey * 255)[..., np.newaxis] * (np.array(color) / np.float32(255))
        out = io.BytesIO()
        pixels = picture.clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY, subsampling=_SUBSAMPLED_BY_TWO)
        return out.getvalue()

    def _channel(self, place: Place, channel: int) -> Pixels:
        offsets, counts = self._where[channel]
        index = place[1] * -(-self._page.imagewidth // TILE) + place[0]
        self._file.seek(offsets[index])
        values, _, _ = self._page.decode(self._file.read(counts[index]), index)
        return np.asarray(values, np.uint16).reshape(TILE, TILE)
