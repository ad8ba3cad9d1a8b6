"""How much memory a piece of work takes, whatever else the process does meanwhile.

Work that seems to take too much gets another chance: threads that earlier tests left, and what is
imported or made once, count in one time or the other; what the work itself takes counts in each.
"""

import gc
import tracemalloc
from collections.abc import Callable

_CHANCES = 3


def takes_less(work: Callable[[], object], most: float) -> bool:
    """Tell whether a piece of work never holds as many bytes at once as ``most``."""
    return any(_peak(work) < most for _ in range(_CHANCES))


def leaves_less(work: Callable[[], object], most: float) -> bool:
    """Tell whether a piece of work leaves fewer bytes behind than ``most``."""
    return any(_kept(work) < most for _ in range(_CHANCES))


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _kept(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
