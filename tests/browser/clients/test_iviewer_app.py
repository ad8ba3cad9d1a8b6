"""The whole application OMERO.iviewer, its panels too, on our server."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser.clients import cells
from tests.browser.clients.cells import COLORS, Shown
from tests.browser.clients.conftest import NAME, PASSWORD, Gateway
from tests.browser.clients.front import Front, Headers
from tests.browser.clients.seen import assert_seen
from tests.browser.page import Page, View

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/omero_iviewer/css/all.min.css">
<style>.ol-control, .ol-overlaycontainer-stopevent { visibility: hidden !important }</style>
<script>
window.INITIAL_REQUEST_PARAMS = %s
window.OME = {OPEN_WITH: [], setOpenWithEnabledHandler() {}, setOpenWithUrlProvider() {}}
</script>
<body class="container-fluid">
<script src="/static/omero_iviewer/vendors.js"></script>
<script src="/static/omero_iviewer/main.js"></script>
<script src="/static/omero_iviewer/deps.js"></script>
"""
PARAMETERS = {
    "VERSION": "0.19.1",
    "OMERO_VERSION": "5.6.0",
    "INTERPOLATE": "True",
    "WEBGATEWAY": "/webgateway/",
    "WEBCLIENT": "/webclient/",
    "WEB_API_BASE": "/api/v0/",
    "ROI_PAGE_SIZE": "500",
    "MAX_PROJECTION_BYTES": "268435456",
    "MAX_ACTIVE_CHANNELS": "10",
    "NODEDESCRIPTORS": "None",
    "ENABLE_MIRROR": "False",
}
OWN_DATA = {
    "roi_count": 0,
    "import_date": "2026-01-01 00:00:00",
    "families": ["linear", "polynomial", "exponential", "logarithmic"],
    "delta_t_unit_symbol": "s",
}
"""What its own server side adds to ``imgData``."""
VIEWER = 'document.querySelector("ol3-viewer").au.controller.viewModel.viewer.viewer_'
VIEW = f"""
const view = {VIEWER}.getView()
return [...view.getCenter(), view.getResolution()]
"""
COMPLETE = f"""
const map = {VIEWER}
if (!map) return false
if (!window.watched) {{
  window.watched = true
  window.complete = false
  map.on("rendercomplete", () => {{ window.complete = true }})
  map.render()
}}
return window.complete
"""
OPENED = (cells.STEP / 2, 4.5 * cells.STEP)
"""The window of an image that nobody has set: its least and greatest value."""


class Application:
    """The application in a tab."""

    def __init__(self, page: Page, front: Front) -> None:
        self.page = page
        self.front = front

    def open(self, image: int) -> None:
        """Show an image."""
        self.front.pages["/client/"] = PAGE % json.dumps({**PARAMETERS, "IMAGES": str(image)})
        self.page.open("/client/")
        self.settle()

    def settle(self) -> None:
        """Wait until all that is seen has come."""
        self.page.run("window.watched = false")
        self.page.until(lambda: self.page.run(COMPLETE))

    def press(self, label: str) -> None:
        """Press what has this label, and wait for the pixels."""
        script = """
        const label = [...document.querySelectorAll("label, button, a")]
          .find((it) => it.innerText.trim() === arguments[0])
        if (!label) return false
        ;(label.querySelector("input") ?? label).click()
        return true
        """
        self.page.until(lambda: self.page.run(script, label))
        self.settle()

    def assert_seen(self, size: tuple[int, int], channels: list[tuple[int, Shown]], z: int) -> None:
        x, y, resolution = self.page.run(VIEW)
        view = View(x, -y, 1 / resolution)
        assert_seen(self.page, ".ol-viewport", view, size, channels, z=z)

    def until_asked(self, part: str) -> None:
        """Wait until our server has answered an address with this part in it."""
        self.page.until(lambda: self.front.targets(part))


@pytest.fixture
def application(front: Front, driver: webdriver.Chrome, iviewer: Path) -> Application:
    """Return the application, not yet open, with what its own server side answers."""
    front.folders["/static/"] = iviewer / "omero_iviewer/static"
    front.answers["/iviewer/image_data/"] = partial(image_data, front)
    front.answers["/iviewer/plane_shape_counts/"] = lambda *_: '{"data": []}'
    front.answers["/webclient/api/paths_to_object/"] = lambda *_: '{"paths": []}'
    front.answers["/api/v0/"] = lambda *_: '{"data": [], "meta": {"totalCount": 0}}'
    return Application(Page(driver, front.address), front)


def image_data(front: Front, path: str, headers: Headers) -> str:
    """Return what the application's own server side says of an image."""
    image = path.split("/")[3]
    _, _, content = front.through("GET", f"/webgateway/imgData/{image}/", headers, None)
    return json.dumps({**json.loads(content), **OWN_DATA})


def test_it_opens_an_image_and_shows_it_in_grey(application: Application, gateway: Gateway) -> None:
    application.open(gateway.pyramid)
    shown = [(i, Shown(color, *OPENED)) for i, color in enumerate(COLORS)]
    application.assert_seen(cells.PYRAMID, shown, z=0)
    application.page.until(lambda: application.page.driver.title == "pyramid.ome.tif")
    for name in ("DAPI", "GFP", "TxRed"):
        application.page.until(lambda name=name: name in application.page.text("body"))
    application.press("Grayscale")
    application.assert_seen(cells.PYRAMID, [(0, Shown((255, 255, 255), *OPENED))], z=0)
    for part in ("/luts/", "/luts_png/", "/getImgRDef/", "/get_image_rdefs_json/", "/open_with/"):
        application.until_asked(part)
    assert "OPTIONS" in {each.method for each in application.front.asked}


def test_it_draws_the_histogram_of_a_stack(application: Application, gateway: Gateway) -> None:
    application.open(gateway.stack)
    shown = [(i, Shown(COLORS[i], *OPENED)) for i in range(2)]
    middle = cells.Z_COUNT // 2
    application.assert_seen(cells.STACK, shown, z=middle)
    application.press("Histogram")
    drawn = "return document.querySelector('.histogram-area')?.getAttribute('d')"
    application.page.until(lambda: application.page.run(drawn))
    (asked,) = application.front.targets("/histogram_json/")
    assert f"/{gateway.stack}/channel/0/?theT=0&theZ={middle}" in asked


def test_full_range_and_imported_settings(application: Application, gateway: Gateway) -> None:
    application.open(gateway.pyramid)
    application.press("Full Range")
    shown = [(i, Shown(color, 0, 65_535)) for i, color in enumerate(COLORS)]
    application.assert_seen(cells.PYRAMID, shown, z=0)
    application.press("Imported")
    application.until_asked("getDefaults=true")
    shown = [(i, Shown(color, *OPENED)) for i, color in enumerate(COLORS)]
    application.assert_seen(cells.PYRAMID, shown, z=0)


@pytest.fixture
def keeper(application: Application) -> Iterator[Application]:
    """Return the application of a user who has logged in, as a person does."""
    page = application.page
    page.open("/admin/login/?next=/admin/")
    page.find("input[name=username]").send_keys(NAME)
    page.find("input[name=password]").send_keys(PASSWORD)
    page.find("[type=submit]").click()
    page.until(lambda: "/login/" not in page.driver.current_url)
    yield application
    page.driver.delete_all_cookies()


def test_who_is_logged_in_saves_settings_and_finds_them_again(
    keeper: Application, gateway: Gateway
) -> None:
    keeper.open(gateway.stack)
    keeper.press("Grayscale")
    keeper.press("Save")
    keeper.until_asked("/saveImgRDef/")
    grey, middle = [(0, Shown((255, 255, 255), *OPENED))], cells.Z_COUNT // 2
    keeper.open(gateway.stack)
    keeper.assert_seen(cells.STACK, grey, z=middle)
    keeper.page.driver.delete_all_cookies()
    keeper.open(gateway.stack)
    shown = [(i, Shown(COLORS[i], *OPENED)) for i in range(2)]
    keeper.assert_seen(cells.STACK, shown, z=middle)
