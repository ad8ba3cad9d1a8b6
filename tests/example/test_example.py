"""The example project as its README starts it, with a person at a browser."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver

from bench.server import held_port
from tests.browser import colours
from tests.browser.conftest import ROOT, driver, visit, wait_for
from tests.browser.page import Page
from tests.patience import LONG_S

__all__ = ["driver"]

EXAMPLE = ROOT / "example"
BUNDLE = ROOT / "src/tilewright/django/static/tilewright/vendor/ol.js"
PASSWORD = "for this test"  # noqa: S105
NOT_CELLS = 30
"""Colours farther than this from all of the picture's are not of it."""


def manage(project: Path, *arguments: str) -> None:
    environment = {**os.environ, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the project, with nothing in it."""
    if not BUNDLE.exists():
        pytest.fail("The viewer is not built: run scripts/build-frontend (it needs npm).")
    project = tmp_path_factory.mktemp("example") / "example"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("var", "__pycache__"))
    manage(project, "check")
    manage(project, "migrate", "--run-syncdb")
    manage(project, "createsuperuser", "--noinput", "--username", "a", "--email", "a@example.org")
    with held_port() as port:
        yield from serve(project, port)


def serve(project: Path, port: int) -> Iterator[str]:
    log = project / "log"
    environment = dict(os.environ)
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=project, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        # Whoever starts the tests in the background has SIGINT ignored, and so has this server.
        process.terminate()
        process.wait(LONG_S)
    assert "Traceback" not in log.read_text()


@pytest.fixture
def page(driver: webdriver.Chrome, address: str) -> Iterator[Page]:
    for tab in visit(driver, address):
        tab.expected_complaints.append("favicon.ico")  # the admin has none
        yield tab


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cells.tif"
    colours.write_pyramid(path)
    return path


def log_in(page: Page) -> None:
    page.open("/admin/login/?next=/admin/")
    if page.find_all("#id_username"):
        page.find("#id_username").send_keys("a")
        page.find("#id_password").send_keys(PASSWORD)
        page.find("[type=submit]").click()
    page.until(lambda: page.find("#user-tools"))


def upload(page: Page, name: str, path: Path) -> None:
    page.open("/admin/scans/scan/add/")
    page.find("#id_name").send_keys(name)
    page.find("#id_file").send_keys(str(path))
    page.find("[name=_continue]").click()


def settled(page: Page, host: str) -> np.ndarray:
    """Return the pixels of a viewer, its edge left out, once all of its tiles have come."""
    page.until(lambda: page.find(f"{host} .map canvas"))
    page.run("arguments[0].scrollIntoView({block: 'center'})", page.find(host))
    page.settle(f"{host} .map")
    box = page.run(
        "const b = arguments[0].getBoundingClientRect(); return [b.x, b.y, b.width, b.height]",
        page.find(f"{host} .map"),
    )
    left, top, width, height = (round(side) for side in box)
    return page.screenshot()[top + 2 : top + height - 2, left + 2 : left + width - 2]


def share_of_cells(seen: np.ndarray) -> float:
    """Return the share of pixels that have one of the picture's colours."""
    cell = colours.CELL
    rows, columns = np.mgrid[: colours.HEIGHT : cell, : colours.WIDTH : cell]
    known = np.unique(colours.colour_at(columns, rows).reshape(-1, 3), axis=0)
    sample = seen[::7, ::7].reshape(-1, 3).astype(int)
    away = np.abs(sample[:, None] - known[None].astype(int)).max(-1).min(-1)
    return float((away < NOT_CELLS).mean())


def test_the_project_is_short():
    lines = [
        line for path in EXAMPLE.rglob("*.py") for line in path.read_text().splitlines() if line
    ]
    assert len(lines) < 150
    readme = (EXAMPLE / "README.md").read_text().splitlines()
    assert len([line for line in readme if line]) <= 5


@pytest.mark.slow
def test_a_picture_is_uploaded_and_looked_at(page, picture):
    log_in(page)
    upload(page, "Cells", picture)
    page.until(lambda: page.find_all(".messagelist .info"))
    said = page.text(".messagelist .info")
    assert said.startswith("“Cells”: ")
    assert "6,000 × 4,000 pixels, 3 bands of uint8, 5 levels" in said

    seen = settled(page, ".tilewright-image")
    assert share_of_cells(seen) > 0.4  # the rest is the ground beside it
    assert "6,000 × 4,000" in page.text(".tilewright-image .words")
    for _ in range(4):
        page.find(".tilewright-image .tools button").click()
        near = settled(page, ".tilewright-image")
    assert share_of_cells(near) > 0.95
    assert not np.array_equal(seen, near)

    page.open("/admin/scans/scan/")
    small = page.find("img.tilewright-thumbnail")
    page.until(lambda: page.run("return arguments[0].naturalWidth", small) == 160)

    page.open("/")
    page.until(lambda: page.find(".tilewright-image .map canvas"))
    assert share_of_cells(settled(page, ".tilewright-image")) > 0.4


@pytest.mark.slow
def test_the_wheel_scrolls_the_page_until_the_map_is_clicked(page, picture):
    log_in(page)
    upload(page, "Wheel", picture)
    page.until(lambda: page.find_all(".messagelist .info"))
    page.open("/")
    page.until(lambda: page.find(".tilewright-image .map canvas"))
    before = settled(page, ".tilewright-image")
    host = page.find(".tilewright-image .map")
    wheel = """
      const b = arguments[0].getBoundingClientRect();
      arguments[0].querySelector(".ol-viewport").dispatchEvent(new WheelEvent("wheel", {deltaY:
        -400, clientX: b.x + b.width / 2, clientY: b.y + b.height / 2, bubbles: true}))
    """
    page.run(wheel, host)
    assert np.array_equal(before, settled(page, ".tilewright-image"))
    host.click()
    page.run(wheel, host)
    page.until(lambda: not np.array_equal(before, settled(page, ".tilewright-image")))


@pytest.mark.slow
def test_the_viewer_fits_a_narrow_window(page, picture):
    log_in(page)
    page.driver.set_window_size(420, 800)
    try:
        upload(page, "Narrow", picture)
        page.until(lambda: page.find(".tilewright-image .tools"))
        over = """
          const host = document.querySelector(".tilewright-image");
          const right = (element) => element.getBoundingClientRect().right;
          return right(host) - right(host.closest(".form-row"))
        """
        assert page.run(over) <= 0
    finally:
        page.driver.set_window_size(1200, 800)


@pytest.mark.slow
def test_a_viewer_without_an_image_says_why(page):
    page.open("/")
    page.expected_complaints.append("tiles/metadata")
    page.run(
        """
        document.body.innerHTML =
          '<div class="tilewright-image" data-image="/api/scans/999/"></div>'
        return import("/static/tilewright/embed.js?again")
        """
    )
    page.until(lambda: page.find_all(".tilewright-image.failed .words"))
    assert "No Scan matches the given query." in page.text(".words")


@pytest.mark.slow
def test_what_is_no_image_is_refused_with_the_reason(page, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no image")
    log_in(page)
    upload(page, "Notes", path)
    page.until(lambda: page.find_all(".errorlist"))
    assert re.search(r"This file cannot be shown: .+", page.text(".errorlist.nonfield, .errorlist"))
    assert str(tmp_path) not in page.text("body")
