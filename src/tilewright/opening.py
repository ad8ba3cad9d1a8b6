"""Open a source: find its bytes, and the first driver that understands them."""

from collections.abc import Callable

from tilewright.blobs import Blob
from tilewright.config import Config
from tilewright.errors import (
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.image import Source
from tilewright.readers import SNIFF_BYTES, ChunkStore, Driver, Opening, Reader
from tilewright.registry import Registry


def open_reader(
    source: Source,
    open_blob: Callable[[Source], Blob],
    drivers: Registry[Driver],
    config: Config,
    chunks: ChunkStore,
) -> Reader:
    """Return a reader of the source. The caller closes it. Raises a SourceError."""
    blob = open_blob(source)
    try:
        return _first_reader(Opening(source, blob, config, chunks), drivers)
    except BaseException:
        blob.close()
        raise


def _first_reader(opening: Opening, drivers: Registry[Driver]) -> Reader:
    source, blob = opening.source, opening.blob
    if blob.version != source.version:
        raise SourceUnavailableError("the file has just changed", uri=source.uri)
    refusals: list[UnsupportedSourceError] = []
    for driver in _willing(blob, drivers):
        try:
            return driver.open(opening)
        except UnsupportedSourceError as error:
            # Damage is final: no other driver is to guess at what a first one knows is broken.
            refusals.append(error)
    if refusals:
        first = refusals[0]
        first.tried = first.tried or drivers.names()
        raise first
    raise UnsupportedSourceError(
        "no reader knows this kind of file", uri=source.uri, tried=drivers.names()
    )


def _willing(blob: Blob, drivers: Registry[Driver]) -> list[Driver]:
    """Return the drivers that the first bytes please, those of the lowest number first."""
    head = blob.read(0, SNIFF_BYTES)
    return sorted(
        (driver for _, driver in drivers if driver.sniff(head)),
        key=lambda driver: driver.priority,
    )
