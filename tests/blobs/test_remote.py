"""Blobs on a real web server, well-behaved or not."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.blobs.far import Asked, Far, far_away
from tests.patience import HANG_S
from tilewright.blobs import Blob, ReadsAhead, http
from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import (
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)

DATA = random.Random(1).randbytes(600_000)
KIBI = 1024


@pytest.fixture
def far() -> Iterator[Far]:
    with far_away(a=DATA, small=DATA[:1000], empty=b"") as server:
        yield server


def places(far: Far, **settings: object) -> Places:
    known: dict[str, object] = {
        "remote_hosts": far.allowed,
        "remote_allow_private": True,
        "remote_timeout_s": float(HANG_S),
    }
    return Places(Config(**{**known, **settings}))  # type: ignore[arg-type]


def opened(far: Far, path: str = "/a", **settings: object) -> Blob:
    there = places(far, **settings)
    return there.open(there.source(far.url(path)))


def test_opening_takes_one_request_that_also_tells_size_and_version(far: Far) -> None:
    blob = opened(far)
    assert blob.size == len(DATA)
    assert blob.version
    assert blob.path is None
    assert isinstance(blob, ReadsAhead)
    assert blob.ready == 64 * KIBI
    assert blob.read(10, 1000) == DATA[10:1010]
    assert far.asked == ["bytes=0-65535"]


@pytest.mark.parametrize("block", [1000, 4096, 32 * KIBI])
@pytest.mark.parametrize("head", [1, 5000, 64 * KIBI])
def test_bytes_are_those_of_the_file(far: Far, block: int, head: int) -> None:
    blob = opened(
        far, remote_block_bytes=block, remote_head_bytes=head, remote_cache_bytes=128 * KIBI
    )
    chance = random.Random(block + head)
    places = [(0, 0), (0, 1), (len(DATA) - 1, 10), (len(DATA), 5), (len(DATA) + 5, 5), (0, 1 << 40)]
    places += [(chance.randrange(len(DATA)), chance.randrange(100_000)) for _ in range(20)]
    expected = [DATA[offset : offset + length] for offset, length in places]
    assert [blob.read(*place) for place in places] == expected
    assert blob.read_ranges(places) == expected
    blob.prefetch(places)  # type: ignore[attr-defined]
    assert blob.read_ranges(places[::-1]) == expected[::-1]


@pytest.mark.parametrize(("path", "size"), [("/small", 1000), ("/empty", 0)])
def test_small_files_come_with_opening(far: Far, path: str, size: int) -> None:
    blob = opened(far, path)
    assert blob.read(0, 4096) == DATA[:size]
    assert len(far.asked) == 1


def test_what_was_read_is_not_asked_for_again(far: Far) -> None:
    blob = opened(far)
    blob.read(300_000, 50_000)
    blob.read(310_000, 20_000)
    blob.read(300_000, 50_000)
    assert far.asked[1:] == ["bytes=294912-360447"]


def test_ranges_near_each_other_come_in_one_request(far: Far) -> None:
    blob = opened(far, remote_block_bytes=KIBI)
    blob.read_ranges([(100_000, 10), (150_000, 10), (500_000, 10), (120_000, 10)])
    assert sorted(far.asked[1:]) == ["bytes=499712-500735", "bytes=99328-150527"]


def test_far_ranges_are_asked_for_at_the_same_time(far: Far) -> None:
    blob = opened(far, remote_block_bytes=KIBI, remote_retries=0)
    together = threading.Barrier(3)

    def answers_all_or_none(asked: Asked) -> bool:
        try:
            together.wait(HANG_S / 2)
        except threading.BrokenBarrierError:
            asked.answer(500)
            return True
        return False

    far.fault = answers_all_or_none
    blob.read_ranges([(100_000, 10), (300_000, 10), (500_000, 10)])
    assert len(far.asked) == 4


def test_many_threads_asking_for_the_same_make_one_request(far: Far) -> None:
    there = places(far)
    url = far.url("/a")
    far.latency_s = 0.1
    with ThreadPoolExecutor(16) as pool:
        sources = list(pool.map(there.source, [url] * 16))
        blob = there.open(sources[0])
        got = list(pool.map(lambda _: blob.read(200_000, 1000), range(16)))
    assert set(got) == {DATA[200_000:201_000]}
    assert len(far.asked) == 2


def test_readings_that_go_straight_on_fetch_ever_more(far: Far) -> None:
    blob = opened(far, remote_block_bytes=4 * KIBI)
    step = 10_000
    for offset in range(0, len(DATA), step):
        assert blob.read(offset, step) == DATA[offset : offset + step]
    assert len(far.asked) < 12


def test_memory_is_bounded(far: Far) -> None:
    blob = opened(far, remote_block_bytes=4 * KIBI, remote_cache_bytes=64 * KIBI)
    blob.read(100_000, 400_000)
    assert sum(map(len, blob._blocks._held.values())) <= 64 * KIBI  # type: ignore[attr-defined]


def test_a_source_that_is_fresh_is_not_looked_up(far: Far) -> None:
    there = places(far, remote_fresh_s=3600.0)
    url = far.url("/a")
    first = there.source(url)
    far.etag = '"two"'
    assert there.source(url) == first
    assert len(far.asked) == 1


def test_a_source_is_looked_up_once_in_a_while(far: Far) -> None:
    there = places(far, remote_fresh_s=0.001)
    url = far.url("/a")
    first = there.source(url)
    time.sleep(0.01)
    assert there.source(url) == first
    assert far.asked[1:] == ["bytes=0-0"]
    far.etag = '"two"'
    time.sleep(0.01)
    assert there.source(url).version != first.version


def test_a_renewed_signature_changes_no_key(far: Far) -> None:
    there = places(far)
    uri = far.url("/a")
    first = there.source(uri, address=f"{uri}?signature=1")
    blob = there.open(first)
    assert there.source(uri, address=f"{uri}?signature=2") == first
    blob.read(300_000, 10)
    assert far.paths == ["/a?signature=1", "/a?signature=2"]
    assert "signature" not in repr(first)


def test_headers_of_a_store_go_to_that_store_alone(far: Far) -> None:
    with far_away(a=DATA) as other:
        far.fault = lambda asked: (
            asked.path == "/moved" and not asked.answer(307, location=other.url("/a"))
        )
        config = Config(remote_hosts=other.allowed, remote_allow_private=True)
        there = Places(config, {far.url("/"): {"Authorization": "Bearer secret"}})
        there.source(far.url("/moved"))
        assert far.headers[0]["Authorization"] == "Bearer secret"
        assert "Authorization" not in other.headers[0]


def _status(status: int, times: int = 1 << 30) -> Callable[[Asked], bool]:
    left = [times]

    def fault(asked: Asked) -> bool:
        left[0] -= 1
        if left[0] < 0:
            return False
        asked.answer(status)
        return True

    return fault


@pytest.mark.parametrize(
    ("status", "error", "requests"),
    [
        (404, SourceNotFoundError, 1),
        (410, SourceNotFoundError, 1),
        (401, SourceUnavailableError, 1),
        (403, SourceUnavailableError, 1),
        (400, SourceUnavailableError, 1),
        (204, SourceUnavailableError, 1),
        (429, SourceUnavailableError, 3),
        (500, SourceUnavailableError, 3),
        (503, SourceUnavailableError, 3),
    ],
)
def test_refusals_become_our_errors(
    far: Far, status: int, error: type[SourceError], requests: int
) -> None:
    far.fault = _status(status)
    with pytest.raises(error) as caught:
        opened(far)
    assert len(far.asked) == requests
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.uri == far.url("/a")


def test_failures_that_pass_are_not_noticed(far: Far) -> None:
    far.fault = _status(500, times=2)
    blob = opened(far)
    far.fault = _status(503, times=2)
    assert blob.read(300_000, 100) == DATA[300_000:300_100]
    assert len(far.asked) == 6


def test_a_host_that_is_down_is_unavailable(far: Far) -> None:
    there = places(far)
    blob = there.open(there.source(far.url("/a")))
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # it does not listen, and nobody else gets the port
        down = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(SourceUnavailableError, match="does not answer"):
            Places(Config(remote_hosts=(down,), remote_allow_private=True)).source(f"{down}/a")
    assert blob.read(300_000, 1) == DATA[300_000:300_001]


def test_a_slow_host_is_given_up(far: Far) -> None:
    heard, given_up, waited_for = threading.Semaphore(0), threading.Event(), threading.Event()

    def silent(asked: Asked) -> bool:
        heard.release()
        if not given_up.wait(HANG_S):
            waited_for.set()
        asked.close_connection = True
        return True

    far.fault = silent
    with pytest.raises(SourceUnavailableError):
        opened(far, remote_timeout_s=0.1, remote_retries=1)
    given_up.set()
    # The host may hear of a request when its sender has left already.
    assert [heard.acquire(timeout=HANG_S) for _ in range(2)] == [True, True]
    assert not waited_for.is_set()
    assert len(far.asked) == 2


def test_a_host_that_drips_is_given_up(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    # No drop comes so late that it would be given up for that.
    monkeypatch.setattr(http, "_PATIENCE", 0.2 / HANG_S)
    given_up, waited_for = threading.Event(), threading.Event()

    def drip(asked: Asked) -> bool:
        asked.answer(206, range=f"bytes 0-65535/{len(DATA)}", length=65536)
        asked.close_connection = True
        end = time.monotonic() + HANG_S
        while time.monotonic() < end and not given_up.wait(0.02):
            asked.wfile.write(b"x")
            asked.wfile.flush()
        if not given_up.is_set():
            waited_for.set()
        return True

    far.fault = drip
    with pytest.raises(SourceUnavailableError, match="slow"):
        opened(far, remote_retries=0)
    given_up.set()
    assert not waited_for.is_set()


def _truncated(asked: Asked) -> bool:
    asked.answer(206, DATA[:1000], range=f"bytes 0-65535/{len(DATA)}", length=65536)
    asked.close_connection = True
    return True


def _other_range(asked: Asked) -> bool:
    asked.answer(206, DATA[:65536], range=f"bytes 1-65536/{len(DATA)}")
    return True


def _short_range(asked: Asked) -> bool:
    asked.answer(206, DATA[:1000], range=f"bytes 0-999/{len(DATA)}")
    return True


def _long_body(asked: Asked) -> bool:
    asked.answer(206, DATA[:70_000], range=f"bytes 0-65535/{len(DATA)}")
    return True


def _no_range(asked: Asked) -> bool:
    asked.answer(206, DATA[:65536])
    return True


def _nonsense_range(asked: Asked) -> bool:
    asked.answer(206, DATA[:65536], range="bytes 0-65535/*")
    return True


def _no_http(asked: Asked) -> bool:
    asked.wfile.write(b"\x00\xff\r\n\r\n")
    asked.close_connection = True
    return True


@pytest.mark.parametrize(
    "fault",
    [_truncated, _other_range, _short_range, _long_body, _no_range, _nonsense_range, _no_http],
)
def test_lies_about_the_range_are_noticed(far: Far, fault: Callable[[Asked], bool]) -> None:
    far.fault = fault
    with pytest.raises(SourceUnavailableError):
        opened(far)
    assert len(far.asked) == 3
    left = [1]

    def once(asked: Asked) -> bool:
        left[0] -= 1
        return left[0] >= 0 and fault(asked)

    far.fault = once
    assert opened(far).read(0, 70_000) == DATA[:70_000]


def test_a_server_without_ranges_is_read_whole(far: Far) -> None:
    far.ranges = False
    blob = opened(far)
    assert blob.read(0, 1 << 30) == DATA
    assert blob.read(300_000, 10) == DATA[300_000:300_010]
    assert len(far.asked) == 1


def test_a_large_file_on_a_server_without_ranges_is_not_supported(far: Far) -> None:
    far.ranges = False
    with pytest.raises(UnsupportedSourceError, match="no ranges"):
        opened(far, remote_whole_bytes=500_000)


def test_an_endless_answer_without_a_length_is_cut(far: Far) -> None:
    def endless(asked: Asked) -> bool:
        asked.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        asked.close_connection = True
        try:
            while True:
                asked.wfile.write(bytes(65536))
        except OSError:
            return True

    far.fault = endless
    with pytest.raises(UnsupportedSourceError, match="no ranges"):
        opened(far, remote_whole_bytes=500_000)


@pytest.mark.parametrize("matching", [True, False])
@pytest.mark.parametrize("etag", ['"two"', 'W/"two"', None])
def test_a_file_that_changes_in_mid_reading_is_unavailable(
    far: Far, etag: str | None, *, matching: bool
) -> None:
    there = places(far)
    source = there.source(far.url("/a"))
    blob = there.open(source)
    far.etag = etag
    far.files["/a"] = DATA[::-1]
    if not matching:
        far.fault = _ignoring_if_match
    with pytest.raises(SourceUnavailableError, match="changed"):
        blob.read(300_000, 10)
    renewed = there.source(far.url("/a"))
    assert renewed.version != source.version
    assert there.open(renewed).read(300_000, 10) == DATA[::-1][300_000:300_010]


def _ignoring_if_match(asked: Asked) -> bool:
    del asked.headers["If-Match"]
    return False


def test_a_weak_etag_is_compared_by_us(far: Far) -> None:
    far.etag = 'W/"one"'
    blob = opened(far)
    assert blob.read(300_000, 10) == DATA[300_000:300_010]
    assert "If-Match" not in far.headers[-1]
    far.etag = 'W/"two"'
    with pytest.raises(SourceUnavailableError, match="changed"):
        blob.read(500_000, 10)


def test_a_shrunken_file_without_etag_is_noticed(far: Far) -> None:
    far.etag = None
    blob = opened(far)
    far.files["/a"] = DATA[:400_000]
    with pytest.raises(SourceUnavailableError):
        blob.read(500_000, 10)


def test_ranges_that_end_in_mid_reading_are_noticed(far: Far) -> None:
    blob = opened(far)
    far.ranges = False
    with pytest.raises(SourceUnavailableError):
        blob.read(500_000, 10)


def test_each_waiting_thread_learns_of_the_failure_and_the_next_may_succeed(far: Far) -> None:
    blob = opened(far, remote_retries=0)
    blocks = blob._blocks  # type: ignore[attr-defined]
    carry_out, waiting = blocks._carry_out, threading.Semaphore(0)

    def counted(run: object) -> None:
        waiting.release()
        carry_out(run)

    def fails_when_all_wait(asked: Asked) -> bool:
        assert all(waiting.acquire(timeout=HANG_S) for _ in range(8))
        asked.answer(500)
        return True

    blocks._carry_out = counted
    far.fault = fails_when_all_wait

    def read(_: int) -> str:
        try:
            return str(len(blob.read(300_000, 10)))
        except SourceUnavailableError:
            return "failed"

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {"failed"}
    assert len(far.asked) == 2
    far.fault = None
    assert blob.read(300_000, 10) == DATA[300_000:300_010]


def test_a_closed_blob_reads_no_more(far: Far) -> None:
    blob = opened(far)
    blob.close()
    blob.close()
    with pytest.raises(SourceUnavailableError):
        blob.read(300_000, 10)


def test_a_busy_queue_of_prefetches_holds_up_no_reading(far: Far) -> None:
    there = places(far)
    blob = there.open(there.source(far.url("/a")))
    release = threading.Event()
    busy = [there._together.submit(release.wait, HANG_S) for _ in range(64)]
    blob.prefetch([(300_000, 10)])  # type: ignore[attr-defined]
    try:
        read = blob.read_ranges([(300_000, 10), (599_000, 10)])
        assert not any(job.done() for job in busy)
    finally:
        release.set()
    assert read == [DATA[300_000:300_010], DATA[599_000:599_010]]
