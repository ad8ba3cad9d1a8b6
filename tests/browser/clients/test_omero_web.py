"""OMERO.web's own viewer and its query builder, run on what our ``imgData`` tells."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from selenium import webdriver

from tests.browser.clients import cells
from tests.browser.clients.cells import COLORS, Shown
from tests.browser.clients.conftest import Gateway
from tests.browser.clients.front import Front
from tests.browser.clients.seen import assert_pixels, assert_seen
from tests.browser.page import Page, View

SCRIPTS = (
    "3rdparty/jquery-3.6.2.min.js",
    "webgateway/js/ome.popup.js",
    "3rdparty/aop-1.3.js",
    "webgateway/js/ome.gs_utils.js",
    "webgateway/js/ome.viewportImage.js",
    "webgateway/js/ome.gs_slider.js",
    "webgateway/js/ome.viewport.js",
    "3rdparty/panojs-2.0.0/extjs/ext-core.js",
    "3rdparty/panojs-2.0.0/utils.js",
    "3rdparty/panojs-2.0.0/PanoJS.js",
    "3rdparty/panojs-2.0.0/controls.js",
    "3rdparty/panojs-2.0.0/pyramid_Bisque.js",
    "3rdparty/panojs-2.0.0/control_thumbnail.js",
    "3rdparty/panojs-2.0.0/control_info.js",
    "3rdparty/panojs-2.0.0/control_svg.js",
    "3rdparty/panojs-2.0.0/control_roi.js",
    "3rdparty/panojs-2.0.0/control_scalebar.js",
    "3rdparty/jquery.mousewheel-3.1.13.js",
    "3rdparty/hammer-2.0.8/hammer.min.js",
)
STYLES = (
    "webgateway/css/ome.viewport.css",
    "webgateway/css/ome.gs_slider.css",
    "3rdparty/panojs-2.0.0/panojs.css",
)
PAGE = f"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
{"".join(f'<link rel="stylesheet" href="/static/{name}">' for name in STYLES)}
<style>body {{ margin: 0 }} #stage {{ width: 1100px; height: 700px }}
img {{ image-rendering: pixelated }}
.viewer > :not(.well):not(.surface), .surface *, [class^="wb_"] {{ visibility: hidden }}</style>
<div id="stage"></div>
{"".join(f'<script src="/static/{name}"></script>' for name in SCRIPTS)}
"""
START = """
window.viewport = $.WeblitzViewport($("#stage"), "/webgateway", {mediaroot: "/static/"})
viewport.bind("imageLoad", () => { window.loaded = true })
viewport.load(arguments[0], undefined, arguments[1])
"""
QUIET = """
return window.loaded === true && viewport.viewportmsg.is(":hidden")
  && [...document.images].every((image) => image.complete)
"""
PAUSE = "setTimeout(arguments[0], 500)"
"""By the page's own clock, so that what it has put off for less than that comes before."""
WINDOWS = "c=1|0:4000$FF0000,2|0:4000$00FF00,3|0:4000$0000FF"
ALL = tuple((i, Shown(color)) for i, color in enumerate(COLORS))


class OmeroWeb:
    """The viewer in a tab."""

    def __init__(self, page: Page, front: Front) -> None:
        self.page = page
        self.front = front

    def open(self, image: int, query: str = "") -> None:
        """Show an image; the query is that of the viewer's address."""
        self.page.open("/client/")
        self.page.run(START, image, query)
        self.page.until(self.still)

    def change(self, script: str) -> None:
        """Do something with the viewer and wait until it asks for no more pixels."""
        before = len(self.front.begun)
        self.page.run(script)
        self.page.until(lambda: len(self.front.begun) > before and self.still())

    def still(self) -> bool:
        """Tell whether nothing is asked for longer than PanoJS waits with its tiles."""
        begun = len(self.front.begun)
        self.page.driver.execute_async_script(PAUSE)
        quiet = begun == len(self.front.begun) == len(self.front.asked)
        return quiet and bool(self.page.run(QUIET))

    def query(self) -> str:
        """Return what its query builder makes of the settings."""
        return str(self.page.run("return viewport.getQuery(false, false, false, true)"))

    def stage(self) -> tuple[str, View]:
        """Return the element with the image, and which point of it lies in its middle."""
        tiled = """
        const bean = viewport.viewportimg.get(0).getBigImageContainer()
        if (!bean) return null
        const scale = bean.currentScale()
        return [(bean.width / 2 - bean.x) / scale, (bean.height / 2 - bean.y) / scale, scale]
        """
        found = self.page.run(tiled)
        if found:
            return ".viewer", View(*found)
        width, height, scale = self.page.run("""
        const size = viewport.getSizes(), image = viewport.viewportimg.get(0)
        return [size.width, size.height, image.getBoundingClientRect().width / size.width]
        """)
        return "#stage-img", View(width / 2, height / 2, scale)


@pytest.fixture
def viewer(front: Front, driver: webdriver.Chrome, omero_web: Path) -> OmeroWeb:
    """Return the viewer, not yet open."""
    front.folders["/static/"] = omero_web / "omeroweb/webgateway/static"
    front.pages["/client/"] = PAGE
    return OmeroWeb(Page(driver, front.address), front)


def test_a_pyramid_is_shown_at_every_zoom(viewer: OmeroWeb, gateway: Gateway) -> None:
    viewer.open(gateway.pyramid, WINDOWS)
    stage, view = viewer.stage()
    assert view.scale < 1
    assert_seen(viewer.page, stage, view, cells.PYRAMID, ALL)
    for zoom in (1, 2, 3):
        viewer.change(
            f"viewport.viewportimg.get(0).getBigImageContainer().zoom({zoom} - "
            "viewport.viewportimg.get(0).getBigImageContainer().zoomLevel)"
        )
        stage, view = viewer.stage()
        assert_seen(viewer.page, stage, view, cells.PYRAMID, ALL)
    assert viewer.stage()[1].scale == 1
    asked = viewer.front.targets("/imgData/")
    assert "callback=jQuery" in asked[0], "JSONP, as the viewer demands it"


def test_a_stack_is_shown_plane_by_plane(viewer: OmeroWeb, gateway: Gateway) -> None:
    viewer.open(gateway.stack, "c=1|0:4000$FF0000,2|0:4000$00FF00")
    shown = ALL[:2]
    stage, view = viewer.stage()
    assert_seen(viewer.page, stage, view, cells.STACK, shown, z=cells.Z_COUNT // 2)
    viewer.change("viewport.setZPos(1)")
    viewer.change("viewport.setTPos(3)")
    stage, view = viewer.stage()
    assert_seen(viewer.page, stage, view, cells.STACK, shown, z=0, t=2)
    viewer.change('viewport.setProjection("intmax")')
    assert_seen(viewer.page, stage, view, cells.STACK, shown, z=range(4), t=2)


def test_split_view_and_line_plots_lie_over_the_image(viewer: OmeroWeb, gateway: Gateway) -> None:
    viewer.open(gateway.stack, "c=1|0:4000$FF0000,2|0:4000$00FF00")
    viewer.change("viewport.loadRowPlot(100)")
    viewer.page.until(lambda: viewer.front.targets(f"/render_row_plot/{gateway.stack}/2/0/100/"))
    viewer.change('viewport.prepareLinePlot("v"); viewport.loadPlot(100)')
    viewer.page.until(lambda: viewer.front.targets(f"/render_col_plot/{gateway.stack}/2/0/100/"))
    sizes = "const i = viewport.viewportimg.get(0); return [i.naturalWidth, i.naturalHeight]"
    viewer.page.until(lambda: viewer.page.run(sizes) == list(cells.STACK))
    viewer.page.run("viewport.hidePlot()")
    viewer.change('viewport.setProjection("split")')
    panels = viewer.page.run("return viewport.loadedImg.split_channel.c")
    viewer.page.until(lambda: viewer.page.run(sizes) == [panels["width"], panels["height"]])


SETTINGS = [
    pytest.param("", None, id="as it opens"),
    pytest.param(WINDOWS, ALL, id="windows"),
    pytest.param("c=1|0:4000$FF0000,-2|0:4000$00FF00,-3|0:4000$0000FF", ALL[:1], id="one"),
    pytest.param(
        "c=-1|0:4000$FF0000,-2|0:4000$00FF00,3|0:4000$0000FF", ALL[2:], id="the first is kept"
    ),
    pytest.param(
        "c=1|0:4000$FFFFFF,-2|0:4000$00FF00,-3|0:4000$0000FF&q=1.0"
        '&maps=[{"reverse":{"enabled":true}}]',
        ((0, Shown((255, 255, 255), inverted=True)),),
        id="reversed, quality 1",
    ),
    # In grey the viewer shows one channel, the last that was switched on.
    pytest.param(f"{WINDOWS}&m=g", ((2, Shown((255, 255, 255))),), id="greyscale"),
]


@pytest.mark.parametrize(("address", "shown"), SETTINGS)
def test_the_query_that_it_builds_is_answered(
    viewer: OmeroWeb, gateway: Gateway, address: str, shown: Any
) -> None:
    viewer.open(gateway.pyramid, address)
    built = viewer.query()
    with gateway.client() as client:
        for area, origin, size in (
            ("tile=0,2,1,512,512", (1024, 512), (512, 512)),
            ("region=100,200,300,150", (100, 200), (300, 150)),
        ):
            for route in ("render_image_region", "render_image_region_rdef"):
                reply = client.get(f"{route}/{gateway.pyramid}/0/0/?{built}&{area}")
                assert reply.status_code == 200, reply.text
                assert reply.headers["Content-Type"] == "image/jpeg"
                picture = Image.open(io.BytesIO(reply.content))
                assert picture.size == size
                if shown is not None:
                    assert_pixels(picture, origin, shown)
