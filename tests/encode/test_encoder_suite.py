"""The suite is worth something only if it catches encoders that are wrong."""

from dataclasses import replace
from io import BytesIO
from itertools import count

import numpy as np
import pytest

from tilewright.encode import jpeg, npy, pillow, png
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.testing import EncoderSuite, RasterEncoderSuite

calls = count()


class OfPng(EncoderSuite):
    exact = "always"
    has_quality = False


class OfNpy(RasterEncoderSuite):
    def decode(self, data):
        return np.load(BytesIO(data)), None


def swapped(picture, encoding):
    data = picture.data
    order = [2, 1, 0, 3][: data.shape[2]] if data.shape[2] > 1 else [0]
    return png.ENCODER.encode(Picture(np.ascontiguousarray(data[..., order])), encoding)


def without_alpha(picture, encoding):
    return png.ENCODER.encode(Picture(np.ascontiguousarray(picture.data[..., :3])), encoding)


def wrong_size(picture, encoding):
    return replace(png.ENCODER.encode(picture, encoding), size=Size(2, 2))


def restless(picture, encoding):
    encoded = png.ENCODER.encode(picture, encoding)
    return replace(encoded, data=encoded.data + b"%d" % next(calls))


def scribbling(picture, encoding):
    picture.data[0, 0] += 1
    return png.ENCODER.encode(picture, encoding)


def heedless_of_background(picture, encoding):
    return jpeg.ENCODER.encode(picture, replace(encoding, background="#ffffff"))


def heedless_of_quality(picture, encoding):
    return jpeg.ENCODER.encode(picture, replace(encoding, quality=50))


CASES = [
    (OfPng, "test_it_decodes_to_the_picture", (Size(9, 9), 3), png, swapped),
    (OfPng, "test_it_decodes_to_the_picture", (Size(9, 9), 3), png, wrong_size),
    (OfPng, "test_exact_means_exact", (3,), png, swapped),
    (OfPng, "test_exact_means_exact", (4,), png, without_alpha),
    (OfPng, "test_transparency_is_kept_or_gets_the_background", (), png, without_alpha),
    (OfPng, "test_transparency_is_kept_or_gets_the_background", (), png, swapped),
    (OfPng, "test_size_grows_with_quality", (), png, restless),
    (OfPng, "test_the_same_picture_gives_the_same_bytes", (), png, restless),
    (OfPng, "test_the_picture_is_left_alone", (3,), png, scribbling),
    (
        EncoderSuite,
        "test_transparency_is_kept_or_gets_the_background",
        (),
        jpeg,
        heedless_of_background,
    ),
    (EncoderSuite, "test_size_grows_with_quality", (), jpeg, heedless_of_quality),
]


@pytest.mark.parametrize(
    ("suite", "test", "arguments", "module", "encode"),
    CASES,
    ids=[f"{case[4].__name__}-{case[1]}" for case in CASES],
)
def test_a_wrong_encoder_is_caught(suite, test, arguments, module, encode):
    run = getattr(suite(), test)
    run(module.ENCODER, *arguments)
    with pytest.raises((AssertionError, ValueError, IndexError)):
        run(replace(module.ENCODER, encode=encode), *arguments)


def test_an_exact_encoder_without_alpha_has_to_take_the_background():
    def on_red(picture, encoding):
        return pillow.BMP.encode(picture, replace(encoding, background="#ff0000"))

    suite = OfPng()
    suite.test_exact_means_exact(pillow.BMP, 4)
    with pytest.raises(AssertionError):
        suite.test_exact_means_exact(replace(pillow.BMP, encode=on_red), 4)


@pytest.mark.parametrize(
    "change", [{"name": "Png"}, {"media_type": "png"}, {"suffixes": (".png",)}, {"suffixes": ()}]
)
def test_a_wrong_description_is_caught(change):
    with pytest.raises(AssertionError):
        OfPng().test_it_describes_itself(replace(png.ENCODER, **change))


def test_a_raster_encoder_that_loses_rows_is_caught():
    def flipped(raster, encoding):
        return npy.ENCODER.encode(replace(raster, data=raster.data[:, ::-1]), encoding)

    suite = OfNpy()
    suite.test_a_view_is_taken_and_left_alone(npy.ENCODER)
    with pytest.raises(AssertionError):
        suite.test_a_view_is_taken_and_left_alone(replace(npy.ENCODER, encode=flipped))
