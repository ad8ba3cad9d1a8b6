"""Who is compared for a tile: the bare codec, and an engine."""

import os
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile

from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.engine import Engine
from tilewright.image import Source
from tilewright.pyramid import max_zoom
from tilewright.request import Encoding, RenderRequest, Tile

QUALITY = 85
SUBSAMPLING = "4:2:0"
REENCODED = Encoding("jpeg", quality=QUALITY, subsampling=SUBSAMPLING)
NO_CACHE = Config(chunk_cache_bytes=1)

Place = tuple[int, int]


class BareCodec:
    """What no library can be faster than: read the bytes, decode, encode."""

    def __init__(self, path: Path) -> None:
        """Take the places of the full resolution's tiles from the file."""
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            self._offsets, self._counts = page.dataoffsets, page.databytecounts
            self._tables = page.jpegtables
            self._across = -(-page.imagewidth // page.tilewidth)
        self._file = os.open(path, os.O_RDONLY)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def stored(self, place: Place) -> bytes:
        """Return a tile's stored bytes."""
        index = place[1] * self._across + place[0]
        return os.pread(self._file, self._counts[index], self._offsets[index])

    def decode(self, place: Place) -> npt.NDArray[np.uint8]:
        """Return a tile's pixels."""
        pixels = imagecodecs.jpeg8_decode(
            self.stored(place), tables=self._tables, colorspace="YCBCR", outcolorspace="RGB"
        )
        return np.asarray(pixels, np.uint8)

    def jpeg(self, place: Place) -> bytes:
        """Return a tile encoded anew, with our quality and subsampling."""
        pixels = self.decode(place)
        return bytes(imagecodecs.jpeg8_encode(pixels, level=QUALITY, subsampling="420"))


@dataclass(frozen=True, slots=True)
class Ours:
    """An engine on a file, asked for tiles of full resolution."""

    engine: Engine
    source: Source
    encoding: Encoding
    zoom: int

    @classmethod
    def on(cls, path: Path, encoding: Encoding, config: Config | None = None) -> "Ours":
        """Open the file."""
        engine, source = Engine(config), local_source(path)
        return cls(engine, source, encoding, max_zoom(engine.info(source)))

    def __call__(self, place: Place) -> bytes:
        """Return a tile."""
        request = RenderRequest(Tile(self.zoom, *place), self.encoding)
        return self.engine.render(self.source, request).data
