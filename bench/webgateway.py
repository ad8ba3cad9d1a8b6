"""Tiles as OMERO's viewers ask for them, from the text of a query to a JPEG."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from bench import data, gateway_http
from bench.clock import race
from bench.gateway_data import TILE, Straightforward, query, stained
from bench.report import Figure, Target
from bench.rivals import NO_CACHE, BareCodec, Ours, Place
from bench.scale import Scale
from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.engine import Engine
from tilewright.request import Encoding
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.looks import Subject
from tilewright.web.webgateway.pictures import region_request
from tilewright.web.webgateway.settings import defaults


@dataclass(frozen=True, slots=True)
class Case:
    """How many channels are shown, and what that may take."""

    channels: int
    what: str
    most_ms: float


CASES = (
    Case(3, "three uint16 channels, windows and colours", 6.0),
    Case(1, "one of them", 3.0),
)
_FEW = 12
"""Tiles whose chunks the cache holds all at once."""

_APART = 2.0
"""Of 255, on average: both round, and encode, in their own way."""

Draw = Callable[[Place], bytes]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Measure tiles of 512 pixels, decoded anew and found in the cache; a stored tile; HTTP.

    Raises MissingError without wrk, after all that needs none.
    """
    side = scale.mosaic_side // 2
    path = stained(folder, side)
    across = side // TILE
    order = np.random.default_rng(5).integers(0, across, (max(8, scale.tiles // 5), 2))
    places = [(int(x), int(y)) for x, y in order]
    plain = Straightforward(path)
    try:
        for case in CASES:
            yield from _drawn(case, path, plain, places)
    finally:
        plain.close()
    yield _stored(scale, folder)
    yield from gateway_http.run(scale, folder, path, places)


def _drawn(case: Case, path: Path, plain: Straightforward, places: list[Place]) -> Iterator[Figure]:
    text = partial(query, channels=case.channels)
    draw = partial(plain.jpeg, channels=case.channels)
    cold, warm = (asked(path, text, config) for config in (NO_CACHE, Config()))
    agree(cold(places[0]), draw(places[0]), case.what)
    few = list(dict.fromkeys(places))[:_FEW]
    again = few * (len(places) // len(few))
    # Alone: what the peer leaves behind of its large arrays costs the next one time, too.
    new = race({"ours": cold}, places)["ours"]
    found = race({"ours": warm}, again, warm=len(few))["ours"]
    target = Target("ours", "≤", case.most_ms)
    yield Figure(f"512 px JPEG: {case.what}", new, "ms", target=target)
    yield Figure("the same, its chunks decoded already", found, "ms", target=target)
    times = race({"ours": cold, "plain": draw}, places)
    peer = "tifffile, numpy and Pillow"
    yield Figure("the first, in turn with a peer", times["ours"], "ms", peer, times["plain"])
    decoded = {place: plain.decode(place, case.channels) for place in few}
    rivals = {"ours": warm, "plain": lambda place: plain.encoded(decoded[place])}
    times = race(rivals, again, warm=len(few))
    peer = "numpy and Pillow, values in hand"
    yield Figure("the second, likewise", times["ours"], "ms", peer, times["plain"])


def _stored(scale: Scale, folder: Path) -> Figure:
    path = data.mosaic(folder, scale.mosaic_side)
    places = data.inner_tiles(scale.mosaic_side, scale.tiles)
    bare = BareCodec(path)
    ours = asked(path, lambda place: f"tile=0,{place[0]},{place[1]}", Config())
    assert ours(places[0]) == Ours.on(path, Encoding("jpeg"))(places[0]), "the file's own tile"
    try:
        times = race({"ours": ours, "bare": bare.stored}, places)
    finally:
        bare.close()
    return Figure(
        "a stored JPEG tile, no look asked, untouched",
        times["ours"],
        "ms",
        "os.pread of the same bytes",
        times["bare"],
    )


def asked(path: Path, text: Callable[[Place], str], config: Config) -> Draw:
    """Return what draws a tile from the text of a query, as a server does it."""
    engine, source = Engine(config), local_source(path)
    info = engine.info(source)
    subject = Subject(info, defaults(info, {}), engine.colormaps.exists, GatewayLimits())

    def draw(place: Place) -> bytes:
        return engine.render(source, region_request(text(place), subject, 0, 0)).data

    return draw


def agree(ours: bytes, theirs: bytes, what: str) -> None:
    """Raise AssertionError unless two JPEGs are nearly the same picture."""
    pictures = [np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in (ours, theirs)]
    apart = np.abs(pictures[0].astype(int) - pictures[1]).mean()
    assert apart < _APART, f"{what}: {apart:.2f} of 255 apart"
