"""OpenSeadragon, as released, shows our images by the IIIF Image API and by DeepZoom."""

from collections.abc import Iterator
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from selenium import webdriver

from tests.browser.clients import cells
from tests.browser.clients.cells import CELL, COLORS, STEP, Shown, colors_at
from tests.browser.clients.conftest import Gateway
from tests.browser.clients.front import Front, fronting
from tests.browser.clients.seen import JPEG_ERROR, assert_pixels, assert_seen
from tests.browser.page import Page, View
from tests.patience import LONG_S
from tilewright.geometry import Window
from tilewright.site.drawn.mandelbrot import mandelbrot

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body { margin: 0 } #stage { width: 900px; height: 640px }</style>
<div id="stage"></div>
<script src="/openseadragon/openseadragon.min.js"></script>
"""
START = """
window.failures = []
window.viewer = OpenSeadragon({
  id: "stage", tileSources: arguments[0], ...arguments[1],
  showNavigationControl: false, animationTime: 0, maxZoomPixelRatio: 64, drawer: "canvas",
})
for (const name of ["open-failed", "tile-load-failed", "add-item-failed"])
  viewer.addHandler(name, ({ message }) => failures.push(`${name}: ${message}`))
"""
# Whether all has come is reckoned anew in the frame after a change.
CHANGED = """
window.frames = 0
const count = () => { if (++frames < 3) requestAnimationFrame(count) }
requestAnimationFrame(count)
"""
READY = """
if (failures.length > 0) return true
const { world } = viewer
return frames > 2 && Boolean(world.getItemAt(0)?.getFullyLoaded()) && !world.needsDraw()
"""
VIEW = """
const { viewport } = viewer
const { x, y } = viewport.viewportToImageCoordinates(viewport.getCenter(true))
return [x, y, viewport.viewportToImageZoom(viewport.getZoom(true))]
"""
SHOW = """
const { viewport } = viewer
viewport.zoomTo(viewport.imageToViewportZoom(arguments[2]), null, true)
viewport.panTo(viewport.imageToViewportCoordinates(arguments[0], arguments[1]), true)
"""
# OME-TIFF opens with windows from the least value of each channel to its greatest.
MEASURED = [(index, Shown(color, STEP / 2, 4.5 * STEP)) for index, color in enumerate(COLORS)]
AS_STORED = [(index, Shown(color)) for index, color in enumerate(COLORS)]
VERSIONS = pytest.mark.parametrize("version", [2, 3])
IMAGES = pytest.mark.parametrize(
    ("name", "size", "channels"),
    [
        pytest.param("odd", cells.ODD, MEASURED, id="levels rounded up"),
        pytest.param("slide", cells.SLIDE, AS_STORED, id="levels rounded down"),
    ],
)


class OpenSeadragon:
    """The viewer in a tab."""

    def __init__(self, page: Page, front: Front) -> None:
        self.page = page
        self.front = front

    def open(self, info: str | dict[str, Any], **options: Any) -> None:
        """Show the image that an ``info.json`` describes: an address, or what is there."""
        self.page.open("/client/")
        self.page.run(START, info, options)
        self.settle()

    def show(self, view: View) -> None:
        """Go to a place."""
        self.page.run(SHOW, *view)
        self.settle()
        assert self.view() == pytest.approx(view)

    def settle(self) -> None:
        """Wait until all that is seen has come."""
        self.page.run(CHANGED)
        self.page.until(lambda: self.page.run(READY))
        assert self.page.run("return failures") == []

    def view(self) -> View:
        return View(*self.page.run(VIEW))


@pytest.fixture
def viewer(front: Front, driver: webdriver.Chrome, openseadragon: Path) -> OpenSeadragon:
    """Return the viewer, not yet open."""
    front.folders["/openseadragon/"] = openseadragon
    front.pages["/client/"] = PAGE
    return OpenSeadragon(Page(driver, front.address), front)


@pytest.fixture
def elsewhere(gateway: Gateway, front: Front) -> Iterator[Front]:
    """Return our server at an address that is not the page's."""
    with fronting(gateway.address) as other:
        yield other
    assert other.asked
    assert [asked for asked in other.asked if asked.status >= 400] == []


def declared(info: dict[str, Any]) -> dict[str, int]:
    """Return the pictures that ``tiles`` and ``sizes`` promise: region and size, to the scale.

    As section "Implementation Notes" of both versions reckons them.
    """
    old, whole = "@id" in info, (info["width"], info["height"])
    (tiles,) = info["tiles"]
    promised = {}
    for scale in tiles["scaleFactors"]:
        side = tiles["width"] * scale
        for x, y in product(range(0, whole[0], side), range(0, whole[1], side)):
            part = min(side, whole[0] - x), min(side, whole[1] - y)
            region = "full" if part == whole else f"{x},{y},{part[0]},{part[1]}"
            width, height = (-(-along // scale) for along in part)
            promised[f"{region}/{width},{height}"] = scale
    for each in info["sizes"]:
        written = f"full/{each['width']},{each['height']}"
        promised[written] = round(whole[0] / each["width"])
        if old:
            # So 2.1.1 writes it; the height follows.
            promised[written.removesuffix(str(each["height"]))] = promised[written]
    return promised | {"full/full" if old else "full/max": 1}


def assert_as_declared(front: Front, base: str, info: dict[str, Any], scales: set[int]) -> None:
    """Check that nothing but what is declared was asked for, at these scales."""
    promised = declared(info)
    paths = [target.removeprefix(f"{base}/") for target in front.targets(f"{base}/")]
    asked = {path for path in paths if path != "info.json"}
    assert {path.rpartition("/0/default.jpg")[0] for path in asked} <= promised.keys()
    assert scales <= {promised[path.removesuffix("/0/default.jpg")] for path in asked}


def stage_box(page: Page) -> list[int]:
    """Return left, top, width and height on the screen."""
    script = """
    const { x, y, width, height } = viewer.element.getBoundingClientRect()
    return [x, y, width, height]
    """
    return [int(side) for side in page.run(script)]


def assert_last_pixels(page: Page, view: View, size: tuple[int, int], channels: Any) -> None:
    """Check the last column and the last row, each in the middle of its pixels on the screen."""
    page.until_right(lambda: _check_last_pixels(page, view, size, channels))


def _check_last_pixels(page: Page, view: View, size: tuple[int, int], channels: Any) -> None:
    left, top, width, height = stage_box(page)
    screen = page.screenshot().astype(int)
    last = np.array(size) - 1
    for steps in ((0, 0), (0, 5), (5, 0), (0, 3), (3, 0)):
        pixel = last - steps
        x, y = (pixel + 0.5 - (view.x, view.y)) * view.scale + (left + width / 2, top + height / 2)
        wanted = colors_at(pixel[0], pixel[1], channels)
        assert screen[int(y), int(x)] == pytest.approx(wanted, abs=JPEG_ERROR), steps


@VERSIONS
@IMAGES
def test_an_image_is_shown_at_every_zoom(
    viewer: OpenSeadragon, gateway: Gateway, version: int, name: str, size: Any, channels: Any
) -> None:
    base = f"/iiif/{version}/{getattr(gateway, name)}"
    viewer.open(f"{base}/info.json")
    assert_seen(viewer.page, "#stage", viewer.view(), size, channels)
    width, height = size
    for scale in (0.125, 0.5, 1, 0.25):
        # The last column and row of tiles are in sight.
        viewer.show(View(width - 300, height - 200, scale))
        assert_seen(viewer.page, "#stage", viewer.view(), size, channels)
    info = httpx.get(f"{viewer.front.address}{base}/info.json", timeout=LONG_S).json()
    assert info["@id" if version == 2 else "id"] == viewer.front.address + base
    assert_as_declared(viewer.front, base, info, {1, 2, 4, 8})


@VERSIONS
@IMAGES
def test_each_pixel_is_in_its_place(
    viewer: OpenSeadragon, gateway: Gateway, version: int, name: str, size: Any, channels: Any
) -> None:
    base = f"{viewer.front.address}/iiif/{version}/{getattr(gateway, name)}"
    info = httpx.get(f"{base}/info.json", timeout=LONG_S).json()
    # JPEG would smear colours over the edges of cells.
    viewer.open(info | {"tileFormat": "png"}, imageSmoothingEnabled=False)
    # Where four cells meet, and where the image ends.
    viewer.show(View(5 * CELL, 3 * CELL, 32))
    assert_seen(viewer.page, "#stage", viewer.view(), size, channels)
    viewer.show(View(size[0] - 8, size[1] - 6, 32))
    assert_last_pixels(viewer.page, viewer.view(), size, channels)


@IMAGES
def test_a_deepzoom_pyramid_is_shown_at_every_zoom(
    viewer: OpenSeadragon, gateway: Gateway, name: str, size: Any, channels: Any
) -> None:
    number = getattr(gateway, name)
    viewer.open(f"/deepzoom/{number}.dzi?quality=95&subsampling=4:4:4")
    assert_seen(viewer.page, "#stage", viewer.view(), size, channels)
    width, height = size
    for scale in (0.125, 0.5, 1):
        viewer.show(View(width - 300, height - 200, scale))
        assert_seen(viewer.page, "#stage", viewer.view(), size, channels)
    asked = viewer.front.targets(f"/deepzoom/{number}_files/")
    levels = {int(path.split("/")[3]) for path in asked}
    # Of 4096 pixels a side, each half of the next.
    assert {12, 11} <= levels <= {*range(13)}
    # What stands behind the document's address is handed on to the tiles.
    assert all(path.endswith(".jpg?quality=95&subsampling=4:4:4") for path in asked)


def test_the_last_tiles_hold_what_a_level_lacks(gateway: Gateway) -> None:
    base = f"{gateway.address}/iiif/3/{gateway.slide}"
    width, height = cells.SLIDE
    with httpx.Client(timeout=LONG_S) as client:
        for path, scale in declared(client.get(f"{base}/info.json").json()).items():
            region = path.partition("/")[0].replace("full", f"0,0,{width},{height}")
            x, y, across, down = map(int, region.split(","))
            if x + across == width or y + down == height:
                reply = client.get(f"{base}/{path}/0/default.png")
                picture = Image.open(BytesIO(reply.content))
                assert_pixels(picture, (x // scale, y // scale), AS_STORED, shrink=scale)


TILES_BY = pytest.mark.parametrize(
    "options",
    [
        pytest.param({"crossOriginPolicy": "Anonymous"}, id="images"),
        # What a page adds to requests has a browser ask first whether it may.
        pytest.param(
            {"loadTilesWithAjax": True, "ajaxHeaders": {"Authorization": "Bearer of-the-page"}},
            id="requests of its own",
        ),
    ],
)


@TILES_BY
def test_a_page_of_another_site_shows_an_image(
    viewer: OpenSeadragon, gateway: Gateway, elsewhere: Front, options: dict[str, Any]
) -> None:
    viewer.open(f"{elsewhere.address}/iiif/3/{gateway.odd}/info.json", **options)
    assert_seen(viewer.page, "#stage", viewer.view(), cells.ODD, MEASURED)
    assert urlsplit(elsewhere.address).port != urlsplit(viewer.front.address).port
    assert elsewhere.targets("default.jpg")
    # A canvas with a picture in it that the page may not read throws.
    assert viewer.page.run("return viewer.drawer.canvas.toDataURL().length") > 100


PLACE = (14_360_385, 6_048_666)
"""On the edge of the set, at 0.3178 + 0.4184 i."""
SMEAR = 2
"""OpenSeadragon stretches a tile by a pixel on the screen, so that no gap is seen."""


@pytest.mark.slow
def test_the_mandelbrot_set_is_shown_to_its_last_pixel(viewer: OpenSeadragon) -> None:
    base = "/drawn/mandelbrot/gray/iiif/3"
    viewer.open(f"{base}/info.json")
    viewer.show(View(*PLACE, 1))
    left, top, width, height = stage_box(viewer.page)
    shown = viewer.page.screenshot()[top : top + height, left : left + width].astype(int)
    around = Window(PLACE[0] - width // 2, PLACE[1] - height // 2, width, height)
    wanted = mandelbrot.draw(around, 0) // 257
    near = sliding_window_view(wanted, (2 * SMEAR + 1, 2 * SMEAR + 1))
    calm = np.ptp(near, axis=(-1, -2)) < JPEG_ERROR
    shown, wanted = (seen[SMEAR:-SMEAR, SMEAR:-SMEAR][calm] for seen in (shown, wanted))
    assert (wanted == 0).mean() > 0.1, "some of it is in the set"
    assert (wanted > 0).mean() > 0.1, "and some is not"
    # JPEG's, and what a calm place allows.
    assert np.abs(shown - wanted[:, np.newaxis]).max() <= 2 * JPEG_ERROR
    x, y, side = (*(place // 256 * 256 for place in PLACE), 256)
    assert viewer.front.targets(f"{base}/{x},{y},{side},{side}/{side},{side}/0/default.jpg")
