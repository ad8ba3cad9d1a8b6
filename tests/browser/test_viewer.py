"""The viewer shows the right place of the image, proven by the pixels on the screen."""

import math
import re

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

from tests.browser.colours import CELL, HEIGHT, STACK_GREYS, WIDTH, colour_at
from tests.browser.page import Page, View

JPEG_ERROR = 14  # of 255, in the middle of a cell; neighbours differ by 45
SIZES = {"cells.tif": (WIDTH, HEIGHT), "cells.png": (1500, 1100)}
FEWEST = 20  # points that a comparison rests on


def assert_right_place(page: Page, name: str) -> None:
    """Compare the screen with the image at points on a grid, until it is right."""
    page.until_right(lambda: _check_place(page, name))


def _check_place(page: Page, name: str) -> None:
    """Compare points in the middle of cells."""
    left, top, width, height = page.map_box()
    xs = np.arange(left + 9, left + width, 31).astype(int)
    ys = np.arange(top + 7, top + height, 29).astype(int)
    grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    x, y = page.image_point(grid[:, 0] + 0.5, grid[:, 1] + 0.5)
    margin = max(3 / page.view().scale, 2)
    across, down = SIZES[name]
    inside = (x > 0) & (y > 0) & (x < across) & (y < down)
    clear = np.ones(len(grid), bool)
    for place, end in ((x, across), (y, down)):
        clear &= (place % CELL > margin) & (place % CELL < CELL - margin)
        clear &= (place < end - margin) | (place > end + margin)
    bare = page.bare(grid)
    on_screen = np.floor((grid + 0.5) * page.run("return devicePixelRatio")).astype(int)
    shown = page.screenshot()[on_screen[:, 1], on_screen[:, 0]].astype(int)

    tested = inside & clear & bare
    assert tested.sum() >= FEWEST
    error = np.abs(shown[tested] - colour_at(x, y).astype(int)[tested]).max(-1)
    wrong = error > JPEG_ERROR
    assert not wrong.any(), (grid[tested][wrong][:5], shown[tested][wrong][:5])
    ground = shown[~inside & clear & bare]
    assert (ground == ground[:1]).all(), "outside the image there is one plain colour"


def test_the_list_leads_to_the_image(page: Page) -> None:
    page.open("/")
    page.card("cells.tif")
    thumbnails = "return [...document.images].every((i) => i.complete && i.naturalWidth > 0)"
    page.until(lambda: page.run(thumbnails))
    page.until(lambda: "6,000 × 4,000" in page.card("cells.tif").text)
    page.until(lambda: "1,500 × 1,100 · PNG" in page.card("cells.png").text)
    page.card("cells.tif").click()
    page.until(lambda: page.find("#map canvas"))
    page.settle()
    assert re.search(r"/view/\d+/#", page.driver.current_url)
    assert "cells.tif" in page.driver.title
    assert "6,000 × 4,000" in page.text("#facts")


@pytest.mark.parametrize("name", list(SIZES))
def test_an_image_opens_as_a_whole(page: Page, name: str) -> None:
    page.open_image(name)
    width, height = SIZES[name]
    view = page.view()
    assert (view.x, view.y) == pytest.approx((width / 2, height / 2), abs=2 / view.scale)
    _, _, across, down = page.map_box()
    assert width * view.scale <= across
    assert height * view.scale <= down
    assert_right_place(page, name)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("cells.tif", View(3000, 2000, 0.16)),
        ("cells.tif", View(1200, 900, 0.25)),
        ("cells.tif", View(4711, 3333, 0.4)),
        ("cells.tif", View(0, 0, 0.6)),
        ("cells.tif", View(2500.5, 1500.25, 1)),
        ("cells.tif", View(5990, 3990, 1.7)),
        ("cells.tif", View(3210, 1234, 5)),
        ("cells.tif", View(3210, 1234, 23)),
        ("cells.png", View(750, 550, 0.3)),
        ("cells.png", View(300, 1000, 1)),
        ("cells.png", View(1480, 20, 6)),
    ],
)
def test_an_address_shows_its_place(page: Page, name: str, view: View) -> None:
    page.open_image(name, view)
    assert page.view() == pytest.approx(view, rel=1e-3, abs=0.5)
    assert_right_place(page, name)


def test_a_changed_address_moves_the_view(page: Page) -> None:
    page.open_image("cells.tif")
    page.run("location.hash = '#x=1000&y=3000&scale=2'")
    page.until(lambda: page.view().scale == 2)
    page.settle()
    assert page.view() == pytest.approx((1000, 3000, 2))
    assert_right_place(page, "cells.tif")


@pytest.mark.parametrize("name", list(SIZES))
def test_the_mouse_drags_the_image(page: Page, name: str) -> None:
    before = View(700, 600, 1)
    page.open_image(name, before)
    stage = page.find("#map")
    # The first step only tells a drag from a click; the slow end keeps the image from flying on.
    drag = page.pointer().move_to_element(stage).click_and_hold().move_by_offset(-5, 0)
    drag.move_by_offset(-150, 90).pause(0.4).move_by_offset(-1, 0).pause(0.4).release().perform()
    page.until(lambda: page.view() != before)
    page.settle()
    assert page.view() == pytest.approx((851, 510, 1), abs=2)
    assert_right_place(page, name)


@pytest.mark.parametrize("name", list(SIZES))
def test_the_wheel_zooms_about_the_pointer(page: Page, name: str) -> None:
    before = View(700, 600, 0.5)
    page.open_image(name, before)
    left, top, width, height = page.map_box()
    x, y = left + width / 2 + 210, top + height / 2 - 130
    fixed = page.image_point(x, y)
    chain = page.pointer().move_to_element_with_offset(page.find("#map"), 210, -130)
    origin = ScrollOrigin.from_viewport(round(x), round(y))
    chain.scroll_from_origin(origin, 0, -400).perform()
    page.until(lambda: page.view().scale > 0.7)
    page.settle()
    assert page.image_point(x, y) == pytest.approx(fixed, abs=2)
    assert_right_place(page, name)


def test_keys_zoom_and_move(page: Page) -> None:
    page.open_image("cells.tif", View(3000, 2000, 0.5))
    for key, wanted in (
        ("+", (3000, 2000, 1)),
        ("-", (3000, 2000, 0.5)),
        ("1", (3000, 2000, 1)),
    ):
        page.press(key)
        page.settle()
        assert page.view() == pytest.approx(wanted, rel=1e-3)
    page.press(Keys.ARROW_RIGHT)
    page.settle()
    assert page.view().x > 3050
    assert page.view().y == pytest.approx(2000, abs=1)
    assert_right_place(page, "cells.tif")
    page.press("0")
    page.settle()
    assert page.view()[:2] == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=10)


def test_buttons_do_what_keys_do(page: Page) -> None:
    page.open_image("cells.tif", View(3000, 2000, 0.5))
    for button, scale in (("zoom-in", 1), ("zoom-out", 0.5), ("actual", 1)):
        page.find(f"#{button}").click()
        page.settle()
        assert page.view().scale == pytest.approx(scale, rel=1e-3)
    assert page.text("#percent") == "100 %"
    page.find("#fit").click()
    page.settle()
    assert page.view().scale < 0.25


@pytest.mark.parametrize("name", list(SIZES))
def test_a_dense_screen_shows_finer_tiles(page: Page, name: str) -> None:
    page.density(2)
    page.open_image(name, View(700, 600, 1))
    page.press("1")
    page.settle()
    assert page.view().scale == pytest.approx(0.5)
    assert page.text("#percent") == "100 %"
    assert_right_place(page, name)
    finest = page.run(
        "return performance.getEntriesByType('resource').map((e) => e.name)"
        ".flatMap((url) => url.match(/tiles\\/(\\d+)\\//)?.[1] ?? []).map(Number)"
    )
    assert max(finest) == math.ceil(math.log2(max(SIZES[name]) / 256))


def test_help_and_details_open_and_close(page: Page) -> None:
    page.open_image("cells.tif")
    page.press("h")
    assert page.find("#help").is_displayed()
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.find("#help").is_displayed())
    page.press("i")
    assert "6,000 × 4,000 pixels" in page.text("#details")
    page.press(Keys.ESCAPE)
    assert not page.find("#details").is_displayed()


def test_the_pointer_reads_the_pixel(page: Page) -> None:
    page.open_image("cells.tif", View(3210, 1234, 4))
    left, top, width, height = page.map_box()
    page.pointer().move_to_element_with_offset(page.find("#map"), -101, 57).perform()
    x, y = page.image_point(left + width // 2 - 101 + 0.5, top + height // 2 + 57 + 0.5)
    assert page.text("#position") == f"{int(x):,}, {int(y):,}"
    red, green, blue = colour_at(x, y)
    page.until(lambda: page.text("#value"))
    assert page.text("#value").split() == ["R", str(red), "G", str(green), "B", str(blue)]


def test_arrow_keys_read_the_middle(page: Page) -> None:
    page.open_image("cells.tif", View(1000.5, 900.5, 4))
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(
        Keys.SHIFT
    ).perform()
    page.until(lambda: page.text("#position") == "1,001, 900")
    assert page.find("#crosshair").is_displayed()
    page.until(lambda: str(colour_at(1001, 900)[0]) in page.text("#value"))


def test_a_copied_link_shows_the_same(page: Page) -> None:
    page.open_image("cells.tif", View(2222, 1111, 1.5))
    page.press("+")
    page.settle()
    first, link = page.screenshot(), page.driver.current_url
    page.driver.get("about:blank")
    page.driver.get(link)
    page.until(lambda: page.find("#map canvas"))
    page.settle()
    assert np.abs(first.astype(int) - page.screenshot()).mean() < 0.5


def test_a_slider_shows_another_plane(page: Page) -> None:
    page.open_image("stack.ome.tif", View(300, 200, 1))
    left, top, width, height = page.map_box()
    row, column = int(top + height / 2), int(left + width / 2)
    assert page.screenshot()[row, column, 0] == pytest.approx(STACK_GREYS[0], abs=2)
    slider = page.find("#planes input")
    assert slider.get_attribute("aria-valuetext") == "1 of 4"
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.until(lambda: page.driver.current_url.endswith("&z=2"))
    page.settle()
    assert page.screenshot()[row, column, 0] == pytest.approx(STACK_GREYS[2], abs=2)
    page.pointer().move_to_element(page.find("#map")).perform()
    page.until(lambda: page.text("#value") == str(STACK_GREYS[2]))
    page.driver.refresh()
    page.until(lambda: page.find("#map canvas"))
    page.settle()
    assert page.text("#planes output") == "3 of 4"
    assert page.screenshot()[row, column, 0] == pytest.approx(STACK_GREYS[2], abs=2)


def test_the_scale_bar_is_as_long_as_it_says(page: Page) -> None:
    page.open_image("stack.ome.tif", View(300, 200, 2))
    length, unit = page.text("#scale").split()
    assert unit == "µm"
    on_screen = page.find("#scale-text").size["width"]
    assert on_screen == pytest.approx(float(length) / 0.5 * 2, abs=1)


def test_images_of_unknown_pixel_size_have_no_scale_bar(page: Page) -> None:
    page.open_image("cells.png")
    assert not page.find("#scale").is_displayed()
