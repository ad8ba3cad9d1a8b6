"""``python -m bench.reencode FILE SIDE TILES``: ours against the bare codec, in one process.

How fast a codec writes pixels depends on where a process happens to have its memory, by a
tenth; whoever wants to compare starts several processes.
"""

import json
import sys
from pathlib import Path

from bench import data
from bench.clock import race
from bench.rivals import NO_CACHE, REENCODED, BareCodec, Ours

_FEW = 200
"""Tiles that the chunk cache holds all at once."""


def measure(path: Path, side: int, tiles: int) -> dict[str, tuple[float, float]]:
    """Return milliseconds, (ours, the rival's): with nothing kept, with all kept, with all found."""
    places = data.inner_tiles(side, tiles)
    bare = BareCodec(path)
    cold, keeping = Ours.on(path, REENCODED, NO_CACHE), Ours.on(path, REENCODED)
    assert cold(places[0]) == bare.jpeg(places[0]), "both sides must do the same work"
    found = {"cold": race({"ours": cold, "rival": bare.jpeg}, places)}
    found["keeping"] = race({"ours": keeping, "rival": bare.jpeg}, places, warm=0)
    few = places[:_FEW]
    found["warm"] = race({"ours": keeping, "rival": cold}, few, warm=len(few))
    bare.close()
    return {name: (times["ours"], times["rival"]) for name, times in found.items()}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
