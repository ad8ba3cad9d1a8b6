"""Tiles of the earth from an open file, without any server, beside rio-tiler."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import imagecodecs
import numpy as np

from bench import geo_data
from bench.clock import race
from bench.geo_data import FULL_ZOOM
from bench.geo_rivals import RioTiler
from bench.report import Figure, Target
from bench.rivals import NO_CACHE, Place
from bench.scale import Scale
from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.encode import PictureEncoder
from tilewright.engine import Engine
from tilewright.image import Encoded, ImageInfo, Picture, Source
from tilewright.request import Encoding, MapTile, RenderRequest, Resampling
from tilewright.tms import TileMatrix

TIMES_RIO_TILER = Target("ratio", "≤", 1 / 5)
_JPEG, _PNG, _WEBP = Encoding("jpeg"), Encoding("png"), Encoding("webp")
_CLOSE = 4.0
"""The mean difference, of 255, that another overview or a shift of a pixel's part may make of
so grainy a picture."""


@dataclass(frozen=True, slots=True)
class OnEarth:
    """An engine on a file, asked for tiles of one zoom of WebMercatorQuad."""

    engine: Engine
    source: Source
    matrix: TileMatrix
    encoding: Encoding = _JPEG
    resampling: Resampling = "bilinear"

    @classmethod
    def on(cls, path: Path, zoom: int, config: Config | None = None) -> "OnEarth":
        """Open the file."""
        engine, source = Engine(config), local_source(path)
        engine.info(source)
        return cls(engine, source, geo_data.matrix(zoom))

    @property
    def info(self) -> ImageInfo:
        """The layout of the file."""
        return self.engine.info(self.source)

    def __call__(self, place: Place) -> Encoded:
        """Return a tile."""
        target = MapTile(self.matrix, *place, 256, 256)
        request = RenderRequest(target, self.encoding, resampling=self.resampling)
        return self.engine.render(self.source, request)


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Measure tiles of the sheet: at full resolution, two zooms out, at its edge, outside."""
    path = geo_data.sheet(folder, scale.mosaic_side)
    with RioTiler(path, folder) as peer:
        yield from _zoom(path, FULL_ZOOM, peer, scale, warm_ms=0.9, cold_ms=1.9)
        yield from _zoom(path, FULL_ZOOM - 2, peer, scale)
    yield from _formats(path, scale)
    yield from _outside(path, scale)


def _zoom(
    path: Path,
    zoom: int,
    peer: RioTiler,
    scale: Scale,
    *,
    warm_ms: float | None = None,
    cold_ms: float | None = None,
) -> Iterator[Figure]:
    """Time both turn by turn, each by its own clock, with blocks decoded and without."""
    ours = OnEarth.on(path, zoom)
    cold = replace(ours, engine=Engine(NO_CACHE))
    places = geo_data.inner_tiles(ours.info, zoom, scale.tiles // 3 + 3)
    _agree(ours, peer, zoom, places[0])
    what = "full resolution" if zoom == FULL_ZOOM else f"{FULL_ZOOM - zoom} zooms out"
    for state, engine, limit_ms in (("decoded", ours, warm_ms), ("not decoded", cold, cold_ms)):
        warm = engine is ours
        # Of a tile drawn before, no block is cold: one question a tile then.
        kernels = (None, "bilinear") if warm else (None,)
        times: dict[str | None, list[float]] = {name: [] for name in ("ours", *kernels)}
        for last, place in zip(places[-1:] + places[:-1], places, strict=True):
            # Both draw a tile just before, so that their code is in the processor's cache.
            before = place if warm else last
            engine(before)
            times["ours"].append(_timed_ms(partial(engine, place)))
            for kernel in kernels:
                times[kernel].append(peer.time_ms(zoom, place, "JPEG", kernel, before))
        found = {name: statistics.median(values[3:]) for name, values in times.items()}
        name = f"Web-Mercator JPEG of a UTM COG, {what}, {state}"
        if limit_ms is not None:
            yield Figure(name, found["ours"], "ms", target=Target("ours", "≤", limit_ms))
        default = found[None]
        yield Figure(name, found["ours"], "ms", "rio-tiler", default, TIMES_RIO_TILER)
        if warm:
            same = "rio-tiler, bilinear as ours"
            yield Figure(name, found["ours"], "ms", same, found["bilinear"])


def _agree(ours: OnEarth, peer: RioTiler, zoom: int, place: Place) -> None:
    """Raise AssertionError when the two do not draw the same tile."""
    theirs = peer.picture(zoom, place, "bilinear")
    mine = imagecodecs.png_decode(replace(ours, encoding=_PNG)(place).data)
    apart = np.abs(mine[..., :3].astype(float) - theirs[..., :3]).mean()
    assert apart < _CLOSE, f"not the same tile, {apart:.1f} of 255 apart"


def _formats(path: Path, scale: Scale) -> Iterator[Figure]:
    """Compare formats of the same tiles, their chunks decoded."""
    jpeg = OnEarth.on(path, FULL_ZOOM)
    rivals = {"jpeg": jpeg, "png": replace(jpeg, encoding=_PNG)}
    count = max(8, scale.tiles // 5)
    inner = geo_data.inner_tiles(jpeg.info, FULL_ZOOM, count)
    edge = geo_data.edge_tiles(jpeg.info, FULL_ZOOM, count)
    for what, places in (("full tile", inner), ("tile at the edge, alpha", edge)):
        times = _warm_race(rivals, places)
        yield Figure(
            f"PNG of a {what}: more than its JPEG ({times['png']:.2f}; {times['jpeg']:.2f} ms)",
            times["png"] - times["jpeg"],
            "ms",
            target=Target("ours", "≤", 0.7),
        )
    times = _warm_race({"webp": replace(jpeg, encoding=_WEBP)}, inner[: max(8, count // 4)])
    yield Figure("WebP of a full tile", times["webp"], "ms")
    yield from _png_encoding(jpeg, [*inner[: count // 2], *edge[: count // 2]])


def _png_encoding(tiles: OnEarth, places: Sequence[Place]) -> Iterator[Figure]:
    """Compare the PNG encoder on RGBA pixels with the level 1 of libpng's users."""
    encoder = tiles.engine.encoder("png")
    assert isinstance(encoder, PictureEncoder)
    pictures = [_with_alpha(replace(tiles, encoding=_PNG)(place)) for place in places]
    rivals: Mapping[str, Callable[[Picture], bytes]] = {
        "ours": lambda picture: encoder.encode(picture, _PNG).data,
        "imagecodecs": lambda picture: bytes(imagecodecs.png_encode(picture.data, level=1)),
        "OpenCV": _opencv_png,
    }
    times = race(rivals, pictures)
    sizes = {
        name: statistics.mean(len(encode(picture)) for picture in pictures) / 1e3
        for name, encode in rivals.items()
    }
    for peer, target in (("imagecodecs", Target("ratio", "≤", 1.1)), ("OpenCV", None)):
        label = f"{peer}, libpng's level 1"
        yield Figure("PNG, 256 px RGBA: size", sizes["ours"], "kB", label, sizes[peer], target)
        yield Figure("its time", times["ours"], "ms", label, times[peer])


def _with_alpha(file: Encoded) -> Picture:
    """Return the pixels of a PNG as RGBA."""
    pixels = imagecodecs.png_decode(file.data)
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return Picture(np.ascontiguousarray(pixels))


def _opencv_png(picture: Picture) -> bytes:
    swapped = cv2.cvtColor(picture.data, cv2.COLOR_RGBA2BGRA)
    return cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def _outside(path: Path, scale: Scale) -> Iterator[Figure]:
    """Measure tiles beside the sheet, count what they read, and how many bodies there are."""
    for name in ("png", "jpeg"):
        tiles = replace(OnEarth.on(path, FULL_ZOOM), encoding=Encoding(name))
        places = geo_data.outer_tiles(tiles.info, FULL_ZOOM, max(8, scale.tiles // 5))
        tiles(places[0])
        took = race({"ours": tiles}, places)
        yield Figure(f"a tile outside the data, {name.upper()}", took["ours"], "ms")
        before = _reads()
        files = [tiles(place) for place in places]
        # The last look counts itself.
        reads = _reads() - before - _reads_of_looking()
        none = Target("ours", "≤", 0)
        yield Figure(f"calls of read for {len(places)} such tiles", reads, "", target=none)
        bodies = len({id(file.data) for file in files})
        one = Target("ours", "≤", 1)
        yield Figure("bodies in memory that they share", bodies, "", target=one)


def _reads() -> int:
    """Return how often this process has called read or pread (Linux)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["syscr"])


def _reads_of_looking() -> int:
    first = _reads()
    return _reads() - first


def _warm_race(rivals: Mapping[str, OnEarth], places: Sequence[Place]) -> dict[str, float]:
    """Return median times in ms; each tile is drawn once before it is measured."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for turn, place in enumerate(places):
        names = list(rivals) if turn % 2 else list(rivals)[::-1]
        for name in names:
            rivals[name](place)
            times[name].append(_timed_ms(partial(rivals[name], place)))
    return {
        name: statistics.median(values[min(3, len(values) // 2) :])
        for name, values in times.items()
    }


def _timed_ms(call: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1e6
