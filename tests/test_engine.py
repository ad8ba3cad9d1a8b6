"""The engine on real files: what goes out, when files are opened, and by how many."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from tests.flights import Askers
from tests.patience import HANG_S
from tilewright.blobs.local import local_source
from tilewright.config import Config, Limits
from tilewright.engine import Engine
from tilewright.errors import (
    LimitError,
    OutsideError,
    ParameterError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.geometry import Box
from tilewright.image import Plane, Source
from tilewright.pyramid import max_zoom
from tilewright.request import Encoding, Fit, Region, RenderRequest, Tile
from tilewright.stretch import Limit, Stretch
from tilewright.style import Channel, Style


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def slide(tmp_path):
    """A JPEG pyramid of 3 levels with 256-pixel tiles."""
    y, x = np.mgrid[:1024, :1024]
    data = np.stack([x // 4, y // 4, (x + y) // 8], axis=-1).astype(np.uint8)
    path = tmp_path / "slide.tif"
    with tifffile.TiffWriter(path) as writer:
        for shrink in (1, 2, 4):
            writer.write(
                data[::shrink, ::shrink],
                tile=(256, 256),
                compression="jpeg",
                photometric="rgb",
                subfiletype=int(shrink > 1),
            )
    return path


def decoded(encoded):
    return np.asarray(Pillow.open(BytesIO(encoded.data)))


def test_a_stored_tile_goes_out_untouched_and_equals_its_pixels(engine, slide):
    source = local_source(slide)
    stored = engine.render(source, RenderRequest(Tile(2, 1, 2), Encoding("jpeg")))
    with tifffile.TiffFile(slide) as tiff:
        page = tiff.pages[0]
        index = 2 * 4 + 1
        offset, count = page.dataoffsets[index], page.databytecounts[index]
    coded = slide.read_bytes()[offset : offset + count]
    assert stored.data.endswith(coded[2:])
    shown = engine.render(source, RenderRequest(Tile(2, 1, 2), Encoding("png")))
    # Two builds of libjpeg-turbo (Pillow's and imagecodecs') decode the same stream.
    assert np.abs(decoded(stored).astype(int) - decoded(shown)).max() <= 1


@pytest.mark.parametrize(
    "encoding",
    [Encoding("jpeg", quality=70), Encoding("jpeg", subsampling="4:4:4"), Encoding("webp")],
)
def test_any_setting_is_encoded_afresh(engine, slide, encoding):
    source = local_source(slide)
    plain = engine.render(source, RenderRequest(Tile(2, 1, 2), Encoding("jpeg")))
    assert engine.render(source, RenderRequest(Tile(2, 1, 2), encoding)).data != plain.data


@pytest.mark.parametrize("z", [0, 1, 2])
def test_each_zoom_reads_the_level_of_its_own(engine, slide, z):
    source = local_source(slide)
    tile = decoded(engine.render(source, RenderRequest(Tile(z, 0, 0), Encoding("png"))))
    with tifffile.TiffFile(slide) as tiff:
        level = tiff.series[0].levels[2 - z].asarray()
    assert np.array_equal(tile, level[:256, :256])


def test_a_tile_over_the_edge_is_full_size_and_transparent_there(engine, tmp_path):
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, np.full((300, 260, 3), 9, np.uint8), photometric="rgb")
    tile = engine.render(local_source(path), RenderRequest(Tile(1, 1, 1), Encoding("png")))
    pixels = decoded(tile)
    assert pixels.shape == (256, 256, 4)
    assert (pixels[:44, :4] == (9, 9, 9, 255)).all()
    assert (pixels[44:, :, 3] == 0).all()
    assert (pixels[:, 4:, 3] == 0).all()
    white = engine.render(local_source(path), RenderRequest(Tile(1, 1, 1), Encoding("jpeg")))
    assert (decoded(white)[100:, 100:] == 255).all()


@pytest.mark.parametrize("tile", [Tile(3, 0, 0), Tile(-1, 0, 0), Tile(2, 4, 0), Tile(0, 0, 1)])
def test_tiles_outside_the_pyramid(engine, slide, tile):
    with pytest.raises(OutsideError):
        engine.render(local_source(slide), RenderRequest(tile, Encoding("jpeg")))


def test_unknown_formats_planes_bands_and_files(engine, slide, tmp_path):
    source = local_source(slide)
    with pytest.raises(ParameterError, match=r"format must be one of .*jpeg"):
        engine.render(source, RenderRequest(Fit(9, 9), Encoding("heic")))
    with pytest.raises(OutsideError, match="no axis 'z'"):
        engine.read(source, Fit(9, 9), plane=Plane.of({"z": 1}))
    with pytest.raises(OutsideError, match="band 4 is outside 1 to 3"):
        engine.read(source, Fit(9, 9), bands=[3])
    with pytest.raises(SourceNotFoundError):
        local_source(tmp_path / "none.tif")
    text = tmp_path / "text.tif"
    text.write_text("not a picture")
    with pytest.raises(UnsupportedSourceError) as caught:
        engine.info(local_source(text))
    assert "tiff" in caught.value.tried
    assert str(tmp_path) not in str(caught.value)


def test_a_limit_holds_for_requests(slide):
    engine = Engine(Config(limits=Limits(output_side=100)))
    with pytest.raises(LimitError, match="output side: 101 asked, 100 allowed"):
        engine.render(local_source(slide), RenderRequest(Region(width=101), Encoding("png")))


def test_a_changed_file_is_read_anew(engine, tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, np.full((8, 8), 1, np.uint8))
    assert engine.read(local_source(path), Region()).data.max() == 1
    beside = tmp_path / "new.tif"
    tifffile.imwrite(beside, np.full((8, 8), 2, np.uint8))
    old = local_source(path)
    beside.replace(path)
    assert engine.read(local_source(path), Region()).data.max() == 2
    with pytest.raises(SourceUnavailableError, match="just changed"):
        Engine().info(old)


def test_the_key_tells_requests_apart_and_nothing_else():
    source = Source("a", "1")
    keys = {
        RenderRequest(target, encoding, style, plane).key(used)
        for target in (Tile(0, 0, 0), Fit(1, 1), Region(Box(0, 0, 1, 1)), Region(width=5))
        for encoding in (Encoding("jpeg"), Encoding("png"), Encoding("jpeg", quality=5))
        for style in (Style(), Style((Channel(0, stretch=Stretch.of(0, 1)),)))
        for plane in (Plane(), Plane.of({"z": 1}))
        for used in (source, Source("a", "2"), source.with_option("associated", "label"))
    }
    assert len(keys) == 4 * 3 * 2 * 2 * 3
    assert Plane.of({"z": 0}) == Plane()
    assert RenderRequest(Fit(1, 1)).key(source) == RenderRequest(Fit(1, 1)).key(Source("a", "1"))


def test_simultaneous_identical_asks_decode_once(engine, slide, monkeypatch):
    askers = Askers(engine._live().renders)
    drawn = []
    real = Engine._draw

    def draw_when_all_ask(self, *arguments):
        askers.wait_for(8)
        drawn.append(1)
        return real(self, *arguments)

    monkeypatch.setattr(Engine, "_draw", draw_when_all_ask)
    request = RenderRequest(Fit(50, 50), Encoding("png"))
    source = local_source(slide)
    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(engine.render, source, request) for _ in range(8)]
        assert len({job.result().data for job in jobs}) == 1
    assert len(drawn) == 1


def holds_in_a_fork(check):
    """Tell whether a check holds in a child of this process, which ends whatever happens."""
    child = os.fork()
    if child == 0:
        signal.alarm(HANG_S)
        held = False
        try:
            held = check()
        finally:
            os._exit(0 if held else 1)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_worker_opens_its_own_files(engine, slide):
    source = local_source(slide)
    request = RenderRequest(Fit(64, 64), Encoding("png"))
    expected = engine.render(source, request).data
    state = engine._live()

    def opens_anew():
        return engine.render(source, request).data == expected and engine._live() is not state

    with state.pool._lock:  # a thread of the parent is in the pool at the moment of the fork
        assert holds_in_a_fork(opens_anew)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_worker_may_close(engine, slide):
    engine.info(local_source(slide))
    state = engine._live()

    def closes():
        engine.close()
        return engine._live() is not state and len(state.pool) == 1

    with state.pool._lock:  # a thread of the parent is in the pool at the moment of the fork
        assert holds_in_a_fork(closes)


def test_a_stripped_file_without_pyramid_shrinks_in_pieces(tmp_path):
    path = tmp_path / "strips.tif"
    y, x = np.mgrid[:3000, :2000]
    data = ((x + y) % 200).astype(np.uint8)
    tifffile.imwrite(path, data, rowsperstrip=16, compression="zlib")
    engine = Engine(Config(read_piece_bytes=100_000, chunk_cache_bytes=1))
    shown = engine.read(local_source(path), Fit(300, 300)).data[0]
    means = data.reshape(300, 10, 200, 10).mean(axis=(1, 3))
    assert np.abs(shown - means).max() <= 0.5000001


LOOKS = [
    ("uint8", 1, {"photometric": "minisblack"}, "L"),
    ("uint8", 3, {"photometric": "rgb"}, "RGB"),
    ("uint8", 4, {"photometric": "rgb", "extrasamples": ["unassalpha"]}, "RGBA"),
    ("uint16", 1, {"photometric": "minisblack"}, "L"),
    ("int16", 3, {"photometric": "rgb"}, "RGB"),
    ("float32", 1, {"photometric": "minisblack"}, "L"),
    ("float64", 5, {"photometric": "minisblack", "planarconfig": "contig"}, "RGB"),
    ("bool", 1, {"photometric": "minisblack"}, "L"),
]


@pytest.mark.parametrize(("dtype", "bands", "tags", "mode"), LOOKS)
def test_the_default_look_of_each_kind(engine, tmp_path, dtype, bands, tags, mode):
    path = tmp_path / "image.tif"
    generator = np.random.default_rng(0)
    data = (generator.random((40, 50, bands)) * 200).astype(dtype)
    tifffile.imwrite(path, data[..., 0] if bands == 1 else data, **tags)
    shown = engine.render(local_source(path), RenderRequest(Region(), Encoding("png")))
    assert Pillow.open(BytesIO(shown.data)).mode == mode
    pixels = decoded(shown)
    if dtype == "uint8":
        assert np.array_equal(pixels.reshape(data.shape), data)
    elif dtype != "bool":
        first = data if bands == 3 else data[..., 0]  # an RGB picture has one range for all
        low, high = np.percentile(first.astype(float), (2, 98))
        expected = np.clip((data[..., 0] - low) * 255 / (high - low), 0, 255)
        assert np.abs(pixels.reshape(40, 50, -1)[..., 0] - expected).max() <= 0.5000001


def test_channels_are_added_in_their_colours(engine, tmp_path):
    path = tmp_path / "cells.ome.tif"
    data = np.zeros((2, 32, 32), np.uint16)
    data[0, :16], data[1, :, :16] = 1000, 3000
    tifffile.imwrite(
        path,
        data,
        metadata={
            "axes": "CYX",
            "Channel": {"Name": ["A", "B"], "Color": [0x00FF00FF, -16776961]},
        },
    )
    source = local_source(path)
    assert [band.color for band in engine.info(source).bands] == ["#00ff00", "#ff0000"]
    shown = decoded(engine.render(source, RenderRequest(Region(), Encoding("png"))))
    assert shown[0, 0].tolist() == [255, 255, 0]
    assert shown[0, 31].tolist() == [0, 255, 0]
    assert shown[31, 0].tolist() == [255, 0, 0]
    assert shown[31, 31].tolist() == [0, 0, 0]


def test_measured_formats_hold_the_data_not_the_look(engine, tmp_path):
    path = tmp_path / "image.tif"
    data = np.random.default_rng(0).random((3, 20, 30)).astype(np.float32) * 1e6
    tifffile.imwrite(path, data, photometric="minisblack", planarconfig="separate")
    encoded = engine.render(local_source(path), RenderRequest(Region(), Encoding("npy")))
    assert np.array_equal(np.load(BytesIO(encoded.data)), data)


def test_zoom_counts_up_to_full_resolution(engine, slide):
    info = engine.info(local_source(slide))
    assert (info.tile_size, max_zoom(info)) == (256, 2)


def test_percentiles_cost_one_reading_for_all_requests(engine, tmp_path):
    path = tmp_path / "image.tif"
    data = np.random.default_rng(0).integers(0, 60_000, (400, 400)).astype(np.uint16)
    tifffile.imwrite(path, data)
    source = local_source(path)
    for step in range(5):
        stretch = Stretch(Limit("percentile", step), Limit("percentile", 90 + step))
        style = Style((Channel(0, stretch=stretch),))
        shown = decoded(engine.render(source, RenderRequest(Region(), Encoding("png"), style)))
        low, high = np.percentile(data, (step, 90 + step))
        expected = np.clip((data - low) * 255 / (high - low), 0, 255)
        assert np.abs(shown - expected).max() <= 0.51
    samples = engine._live().samples
    assert samples.size == 50_002  # quantiles of one sample
    engine.close()
    assert samples.size == 0
