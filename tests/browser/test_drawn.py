"""The pages of drawn pictures, as a person sees them."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.browser.page import Page

LOADED = """
    const images = [...document.querySelectorAll(arguments[0])];
    images.forEach((image) => image.scrollIntoView());
    return images.length > 0 && images.every((image) => image.complete && image.naturalWidth > 0);
"""
INK, GROUND, DARK_GROUND = (0x2A, 0x62, 0x9E), (0xF6, 0xF6, 0xF7), (0x16, 0x18, 0x1B)
BUSY = "#set .map"


@pytest.fixture
def small_window(page: Page) -> Iterator[Page]:
    """Yield the page; afterwards the window is as large as before."""
    yield page
    page.driver.set_window_size(1200, 800)


@pytest.fixture
def dark(page: Page) -> Iterator[Page]:
    """Return the page of someone who likes dark pages."""
    emulate(page, "dark")
    yield page
    emulate(page, "light")


def emulate(page: Page, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def mixed(color: tuple[int, ...], alpha: int, ground: tuple[int, ...]) -> list[int]:
    return [
        round((own * alpha + below * (255 - alpha)) / 255)
        for own, below in zip(color, ground, strict=True)
    ]


def window(page: Page) -> tuple[int, int]:
    width, height = page.run("return [innerWidth, innerHeight]")
    return width, height


def wait_for_ellipse(page: Page, **asked: str) -> None:
    """Wait until the ellipse of this window is the page's background."""
    width, height = window(page)
    wanted = {"width": [str(width)], "height": [str(height)]}
    wanted |= {name: [value] for name, value in asked.items()}

    def shown() -> bool:
        address = page.text("#address")
        query = parse_qs(urlsplit(address).query)
        behind = page.run("return document.body.style.backgroundImage")
        return address in behind and query.items() >= wanted.items()

    page.until(shown)


def check_ellipse(page: Page, color: tuple[int, ...], alpha: int, ground: tuple[int, ...]) -> None:
    """Check the ellipse by its colour: in the middle, at the edges, and none in the corners."""
    pixels = page.screenshot().astype(int)
    height, width = pixels.shape[:2]
    inside = mixed(color, alpha, ground)
    for x, y in ((width // 2, height * 3 // 4), (3, height // 2), (width - 4, height // 2)):
        assert np.abs(pixels[y, x] - inside).max() <= 2, (x, y)
    for x in (2, width - 3):
        assert pixels[height - 3, x].tolist() == list(ground)


def test_the_background_fills_the_window_and_follows_it(small_window: Page) -> None:
    page = small_window
    page.open("/drawn/background/")
    wait_for_ellipse(page, color="2a629e40")
    check_ellipse(page, INK, 0x40, GROUND)
    before = window(page)
    page.driver.set_window_size(900, 640)
    page.until(lambda: window(page) != before)
    wait_for_ellipse(page)
    check_ellipse(page, INK, 0x40, GROUND)


def test_the_background_has_the_chosen_colour(dark: Page) -> None:
    dark.open("/drawn/background/")
    wait_for_ellipse(dark)
    check_ellipse(dark, INK, 0x40, DARK_GROUND)
    choose = """
        for (const [name, value] of Object.entries(arguments[0])) {
          const input = document.querySelector(`[name=${name}]`);
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
    """
    dark.run(choose, {"color": "#ff8000", "opacity": "100"})
    wait_for_ellipse(dark, color="ff8000ff")
    check_ellipse(dark, (255, 128, 0), 255, DARK_GROUND)


def test_the_background_is_as_fine_as_the_screen(page: Page) -> None:
    page.density(2)
    page.open("/drawn/background/")
    wait_for_ellipse(page, dpr="2")


def test_a_few_changes_of_the_window_ask_for_one_picture(page: Page) -> None:
    page.open("/drawn/background/")
    wait_for_ellipse(page)
    page.run("for (let n = 0; n < 20; n++) dispatchEvent(new Event('resize'))")
    look = "document.querySelector('[name=opacity]')"
    page.run(
        f"for (const value of [30, 40, 50]) {{ {look}.value = value;"
        f" {look}.dispatchEvent(new Event('input', {{ bubbles: true }})); }}"
    )
    wait_for_ellipse(page, color="2a629e80")
    asked = page.run("return performance.getEntriesByType('resource').map(({ name }) => name)")
    assert sum("ellipse" in name for name in asked) == 2


def test_a_graph_takes_the_numbers_of_the_page(page: Page) -> None:
    page.open("/drawn/graph/?graphId=bars&values=1,5,3&title=Rain")
    page.until(lambda: page.run(LOADED, "#graph img"))
    query = parse_qs(urlsplit(page.run("return document.querySelector('#graph img').src")).query)
    assert (query["graphId"], query["values"], query["title"]) == (["bars"], ["1,5,3"], ["Rain"])
    box = page.find("#graph img").rect
    assert (box["width"], box["height"]) == (760, 360)
    pixels = page.screenshot()[int(box["y"]) :, int(box["x"]) :]
    assert (pixels == INK).all(axis=-1).sum() > 1000, "there are bars"


def test_a_graph_suits_a_narrow_window(small_window: Page) -> None:
    small_window.driver.set_window_size(500, 800)
    small_window.open("/drawn/graph/")
    small_window.until(lambda: small_window.run(LOADED, "#graph img"))
    assert "width=380" in small_window.run("return document.querySelector('#graph img').currentSrc")
    assert small_window.find("#graph img").rect["width"] == 380, "its letters are as large as said"


def test_a_graph_is_drawn_with_the_keyboard(page: Page) -> None:
    page.open("/drawn/graph/")
    values = page.find("[name=values]")
    values.clear()
    values.send_keys("9,8,7", Keys.ENTER)
    page.until(lambda: "values=9%2C8%2C7" in page.driver.current_url)
    page.until(lambda: page.run(LOADED, "#graph img"))
    page.expected_complaints.append("400 (Bad Request)")
    page.find("[name=values]").send_keys(",x", Keys.ENTER)
    page.until(lambda: "Values must be" in page.text("[role=alert]"))
    assert page.find("[name=values]").get_attribute("value") == "9,8,7,x"


def test_a_graph_suits_a_dark_page(dark: Page) -> None:
    dark.open("/drawn/graph/?graphId=bars")
    dark.until(lambda: dark.run(LOADED, "#graph img"))
    assert "theme=dark" in dark.run("return document.querySelector('#graph img').currentSrc")


def test_a_data_uri_needs_no_second_request(page: Page) -> None:
    page.open("/drawn/data-uri/?graphId=area&values=1,2,1")
    page.until(lambda: page.run(LOADED, "#graph img"))
    shown = page.run("return document.querySelector('#graph img').currentSrc")
    assert shown.startswith("data:image/png;base64,")
    asked = page.run("return performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not any("/drawn/graph" in name for name in asked)


@pytest.mark.slow
def test_a_picture_is_there_for_a_while_and_then_gone(page: Page) -> None:
    page.expected_complaints.append("404 (Not Found)")
    page.open("/drawn/put-aside/")
    page.find("form button").click()
    page.until(lambda: page.run(LOADED, "#kept img"))
    assert page.run("return document.querySelector('#kept img').naturalWidth") == 640
    address = page.run("return document.querySelector('#kept img').src")
    page.until(lambda: "more second" in page.text("#left"))
    page.until(lambda: "gone" in page.text("#left"))
    assert not page.find("#kept").is_displayed()
    page.driver.get(address)
    page.until(lambda: "its time is over" in page.text("body"))


def test_the_mandelbrot_set_is_zoomed_and_coloured(page: Page) -> None:
    page.open("/drawn/mandelbrot/")
    page.until(lambda: page.find(f"{BUSY} canvas"))
    page.settle(BUSY)
    box = page.find(BUSY).rect
    middle = int(box["y"] + box["height"] / 2), int(box["x"] + box["width"] / 2)
    before = page.screenshot()
    assert before[middle].max() < 16, "-0.75 is in the set"
    page.find(BUSY).send_keys("+")
    page.settle(BUSY)
    assert not np.array_equal(page.screenshot(), before)
    Select(page.find("[name=colors]")).select_by_visible_text("gray")
    page.find("form button").click()
    page.until(lambda: "colors=gray" in page.driver.current_url and page.find(f"{BUSY} canvas"))
    page.settle(BUSY)
    left, top = int(box["x"]), int(box["y"])
    part = page.screenshot()[top + 40 : top + 200, middle[1] - 60 : middle[1] + 60].astype(int)
    assert np.abs(part[..., 0] - part[..., 2]).max() <= 2, "there is no colour"
    assert left < middle[1]


def test_a_histogram_is_that_of_the_chosen_image(page: Page) -> None:
    page.open("/drawn/histogram/")
    Select(page.find("[name=image]")).select_by_visible_text("cells.png")
    page.find("[name=band]").clear()
    page.find("[name=band]").send_keys("2", Keys.ENTER)
    page.until(lambda: "band=2" in page.driver.current_url)
    page.until(lambda: page.run(LOADED, "#histogram img"))
    chosen = Select(page.find("[name=image]")).first_selected_option
    assert chosen.text == "cells.png"
    shown = page.run("return document.querySelector('#histogram img').src")
    assert f"/histogram/{chosen.get_attribute('value')}.png" in shown
    assert parse_qs(urlsplit(shown).query)["band"] == ["2"]


def test_the_index_leads_to_all_of_them(page: Page) -> None:
    page.open("/")
    page.find("nav").find_element(By.LINK_TEXT, "Drawn").click()
    page.until(lambda: page.run(LOADED, ".example img"))
    names = [example.get_attribute("href") for example in page.find_all(".example")]
    assert len({*names}) == 6
    reached = []
    for _ in range(12):
        page.press(Keys.TAB)
        reached.append(page.run("return document.activeElement.href ?? ''"))
    assert {*reached} >= {*names}
