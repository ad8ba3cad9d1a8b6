"""What an engine holds in one process."""

import os
from dataclasses import dataclass
from typing import Self

from tilewright import look
from tilewright.blobs.places import Places, Stores
from tilewright.cache import ChunkCache, SingleFlight, Store
from tilewright.composing import Composer
from tilewright.config import Config
from tilewright.image import Encoded, ImageInfo
from tilewright.measure import Measurement
from tilewright.pool import ReaderPool

_SPANS = 4096
_SAMPLES = 1 << 22
"""Values, of 8 bytes, from which ranges are made."""
_NUMBERS = 1 << 19
"""Bins and classes of all remembered measurements; one is about 40 bytes."""
_BLANKS = 64
_INFOS = 4096


@dataclass(slots=True, eq=False)
class State:
    """Open files, and what was found out about them. It is of the process that made it alone."""

    process: int
    places: Places
    pool: ReaderPool
    composer: Composer
    chunks: ChunkCache
    renders: SingleFlight[Encoded]
    infos: Store[ImageInfo]
    """Of more images than may be open: documents of services tell of them all."""
    spans: Store[look.Span]
    samples: Store[look.Samples]
    measurements: Store[Measurement]
    blanks: Store[Encoded]
    """Tiles of the earth that no image touches."""

    @classmethod
    def fresh(cls, config: Config, stores: Stores, pool: ReaderPool, composer: Composer) -> Self:
        """Return a state that holds nothing yet."""
        return cls(
            process=os.getpid(),
            places=Places(config, stores),
            pool=pool,
            composer=composer,
            chunks=ChunkCache(config.chunk_cache_bytes),
            renders=SingleFlight(),
            infos=Store(_INFOS),
            spans=Store(_SPANS),
            samples=Store(_SAMPLES, size_of=lambda one: one.ordered.size + 1),
            measurements=Store(_NUMBERS, size_of=_held_numbers),
            blanks=Store(_BLANKS),
        )

    def close(self) -> None:
        """Close all files and forget what was found out about them."""
        self.pool.close()
        self.chunks.clear()
        self.samples.clear()
        self.infos.clear()
        self.measurements.clear()
        self.composer.clear()
        self.places.close()


def _held_numbers(found: Measurement) -> int:
    """Return about how many numbers a measurement keeps."""
    return sum(
        20 + 2 * len(one.histogram.counts) + 2 * len(one.statistics.unique or ())
        for one in found.bands
    )
