"""The page about drawn pictures: its views work, and its table names the real kinds and limits."""

import io
import re
from types import ModuleType

import pytest
from django.template import Context, Engine
from PIL import Image

from tests.docs.pages import DOCS, python_blocks, run
from tilewright.drawn import parameters
from tilewright.drawn.hooks import Hooks

PAGE = DOCS / "how-to" / "drawn-pictures.md"


@pytest.fixture
def page(settings, tmp_path):
    """Run the page in a project; return what it defines."""
    settings.TILEWRIGHT = {"ephemeral_folder": str(tmp_path / "aside")}
    module = ModuleType("urls_of_the_page")
    defined = run(PAGE)
    module.urlpatterns = defined["urlpatterns"]
    settings.ROOT_URLCONF = module
    return defined


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/chart.png?values=3,1,4&kind=bars&width=400", "image/png"),
        ("/chart.svg?values=3,1,4&kind=bars&width=400", "image/svg+xml"),
        ("/chart.pdf?values=3,1,4&kind=bars&width=400", "application/pdf"),
        ("/ellipse.png?width=300&height=200&fill=0080ff", "image/png"),
        ("/rings/tiles/0/0/0.png", "image/png"),
        ("/rings/data/region.webp?left=0&right=900&top=0&bottom=900", "image/webp"),
        ("/rings/data/histogram", "application/json"),
        (
            "/rings/iiif/3/info.json",
            'application/ld+json;profile="http://iiif.io/api/image/3/context.json"',
        ),
    ],
)
def test_every_address_answers(page, client, path, media_type):
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)


@pytest.mark.parametrize(
    ("path", "parameter"), [("/chart.png?values=x", "values"), ("/ellipse?width=0", "width")]
)
def test_what_is_refused_is_named(page, client, path, parameter):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_the_chart_has_at_most_twenty_lines():
    lines = [line for line in python_blocks(PAGE)[0].splitlines() if line.strip()]
    assert len(lines) <= 20


def test_the_tag_of_the_page_is_an_image(page, client):
    (tag,) = re.findall(r"{% image_tag \"chart\".*%}", PAGE.read_text())
    engine = Engine(libraries={"drawn": "tilewright.drawn.templatetags.drawn"})
    made = engine.from_string("{% load drawn %}" + tag).render(Context())
    (address,) = re.findall(r' src="([^"]+)"', made)
    assert client.get(address.replace("&amp;", "&"))["Content-Type"] == "image/png"
    assert 'alt="Sales"' in made


def test_what_is_put_aside_is_there(page, client):
    kept = client.get("/report").json()
    answer = client.get(kept["url"])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")


def test_the_animation_moves(page):
    data = page["Pulse"].picture(frames=5, format="gif").data
    assert Image.open(io.BytesIO(data)).n_frames == 5


def test_the_tables_name_what_there_is():
    rows = re.findall(r"^\| `(\w+)", PAGE.read_text(), flags=re.MULTILINE)
    kinds = {kind.__name__ for kind in parameters.Declaration.__subclasses__()}
    assert kinds <= {*rows}
    for name in set(rows) - kinds:
        assert hasattr(Hooks, name), name


def test_the_defaults_are_those_of_the_views():
    page = PAGE.read_text()
    assert f"| `max_pixels` | {Hooks.max_pixels:,} |" in page
    assert f"| `time_limit_s` | {Hooks.time_limit_s:g} |" in page
    assert Hooks.memory_limit_bytes == 1 << 30
