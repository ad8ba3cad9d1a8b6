"""What the pages say when there is nothing, much, or something wrong."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser import colours
from tests.browser.conftest import serve, visit
from tests.browser.page import Page

MANY = 130


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crowd")
    for number in range(MANY):
        colours.write_png(folder / f"photo-{number:03}.png", 64, 48)
    return folder


@pytest.fixture(scope="module")
def crowded_site(crowd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(crowd, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(tmp_path_factory.mktemp("nothing"), tmp_path_factory.mktemp("home"))


@pytest.fixture
def crowded(driver: webdriver.Chrome, crowded_site: str) -> Iterator[Page]:
    yield from visit(driver, crowded_site)


@pytest.fixture
def empty(driver: webdriver.Chrome, empty_site: str) -> Iterator[Page]:
    yield from visit(driver, empty_site)


def test_an_empty_list_says_what_to_do(empty: Page) -> None:
    empty.open("/")
    empty.until(lambda: empty.find("#empty").is_displayed())
    assert "tilewright serve" in empty.text("#empty")
    assert not empty.find("#more").is_displayed()


def test_a_long_list_goes_on(crowded: Page) -> None:
    crowded.open("/")
    crowded.until(lambda: crowded.find_all(".card"))
    assert crowded.text("#count") == str(MANY)
    first = len(crowded.find_all(".card"))
    assert first < MANY
    crowded.find("#more").click()
    crowded.until(lambda: len(crowded.find_all(".card")) > first)
    focused = "return document.activeElement === document.querySelectorAll('.card')[arguments[0]]"
    assert crowded.run(focused, first), "the keyboard goes on at the first new image"
    while crowded.find("#more").is_displayed():
        shown = len(crowded.find_all(".card"))
        crowded.find("#more").click()
        crowded.until(lambda shown=shown: len(crowded.find_all(".card")) > shown)
    names = [card.text.splitlines()[0] for card in crowded.find_all(".card")]
    assert sorted(names) == [f"photo-{number:03}.png" for number in range(MANY)]


def test_a_lost_image_is_told(crowded: Page, crowd: Path, tmp_path: Path) -> None:
    crowded.expected_complaints = ["Failed to load resource"]
    lost = crowd / "photo-007.png"
    kept = shutil.move(lost, tmp_path)
    try:
        crowded.open("/")
        crowded.until(lambda: "No preview" in crowded.card(lost.name).text)
        crowded.card(lost.name).click()
        crowded.until(lambda: crowded.find("#problem").is_displayed())
        assert crowded.text("#problem-title") == "This image cannot be shown"
        assert len(crowded.text("#reason")) > len("no file")
        assert str(crowd) not in crowded.text("body")
    finally:
        shutil.move(kept, lost)


def test_a_silent_server_is_told(crowded: Page) -> None:
    crowded.expected_complaints = ["ERR_INTERNET_DISCONNECTED"]
    crowded.open("/")
    crowded.until(lambda: crowded.find_all(".card"))
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    crowded.driver.execute_cdp_cmd("Network.enable", {})
    crowded.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline | {"offline": True})
    try:
        crowded.find("#more").click()
        crowded.until(lambda: crowded.find("#problem").is_displayed())
        assert crowded.text("#reason") == "The server does not answer."
    finally:
        online = offline | {"offline": False}
        crowded.driver.execute_cdp_cmd("Network.emulateNetworkConditions", online)
    crowded.find("#again").click()
    crowded.until(lambda: not crowded.find("#problem").is_displayed())
