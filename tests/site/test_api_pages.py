import os
import re
import subprocess
import sys

import httpx
import pytest

PAGES = ("/api/docs/", "/api/docs/?script=", "/api/redoc/")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_schema_names_no_other_host(server, path):
    with server.client() as client:
        page = client.get(path)
    assert page.status_code == httpx.codes.OK
    assert "//" not in page.text.replace("http://www.w3.org/", "").replace("// ", "")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_schema_may_ask_its_own_host_only(server, path):
    with server.client() as client:
        policy = client.get(path).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    sources = {source for rule in rules.values() for source in rule.split()}
    assert sources <= {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_what_a_page_of_the_schema_is_made_of_is_here(server, path):
    with server.client() as client:
        page = client.get(path).text
        parts = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert any(part.endswith(".js") for part in parts)
        for part in parts:
            assert client.get(part.replace("&amp;", "&")).status_code == httpx.codes.OK, part


def test_the_sites_schema_is_made_without_a_warning(tmp_path):
    settings = {"DJANGO_SETTINGS_MODULE": "tilewright.site.settings", "HOME": str(tmp_path)}
    made = subprocess.run(
        [sys.executable, "-m", "django", "spectacular", "--validate", "--fail-on-warn"],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")
    assert "/api/images/{id}/" in made.stdout
    assert "/api/docs/" not in made.stdout
