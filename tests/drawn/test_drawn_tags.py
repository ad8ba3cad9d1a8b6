import base64
import io
from html.parser import HTMLParser

import pytest
from django.template import Context, Engine
from PIL import Image

from tests.drawn import charts
from tilewright.errors import LimitError

pytestmark = [pytest.mark.urls("tests.drawn.chart_urls"), pytest.mark.usefixtures("drawn")]


ENGINE = Engine(libraries={"drawn": "tilewright.drawn.templatetags.drawn"})


def rendered(text, **context):
    return ENGINE.from_string("{% load drawn %}" + text).render(Context(context))


def attributes(html):
    """Return the attributes of the only tag, as a browser reads them."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, given: found.append((tag, dict(given)))
    parser.feed(html)
    ((tag, given),) = found
    assert tag == "img"
    return given


def test_an_address_in_a_page_is_escaped():
    html = rendered('{% image_url "ellipse" width=w height=5 fill="red" %}', w=1200)
    assert html == "/ellipse?width=1200&amp;height=5&amp;fill=ff0000"


def test_a_tag_has_sides_text_and_finer_pictures(client):
    html = rendered('{% image_tag "badge" label=l alt=l css_class="b" %}', l='"><script>')
    found = attributes(html)
    assert "<script" not in html
    assert found["alt"] == '"><script>'
    assert (found["width"], found["height"]) == ("40", "20")
    assert (found["loading"], found["decoding"], found["class"]) == ("lazy", "async", "b")
    assert client.get(found["src"]).status_code == 200
    finer = dict(reversed(each.rsplit(" ", 1)) for each in found["srcset"].split(", "))
    assert list(finer) == ["1x", "1.5x", "2x", "3x"]
    image = Image.open(io.BytesIO(client.get(finer["3x"]).content))
    assert image.size == (120, 60)


def test_a_tag_of_a_view_without_finer_pictures():
    found = attributes(rendered('{% image_tag "sales" store=7 format="png" loading="eager" %}'))
    assert found == {
        "src": "/stores/7/sales.png",
        "alt": "",
        "loading": "eager",
        "decoding": "async",
    }


def test_an_attribute_of_none_is_left_out():
    tag = '{% image_tag "ellipse" alt=n css_class=n loading=n decoding=n format=n %}'
    found = attributes(rendered(tag, n=None))
    assert found == {"src": "/ellipse", "width": "1024", "height": "768", "alt": ""}


def test_each_finer_picture_is_signed(client):
    found = attributes(rendered('{% image_tag "signed" width=20 height=10 valid_s=600 %}'))
    assert client.get(found["src"]).status_code == 200


def test_a_small_picture_is_put_into_the_page():
    uri = rendered('{% image_data_uri "badge" label="a" format="png" %}')
    assert uri.startswith("data:image/png;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert image.size == (40, 20)
    assert rendered('{% image_data_uri "sales" store=7 format="png" %}').startswith(
        "data:image/png"
    )


def test_a_large_picture_is_linked():
    uri = rendered('{% image_data_uri "ellipse" width=500 max_bytes=100 %}')
    assert uri == "/ellipse?width=500"
    with pytest.raises(LimitError):
        rendered('{% image_data_uri "ellipse" width=8000 height=8000 %}')
    assert charts.drawn["Ellipse"] == 1
