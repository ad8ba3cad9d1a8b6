"""Blocks of a remote file in memory: each fetched once, neighbours in one request."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import pairwise

_GAP_BYTES = 128 << 10
"""Blocks with less than this between them are fetched together: a round trip costs more."""
_MOST_RUN_BYTES = 4 << 20
_MOST_AHEAD_BYTES = 1 << 20
_REMEMBERED_RUNS = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Blocks that one request fetches."""

    first: int
    end: int
    data: Future[bytes] = field(default_factory=Future)
    taken: threading.Lock = field(default_factory=threading.Lock)
    """Held for good by the thread that sends the request."""


class Blocks:
    """The bytes of one file in aligned blocks, the last used of them kept.

    Safe between threads: a block that another thread is fetching is waited for.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], bytes],
        head: bytes,
        size: int,
        *,
        block_bytes: int,
        most_bytes: int,
        together: Executor,
    ) -> None:
        """Know the file's first bytes for good; ``fetch(start, stop)`` gives others.

        Several requests that one reading needs are sent at once by ``together``.
        """
        self._fetch = fetch
        self._head = head
        self._size = size
        self._block = block_bytes
        self._most = max(1, most_bytes // block_bytes)
        self._together = together
        self._lock = threading.Lock()
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self._coming: dict[int, _Run] = {}
        # Where runs ended, and how far ahead each looked: who goes on from there looks further.
        self._ends: deque[tuple[int, int]] = deque(
            [(len(head) // block_bytes, 0)], maxlen=_REMEMBERED_RUNS
        )

    @property
    def ready(self) -> int:
        """The number of first bytes that are known for good."""
        return len(self._head)

    def read(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each ``(start, stop)`` inside the file, start before stop."""
        ready = len(self._head)
        blocks = self._blocks(self._numbers(ranges))
        return [
            self._head[start:stop] if stop <= ready else self._join(start, stop, blocks)
            for start, stop in ranges
        ]

    def fetch_ahead(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Begin to fetch the blocks of ranges, no more than half the memory holds.

        Nothing is done when the first range is held or coming: else each step of a long reading
        would add its own small request.
        """
        numbers = sorted(self._numbers(ranges))[: max(1, self._most // 2)]
        first = self._numbers(ranges[:1])
        with self._lock:
            if all(one in self._held or one in self._coming for one in first):
                return
            runs = self._plan(
                [one for one in numbers if one not in self._held and one not in self._coming],
                look_ahead=False,
            )
        for run in runs:
            self._together.submit(self._carry_out, run)

    def forget(self) -> None:
        """Let go of all blocks."""
        with self._lock:
            self._held.clear()

    def _numbers(self, ranges: Iterable[tuple[int, int]]) -> set[int]:
        ready, block = len(self._head), self._block
        return {
            number
            for start, stop in ranges
            if stop > ready
            for number in range(max(start, ready) // block, -(-stop // block))
        }

    def _join(self, start: int, stop: int, blocks: dict[int, bytes]) -> bytes:
        block, ready = self._block, len(self._head)
        pieces = [self._head[start:ready]] if start < ready else []
        begin = max(start, ready)
        for number in range(begin // block, -(-stop // block)):
            at = number * block
            pieces.append(blocks[number][max(begin - at, 0) : stop - at])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _blocks(self, numbers: set[int]) -> dict[int, bytes]:
        """Return the blocks, fetching those that are neither held nor coming."""
        found: dict[int, bytes] = {}
        coming: dict[int, _Run] = {}
        with self._lock:
            missing = []
            for number in sorted(numbers):
                held = self._held.get(number)
                run = self._coming.get(number)
                if held is not None:
                    self._held.move_to_end(number)
                    found[number] = held
                elif run is not None:
                    coming[number] = run
                else:
                    missing.append(number)
            runs = self._plan(missing, look_ahead=True)
        for run in runs[1:]:
            self._together.submit(self._carry_out, run)
        for run in runs:
            coming.update((number, run) for number in range(run.first, run.end))
        for number in sorted(numbers - found.keys()):
            run = coming[number]
            # What no other thread has begun is begun here: a queue behind a slow host is no reason
            # to wait.
            self._carry_out(run)
            at = (number - run.first) * self._block
            found[number] = run.data.result()[at : at + self._block]
        return found

    def _plan(self, missing: Sequence[int], *, look_ahead: bool) -> list[_Run]:
        """Return the requests for missing blocks, and note that they come. Holds the lock."""
        if not missing:
            return []
        gap, most = _GAP_BYTES // self._block, max(1, _MOST_RUN_BYTES // self._block)
        starts = [missing[0]]
        ends = []
        for before, after in pairwise(missing):
            if after - before - 1 > gap or after - starts[-1] >= most:
                ends.append(before + 1)
                starts.append(after)
        end = missing[-1] + 1
        ends.append(self._look_ahead(starts[-1], end) if look_ahead else end)
        runs = [_Run(first, end) for first, end in zip(starts, ends, strict=True)]
        for run in runs:
            for number in range(run.first, run.end):
                self._coming.setdefault(number, run)
        return runs

    def _look_ahead(self, first: int, end: int) -> int:
        """Return where a run should end: further each time that readings go straight on."""
        ahead = 0
        for known in self._ends:
            if known[0] - 1 <= first <= known[0] + 1:
                most = min(_MOST_AHEAD_BYTES // self._block, self._most // 4)
                ahead = min(max(2 * known[1], end - first), most)
                self._ends.remove(known)
                break
        last = min(end + ahead, -(-self._size // self._block))
        for number in range(end, last):
            if number in self._held or number in self._coming:
                last = number
                break
        last = max(last, end)
        self._ends.append((last, ahead))
        return last

    def _carry_out(self, run: _Run) -> None:
        """Fetch a run, keep its blocks, and tell all who wait for it; once, whoever comes first."""
        if not run.taken.acquire(blocking=False):
            return
        block = self._block
        try:
            data = self._fetch(run.first * block, min(run.end * block, self._size))
        except BaseException as error:  # noqa: BLE001 - raised again by each who waits
            self._land(run, {})
            run.data.set_exception(error)
            return
        pieces = {
            number: data[(number - run.first) * block : (number - run.first + 1) * block]
            for number in range(run.first, run.end)
        }
        self._land(run, pieces)
        run.data.set_result(data)

    def _land(self, run: _Run, pieces: dict[int, bytes]) -> None:
        with self._lock:
            for number in range(run.first, run.end):
                if self._coming.get(number) is run:
                    del self._coming[number]
            self._held.update(pieces)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
