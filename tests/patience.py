"""How long tests wait for what comes when it comes: never the time that it should take."""

import time

LONG_S = 120.0
"""Ends a test that would hang. No machine is so slow, and so busy, that it takes this long."""
HANG_S = 60
"""Likewise for one step of threads and servers beside a test, which may take several."""


def until(true, patience_s=LONG_S):
    """Ask again and again until something is true; return what it is."""
    end = time.monotonic() + patience_s
    while not (found := true()):
        assert time.monotonic() < end, f"waited {patience_s:.0f} s in vain"
        time.sleep(0.02)
    return found
