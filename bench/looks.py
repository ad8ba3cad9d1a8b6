"""What a look costs over decoding: ours, large_image's and rio-tiler's on the same arrays."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import data
from bench.looks_rivals import PEERS, Peers, agree
from bench.report import Figure, Target
from bench.scale import Scale
from tilewright.blobs.local import local_source
from tilewright.cache import Store
from tilewright.colormaps import classify
from tilewright.drawing import Drawing
from tilewright.engine import Engine
from tilewright.geometry import Window
from tilewright.image import Array, Band, ImageInfo, Mask, Picture, Plane, Raster
from tilewright.look import MOST_PIXELS, PRIMARIES, Span, span
from tilewright.paint import Named, Solid
from tilewright.pyramid import max_zoom
from tilewright.readers import Reader
from tilewright.readers.array import ArrayReader
from tilewright.render import needed_bands, render
from tilewright.request import Tile
from tilewright.stretch import AUTO, Curve, Limit, Stretch
from tilewright.style import Channel, Style

SIDE = 2_048
LOW, HIGH = 100.0, 3_900.0
NODATA = -9_999.0
COLORMAP = Named("viridis")
_LOST = 0.05
"""The share of pixels where nothing was measured."""
_PLANE = Plane()

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An array and how it is shown."""

    name: str
    what: str
    pixels: Array
    style: Style
    most_ms: float
    nodata: float | None = None

    @property
    def reader(self) -> ArrayReader:
        """The array as an image."""
        return ArrayReader([self.pixels], bands=[Band(nodata=self.nodata)] * len(self.pixels))


class Counting:
    """A reader that counts the pixels it is asked for."""

    def __init__(self, reader: Reader) -> None:
        """Wrap a reader."""
        self._reader = reader
        self.pixels = 0

    @property
    def info(self) -> ImageInfo:
        """The layout."""
        return self._reader.info

    @property
    def thread_safe(self) -> bool:
        """As the reader says."""
        return self._reader.thread_safe

    def read(
        self, level: int, window: Window, *, bands: Sequence[int], plane: Plane
    ) -> tuple[Array, Mask | None]:
        """Count and read."""
        self.pixels += window.pixels
        return self._reader.read(level, window, bands=bands, plane=plane)

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Measure looks, new looks, and what automatic contrast reads."""
    across = SIDE // data.TILE
    draw = np.random.default_rng(2)
    places = [(int(x), int(y)) for x, y in draw.integers(0, across, (scale.tiles // 3 + 3, 2))]
    engine = Engine()
    looks = cases()
    with Peers(folder) as peers:
        for case in looks:
            peers.give(case.name, case.pixels, engine.colormaps.table(COLORMAP))
            yield from _race(engine, case, peers, places)
    yield from _new_looks(engine, looks, scale)
    yield from _contrast(scale, folder)


def cases() -> list[Case]:
    """Return the looks that have a target."""
    window = Stretch.of(LOW, HIGH)
    colored = Style((Channel(stretch=window, paint=COLORMAP),))
    added = Style(
        tuple(Channel(i, stretch=window, paint=Solid(c)) for i, c in enumerate(PRIMARIES))
    )
    one, three = waves(1).astype(np.uint16), waves(3).astype(np.uint16)
    holed = waves(1)
    holed[:, np.random.default_rng(3).random(holed.shape[1:]) < _LOST] = NODATA
    return [
        Case("colormap", "uint16, window and colormap", one, colored, 0.5),
        Case("added", "three uint16 channels added up", three, added, 1.0),
        Case("nodata", "float32, colormap and nodata", holed, colored, 1.0, NODATA),
    ]


def waves(bands: int, side: int = SIDE) -> npt.NDArray[np.float32]:
    """Return waves with a grain, shape (band, side, side), values from 0 to about 4000."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    grain = np.random.default_rng(1).normal(0, 60, (side, side)).astype(np.float32)
    layers = [
        2000 + 1500 * np.sin(columns / (50 + 20 * b) + rows / 97) + grain for b in range(bands)
    ]
    return np.stack(layers).clip(0, 4095).astype(np.float32)


def _drawing(engine: Engine, reader: Reader) -> Drawing:
    spans: Store[Span] = Store(64)
    return Drawing(
        reader,
        engine.config,
        tables=engine.colormaps.table,
        classify=classify,
        spans=spans.get,
    )


def _race(engine: Engine, case: Case, peers: Peers, places: Sequence[Place]) -> Iterator[Figure]:
    """Time all three turn by turn: each peer tells how long its own process took.

    large_image plans and cuts the tile out too, and stands beside the whole way from request
    to picture; rio-tiler is handed pixels and where they are valid, as our `render` is.
    """
    reader, style = case.reader, case.style
    drawing, zoom, info = _drawing(engine, reader), max_zoom(reader.info), reader.info
    bands = needed_bands(style, info)
    spans = [span(channel, info, None) for channel in style.channels]
    tables = engine.colormaps.table

    def whole(place: Place) -> npt.NDArray[np.uint8]:
        return drawing.picture(Tile(zoom, *place), style, _PLANE)[0].data

    def rendered(raster: Raster) -> Picture:
        return render(raster, style, info, bands, spans, tables=tables, classify=classify)

    for name in PEERS:
        agree(whole(places[0]), peers.picture(name, case.name, places[0]), f"{name}, {case.what}")
    times: dict[str, list[float]] = {name: [] for name in ("whole", "rendered", *PEERS)}
    for place in places:
        # Once unmeasured, as with the peers: a tile just decoded lies in the processor's cache.
        whole(place)
        times["whole"].append(_timed_ms(partial(whole, place)))
        raster = drawing.read(Tile(zoom, *place), bands, _PLANE)
        times["rendered"].append(_timed_ms(partial(rendered, raster)))
        for name in PEERS:
            times[name].append(peers.time_ms(name, case.name, place))
    # The first turns fill tables.
    found = {name: statistics.median(values[3:]) for name, values in times.items()}
    yield Figure(case.what, found["whole"], "ms", target=Target("ours", "≤", case.most_ms))
    for name, mine, bound in (("large_image", "whole", 0.25), ("rio_tiler", "rendered", 0.333)):
        what = "the same" if mine == "whole" else "the same, its pixels in hand"
        target = Target("ratio", "≤", bound)
        yield Figure(what, found[mine], "ms", PEERS[name], found[name], target)


def _new_looks(engine: Engine, looks: Sequence[Case], scale: Scale) -> Iterator[Figure]:
    """Measure how much longer the first tile of a new look takes than its next ones."""
    gamma = (Curve("polynomial", 2.2),)
    maps = ("magma", "cividis", "thermal", "fire", "batlow", "Blues", "coolwarm", "turbo")

    def colored(turn: int) -> Style:
        paint = Named(maps[turn % len(maps)], reverse=turn >= len(maps))
        return Style((Channel(stretch=Stretch.of(LOW + turn, HIGH), paint=paint),))

    def bent(turn: int) -> Style:
        ranges = [Stretch.of(10 * band + turn, 65_535) for band in range(3)]
        return Style(
            tuple(
                Channel(band, stretch=ranges[band], curves=gamma, paint=Solid(color))
                for band, color in enumerate(PRIMARIES)
            )
        )

    made: tuple[tuple[str, Case, Callable[[int], Style]], ...] = (
        ("a new look: window and colormap", looks[0], colored),
        ("a new look: three channels, gamma, all 16 bits", looks[1], bent),
    )
    for what, case, style in made:
        drawing = _drawing(engine, case.reader)
        tile = Tile(max_zoom(drawing.reader.info), 1, 1)
        extra: list[float] = []
        for turn in range(min(2 * len(maps), max(4, scale.tiles // 10))):
            new = style(turn)
            times = [_timed_ms(partial(drawing.picture, tile, new, _PLANE)) for _ in range(6)]
            extra.append(times[0] - statistics.median(times[1:]))
        yield Figure(what, statistics.median(extra), "ms", target=Target("ours", "≤", 2.0))


def _contrast(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Count what is read for a range that the data decide, of files without a pyramid."""
    side = scale.sparse_sides[-1]
    percentiles = Stretch(Limit("percentile", 2), Limit("percentile", 98))
    path = data.sparse(folder, side, data.sparse_tiles(side))
    engine = Engine()
    stored = engine.open_reader(local_source(path))
    # Rows of no length in memory: any side costs as much as the first row.
    made = ArrayReader([np.broadcast_to(waves(1, 512)[:, 0, :1, np.newaxis], (1, side, side))])
    readers: tuple[tuple[str, Reader, Stretch], ...] = (
        (f"JPEG TIFF of {side:,}², percentiles", stored, percentiles),
        (f"float32 array of {side:,}², automatic", made, AUTO),
    )
    for what, reader, stretch in readers:
        counting = Counting(reader)
        drawing = _drawing(engine, counting)
        style = Style((Channel(stretch=stretch),))
        tile = Tile(max_zoom(counting.info), 0, 0)
        first_ms = _timed_ms(partial(drawing.picture, tile, style, _PLANE))
        tile_pixels = counting.info.tile_size**2
        measured = (counting.pixels - tile_pixels) / 1e6
        counting.pixels = 0
        drawing.picture(replace(tile, x=1), style, _PLANE)
        assert counting.pixels == tile_pixels, "a range is measured once"
        yield Figure(
            f"{what}: read once ({first_ms:.0f} ms)",
            measured,
            "Mpx",
            target=Target("ours", "≤", MOST_PIXELS / 1e6),
        )
        counting.close()


def _timed_ms(call: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1e6
