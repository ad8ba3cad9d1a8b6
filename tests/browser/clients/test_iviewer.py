"""OMERO.iviewer's own viewer, out of its released bundle, shows our images unchanged."""

from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser.clients import cells
from tests.browser.clients.cells import COLORS, Shown
from tests.browser.clients.conftest import Gateway
from tests.browser.clients.front import Front
from tests.browser.clients.seen import assert_seen
from tests.browser.page import Page, View

# The bundle starts the whole application once the module that its chunk 96 holds is there. Under
# another number the modules are there as well, and the class can be had alone.
PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body { margin: 0 } #stage { position: absolute; inset: 0 }
.ol-control, .ol-overlaycontainer-stopevent { visibility: hidden !important }</style>
<div id="stage"></div>
<script src="/static/omero_iviewer/vendors.js"></script>
<script>webpackChunk[0][0] = ["vendors"]</script>
<script src="/static/omero_iviewer/main.js"></script>
<script>
webpackChunk.push([["tests"], {}, (load) => {
  const holding = (text) =>
    load(Object.keys(load.m).find((id) => `${load.m[id]}`.includes(text)))
  holding("typeof Reflect.defineMetadata")
  window.Viewer = Object.values(holding("bootstrapOpenLayers("))
    .find((it) => it.prototype?.bootstrapOpenLayers)
}])
</script>
"""
START = """
window.viewer = new Viewer(arguments[0], {
  server: "", container: "stage",
  initParams: {WEBGATEWAY: "/webgateway", OMERO_VERSION: "5.6.0", ...arguments[1]},
})
"""
READY = """
const map = window.viewer?.viewer_
if (!map) return false
if (!window.watched) {
  window.watched = true
  map.on("rendercomplete", () => { window.complete = true })
  window.complete = false
  map.render()
}
return window.complete
"""
RED, GREEN, BLUE = (Shown(color) for color in COLORS)
ALL = ((0, RED), (1, GREEN), (2, BLUE))
WINDOWS = "1|0:4000$FF0000,2|0:4000$00FF00,3|0:4000$0000FF"


class IViewer:
    """The viewer in a tab."""

    def __init__(self, page: Page, front: Front) -> None:
        self.page = page
        self.front = front

    def open(self, image: int, **parameters: str) -> None:
        """Show an image; the parameters are those of the application's address."""
        self.page.open("/client/")
        self.page.run(START, image, parameters)
        self.settle()

    def settle(self) -> None:
        """Wait until all that is seen has come."""
        self.page.run("window.watched = false")
        self.page.until(lambda: self.page.run(READY))

    def show(self, scale: float, x: float, y: float) -> None:
        """Go to a place, at as many screen pixels to one of the image."""
        script = """
        const view = window.viewer.viewer_.getView()
        view.setCenter([arguments[1], -arguments[2]]); view.setResolution(1 / arguments[0])
        """
        self.page.run(script, scale, x, y)
        self.settle()

    def view(self) -> View:
        script = """
        const view = window.viewer.viewer_.getView()
        return [...view.getCenter(), view.getResolution()]
        """
        x, y, resolution = self.page.run(script)
        return View(x, -y, 1 / resolution)

    def change(self, script: str, *arguments: object) -> None:
        """Do something with the viewer and wait for its pixels."""
        self.page.run(script, *arguments)
        self.settle()


@pytest.fixture
def viewer(front: Front, driver: webdriver.Chrome, iviewer: Path) -> IViewer:
    """Return the viewer, not yet open."""
    front.folders["/static/"] = iviewer / "omero_iviewer/static"
    front.pages["/client/"] = PAGE
    return IViewer(Page(driver, front.address), front)


def test_a_pyramid_is_shown_by_tiles_of_every_level(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid, C=WINDOWS, M="color")
    for scale in (1, 0.5, 0.25, 0.125):
        viewer.show(scale, *(side / 2 for side in cells.PYRAMID))
        assert viewer.view().scale == pytest.approx(scale)
        assert_seen(viewer.page, "#stage", viewer.view(), cells.PYRAMID, ALL)
    asked = viewer.front.targets("/render_image_region/")
    assert {target.split("tile=")[1][0] for target in asked} == set("0123")
    assert all(",512,512&c=1|0:4000$FF0000," in target for target in asked)


def test_the_far_corner_is_in_its_place(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid, C=WINDOWS)
    width, height = cells.PYRAMID
    viewer.show(1, width - 300, height - 200)
    assert_seen(viewer.page, "#stage", viewer.view(), cells.PYRAMID, ALL)


def test_an_image_opens_with_its_own_settings(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid)
    channels = viewer.page.run("return window.viewer.getImage().channels_info_")
    assert [channel["color"] for channel in channels] == ["FF0000", "00FF00", "0000FF"]
    assert [channel["label"] for channel in channels] == ["DAPI", "GFP", "TxRed"]
    assert [channel["active"] for channel in channels] == [True, True, True]
    windows = [(channel["start"], channel["end"]) for channel in channels]
    assert windows == [(cells.STEP / 2, 4.5 * cells.STEP)] * 3
    shown = [(i, Shown(COLORS[i], *windows[i])) for i in range(3)]
    assert_seen(viewer.page, "#stage", viewer.view(), cells.PYRAMID, shown)


CHANGES = [
    pytest.param(
        {"index": 1, "start": 800, "end": 2400, "color": "FFFF00"},
        ((0, RED), (1, Shown((255, 255, 0), 800, 2400)), (2, BLUE)),
        id="window and colour",
    ),
    pytest.param(
        {"index": 2, "start": 0, "end": 4000, "inverted": True},
        ((0, RED), (1, GREEN), (2, Shown(COLORS[2], inverted=True))),
        id="inverted",
    ),
    pytest.param(
        {"index": 0, "start": 0, "end": 4000, "active": False},
        ((1, GREEN), (2, BLUE)),
        id="switched off",
    ),
]


@pytest.mark.parametrize(("change", "shown"), CHANGES)
def test_a_channel_is_changed(viewer: IViewer, gateway: Gateway, change, shown) -> None:
    viewer.open(gateway.pyramid, C=WINDOWS)
    viewer.change("window.viewer.changeChannelRange([arguments[0]])", change)
    assert_seen(viewer.page, "#stage", viewer.view(), cells.PYRAMID, shown)


def test_no_channel_is_black(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid, C=WINDOWS)
    off = [{"index": i, "start": 0, "end": 4000, "active": False} for i in range(3)]
    viewer.change("window.viewer.changeChannelRange(arguments[0])", off)
    assert any("c=&maps=[]&" in one for one in viewer.front.targets("/render_image_region/"))
    assert_seen(viewer.page, "#stage", viewer.view(), cells.PYRAMID, ((0, Shown((0, 0, 0))),))


def test_the_greyscale_model_shows_the_first_channel(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid, C="-" + WINDOWS, M="greyscale")
    grey = ((1, Shown((255, 255, 255))),)
    assert_seen(viewer.page, "#stage", viewer.view(), cells.PYRAMID, grey)


STACK_WINDOWS = "1|0:4000$FF0000,2|0:4000$00FF00"
BOTH = ((0, RED), (1, GREEN))


def test_a_stack_is_shown_plane_by_plane(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.stack, C=STACK_WINDOWS)
    middle = cells.Z_COUNT // 2
    assert_seen(viewer.page, "#stage", viewer.view(), cells.STACK, BOTH, z=middle)
    for axis, z, t in (("z", 0, 0), ("t", 0, 2), ("z", 3, 2)):
        value = z if axis == "z" else t
        viewer.change("window.viewer.setDimensionIndex(...arguments)", axis, [value])
        assert_seen(viewer.page, "#stage", viewer.view(), cells.STACK, BOTH, z=z, t=t)
    assert viewer.front.targets("/render_image_region/") == []


def test_planes_are_projected(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.stack, C="1|0:4000$FFFFFF,-2|0:4000$00FF00", P="intmax|0:0")
    white = ((0, Shown((255, 255, 255))),)
    assert any("p=intmax|0:0&" in one for one in viewer.front.targets("/render_image/"))
    assert_seen(viewer.page, "#stage", viewer.view(), cells.STACK, white, z=0)
    viewer.change('window.viewer.changeImageProjection("intmax", {start: 0, end: 3})')
    viewer.page.until(
        lambda: any("p=intmax|0:3&" in one for one in viewer.front.targets("/render_image/"))
    )
    assert_seen(viewer.page, "#stage", viewer.view(), cells.STACK, white, z=range(4))


def test_a_large_plane_without_levels_is_asked_for_by_regions(
    viewer: IViewer, gateway: Gateway
) -> None:
    viewer.open(gateway.big_plane, C="1|0:4000$FF0000", M="color")
    assert_seen(viewer.page, "#stage", viewer.view(), cells.BIG_PLANE, ((0, RED),))
    asked = viewer.front.targets("/render_image_region/")
    assert asked
    assert all("?region=" in target for target in asked)


def test_a_large_image_without_levels_is_given_some(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.flat, C="1|0:4000$FF0000", M="color")
    for scale in (1, 0.5, 0.25):
        viewer.show(scale, *(side / 2 for side in cells.FLAT))
        assert_seen(viewer.page, "#stage", viewer.view(), cells.FLAT, ((0, RED),))
    asked = viewer.front.targets("/render_image_region/")
    assert {"0", "1", "2"} <= {target.split("tile=")[1][0] for target in asked}


def test_the_birds_eye_view_has_its_thumbnail(viewer: IViewer, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid)
    viewer.page.until(lambda: viewer.front.targets(f"/render_thumbnail/{gateway.pyramid}"))
