"""Tiles of an open file, without any server: stored, re-encoded, in other formats."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from bench import data
from bench.clock import race
from bench.report import Figure, Target
from bench.rivals import NO_CACHE, QUALITY, SUBSAMPLING, BareCodec, Ours, Place
from bench.scale import Scale
from tilewright.encode import PictureEncoder
from tilewright.engine import Engine
from tilewright.image import Picture
from tilewright.request import Encoding

ROOT = Path(__file__).parents[1]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Measure tiles of the mosaic."""
    path = data.mosaic(folder, scale.mosaic_side)
    places = data.inner_tiles(scale.mosaic_side, scale.tiles)
    bare = BareCodec(path)
    try:
        yield _stored(path, bare, places)
        yield from _reencoded(path, scale)
        yield from _formats(path, bare, places[: max(8, scale.tiles // 10)])
    finally:
        bare.close()


def _stored(path: Path, bare: BareCodec, places: list[Place]) -> Figure:
    stored = Ours.on(path, Encoding("jpeg"))
    times = race({"ours": stored, "bare": bare.stored}, places)
    return Figure(
        "stored JPEG tile, untouched",
        times["ours"],
        "ms",
        "os.pread of the same bytes",
        times["bare"],
        Target("ours", "≤", 0.05),
    )


def _reencoded(path: Path, scale: Scale) -> Iterator[Figure]:
    command = [sys.executable, "-m", "bench.reencode", str(path), str(scale.mosaic_side)]
    draws = []
    for _ in range(scale.draws):
        done = subprocess.run(
            [*command, str(scale.tiles)], check=True, capture_output=True, cwd=ROOT, text=True
        )
        draws.append(json.loads(done.stdout))
    ours, bare = _middle([draw["cold"] for draw in draws])
    yield Figure(
        f"JPEG tile decoded, encoded at quality {QUALITY}, {SUBSAMPLING}",
        ours,
        "ms",
        "pread, jpeg8_decode, jpeg8_encode",
        bare,
        Target("ratio", "≤", 1.25),
    )
    # Pixels that are kept lie in memory that the processor has not at hand.
    ours, bare = _middle([draw["keeping"] for draw in draws])
    yield Figure(
        "the same, its pixels kept in the chunk cache",
        ours,
        "ms",
        "the same peer, which keeps nothing",
        bare,
    )
    warm, cold = _middle([draw["warm"] for draw in draws])
    yield Figure(
        "the same, its pixels found in the chunk cache",
        warm,
        "ms",
        "ours without the cache",
        cold,
    )


def _middle(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the pair whose ratio is the median: both sides of one and the same process."""
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]


def _formats(path: Path, bare: BareCodec, places: list[Place]) -> Iterator[Figure]:
    engine = Engine()
    pictures = [Picture(bare.decode(place)) for place in places]
    png = _encoder(engine, Encoding("png"))
    for level, target in ((1, Target("ours", "≤", 0.8)), (6, None)):
        pillow = partial(_pillow, format="PNG", compress_level=level)
        times = race({"ours": png, "pillow": pillow}, pictures)
        sizes = f"{_kilobytes(png, pictures):.0f} kB; {_kilobytes(pillow, pictures):.0f} kB"
        yield Figure(
            f"PNG of a 256 px RGB tile ({sizes})",
            times["ours"],
            "ms",
            f"Pillow, level {level}",
            times["pillow"],
            target,
        )
    webp = _encoder(engine, Encoding("webp", quality=80))
    pillow = partial(_pillow, format="WEBP", quality=80)
    times = race({"ours": webp, "pillow": pillow}, pictures)
    sizes = f"{_kilobytes(webp, pictures):.0f} kB; {_kilobytes(pillow, pictures):.0f} kB"
    yield Figure(
        f"WebP, quality 80 ({sizes})", times["ours"], "ms", "Pillow's default", times["pillow"]
    )
    whole = {name: Ours.on(path, Encoding(name), NO_CACHE) for name in ("png", "webp")}
    times = race(whole, places)
    for name in whole:
        yield Figure(f"JPEG tile decoded, encoded as {name.upper()}", times[name], "ms")


def _encoder(engine: Engine, encoding: Encoding) -> Callable[[Picture], bytes]:
    encoder = engine.encoder(encoding.format)
    assert isinstance(encoder, PictureEncoder)
    return lambda picture: encoder.encode(picture, encoding).data


def _pillow(picture: Picture, *, format: str, **settings: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture.data).save(out, format, **settings)
    return out.getvalue()


def _kilobytes(encode: Callable[[Picture], bytes], pictures: list[Picture]) -> float:
    return sum(len(encode(picture)) for picture in pictures) / len(pictures) / 1000
