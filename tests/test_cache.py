"""The accounting of the chunk cache, and one making for many askers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.flights import Askers
from tests.patience import HANG_S
from tilewright.cache import ChunkCache, SingleFlight


def chunk(nbytes):
    return np.zeros(nbytes, np.uint8)


def test_it_never_holds_more_than_it_may_and_drops_the_oldest():
    cache = ChunkCache(100)
    for key in "abc":
        cache.get(key, lambda: chunk(40))
    assert cache.used_bytes == 80
    made = []
    for key in "cba":
        cache.get(key, lambda key=key: made.append(key) or chunk(40))
    assert made == ["a"]  # b and c were held; looking at them did not evict them


def test_the_same_key_twice_is_counted_once():
    cache = ChunkCache(100)
    first = cache.get("a", lambda: chunk(60))
    assert cache.get("a", lambda: chunk(60)) is first
    assert cache.used_bytes == 60
    cache.clear()
    assert cache.used_bytes == 0


def test_a_view_counts_for_all_that_it_keeps_alive():
    cache = ChunkCache(100)
    cache.get("view", lambda: chunk(90)[:1])
    assert cache.used_bytes == 90


def test_what_is_larger_than_the_cache_is_given_but_not_held():
    cache = ChunkCache(10)
    assert cache.get("a", lambda: chunk(11)).nbytes == 11
    assert cache.used_bytes == 0


def test_chunks_cannot_be_written():
    held = ChunkCache(100).get("a", lambda: chunk(4))
    with pytest.raises(ValueError, match="read-only"):
        held[0] = 1


def test_a_failure_is_not_held():
    cache = ChunkCache(100)
    with pytest.raises(RuntimeError):
        cache.get("a", lambda: (_ for _ in ()).throw(RuntimeError("no")))
    assert cache.get("a", lambda: chunk(1)).nbytes == 1


def test_simultaneous_asks_share_one_making():
    flight = SingleFlight()
    askers = Askers(flight)
    made = []

    def make():
        askers.wait_for(9)
        made.append(1)
        return "result"

    with ThreadPoolExecutor(9) as threads:
        jobs = [threads.submit(flight.do, "key", make) for _ in range(9)]
        assert {job.result() for job in jobs} == {"result"}
    assert len(made) == 1


def test_all_waiters_get_the_error():
    flight = SingleFlight()
    askers = Askers(flight)
    failed = []

    def fail():
        askers.wait_for(3)
        failed.append(1)
        raise LookupError("once")

    with ThreadPoolExecutor(3) as threads:
        for job in [threads.submit(flight.do, "key", fail) for _ in range(3)]:
            with pytest.raises(LookupError, match="once"):
                job.result()
    assert len(failed) == 1
    assert flight.do("key", lambda: 1) == 1


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_who_waits_for_one_that_is_told_to_stop_starts_anew(stop):
    flight = SingleFlight()
    askers = Askers(flight)
    leads = threading.Event()

    def told_to_stop():
        leads.set()
        askers.wait_for(3)
        raise stop

    def lead():
        with pytest.raises(stop):
            flight.do("key", told_to_stop)

    with ThreadPoolExecutor(3) as threads:
        leader = threads.submit(lead)
        assert leads.wait(HANG_S)
        joiners = [threads.submit(flight.do, "key", lambda: 42) for _ in range(2)]
        leader.result()
        assert [joiner.result() for joiner in joiners] == [42, 42]
