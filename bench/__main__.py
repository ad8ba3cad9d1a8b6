"""``python -m bench [GROUP …]``: run the benchmarks and print how they stand to their targets."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from bench.report import HEAD, Figure, line
from bench.scale import FULL, TINY, Scale
from bench.server import MissingError

GROUPS = (
    "in_process",
    "opening",
    "memory",
    "looks",
    "webgateway",
    "drawn",
    "drawn_figures",
    "geo",
    "http",
    "large_image",
    "geo_http",
    "remote",
)
FOLDER = Path(__file__).parents[1] / "var/bench"

Run = Callable[[Scale, Path], Iterator[Figure]]


def main(arguments: list[str] | None = None) -> int:
    """Print a table; return 1 when a target is missed, or cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all")
    parser.add_argument("--tiny", action="store_true", help="only see whether they run")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where test files are kept")
    given = parser.parse_args(arguments)
    for name in given.groups:
        if name not in GROUPS:
            parser.error(f"no group {name!r}; there are {', '.join(GROUPS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; medians of one run\n")
    print(line(HEAD), flush=True)
    missed = 0
    for name in given.groups or GROUPS:
        run: Run = import_module(f"bench.{name}").run
        try:
            for figure in run(TINY if given.tiny else FULL, given.folder):
                print(line(figure.cells()), flush=True)
                missed += figure.met is False
        except MissingError as error:
            print(f"{name}: not run; {error}", flush=True)
            missed += 1
    print(
        f"\n{missed} target{'' if missed == 1 else 's'} missed" if missed else "\nall targets met"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
