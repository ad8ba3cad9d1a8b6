"""Tilewright with images that are known, and viewers of others that show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from selenium import webdriver

from tests import services
from tests.browser.clients import cells, wheels
from tests.browser.clients.front import Front, fronting
from tests.browser.conftest import serve
from tests.conftest import _serve
from tests.patience import LONG_S
from tests.site.conftest import run

NAME, PASSWORD = "keeper", "a long word for tests"


@dataclass(frozen=True)
class Gateway:
    """A running server, and the ids of its images by what they are."""

    address: str
    pyramid: int
    odd: int
    slide: int
    stack: int
    big_plane: int
    flat: int

    def client(self) -> httpx.Client:
        """Return a client of its webgateway."""
        return httpx.Client(base_url=f"{self.address}/webgateway/", timeout=LONG_S)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Return a server of the known images, where one user has a login."""
    folder, home = (tmp_path_factory.mktemp(name) for name in ("gateway", "home"))
    made = run(
        home,
        *("manage", "createsuperuser", "--noinput", "--username", NAME),
        *("--email", "keeper@example.org"),
        given={"DJANGO_SUPERUSER_PASSWORD": PASSWORD},
    )
    assert made.returncode == 0, made.stderr
    cells.write_pyramid(folder / "pyramid.ome.tif", cells.PYRAMID)
    cells.write_pyramid(folder / "odd.ome.tif", cells.ODD)
    cells.write_slide(folder / "slide.tif")
    cells.write_stack(folder / "stack.ome.tif")
    cells.write_plane(folder / "big_plane.ome.tif", cells.BIG_PLANE)
    cells.write_plane(folder / "flat.ome.tif", cells.FLAT)
    for address in serve(folder, home):
        rows = httpx.get(f"{address}/api/images/", timeout=LONG_S).json()["results"]
        yield Gateway(address, **{row["name"].partition(".")[0]: row["id"] for row in rows})


@pytest.fixture(scope="session")
def iviewer() -> Iterator[Path]:
    """Return the files of OMERO.iviewer."""
    yield from _serve(lambda: wheels.unpacked(wheels.IVIEWER))


@pytest.fixture(scope="session")
def omero_web() -> Iterator[Path]:
    """Return the files of OMERO.web, its old viewer among them."""
    yield from _serve(lambda: wheels.unpacked(wheels.OMERO_WEB))


@pytest.fixture(scope="session")
def openseadragon() -> Iterator[Path]:
    """Return the files of OpenSeadragon."""
    yield from _serve(services.openseadragon)


@pytest.fixture
def front(gateway: Gateway, driver: webdriver.Chrome) -> Iterator[Front]:
    """Return a front of the server; afterwards nothing may have failed."""
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get_log("browser")
    with fronting(gateway.address) as front:
        front.pages["/favicon.ico"] = ""
        yield front
        driver.get("about:blank")
    complaints = [e["message"] for e in driver.get_log("browser") if e["level"] == "SEVERE"]
    assert complaints == []
    assert [asked for asked in front.asked if asked.status >= 400] == []
