"""What a person does with the viewer, and what they see."""

import io
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.patience import LONG_S

T = TypeVar("T")
Pixels = npt.NDArray[np.uint8]


class View(NamedTuple):
    """What the address says is seen: the middle in image pixels, screen pixels to one of them."""

    x: float
    y: float
    scale: float


class Page:
    """A tab of the browser, on one site."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address
        self.expected_complaints: list[str] = []

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + LONG_S
        while time.monotonic() < end:
            try:
                if true():
                    return
            except WebDriverException:
                pass  # the page is between two states
            time.sleep(0.05)
        raise AssertionError(f"waited {LONG_S:.0f} s in vain at {self.driver.current_url}")

    def until_right(self, check: Callable[[], T]) -> T:
        """Wait until a check of what is seen holds; what it says in the end is the failure."""
        end = time.monotonic() + LONG_S
        while True:
            try:
                return check()
            except AssertionError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def density(self, ratio: float) -> None:
        """Make the screen have this many pixels to a CSS pixel; 0 undoes it."""
        metrics = {"width": 0, "height": 0, "deviceScaleFactor": ratio, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open_image(self, name: str, view: View | None = None) -> None:
        """Open an image by its card in the list, or at a view by its address."""
        self.open("/")
        if view is None:
            self.card(name).click()
        else:
            target = self.card(name).get_attribute("href")
            self.driver.get(f"{target}#x={view.x}&y={view.y}&scale={view.scale}")
        self.until(lambda: self.find("#map canvas"))
        self.settle()

    def card(self, name: str) -> WebElement:
        """Return the card of an image in the list, once the list has it."""

        def cards() -> list[WebElement]:
            return [
                card
                for card in self.find_all(".card")
                if card.find_element(By.CLASS_NAME, "name").text == name
            ]

        self.until(cards)
        (card,) = cards()
        return card

    def settle(self, stage: str = "#map") -> None:
        """Wait until all tiles have come and the picture stands still."""
        self.until(lambda: self.find(stage).get_attribute("aria-busy") == "false")
        before = self.screenshot()

        def still() -> bool:
            nonlocal before
            time.sleep(0.1)
            now = self.screenshot()
            same = np.array_equal(before, now)
            before = now
            return same and self.find(stage).get_attribute("aria-busy") == "false"

        self.until(still)

    def screenshot(self) -> Pixels:
        """Return what is on the screen, shape (y, x, 3)."""
        png = self.driver.get_screenshot_as_png()
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def view(self) -> View:
        """Return what the address says is seen."""
        values = parse_qs(urlsplit(self.driver.current_url).fragment)
        return View(*(float(values[name][0]) for name in ("x", "y", "scale")))

    def map_box(self) -> tuple[float, float, float, float]:
        """Return left, top, width and height of the map on the screen."""
        box = self.find("#map").rect
        return box["x"], box["y"], box["width"], box["height"]

    def image_point(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Any, Any]:
        """Return which point of the image the address says lies at a point of the screen."""
        left, top, width, height = self.map_box()
        view = self.view()
        return (
            view.x + (np.asarray(x) - left - width / 2) / view.scale,
            view.y + (np.asarray(y) - top - height / 2) / view.scale,
        )

    def bare(self, points: npt.NDArray[np.int_], stage: str = "#map") -> npt.NDArray[np.bool_]:
        """Return for points of the screen, shape (n, 2), whether nothing lies over the map."""
        script = """
            return arguments[0].map(([x, y]) =>
              document.elementFromPoint(x, y)?.closest(arguments[1]) != null)
        """
        return np.array(self.run(script, points.tolist(), stage), dtype=bool)

    def pointer(self) -> ActionChains:
        return ActionChains(self.driver, duration=50)

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()
