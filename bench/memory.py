"""The most memory that a process ever held, measured in a process of its own."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import data
from bench.report import Figure, Target
from bench.scale import Scale

_SEED = 4


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Pan, then make thumbnails of what has no pyramid."""
    mosaic = data.mosaic(folder, scale.mosaic_side)
    yield Figure(
        f"peak memory, {scale.panned:,} random tiles of {scale.mosaic_side}² as PNG",
        _peak_megabytes("pan", mosaic, scale.panned),
        "MB",
        target=Target("ours", "≤", 300),
    )
    picture = data.picture(folder, scale.picture_size)
    strips = data.striped(folder, scale.strip_side)
    for name, path in ((picture.name, picture), (f"{scale.strip_side}² deflated strips", strips)):
        yield Figure(
            f"peak memory, thumbnail of {name}",
            _peak_megabytes("thumbnail", path, 1),
            "MB",
            target=Target("ours", "≤", 500),
        )


def _peak_megabytes(task: str, path: Path, count: int) -> float:
    command = [sys.executable, "-m", "bench.memory", task, str(path), str(count)]
    done = subprocess.run(
        command, check=True, capture_output=True, cwd=Path(__file__).parents[1], text=True
    )
    return float(json.loads(done.stdout))


def peak_megabytes(process: str = "self") -> float:
    """Return the high-water mark of a process's resident memory, in millions of bytes."""
    for row in Path(f"/proc/{process}/status").read_text().splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) * 1024 / 1e6
    raise OSError(f"process {process} has no memory")


def _work(task: str, path: Path, count: int) -> None:
    import tilewright  # noqa: PLC0415 - the measuring process alone has to load it
    from tilewright.pyramid import max_zoom, pyramid  # noqa: PLC0415 - likewise

    with tilewright.open(path) as image:
        if task == "thumbnail":
            image.thumbnail(256)
            return
        draw, info = random.Random(_SEED), image.info
        for _ in range(count):
            zoom = draw.randint(0, max_zoom(info))
            across, down = pyramid(info).counts[zoom]
            image.tile(zoom, draw.randrange(across), draw.randrange(down), format="png")


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(peak_megabytes()))
