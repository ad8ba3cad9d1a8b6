"""What to fetch of a far-away TIFF before it is asked for: directories, and the next tiles."""

import struct
import threading
from collections import OrderedDict

from tilewright.blobs import Blob, ReadsAhead
from tilewright.readers.tiff.directory import Format, entries_of, format_of

_TABLES = frozenset({273, 279, 324, 325})
"""Where strips and tiles lie, and how long they are."""
_SLACK_BYTES = 16 << 10
_MOST_BYTES = 16 << 20
_REMEMBERED_CHUNKS = 512
_MOST_ROWS = 4


def fetch_directories(blob: Blob) -> None:
    """Have a blob fetch what the directories will be parsed from, when it can fetch ahead.

    In a COG (OGC 21-026, 7.2) they follow each other, before the first pixel. The tables of
    the coarser levels and of masks, where they are not at hand yet, are taken to be no longer
    together than twice those that are.
    """
    if not isinstance(blob, ReadsAhead) or blob.ready >= blob.size:
        return
    try:
        end = _end(blob, blob.ready)
    except (struct.error, OverflowError):
        return  # what is wrong with the file is said by those who parse it
    length = min(end, blob.size) - blob.ready
    if 0 < length <= _MOST_BYTES:
        blob.prefetch([(blob.ready, length)])


def _end(blob: Blob, ready: int) -> int:
    """Return where the directories may end, told from the first ``ready`` bytes."""
    form = format_of(blob)
    width, link = struct.calcsize(form.count), struct.calcsize(form.link)
    place = 8 if form.count == "Q" else 4
    end = tables = before = 0
    while True:
        if place + link > ready:
            return max(end, place + link) + 2 * tables + _SLACK_BYTES
        offset: int = struct.unpack(form.order + form.link, blob.read(place, link))[0]
        if not before < offset:  # the last one, or not in a COG's order
            return end
        if offset + width > ready:
            return offset + 2 * tables + _SLACK_BYTES if before else end
        count: int = struct.unpack(form.order + form.count, blob.read(offset, width))[0]
        place = offset + width + count * form.entry
        if place > ready:
            return place + 2 * tables + _SLACK_BYTES
        for stop, size in _tables(form, blob.read(offset + width, count * form.entry)):
            end, tables = max(end, stop), tables + size
        before = offset


def _tables(form: Format, directory: bytes) -> list[tuple[int, int]]:
    """Return the end and the size of each table that stands outside its entry."""
    found = []
    for code, kind, count, field in entries_of(form, directory):
        size = count * {3: 2, 4: 4, 13: 4, 16: 8, 18: 8}.get(kind, 0)
        if code in _TABLES and size > len(field):
            (place,) = struct.unpack(form.order + ("Q" if len(field) > 4 else "I"), field)  # noqa: PLR2004
            found.append((place + size, size))
    return found


class Panning:
    """Guesses which chunks of a page a viewer asks for next. Safe between threads.

    Neighbours in a row follow each other in the file, which the blob sees by itself; those
    below do not. Who has asked for a chunk and for those above it is taken to go on downwards.
    """

    def __init__(self, down: int) -> None:
        """Know a page of so many rows of chunks."""
        self._down = down
        self._lock = threading.Lock()
        self._asked: OrderedDict[tuple[int, int, int], None] = OrderedDict()

    def next(self, column: int, row: int, plane: int) -> list[tuple[int, int]]:
        """Note that a chunk is asked for; return those (column, row) that may be next."""
        with self._lock:
            asked = self._asked
            asked[column, row, plane] = None
            asked.move_to_end((column, row, plane))
            if len(asked) > _REMEMBERED_CHUNKS:
                asked.popitem(last=False)
            run = {way: self._run(column, row, plane, way) for way in (1, -1)}
        way = 1 if run[1] >= run[-1] else -1
        reach = min(2 * run[way], _MOST_ROWS)
        rows = range(row + way, row + way * (reach + 1), way)
        return [(column, at) for at in rows if 0 <= at < self._down]

    def _run(self, column: int, row: int, plane: int, way: int) -> int:
        """Return how many chunks one came through on the way to this one, as far as it counts."""
        count = 0
        while count < _MOST_ROWS and (column, row - way * (count + 1), plane) in self._asked:
            count += 1
        return count
