"""Pixels of a level: where they lie, and when they are a tile of the file."""

import numpy as np
import pytest
import tifffile

from tests.web.webgateway.samples import layout, subject, write_rgb
from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.errors import OutsideError
from tilewright.geometry import Size, Window
from tilewright.request import Encoding, LevelRegion, RenderRequest
from tilewright.stored import stored_tile
from tilewright.style import Orientation, Style
from tilewright.web.webgateway.pictures import region_request

INFO = layout(1000, 700, shrinks=(1, 4))


def test_a_pixel_of_a_level_is_one_of_the_output():
    grid = LevelRegion((4.0, 4.0), Window(10, 20, 30, 40)).grid(INFO)
    assert grid.size == Size(30, 40)
    assert (grid.box.x, grid.box.y, grid.box.right, grid.box.bottom) == (40, 80, 160, 240)


@pytest.mark.parametrize("corner", [(250, 0), (0, 175)])
def test_pixels_that_begin_outside(corner):
    with pytest.raises(OutsideError):
        LevelRegion((4.0, 4.0), Window(*corner, 1, 1)).grid(INFO)


@pytest.mark.parametrize("rounded_up", [True, False])
def test_tiles_at_the_edges_are_the_very_pixels_of_their_level(tmp_path, rounded_up):
    data = np.random.default_rng(3).integers(0, 255, (203, 301), np.uint8)
    levels = [data]
    for shrink in (2, 4):
        height, width = (length // shrink * shrink for length in data.shape)
        kept = data if rounded_up else data[:height, :width]
        levels.append(kept[::shrink, ::shrink])
    path = tmp_path / "odd.tif"
    with tifffile.TiffWriter(path) as writer:
        for index, level in enumerate(levels):
            writer.write(level, tile=(64, 64), subfiletype=int(index > 0), photometric="minisblack")
    engine = Engine()
    source = local_source(path)
    seen = subject(engine.info(source))
    for index, level in enumerate(levels):
        x, y = (level.shape[1] - 1) // 50, (level.shape[0] - 1) // 50
        query = f"tile={index},{x},{y},50,50"
        shown = engine.picture(source, region_request(query, seen, 0, 0)).data
        assert shown.shape[2] == 1
        assert np.array_equal(shown[..., 0], level[y * 50 :, x * 50 :])
    engine.close()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Return the reader of 300 pixels in tiles of 128, and of 150 in the second level."""
    path = write_rgb(tmp_path_factory.mktemp("slides") / "slide.tif", 300, levels=2)
    engine = Engine()
    with engine.lease(local_source(path)) as reader:
        yield reader
    engine.close()


@pytest.mark.parametrize(
    ("shrink", "window", "found"),
    [
        (1.0, (0, 0, 128, 128), True),
        (1.0, (128, 128, 128, 128), True),
        (2.0, (0, 0, 128, 128), True),
        # Beside the lattice, cut off at the edge, larger or smaller than a tile.
        (1.0, (1, 0, 128, 128), False),
        (1.0, (0, 64, 128, 128), False),
        (1.0, (256, 0, 128, 128), False),
        (1.0, (256, 0, 44, 128), False),
        (1.0, (0, 0, 256, 256), False),
        (1.0, (0, 0, 64, 64), False),
        (2.0, (128, 0, 128, 128), False),
        (4.0, (0, 0, 128, 128), False),
    ],
)
def test_a_whole_tile_is_handed_on(reader, shrink, window, found):
    target = LevelRegion((shrink, shrink), Window(*window))
    tile = stored_tile(reader, RenderRequest(target, Encoding("jpeg")))
    assert (tile is not None) == found


@pytest.mark.parametrize(
    "request_of",
    [
        lambda target: RenderRequest(target, Encoding("jpeg", quality=85)),
        lambda target: RenderRequest(target, Encoding("png")),
        lambda target: RenderRequest(
            target, Encoding("jpeg"), Style(orientation=Orientation(mirror=True))
        ),
    ],
)
def test_what_changes_a_tile_has_it_drawn(reader, request_of):
    target = LevelRegion((1.0, 1.0), Window(0, 0, 128, 128))
    assert stored_tile(reader, request_of(target)) is None
