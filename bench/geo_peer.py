"""The other side of `bench.geo_rivals`: rio-tiler, in an environment without Tilewright.

Runs as ``geo_peer.py FILE PICTURE``. Each line asked is ``[z, x, y, driver, resampling, before]``,
each answer a time in milliseconds. The dataset stays open. ``before`` is the ``[x, y]`` of a tile
that is drawn before the clock starts: the same one, and GDAL has its blocks decoded. With an
empty driver the bare pixels are saved as PICTURE.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rio_tiler.io import Reader

FILE, PICTURE = map(Path, sys.argv[1:])


def main() -> None:
    """Answer until the pipe closes."""
    with Reader(str(FILE)) as reader:
        for line in sys.stdin:
            z, x, y, driver, resampling, before = json.loads(line)
            options = {} if resampling is None else _both(resampling)
            if not driver:
                np.save(PICTURE, np.moveaxis(reader.tile(x, y, z, **options).data, 0, -1))
                print(0, flush=True)
                continue
            reader.tile(*before, z, **options).render(img_format=driver)
            start = time.perf_counter_ns()
            reader.tile(x, y, z, **options).render(img_format=driver)
            print((time.perf_counter_ns() - start) / 1e6, flush=True)


def _both(resampling: str) -> dict[str, Any]:
    """Return what sets the kernel of reading and that of warping."""
    return {"resampling_method": resampling, "reproject_method": resampling}


main()
