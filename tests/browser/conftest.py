"""A real server and a real browser, with the network cut off."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from bench.server import held_port
from tests.browser import colours
from tests.browser.page import Page
from tests.patience import LONG_S

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "src/tilewright/django/static/tilewright/vendor/ol.js"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-prefers-reduced-motion",
    "--force-device-scale-factor=1",
    "--window-size=1200,800",
    # No name is ever looked up: what is not on this machine does not exist.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def serve_command(folder: Path, port: int) -> list[str]:
    return [
        sys.executable,
        *("-m", "tilewright", "serve", str(folder)),
        *("--port", str(port), "--workers", "1"),
    ]


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + LONG_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=LONG_S):  # noqa: S310 - an address made here
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not come up:\n{log.read_text()}")


def serve(folder: Path, home: Path) -> Iterator[str]:
    """Serve the images of a folder; yield the address."""
    if not BUNDLE.exists():
        pytest.fail("The viewer is not built: run scripts/build-frontend (it needs npm).")
    with held_port() as port:
        yield from _serve_at(port, folder, home)


def _serve_at(port: int, folder: Path, home: Path) -> Iterator[str]:
    log = home / "log"
    environment = {**os.environ, "TILEWRIGHT_HOME": str(home)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)  # that of the tests' own project
    with log.open("wb") as output:
        process = subprocess.Popen(
            serve_command(folder, port),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        # It loads what draws figures beside its start; a figure that waited too long is none.
        for path in ("/api/images/", "/drawn/graph.png"):
            wait_for(f"http://127.0.0.1:{port}{path}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(LONG_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of images that the tests know."""
    folder = tmp_path_factory.mktemp("images")
    colours.write_pyramid(folder / "cells.tif")
    colours.write_png(folder / "cells.png")
    colours.write_stack(folder / "stack.ome.tif")
    return folder


@pytest.fixture(scope="session")
def address(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server of those images."""
    yield from serve(images, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Return a fresh headless Chromium."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.fail("Chromium is not installed: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = chromium
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with held_port() as port:
        browser = webdriver.Chrome(options=options, service=Service(chromedriver, port=port))
        yield browser
        browser.quit()


def visit(driver: webdriver.Chrome, address: str) -> Iterator[Page]:
    """Yield a site's page; afterwards nothing may have failed, and nothing been asked outside."""
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get_log("browser")
    driver.get_log("performance")
    page = Page(driver, address)
    yield page
    page.density(0)
    driver.get("about:blank")
    complaints = [
        entry["message"]
        for entry in driver.get_log("browser")
        if entry["level"] in {"SEVERE", "WARNING"}
        and not any(allowed in entry["message"] for allowed in page.expected_complaints)
    ]
    assert complaints == []
    asked = requested_urls(driver.get_log("performance"))
    assert asked, "the browser's log tells what it asked for"
    outside = {url for url in asked if not url.startswith((address, "data:", "blob:", "about:"))}
    assert outside == set()


def requested_urls(entries: list[dict[str, str]]) -> set[str]:
    """Return the addresses that lines of the performance log say were asked for.

    What a Content-Security-Policy forbids never leaves the browser.
    """
    messages = [json.loads(entry["message"])["message"] for entry in entries]
    wanted = {
        message["params"]["requestId"]: message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    forbidden = {
        message["params"]["requestId"]
        for message in messages
        if message["params"].get("blockedReason") == "csp"
    }
    return {url for request, url in wanted.items() if request not in forbidden}


@pytest.fixture
def page(driver: webdriver.Chrome, address: str) -> Iterator[Page]:
    """Return the browser on the site of the known images."""
    yield from visit(driver, address)
