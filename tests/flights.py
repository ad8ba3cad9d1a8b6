"""How many ask for the same thing at this moment: what a test waits for in place of some time."""

import threading

from tests.patience import HANG_S


class Askers:
    """Counts who asks a `SingleFlight`: the maker, and each who has joined it for good."""

    def __init__(self, flight):
        """Count from now on."""
        self._come = threading.Semaphore(0)
        self._join = flight._join
        flight._join = self._counted

    def _counted(self, key):
        joined = self._join(key)
        self._come.release()
        return joined

    def wait_for(self, count):
        """Wait until so many more have come."""
        for _ in range(count):
            assert self._come.acquire(timeout=HANG_S), "an asker has not come"
