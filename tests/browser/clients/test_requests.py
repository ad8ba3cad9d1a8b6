"""What other clients ask for, request by request, as they write it."""

import io
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from tests.browser.clients import cells
from tests.browser.clients.cells import COLORS, Shown
from tests.browser.clients.conftest import NAME, PASSWORD, Gateway
from tests.browser.clients.seen import assert_pixels
from tests.patience import LONG_S

ALL = tuple((i, Shown(color)) for i, color in enumerate(COLORS))
WINDOWS = "1|0:4000$FF0000,2|0:4000$00FF00,3|0:4000$0000FF"
LEVELS = 4


def fetch(client: httpx.Client, path: str, media_type: str = "image/jpeg") -> Image.Image:
    """Return the picture of an answer that must be a success."""
    reply = client.get(path)
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == media_type
    return Image.open(io.BytesIO(reply.content))


def document(client: httpx.Client, path: str) -> Any:
    reply = client.get(path)
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"].startswith("application/json")
    return reply.json()


@pytest.mark.parametrize("level", range(LEVELS))
def test_qupath(gateway: Gateway, level: int) -> None:
    """Levels from ``zoomLevelScaling``, tiles of 1024 at most, ``c`` percent-encoded."""
    with gateway.client() as client:
        told = document(client, f"imgData/{gateway.pyramid}/")
        assert told["tiles"] is True
        assert told["levels"] == len(told["zoomLevelScaling"]) == LEVELS
        scale = told["zoomLevelScaling"][str(level)]
        side = min(told["tile_size"]["width"], 1024)
        width, height = (round(told["size"][axis] * scale) for axis in ("width", "height"))
        for column, row in ((0, 0), ((width - 1) // side, (height - 1) // side)):
            picture = fetch(
                client,
                f"render_image_region/{gateway.pyramid}/0/0/?tile={level},{column},{row},"
                f"{side},{side}&c={quote(WINDOWS, safe='')}&m=c&q=0.900000",
            )
            left, top = column * side, row * side
            assert picture.size == (min(side, width - left), min(side, height - top))
            if min(picture.size) > cells.CELL:
                assert_pixels(picture, (left, top), ALL, shrink=2**level)


def test_qupath_thumbnail(gateway: Gateway) -> None:
    with gateway.client() as client:
        picture = fetch(client, f"render_thumbnail/{gateway.pyramid}/256/")
    assert max(picture.size) == 256
    assert picture.size[1] == pytest.approx(256 * cells.PYRAMID[1] / cells.PYRAMID[0], abs=1)


def test_qupath_saves_settings(gateway: Gateway) -> None:
    """By POST without ``maps``; the token of the login goes with it in a header."""
    with httpx.Client(base_url=gateway.address, timeout=LONG_S) as client:
        client.get("/admin/login/")
        login = {"username": NAME, "password": PASSWORD}
        token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/admin/login/?next=/admin/", data=login | token).status_code == 302
        save = f"/webgateway/saveImgRDef/{gateway.big_plane}/?m=c&c=1%7C10:3000%24FF8000"
        assert client.post(save).status_code == 403
        headers = {"X-CSRFToken": client.cookies["csrftoken"]}
        saved = client.post(save, headers=headers)
        assert (saved.status_code, saved.json()) == (200, True)
        told = document(client, f"/webgateway/imgData/{gateway.big_plane}/")
        (channel,) = told["channels"]
        assert channel["color"] == "FF8000"
        assert (channel["window"]["start"], channel["window"]["end"]) == (10, 3000)
        assert told["rdefs"]["model"] == "color"
    with gateway.client() as client:
        others = document(client, f"imgData/{gateway.big_plane}/channels/")
    assert others[0]["color"] == "FF0000", "another user's settings are never shown"


FIGURE = [
    pytest.param(
        '1|0:4000$FF0000,-2|0:4000$00FF00&maps=[{"reverse":{"enabled":true}},'
        '{"reverse":{"enabled":false}}]&m=c',
        ((0, Shown(COLORS[0], inverted=True)),),
        1,
        id="reversed",
    ),
    pytest.param(
        '1|0:4000$FF0000,2|0:4000$00FF00&maps=[{"reverse":{"enabled":false}},'
        '{"reverse":{"enabled":false}}]&p=intmax|0:2&m=c',
        ALL[:2],
        range(3),
        id="projected",
    ),
    pytest.param(
        "1|0:4000$FF0000,2|0:4000$00FF00&maps=%5B%7B%22reverse%22%3A%7B%22enabled%22%3Afalse"
        "%7D%7D%2C%7B%22reverse%22%3A%7B%22enabled%22%3Atrue%7D%7D%5D&m=c",
        (ALL[0], (1, Shown(COLORS[1], inverted=True))),
        1,
        id="encoded",
    ),
]


@pytest.mark.parametrize(("settings", "shown", "z"), FIGURE)
def test_omero_figure(gateway: Gateway, settings: str, shown: Any, z: int | range) -> None:
    """Whole planes, all channels with a sign, ``maps`` with ``reverse``, no quality."""
    with gateway.client() as client:
        picture = fetch(client, f"render_image/{gateway.stack}/1/2/?c={settings}")
    assert picture.size == cells.STACK
    assert_pixels(picture, (0, 0), shown, z=z, t=2)


def test_old_viewer(gateway: Gateway) -> None:
    """JSONP, ``ia``, the first channel kept though it is off, ``p`` and ``maps`` behind."""
    with gateway.client() as client:
        reply = client.get(f"imgData/{gateway.pyramid}/?callback=jQuery36204_1700000000")
        assert reply.headers["Content-Type"].startswith("application/javascript")
        assert reply.text.startswith("jQuery36204_1700000000(")
        query = (
            "c=-1|0:4000$FF0000,3|0:4000$0000FF&m=c&p=normal&ia=0"
            '&maps=[{"inverted":{"enabled":false}},{"inverted":{"enabled":false}}]'
        )
        tile = f"render_image_region/{gateway.pyramid}/0/0/?{query}&tile=1,1,1,256,256"
        assert_pixels(fetch(client, tile), (256, 256), ALL[2:], shrink=2)
        whole = fetch(client, f"render_birds_eye_view/{gateway.pyramid}/")
        assert max(whole.size) == 96


def test_image_region_microservice(gateway: Gateway) -> None:
    """PathViewer's server: lossless tiles, mirrored ones, and what OPTIONS tells."""
    asked = f"render_image_region/{gateway.pyramid}/0/0/?c={WINDOWS}&m=c&format=png"
    maps = "&maps=" + quote('[{"inverted":{"enabled":false}},{},{}]')
    with gateway.client() as client:
        for area in ("tile=0,1,2,400,400", "region=400,800,400,400"):
            picture = fetch(client, f"{asked}{maps}&{area}", "image/png")
            assert picture.size == (400, 400)
            assert_pixels(picture, (400, 800), ALL, error=0)
        width, height = cells.PYRAMID
        flips = {"h": (width - 400 - 300, 200), "v": (400, height - 200 - 250)}
        for flip, origin in flips.items():
            picture = fetch(client, f"{asked}&flip={flip}&region=400,200,300,250", "image/png")
            turn = "FLIP_LEFT_RIGHT" if flip == "h" else "FLIP_TOP_BOTTOM"
            unturned = picture.transpose(Image.Transpose[turn])
            assert_pixels(unturned, origin, ALL, error=0)
        told = client.options("").json()
        assert told["provider"] == "ImageRegionMicroservice"
        assert {"flip", "png-tiles", "quantization"} <= set(told["features"])
        assert told["options"]["maxTileLength"] >= 1024


def test_quality_in_the_path(gateway: Gateway) -> None:
    """The seed of all this: the quality is a part of the path, and reaches the encoder."""
    area = f"?tile=0,1,1,512,512&c={WINDOWS}&m=c"
    with gateway.client() as client:
        replies = {
            quality: client.get(
                f"render_image_region_quality/{gateway.pyramid}/0/0/{quality}/{area}"
            )
            for quality in (10, 90)
        }
        same = client.get(f"render_image_region/{gateway.pyramid}/0/0/{area}&q=0.9")
    assert replies[90].content == same.content
    assert replies[90].headers["ETag"] == same.headers["ETag"] != replies[10].headers["ETag"]
    assert len(replies[10].content) < len(replies[90].content)
    for reply in replies.values():
        picture = Image.open(io.BytesIO(reply.content))
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (512, 512), "RGB")
