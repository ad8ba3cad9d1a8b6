"""Leases: shared, bounded, renewed with the source's version, closed when nobody reads."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.pyramids import PlainReader, layout
from tilewright.geometry import Size
from tilewright.image import Band, Source
from tilewright.pool import ReaderPool

INFO = layout(Size(4, 4), (1,), chunk=4, dtype="uint8", bands=[Band()])


class Openings:
    """Counts what is opened."""

    def __init__(self, *, thread_safe=True, delay_s=0.0):
        self.readers = []
        self.thread_safe = thread_safe
        self.delay_s = delay_s

    def __call__(self, source):
        time.sleep(self.delay_s)
        reader = PlainReader(INFO, [])
        reader.thread_safe = self.thread_safe
        self.readers.append(reader)
        return reader


def test_a_source_is_opened_once_and_shared():
    openings = Openings(delay_s=0.05)
    pool = ReaderPool(openings, 4)
    barrier = threading.Barrier(6)

    def use():
        barrier.wait()
        with pool.lease(Source("a", "1")) as reader:
            return reader

    with ThreadPoolExecutor(6) as threads:
        readers = [job.result() for job in [threads.submit(use) for _ in range(6)]]
    assert len({id(reader) for reader in readers}) == 1
    assert len(openings.readers) == 1


def test_another_version_is_opened_anew_and_the_old_reader_lives_while_leased():
    openings = Openings()
    pool = ReaderPool(openings, 4)
    with pool.lease(Source("a", "1")) as old:
        with pool.lease(Source("a", "2")) as new:
            assert new is not old
        assert old.closed == 0
    assert old.closed == 1
    assert new.closed == 0
    assert len(pool) == 1


def test_the_one_used_longest_ago_is_closed():
    openings = Openings()
    pool = ReaderPool(openings, 2)
    for name in ("a", "b", "a", "c"):
        with pool.lease(Source(name, "1")):
            pass
    assert [reader.closed for reader in openings.readers] == [0, 1, 0]  # a, b, c


def test_options_are_part_of_what_is_opened():
    openings = Openings()
    pool = ReaderPool(openings, 4)
    for source in (Source("a", "1"), Source("a", "1").with_option("associated", "label")):
        with pool.lease(source):
            pass
    assert len(openings.readers) == 2


def test_a_reader_that_is_not_thread_safe_is_lent_to_one_at_a_time():
    pool = ReaderPool(Openings(thread_safe=False), 4)
    inside, most = [], []

    def use():
        with pool.lease(Source("a", "1")):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.002)
            inside.pop()

    with ThreadPoolExecutor(8) as threads:
        for job in [threads.submit(use) for _ in range(24)]:
            job.result()
    assert max(most) == 1


def test_closing_closes_all_and_a_leased_one_on_return():
    openings = Openings()
    pool = ReaderPool(openings, 4)
    with pool.lease(Source("b", "1")):
        pass
    with pool.lease(Source("a", "1")) as leased:
        pool.close()
        assert leased.closed == 0
    assert [reader.closed for reader in openings.readers] == [1, 1]


def test_an_error_while_opening_reaches_the_caller_and_holds_no_place():
    def refuse(source):
        raise LookupError("no")

    pool = ReaderPool(refuse, 4)
    with pytest.raises(LookupError), pool.lease(Source("a", "1")):
        pass
    assert len(pool) == 0


def test_many_threads_many_sources_leave_every_reader_closed_once():
    openings = Openings()
    pool = ReaderPool(openings, 3)

    def use(index):
        with pool.lease(Source(f"s{index % 7}", str(index % 2))):
            pass

    with ThreadPoolExecutor(8) as threads:
        for job in [threads.submit(use, index) for index in range(400)]:
            job.result()
    pool.close()
    assert {reader.closed for reader in openings.readers} == {1}


def test_a_version_that_cannot_be_opened_closes_nothing():
    openings = Openings()

    def open_one(source):
        if source.version == "gone":
            raise LookupError("no such version")
        return openings(source)

    pool = ReaderPool(open_one, 4)
    with pool.lease(Source("a", "1")) as good:
        pass
    for _ in range(2):
        with pytest.raises(LookupError), pool.lease(Source("a", "gone")):
            pass
    assert good.closed == 0
    with pool.lease(Source("a", "1")) as again:
        assert again is good


class Stubborn(PlainReader):
    """Fails to close."""

    def close(self):
        super().close()
        raise OSError("busy")


def test_a_reader_that_fails_to_close_keeps_no_other_open(caplog):
    readers = []

    def open_one(source):
        readers.append((Stubborn if source.uri == "b" else PlainReader)(INFO, []))
        return readers[-1]

    pool = ReaderPool(open_one, 4)
    for name in "abc":
        with pool.lease(Source(name, "1")):
            pass
    pool.close()
    assert [reader.closed for reader in readers] == [1, 1, 1]
    assert "b was not closed" in caplog.text
