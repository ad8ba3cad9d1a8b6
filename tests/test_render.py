"""Looks through the engine: what each part of a style does to real pixels."""

from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
import rasterio
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from rasterio import Affine

from tests.pyramids import layout
from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Size
from tilewright.image import Band
from tilewright.operands import straight_layers
from tilewright.paint import Class, Classes, Named, Ramp, Solid
from tilewright.request import Encoding, Region, RenderRequest, Tile
from tilewright.stretch import FULL, Curve, Limit, Stretch
from tilewright.style import Algorithm, Channel, Orientation, Projection, Style

ENGINE = Engine()


@pytest.fixture(scope="module", autouse=True)
def _closed_at_the_end():
    yield
    ENGINE.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("looks")


def written(folder, data, name="image.tif", **tags):
    path = folder / name
    tifffile.imwrite(path, data, **tags)
    return local_source(path)


def shown(source, style, **request):
    encoded = ENGINE.render(
        source, RenderRequest(Region(), Encoding("png"), style=style, **request)
    )
    return np.asarray(Pillow.open(BytesIO(encoded.data)))


@pytest.fixture(scope="module")
def ramp(folder):
    """One uint16 band: 0, 100, 200 … 9900."""
    return written(folder, (np.arange(100, dtype=np.uint16) * 100).reshape(10, 10), "ramp.tif")


RAMP = np.arange(100) * 100.0


def grey(stretch, **channel):
    return Style((Channel(0, stretch=stretch, **channel),))


@pytest.mark.parametrize(
    ("low", "high", "start", "stop"),
    [
        (Limit("value", 1000), Limit("value", 5000), 1000, 5000),
        (Limit("percentile", 0), Limit("percentile", 100), 0, 9900),
        (Limit("percentile", 10), Limit("percentile", 90), 990, 8910),
        (
            Limit("deviations", -1),
            Limit("deviations", 1),
            RAMP.mean() - RAMP.std(),
            RAMP.mean() + RAMP.std(),
        ),
        (Limit("dtype"), Limit("dtype"), 0, 65535),
        (Limit("auto"), Limit("auto"), 198, 9702),
        (Limit("value", 500), Limit("percentile", 50), 500, 4950),
    ],
)
def test_every_kind_of_range(ramp, low, high, start, stop):
    pixels = shown(ramp, grey(Stretch(low, high)))
    expected = np.floor(((RAMP - start) / (stop - start)).clip(0, 1) * 255 + 0.5)
    assert np.array_equal(pixels.ravel(), expected)


def test_inversion_and_curves(ramp):
    plain = shown(ramp, grey(Stretch.of(0, 9900)))
    assert np.array_equal(shown(ramp, grey(Stretch.of(0, 9900), invert=True)), 255 - plain)
    bent = shown(ramp, grey(Stretch.of(0, 9900), curves=(Curve("polynomial", 2),)))
    assert np.array_equal(bent.ravel(), np.floor((RAMP / 9900) ** 2 * 255 + 0.5))
    equal = shown(ramp, grey(Stretch.of(0, 9900), curves=(Curve("equalize"),)))
    assert np.abs(equal.ravel().astype(int) - np.linspace(0, 255, 100)).max() <= 3


def test_white_is_zero_is_dark_where_values_are_high(folder):
    data = np.arange(64, dtype=np.uint16).reshape(8, 8)
    pixels = shown(written(folder, data, "white.tif", photometric="miniswhite"), Style())
    assert (pixels.ravel()[0], pixels.ravel()[-1]) == (255, 0)


def test_nodata_discard_and_opacity(ramp):
    clear = shown(ramp, grey(Stretch.of(0, 9900), nodata=500.0))
    assert (clear.reshape(-1, 4)[:, 3] == np.where(RAMP == 500, 0, 255)).all()
    inside = shown(ramp, grey(Stretch.of(1000, 2000), discard=True))
    assert (inside.reshape(-1, 4)[:, 3] == np.where((RAMP < 1000) | (RAMP > 2000), 0, 255)).all()
    half = shown(ramp, grey(Stretch.of(0, 9900), opacity=0.5))
    assert {*half.reshape(-1, 4)[:, 3].tolist()} == {128}
    on_red = shown(
        ramp, Style((Channel(0, stretch=Stretch.of(0, 1), opacity=0.5),), background="#ff0000")
    )
    assert np.abs(on_red.reshape(-1, 3)[1].astype(int) - (255, 128, 128)).max() <= 1


def test_paints(ramp):
    viridis = shown(ramp, grey(Stretch.of(0, 9900), paint=Named("viridis")))
    assert viridis.reshape(-1, 3)[0].tolist() == [68, 1, 84]
    assert viridis.reshape(-1, 3)[99].tolist() == [253, 231, 36]
    back = shown(ramp, grey(Stretch.of(0, 9900), paint=Named("viridis", reverse=True)))
    assert np.abs(back.reshape(-1, 3)[::-1].astype(int) - viridis.reshape(-1, 3)).max() <= 4
    steps = shown(
        ramp, grey(Stretch.of(0, 9900), paint=Ramp(("#ff0000", "#0000ff"), discrete=True))
    )
    assert {tuple(p) for p in steps.reshape(-1, 3).tolist()} == {(255, 0, 0), (0, 0, 255)}
    legend = Classes((Class(100, None, "#00ff00"), Class(1000, 2000, "#0000ff80")))
    classes = shown(ramp, grey(FULL, paint=legend)).reshape(-1, 4)
    assert classes[1].tolist() == [0, 255, 0, 255]
    assert classes[10].tolist() == classes[19].tolist() == [0, 0, 255, 128]
    assert classes[20, 3] == 0


def test_a_colour_that_lets_light_through(ramp):
    bright = grey(Stretch.of(0, 9900), paint=Solid("#ff800080"))
    pixels = shown(ramp, bright).reshape(-1, 4)
    assert pixels[99].tolist() == [255, 128, 0, 128]
    assert {*pixels[:, 3].tolist()} == {128}


def test_expressions_carry_nodata(folder):
    data = np.stack([np.full((8, 8), 3.0), np.full((8, 8), 1.0)]).astype(np.float32)
    data[:, 0, 0], data[0, 1, 1], data[1, 1, 1] = np.nan, 1, -1
    source = written(folder, data, "two.tif", photometric="minisblack", planarconfig="separate")
    index = Style((Channel(expression="(b1-b2)/(b1+b2)", stretch=Stretch.of(0, 1)),))
    pixels = shown(source, index)
    assert pixels[5, 5].tolist() == [128, 128, 128, 255]
    assert pixels[0, 0, 3] == 0
    assert pixels[1, 1, 3] == 0  # nothing divided by nothing


@pytest.mark.parametrize("reduction", ["max", "min", "mean", "sum"])
def test_projections(folder, reduction):
    data = np.random.default_rng(0).integers(0, 4000, (6, 20, 30), dtype=np.uint16)
    source = written(folder, data, "stack.ome.tif", metadata={"axes": "ZYX"})
    join = Projection("z", reduction, 1, 4, 2)
    pixels = shown(source, Style((Channel(0, stretch=Stretch.of(0, 8000)),), projection=join))
    joined = np.rint(getattr(np, reduction)(data[[1, 3]].astype(float), axis=0))
    assert np.array_equal(pixels, np.floor(joined / 8000 * 255 + 0.5))
    with pytest.raises(OutsideError, match="no axis 't'"):
        shown(source, Style(projection=Projection("t", "max")))
    with pytest.raises(ParameterError, match="projection"):
        shown(source, Style(projection=Projection("z", "max", 9, 12)))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_orientation(folder, mirror, rotation):
    data = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    source = written(folder, data, "rgb.tif", photometric="rgb")
    pixels = shown(source, Style(orientation=Orientation(mirror, rotation)))
    mirrored = data[:, ::-1] if mirror else data
    assert np.array_equal(pixels, np.rot90(mirrored, -rotation // 90))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("rotation", [22.5, 45, 123.4, 350])
def test_any_angle(folder, mirror, rotation):
    y, x = np.mgrid[:120, :200]
    data = np.dstack([x, y * 2, (x + y) // 2]).astype(np.uint8)
    source = written(folder, data, "rgb.tif", photometric="rgb")
    pixels = shown(source, Style(orientation=Orientation(mirror, rotation)))
    mirrored = Pillow.fromarray(np.ascontiguousarray(data[:, ::-1] if mirror else data))
    turned = mirrored.convert("RGBA").rotate(-rotation, Pillow.Resampling.BILINEAR, expand=True)
    # Pillow keeps a margin of its own around what it turns.
    assert all(
        0 <= theirs - own <= 2 for theirs, own in zip(turned.size, pixels.shape[1::-1], strict=True)
    )
    expected = np.asarray(turned)[: pixels.shape[0], : pixels.shape[1]]
    inside = cv2.erode((expected[..., 3] == 255).astype(np.uint8), np.ones((7, 7))) == 1
    assert inside.mean() > 0.3
    assert np.abs(pixels.astype(int) - expected)[inside].max() <= 4
    clear = cv2.dilate((expected[..., 3] > 0).astype(np.uint8), np.ones((7, 7))) == 0
    assert (pixels[clear][:, 3] == 0).all()


def test_what_is_turned_keeps_its_transparency_and_colours_do_not_bleed(folder):
    data = np.zeros((80, 80, 4), np.uint8)
    data[20:60, 20:60] = (250, 10, 10, 255)
    source = written(folder, data, "rgba.tif", photometric="rgb", extrasamples=["unassalpha"])
    pixels = shown(source, Style(orientation=Orientation(rotation=30)))
    assert pixels.shape == (109, 109, 4)
    seen = pixels[..., 3] > 8
    assert 1500 < seen.sum() < 1800
    assert np.abs(pixels[seen][:, :3].astype(int) - (250, 10, 10)).max() <= 2


def test_a_grey_picture_turned_gets_room_for_its_corners(folder):
    source = written(folder, np.full((30, 40), 77, np.uint8), "grey.tif")
    pixels = shown(source, Style(orientation=Orientation(rotation=10)))
    assert pixels.shape == (36, 45, 4)
    assert tuple(pixels[18, 22]) == (77, 77, 77, 255)
    assert pixels[0, 0, 3] == 0


def test_saturation(folder):
    data = np.full((4, 4, 3), (200, 100, 50), np.uint8)
    source = written(folder, data, "colour.tif", photometric="rgb")
    colours = Style(
        tuple(
            Channel(band, stretch=FULL, paint=Solid(color))
            for band, color in enumerate(("#ff0000", "#00ff00", "#0000ff"))
        ),
    )
    # One component says grey; ITU-R BT.709.
    assert np.unique(shown(source, replace(colours, saturation=0.0))).tolist() == [118]
    assert np.unique(shown(source, Style(saturation=0.0))).tolist() == [118]
    half = shown(source, replace(colours, saturation=0.5))
    assert half[0, 0].tolist() == [159, 109, 84]


def test_black_and_white(folder):
    data = np.array([[(0, 0, 0), (255, 0, 0), (0, 255, 0), (255, 255, 255)]], np.uint8)
    source = written(folder, np.repeat(data, 3, axis=0), "colour.tif", photometric="rgb")
    assert shown(source, Style(bilevel=True))[0].ravel().tolist() == [0, 0, 255, 255]
    alpha = np.dstack([np.repeat(data, 3, axis=0), np.full((3, 4), 100, np.uint8)])
    source = written(folder, alpha, "veil.tif", photometric="rgb", extrasamples=["unassalpha"])
    pixels = shown(source, Style(bilevel=True))
    assert pixels[0, :, :3].tolist() == [[value] * 3 for value in (0, 0, 255, 255)]
    assert (pixels[..., 3] == 100).all()
    grey = np.array([[0, 127, 128, 255]], np.uint8)
    source = written(folder, np.repeat(grey, 3, axis=0), "grey.tif")
    assert shown(source, Style(bilevel=True))[0].ravel().tolist() == [0, 0, 255, 255]


def test_unscale(folder):
    path = folder / "scaled.tif"
    profile = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "int16"}
    with rasterio.open(path, "w", transform=Affine(10, 0, 5e5, 0, -10, 4e6), **profile) as file:
        file.write(np.full((1, 4, 4), 50, np.int16))
        file.scales, file.offsets = (0.5,), (10.0,)
    style = Style((Channel(0, stretch=Stretch.of(0, 70), unscale=True),))
    assert shown(local_source(path), style)[0, 0] == 128  # 50 × 0.5 + 10 is half of 70


def test_an_algorithm_sees_past_the_edge_of_a_tile(folder):
    y, x = np.mgrid[:600, :600]
    heights = (np.sin(x / 20) * np.cos(y / 15) * 300).astype(np.float32)
    source = written(folder, heights, "heights.tif", tile=(128, 128))
    style = Style(algorithm=Algorithm("hillshade"))
    whole = shown(source, style)
    tile = ENGINE.render(source, RenderRequest(Tile(3, 1, 2), Encoding("png"), style=style))
    pixels = np.asarray(Pillow.open(BytesIO(tile.data)))
    assert np.array_equal(
        pixels[..., 0] if pixels.ndim == 3 else pixels,
        (whole if whole.ndim == 2 else whole[..., 0])[256:384, 128:256],
    )
    with pytest.raises(ParameterError, match="algorithm must be one of"):
        shown(source, Style(algorithm=Algorithm("magic")))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]),
    st.integers(1, 200),
    st.integers(0, 2**31),
)
def test_any_dtype_and_any_number_of_bands_has_a_look(tmp_path_factory, dtype, bands, seed):
    generator = np.random.default_rng(seed)
    data = (generator.random((bands, 5, 7)) * 250).astype(dtype)
    if data.dtype.kind == "f":
        data[:, 0, 0], data[0, 1, 1] = np.nan, np.inf
    path = tmp_path_factory.mktemp("any") / "image.tif"
    tifffile.imwrite(
        path,
        data if bands > 1 else data[0],
        photometric="minisblack",
        planarconfig="separate" if bands > 1 else None,
    )
    pixels = shown(local_source(path), Style())
    assert pixels.shape[:2] == (5, 7)


def test_a_style_that_asks_for_a_band_that_is_not_there(ramp):
    with pytest.raises(OutsideError, match="band 4 is outside 1 to 1"):
        shown(ramp, Style((Channel(3, stretch=FULL),)))


def test_one_bit_colours_under_a_premultiplied_alpha_stay_as_they_are():
    names = ("gray", "premultiplied-alpha")
    info = layout(
        Size(2, 1), (1,), chunk=2, dtype="bool", bands=[Band(interpretation=n) for n in names]
    )
    layers = {0: np.array([[True, False]]), 1: np.array([[True, False]])}
    shown = straight_layers(layers, info)
    np.testing.assert_array_equal(shown[0], layers[0])
