"""Time rivals turn by turn, so that a busy moment of the machine meets all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Case = TypeVar("Case")


def race(
    rivals: Mapping[str, Callable[[Case], object]], cases: Sequence[Case], *, warm: int = 3
) -> dict[str, float]:
    """Return each rival's median time for a case, in milliseconds.

    Every rival gets every case; who begins changes from case to case. The first ``warm``
    cases are run once before, unmeasured.
    """
    names = list(rivals)
    for case in cases[:warm]:
        for name in names:
            rivals[name](case)
    times: dict[str, list[int]] = {name: [] for name in names}
    for turn, case in enumerate(cases):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            run = rivals[name]
            start = time.perf_counter_ns()
            run(case)
            times[name].append(time.perf_counter_ns() - start)
    return {name: statistics.median(values) / 1e6 for name, values in times.items()}
