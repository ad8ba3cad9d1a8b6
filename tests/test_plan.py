"""The plan against plain numpy: any grid, any pyramid."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pyramids import PlainReader, layout, positions
from tilewright.config import Limits
from tilewright.errors import LimitError
from tilewright.gather import gather
from tilewright.geometry import Affine, Box, Grid, Size
from tilewright.image import Band, Plane
from tilewright.plan import LATTICE_TOLERANCE, pieces, plan

PALETTE = [Band(interpretation="palette")] * 2
VALUES = [Band()] * 2

sizes = st.builds(Size, st.integers(1, 90), st.integers(1, 90))
shrink_lists = st.sampled_from([(1,), (1, 2), (1, 2, 4), (1, 4, 16), (1, 3), (1, 2, 4, 8, 16, 32)])


@st.composite
def infos(draw, bands, dtype="float64"):
    size = draw(sizes)
    shrinks = [s for s in draw(shrink_lists) if s == 1 or s < min(size.width, size.height)]
    return layout(size, shrinks, chunk=draw(st.integers(1, 40)), dtype=dtype, bands=bands)


offsets = st.floats(-30, 100, allow_nan=False) | st.integers(-30, 100).map(float)
pitches = st.floats(0.2, 40) | st.sampled_from([0.5, 1.0, 2.0, 3.0, 4.0, 8.0, 16.0])


@st.composite
def upright_grids(draw):
    return Grid(
        draw(st.builds(Size, st.integers(1, 24), st.integers(1, 24))),
        Affine.scale(draw(pitches), draw(pitches), left=draw(offsets), top=draw(offsets)),
    )


@st.composite
def any_grids(draw):
    angle, pitch = draw(st.floats(0, 2 * math.pi)), draw(st.floats(0.3, 12))
    cos, sin = pitch * math.cos(angle), pitch * math.sin(angle)
    turned = Affine(cos, -sin, draw(offsets), sin, cos, draw(offsets))
    return Grid(draw(st.builds(Size, st.integers(1, 16), st.integers(1, 16))), turned)


def centres(grid):
    columns = np.arange(grid.size.width) + 0.5
    rows = (np.arange(grid.size.height) + 0.5)[:, np.newaxis]
    affine = grid.affine
    x = affine.a * columns + affine.b * rows + affine.c
    y = affine.d * columns + affine.e * rows + affine.f
    return x, y


def pitch_of(grid):
    affine = grid.affine
    return math.hypot(affine.a, affine.d), math.hypot(affine.b, affine.e)


@settings(max_examples=400, deadline=None)
@given(infos(VALUES), upright_grids() | any_grids())
def test_the_level_is_the_coarsest_that_is_not_coarser_than_asked(info, grid):
    chosen = plan(info, grid, Limits(), (0, 1))
    pitch = pitch_of(grid)
    fine = [
        index
        for index, level in enumerate(info.levels)
        if all(s <= p * (1 + 1e-6) for s, p in zip(level.shrink, pitch, strict=True))
    ]
    assert chosen.level == max(fine, default=0)
    if chosen.window is not None:
        size = info.levels[chosen.level].size
        assert chosen.window.right <= size.width
        assert chosen.window.bottom <= size.height


@settings(max_examples=400, deadline=None)
@given(infos(PALETTE), upright_grids() | any_grids())
def test_every_output_pixel_shows_the_place_that_it_stands_for(info, grid):
    """Nearest sampling of an image whose values are its own coordinates."""
    reading = plan(info, grid, Limits(), (0, 1))
    raster = gather(PlainReader(info, positions(info)), reading, Plane(), 1 << 30)
    x, y = centres(grid)
    inside = (x > 0) & (x < info.size.width) & (y > 0) & (y < info.size.height)
    level = info.levels[reading.level]
    # Half a pixel of the level, or half a block of them where blocks are read as one, and
    # the last level pixel may hang over the edge of the image.
    reach_x = level.shrink[0] * (reading.reduce[0] / 2 + 0.5 + 2 * LATTICE_TOLERANCE)
    reach_y = level.shrink[1] * (reading.reduce[1] / 2 + 0.5 + 2 * LATTICE_TOLERANCE)
    if reading.method == "warp":
        reach_x = reach_y = max(reach_x, reach_y)
    shown_x, shown_y = raster.data
    assert np.abs(shown_x - x)[inside].max(initial=0) <= reach_x
    assert np.abs(shown_y - y)[inside].max(initial=0) <= reach_y


@settings(max_examples=300, deadline=None)
@given(infos(VALUES), upright_grids() | any_grids())
def test_the_mask_is_true_just_inside_the_image(info, grid):
    reading = plan(info, grid, Limits(), (0, 1))
    raster = gather(PlainReader(info, positions(info)), reading, Plane(), 1 << 30)
    x, y = centres(grid)
    level = info.levels[reading.level]
    # On the rim a lattice that counts as the level's own may be off by its tolerance, and
    # the level's last pixel may reach past the image.
    rim_x = level.shrink[0] * (reading.reduce[0] + LATTICE_TOLERANCE)
    rim_y = level.shrink[1] * (reading.reduce[1] + LATTICE_TOLERANCE)
    valid = np.ones(x.shape, bool) if raster.mask is None else raster.mask
    deep = (
        (x > rim_x) & (x < info.size.width - rim_x) & (y > rim_y) & (y < info.size.height - rim_y)
    )
    far = (
        (x < -rim_x) | (x > info.size.width + rim_x) | (y < -rim_y) | (y > info.size.height + rim_y)
    )
    assert valid[deep].all()
    assert not valid[far].any()


@settings(max_examples=200, deadline=None)
@given(infos(VALUES), upright_grids(), st.integers(1, 4000))
def test_reading_in_pieces_changes_nothing(info, grid, piece_bytes):
    levels = [
        np.random.default_rng(index).random((2, level.size.height, level.size.width))
        for index, level in enumerate(info.levels)
    ]
    reading = plan(info, grid, Limits(), (0, 1))
    whole = gather(PlainReader(info, levels), reading, Plane(), 1 << 30)
    parts = gather(PlainReader(info, levels), reading, Plane(), piece_bytes)
    np.testing.assert_allclose(parts.data, whole.data, rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(infos(VALUES), upright_grids(), st.integers(1, 5000))
def test_pieces_cover_the_window_once(info, grid, pixels):
    reading = plan(info, grid, Limits(), (0,))
    if reading.window is None:
        return
    count = np.zeros((reading.window.height, reading.window.width), int)
    for piece in pieces(info.levels[reading.level], reading, pixels):
        x, y = piece.x - reading.window.x, piece.y - reading.window.y
        assert x % reading.reduce[0] == 0
        assert y % reading.reduce[1] == 0
        count[y : y + piece.height, x : x + piece.width] += 1
    assert (count == 1).all()


@pytest.mark.parametrize("factor", [2, 3, 5])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
def test_a_whole_factor_is_the_mean_of_blocks(factor, dtype):
    info = layout(Size(60, 30), (1,), chunk=16, dtype=dtype, bands=VALUES)
    data = np.random.default_rng(0).integers(0, 200, (2, 30, 60)).astype(dtype)
    grid = Grid.over(Box.whole(info.size), Size(60 // factor, 30 // factor))
    reading = plan(info, grid, Limits(), (0, 1))
    assert (reading.method, reading.reduce) == ("copy", (factor, factor))
    shown = gather(PlainReader(info, [data]), reading, Plane(), 700).data
    means = data.reshape(2, 30 // factor, factor, 60 // factor, factor).mean(axis=(2, 4))
    assert shown.dtype == dtype
    # Whole numbers may round a half either way.
    tolerance = 0.5000001 if shown.dtype.kind in "ui" else 1e-4
    assert np.abs(shown - means).max() <= tolerance


def test_a_copy_hands_on_the_memory_that_was_read():
    info = layout(Size(64, 64), (1,), chunk=32, dtype="uint8", bands=VALUES)
    data = np.zeros((2, 64, 64), np.uint8)

    class ViewReader(PlainReader):
        def read(self, level, window, *, bands, plane):
            return data[:, window.y : window.bottom, window.x : window.right], None

    grid = Grid(Size(32, 32), Affine.scale(1, 1, left=32, top=0))
    raster = gather(ViewReader(info, [data]), plan(info, grid, Limits(), (0, 1)), Plane(), 1 << 30)
    assert np.shares_memory(raster.data, data)


@pytest.mark.parametrize(
    ("limits", "grid", "bands", "name"),
    [
        (Limits(output_side=99), Grid.over(Box(0, 0, 10, 10), Size(100, 1)), (0,), "output_side"),
        (Limits(output_pixels=99), Grid.over(Box(0, 0, 9, 9), Size(10, 10)), (0,), "output_pixels"),
        (Limits(bands=1), Grid.over(Box(0, 0, 9, 9), Size(9, 9)), (0, 1), "bands"),
        (
            Limits(source_pixels=999),
            Grid.over(Box(0, 0, 90, 90), Size(2, 2)),
            (0,),
            "source_pixels",
        ),
        (Limits(decoded_bytes=99), Grid.over(Box(0, 0, 9, 9), Size(10, 10)), (0,), "decoded_bytes"),
        (Limits(decoded_bytes=999), Grid.over(Box(0, 0, 1, 1), Size(1, 1)), (0,), "decoded_bytes"),
    ],
)
def test_limits_hold_before_anything_is_read(limits, grid, bands, name):
    info = layout(Size(90, 90), (1,), chunk=32, dtype="uint8", bands=VALUES)
    with pytest.raises(LimitError) as caught:
        plan(info, grid, limits, bands)
    assert caught.value.limit == name
    assert caught.value.asked > caught.value.allowed
