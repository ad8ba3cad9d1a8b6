"""The viewer shows an image at its place on the earth, proven by the pixels on the screen."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.browser import colours, earth
from tests.browser.colours import colour_at
from tests.browser.conftest import serve, visit
from tests.browser.earth import DATELINE, ISLES, MapView, map_view, on_screen, place_of
from tests.browser.page import Page

ERROR = 14  # of 255, in the middle of a cell; neighbours differ by 45
FEWEST = 20  # cells that a comparison rests on
PLAIN, GEO, SEAM = "plain.png", "isles.tif", "dateline.tif"


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    colours.write_png(folder / PLAIN, 300, 200)
    earth.write_geotiff(folder / GEO, ISLES)
    earth.write_geotiff(folder / SEAM, DATELINE)
    return folder


@pytest.fixture(scope="module")
def map_site(maps: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(maps, tmp_path_factory.mktemp("home"))


@pytest.fixture
def site(driver: webdriver.Chrome, map_site: str) -> Iterator[Page]:
    yield from visit(driver, map_site)


def open_map(page: Page, name: str, view: MapView | None = None, more: str = "") -> None:
    page.open("/")
    target = page.card(name).get_attribute("href")
    place = f"&lon={view.lon}&lat={view.lat}&zoom={view.zoom}" if view else ""
    page.driver.get(f"{target}#view=map{place}{more}")
    page.until(lambda: page.find("#earth canvas"))
    page.until(lambda: "&lat=" in page.driver.current_url)
    page.settle("#earth")


def shown_cells(page: Page, corner: tuple[float, float]) -> list[tuple[float, float]]:
    """Compare the cells that are seen with the picture, until all are right; return their places."""
    return page.until_right(lambda: _checked_cells(page, corner))


def _checked_cells(page: Page, corner: tuple[float, float]) -> list[tuple[float, float]]:
    """Compare the middles of the cells."""
    screen = page.screenshot().astype(int)
    points = earth.cell_middles()
    spots = [on_screen(page, *place_of(corner, *point)) for point in points]
    left, top = page.find("#earth").rect["x"], page.find("#earth").rect["y"]
    box = page.find("#earth").rect
    inside = [
        left + 3 < x < left + box["width"] - 3 and top + 3 < y < top + box["height"] - 3
        for x, y in spots
    ]
    pixels = np.floor(np.array(spots)).astype(int)
    bare = page.bare(pixels, "#earth")
    # The lines of the outline at the edge are the viewer's own.
    tested = np.array(inside) & bare
    wrong = [
        (tuple(point), screen[y, x].tolist())
        for point, (x, y) in zip(points[tested], pixels[tested], strict=True)
        if np.abs(screen[y, x] - colour_at(*point).astype(int)).max() > ERROR
    ]
    assert wrong == []
    assert tested.sum() >= FEWEST
    return [place_of(corner, *point) for point in points[tested]]


def test_only_what_lies_on_the_earth_has_a_map(site: Page) -> None:
    site.open_image(PLAIN)
    assert not site.find("#views").is_displayed()
    assert not site.find("#show-links").is_displayed()
    site.press("m")
    site.press("l")
    assert "view=map" not in site.driver.current_url
    assert not site.find("#links").is_displayed()
    site.open_image(GEO)
    assert site.find("#views").is_displayed()


def test_an_address_cannot_ask_for_a_map_that_is_not_there(site: Page) -> None:
    site.open("/")
    site.driver.get(f"{site.card(PLAIN).get_attribute('href')}#view=map&lon=0&lat=0&zoom=3")
    site.until(lambda: site.find("#map canvas"))
    site.settle()
    assert site.view().scale > 0


def test_the_toggle_turns_to_the_map_and_back(site: Page) -> None:
    site.open_image(GEO)
    before = site.view()
    assert site.find("#view-image").get_attribute("aria-pressed") == "true"
    site.find("#view-map").click()
    site.until(lambda: "&lat=" in site.driver.current_url)
    site.settle("#earth")
    assert site.find("#view-map").get_attribute("aria-pressed") == "true"
    middle = place_of(ISLES, earth.WIDTH / 2, earth.HEIGHT / 2)
    assert map_view(site)[:2] == pytest.approx(middle, abs=0.02)
    shown_cells(site, ISLES)
    site.press("m")
    site.until(lambda: "view=map" not in site.driver.current_url)
    site.settle()
    assert site.view() == pytest.approx(before)
    assert not site.find("#opacity").is_displayed()


@pytest.mark.parametrize(
    "view", [MapView(-76, 24.4, 7.6), MapView(-75.3, 23.9, 8), MapView(-77.5, 25.7, 9.3)]
)
def test_tiles_lie_where_they_belong(site: Page, view: MapView) -> None:
    open_map(site, GEO, view)
    assert map_view(site) == pytest.approx(view, abs=1e-3)
    shown_cells(site, ISLES)


def test_a_dense_screen_shows_the_same_place(site: Page) -> None:
    site.density(2)
    open_map(site, GEO, MapView(-76, 24.4, 7.6))
    asked = site.run("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert any(re.search(r"/WebMercatorQuad/\d+/\d+/\d+@2x\.png$", url) for url in asked)
    assert not any(re.search(r"/WebMercatorQuad/\d+/\d+/\d+\.png$", url) for url in asked)


@pytest.mark.parametrize("lon", [179.5, -179.5, 180])
def test_the_antimeridian_cuts_nothing(site: Page, lon: float) -> None:
    open_map(site, SEAM, MapView(lon, -17.6, 7.5))
    places = shown_cells(site, DATELINE)
    assert min(east for east, _ in places) < 178.2, "the western half"
    assert max(east for east, _ in places) > 181.8, "the eastern half"


def test_an_image_across_the_antimeridian_opens_as_a_whole(site: Page) -> None:
    open_map(site, SEAM)
    view = map_view(site)
    assert abs(view.lon) == pytest.approx(180, abs=0.01)
    assert len(shown_cells(site, DATELINE)) == len(earth.cell_middles())


def test_a_click_reads_the_values(site: Page) -> None:
    open_map(site, GEO, MapView(-76, 24.4, 8))
    column, row = 800.5, 672.5
    lon, lat = place_of(ISLES, column, row)
    x, y = on_screen(site, lon, lat)
    box = site.find("#earth").rect
    across, down = x - box["x"] - box["width"] / 2, y - box["y"] - box["height"] / 2
    pointer = site.pointer().move_to_element_with_offset(
        site.find("#earth"), round(across), round(down)
    )
    pointer.perform()
    said = re.fullmatch(r"([\d.]+)° W, ([\d.]+)° N", site.text("#position"))
    assert said
    assert -float(said[1]) == pytest.approx(lon, abs=0.01)
    assert float(said[2]) == pytest.approx(lat, abs=0.01)
    assert site.text("#value") == ""
    site.pointer().click().perform()
    red, green, blue = colour_at(column, row)
    site.until(lambda: site.text("#value"))
    assert site.text("#value").split() == ["R", str(red), "G", str(green), "B", str(blue)]


def test_a_click_beside_the_image_says_so(site: Page) -> None:
    open_map(site, GEO, MapView(-70, 24, 8))
    site.pointer().move_to_element(site.find("#earth")).click().perform()
    site.until(lambda: site.text("#value") == "outside the image")


def test_keys_move_and_read_the_map(site: Page) -> None:
    open_map(site, GEO, MapView(-76, 24.4, 8))
    site.press("+")
    site.settle("#earth")
    assert map_view(site).zoom == pytest.approx(9, abs=1e-3)
    site.press(Keys.ARROW_RIGHT)
    site.until(lambda: site.text("#value"))
    assert map_view(site).lon > -76
    assert "° W" in site.text("#position")
    assert site.find("#crosshair").is_displayed()


def test_a_copied_link_shows_the_same_map(site: Page) -> None:
    open_map(site, GEO, MapView(-75.9, 24.6, 7.5), "&opacity=40")
    first, link = site.screenshot(), site.driver.current_url
    assert "opacity=40" in link
    site.driver.get("about:blank")
    site.driver.get(link)
    site.until(lambda: site.find("#earth canvas"))
    site.settle("#earth")
    assert site.driver.current_url == link
    assert np.abs(first.astype(int) - site.screenshot()).mean() < 0.5


def test_a_changed_address_turns_to_the_map(site: Page) -> None:
    site.open_image(GEO)
    site.run("location.hash = '#view=map&lon=-76.5&lat=24.5&zoom=8'")
    site.until(lambda: site.find_all("#earth canvas"))
    site.settle("#earth")
    assert map_view(site) == pytest.approx((-76.5, 24.5, 8))
    shown_cells(site, ISLES)


def test_opacity_lets_the_ground_through(site: Page) -> None:
    view = MapView(-76, 24.4, 8)
    open_map(site, GEO, view, "&opacity=0")
    x, y = (round(value) for value in on_screen(site, *place_of(ISLES, 800, 672)))
    ground = site.screenshot()[y, x].astype(int)
    assert len(set(ground.tolist())) <= 3
    assert np.ptp(ground) < 12, "grey"
    site.find("#opacity input").send_keys(Keys.END)
    site.settle("#earth")
    assert np.abs(site.screenshot()[y, x] - colour_at(800, 672).astype(int)).max() <= ERROR
    assert "opacity" not in site.driver.current_url


def test_the_scale_line_is_as_long_as_it_says(site: Page) -> None:
    open_map(site, GEO, MapView(-76, 60, 8))
    length, unit = site.text("#scale").split()
    assert unit == "km"
    metres = 40075016.7 / 256 / 2**8 * 0.5  # a pixel, where the cosine of the latitude is 1/2
    on = site.find("#scale-text").size["width"]
    assert on == pytest.approx(float(length) * 1000 / metres, abs=1)


def test_the_links_are_addresses_that_answer(site: Page) -> None:
    open_map(site, GEO)
    site.press("l")
    assert site.find("#links").is_displayed()
    fields = site.find_all("#links input")
    addresses = [field.get_attribute("value") for field in fields]
    names = [label.text for label in site.find_all("#links label")]
    assert names == ["XYZ tiles", "WMTS", "WMS", "TMS", "OGC API", "TileJSON"]
    for address in addresses:
        assert address.startswith(site.address)
        whole = address.replace("{z}/{x}/{y}", "8/73/109").replace("{z}/{x}/{-y}", "8/73/146")
        if whole.endswith("wms?"):
            whole += "service=WMS&request=GetCapabilities"
        status = site.driver.execute_async_script(
            "const done = arguments[1]; fetch(arguments[0]).then((r) => done(r.status))", whole
        )
        assert status == 200, whole
    site.press(Keys.ESCAPE)
    site.until(lambda: not site.find("#links").is_displayed())


def test_a_map_that_cannot_be_made_leads_back_to_the_image(site: Page) -> None:
    site.expected_complaints.append("info/footprint")
    site.open_image(GEO)
    site.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*info/footprint*"]})
    try:
        site.press("m")
        site.until(lambda: "The map cannot be shown" in site.text("#toast"))
    finally:
        site.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    assert site.find("#view-image").get_attribute("aria-pressed") == "true"
    assert site.view().scale > 0
