"""Formulas of matplotlib's, read in turn. Loads matplotlib: imported when a figure is there.

matplotlib has one parser of formulas for all threads, which keeps in itself how far it has read:
of two that were read at once, one failed.
"""

import os
import threading
from typing import Any, cast

from matplotlib import _mathtext, mathtext

_turn = threading.Lock()


class _InTurn(_mathtext.Parser):
    def parse(self, *formula: Any) -> Any:
        with _turn:
            return super().parse(*formula)


_shared = cast("Any", mathtext.MathTextParser)
"""The class, which holds the parser that all of its kind use."""


def read_in_turn() -> None:
    """Have one thread read a formula at a time, from now on and wherever matplotlib reads one."""
    if not isinstance(_shared._parser, _InTurn):  # noqa: SLF001 - there is no other way to it
        _shared._parser = _InTurn()  # noqa: SLF001 - likewise


def _fresh() -> None:
    global _turn  # noqa: PLW0603 - another thread of the parent may have had it
    _turn = threading.Lock()


if hasattr(os, "register_at_fork"):  # else no process forks
    os.register_at_fork(after_in_child=_fresh)
