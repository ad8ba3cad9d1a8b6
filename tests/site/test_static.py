"""What the pages load, collected as a project's `collectstatic` does."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
APPS = ["tilewright.site", "tilewright.django"]
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


@pytest.fixture
def apps(settings):
    settings.INSTALLED_APPS = [*APPS, "django.contrib.staticfiles"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
    settings.STATIC_URL = "/static/"


@pytest.mark.parametrize("storage", [PLAIN, HASHED])
def test_each_module_finds_those_that_it_imports(apps, settings, tmp_path, storage):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    call_command("collectstatic", interactive=False, verbosity=0)
    modules = [path for path in tmp_path.rglob("*.js") if path.parent.name != "vendor"]
    folders = {path.parent.name for path in modules}
    assert folders == {"tilewright", "tilewright_site", "tilewright_drawn"}
    imports = [
        (path, name)
        for path in modules
        for name in re.findall(r'(?:from |new URL\()"([^"]+)"', path.read_text(encoding="utf-8"))
    ]
    assert len(imports) > len(modules)
    lost = [(path.name, name) for path, name in imports if not (path.parent / name).is_file()]
    assert lost == []


DRAWN = ["drawn/base", "drawn/background", "drawn/aside", "drawn/mandelbrot"]


@pytest.mark.parametrize("page", ["viewer", "index", "base", "redoc", *DRAWN])
def test_pages_name_files_that_are_there(apps, page):
    text = (ROOT / f"src/tilewright/site/templates/tilewright/{page}.html").read_text()
    names = re.findall(r"{% static '([^']+)' %}", text)
    assert names
    assert [name for name in names if not any(one.find(name) for one in get_finders())] == []


def test_no_file_lies_in_two_places(apps):
    found = [
        (name, Path(storage.path(name)).read_bytes())
        for finder in get_finders()
        for name, storage in finder.list([])
    ]
    for same in zip(*found, strict=True):
        assert [one for one, times in Counter(same).items() if times > 1] == []
