"""Animated pictures from frames."""

import io

import numpy as np
import pytest
from django.urls import path
from matplotlib.figure import Figure
from PIL import Image, ImageSequence

from tilewright.drawn.animation import Animation, encode_animation
from tilewright.drawn.parameters import Integer
from tilewright.drawn.views import DrawnImageView
from tilewright.errors import ConfigurationError, DrawError, DrawTimeoutError, LimitError
from tilewright.image import Picture

FORMATS = ("gif", "webp", "apng")
MANY = 10**9


def frame(value, *, width=30, height=20, channels=3):
    return np.full((height, width, channels), value, np.uint8)


def encode(animation, format, *, max_pixels=MANY, **more):
    return encode_animation(animation, format, quality=None, max_pixels=max_pixels, **more)


def opened(encoded):
    return Image.open(io.BytesIO(encoded.data))


def levels(encoded):
    """Return the grey of each frame."""
    frames = ImageSequence.Iterator(opened(encoded))
    return [int(np.asarray(one.convert("L")).mean()) for one in frames]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_frames_come_back_in_order(format, channels):
    values = [0, 50, 100, 150, 200, 255]
    frames = (frame(value, channels=channels) for value in values)
    if channels == 4:
        frames = (np.dstack([one[..., :3], np.full((20, 30), 255, np.uint8)]) for one in frames)
    encoded = encode(Animation(frames, duration_ms=50), format)
    assert encoded.media_type == f"image/{format}"
    assert (encoded.size.width, encoded.size.height) == (30, 20)
    np.testing.assert_allclose(levels(encoded), values, atol=4)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_frames_are_the_same_bytes(format):
    frames = [frame(1), frame(2)]
    assert encode(Animation(frames), format) == encode(Animation(iter(frames)), format)


def test_frames_of_every_kind():
    figure = Figure(figsize=(0.3, 0.2), dpi=100, facecolor="black")
    kinds = [
        Picture(frame(10)),
        frame(60),
        frame(110)[..., 0],
        Image.new("RGB", (30, 20), (160, 160, 160)),
        Image.new("RGBA", (30, 20), (210, 210, 210, 255)),
        figure,
    ]
    np.testing.assert_allclose(
        levels(encode(Animation(kinds), "apng")), [10, 60, 110, 160, 210, 0], atol=2
    )


@pytest.mark.parametrize("format", ["gif", "apng"])
def test_each_frame_has_its_time(format):
    encoded = encode(Animation([frame(0), frame(90), frame(200)], [100, 300, 50]), format)
    frames = ImageSequence.Iterator(opened(encoded))
    assert [one.info["duration"] for one in frames] == [100, 300, 50]


@pytest.mark.parametrize(
    ("format", "loop", "told"),
    [
        ("gif", 0, 0), ("gif", 1, None), ("gif", 3, 2),
        ("webp", 0, 0), ("webp", 3, 3), ("apng", 0, 0), ("apng", 3, 3),
    ],
)  # fmt: skip
def test_how_often_it_is_shown(format, loop, told):
    """A GIF says how often it is shown again."""
    encoded = encode(Animation([frame(0), frame(90)], loop=loop), format)
    assert opened(encoded).info.get("loop") == told


@pytest.mark.parametrize("format", FORMATS)
def test_one_frame_is_a_picture(format):
    assert levels(encode(Animation([frame(90)]), format)) == [90]


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_clear_shows_no_earlier_frame(format):
    first, second = frame(200, channels=4), frame(200, channels=4)
    first[..., 3], second[..., 3] = 255, 0
    second[:10, :, 3] = 255
    last = list(ImageSequence.Iterator(opened(encode(Animation([first, second]), format))))[-1]
    alpha = np.asarray(last.convert("RGBA"))[..., 3]
    assert alpha[:10].min() == 255
    assert alpha[12:].max() == 0


def endless():
    while True:
        yield frame(1)


@pytest.mark.parametrize(
    ("animation", "max_pixels", "error"),
    [
        (Animation(endless()), MANY, LimitError),
        (Animation(endless(), most_frames=3), MANY, LimitError),
        (Animation(endless()), 30 * 20 * 4, LimitError),
        (Animation([frame(1)] * 4, most_frames=3), MANY, LimitError),
        (Animation([]), MANY, DrawError),
        (Animation([frame(1), frame(1, width=31)]), MANY, DrawError),
        (Animation([frame(1), None]), MANY, DrawError),
        (Animation(["<svg/>"]), MANY, DrawError),
        (Animation([frame(1).astype(float)]), MANY, DrawError),
        (Animation([frame(1)], [100, 100]), MANY, DrawError),
    ],
)
def test_animations_that_cannot_be(animation, max_pixels, error):
    with pytest.raises(error):
        encode(animation, "gif", max_pixels=max_pixels)


def test_a_figure_is_measured_before_it_is_drawn():
    huge = Figure(figsize=(1000, 1000), dpi=1000)
    with pytest.raises(LimitError):
        encode(Animation([huge]), "webp", max_pixels=1 << 24)


def test_no_more_frames_are_drawn_than_are_allowed():
    drawn = []

    def frames():
        for number in range(100):
            drawn.append(number)
            yield frame(number)

    with pytest.raises(LimitError):
        encode(Animation(frames()), "gif", max_pixels=30 * 20 * 5)
    assert len(drawn) == 6


def test_time_is_up_between_frames():
    now = iter(range(100))
    with pytest.raises(DrawTimeoutError):
        encode(Animation(endless(), time_limit_s=3.5), "gif", clock=lambda: float(next(now)))
    assert next(now) == 5


@pytest.mark.parametrize("format", ["png", "jpeg", "mp4", ""])
def test_formats_that_are_none(format):
    with pytest.raises(DrawError):
        encode(Animation([frame(1)]), format)


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration_ms": 0}, {"duration_ms": -1}, {"duration_ms": []}, {"duration_ms": [100, 5]},
        {"duration_ms": 10**6}, {"loop": -1}, {"loop": 10**6}, {"most_frames": 0},
        {"time_limit_s": 0},
    ],
)  # fmt: skip
def test_values_that_mean_nothing(wrong):
    with pytest.raises(ConfigurationError):
        Animation([frame(1)], **wrong)


class Blink(DrawnImageView):
    parameters = (Integer("frames", default=3, low=1, high=100_000),)
    formats = ("webp", "gif", "apng")

    def size(self, **_):
        return 30, 20

    def draw(self, frames):
        return Animation(frame(number * 60 % 256) for number in range(frames))


urlpatterns = [path("blink.<fmt>", Blink.as_view())]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("format", FORMATS)
def test_a_view_of_an_animation(client, format):
    response = client.get(f"/blink.{format}")
    assert (response.status_code, response["Content-Type"]) == (200, f"image/{format}")
    assert Image.open(io.BytesIO(response.content)).n_frames == 3


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("frames", [501, 100_000])
def test_too_many_frames_are_refused(client, frames):
    assert client.get(f"/blink.gif?frames={frames}").status_code == 413
