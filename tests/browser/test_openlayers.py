"""Where the viewer's page takes OpenLayers from, when npm has built it and when not."""

import json
import re
from pathlib import Path

from django.test import override_settings

from tests.browser.conftest import BUNDLE, ROOT
from tilewright.site.templatetags.tilewright_viewer import openlayers

PAGE = {"STATIC_URL": "/static/"}
FINDER = "django.contrib.staticfiles.finders.FileSystemFinder"


def read(path: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((ROOT / path).read_text())
    return document


def test_the_bundle_is_used_when_it_was_built(tmp_path: Path) -> None:
    bundle = tmp_path / "tilewright/vendor/ol.js"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("")
    with override_settings(**PAGE, STATICFILES_FINDERS=[FINDER], STATICFILES_DIRS=[tmp_path]):
        assert openlayers() == '<script src="/static/tilewright/vendor/ol.js" defer></script>'


def test_the_cdn_is_used_with_a_hash_when_it_was_not() -> None:
    with override_settings(**PAGE, STATICFILES_FINDERS=[]):
        element = openlayers()
    version = read("frontend/package.json")["dependencies"]["ol"]
    assert f'src="https://cdn.jsdelivr.net/npm/ol@{version}/dist/ol.js"' in element
    assert re.search(r'integrity="sha384-[A-Za-z0-9+/]{64}"', element)
    assert 'crossorigin="anonymous"' in element


def test_the_versions_agree() -> None:
    version = read("frontend/package.json")["dependencies"]["ol"]
    packages = read("frontend/package-lock.json")["packages"]
    assert packages["node_modules/ol"]["version"] == version
    assert read("src/tilewright/site/openlayers.json")["version"] == version
    assert f"OpenLayers {version}" in BUNDLE.read_text(encoding="utf-8")[:200]


def test_the_lock_names_no_host() -> None:
    packages = read("frontend/package-lock.json")["packages"]
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
