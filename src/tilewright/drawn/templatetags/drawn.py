"""Template tags: the address, the tag or the data URI of a drawn picture.

::

    {% load drawn %}
    {% image_url "sales-chart" store=7 width=400 %}
    {% image_tag "sales-chart" store=7 width=400 height=300 alt="Sales of store 7" %}
    {% image_data_uri "badge" text="new" max_bytes=4096 %}
"""

from base64 import b64encode
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tilewright.drawn import links
from tilewright.drawn.views import DrawnPicture
from tilewright.errors import ConfigurationError

register = template.Library()

LARGEST_DATA_URI = 32_768
"""Bytes of a picture that is put into a page, unless the tag allows more or fewer."""
_STEPS = (1, 1.5, 2, 3, 4)


@register.simple_tag
def image_url(name: str, /, *, valid_s: float | None = None, **values: Any) -> str:
    """Return the address of a drawn picture, as `links.image_url` does."""
    return links.image_url(name, valid_s=valid_s, **values)


@register.simple_tag
def image_tag(
    name: str,
    /,
    *,
    alt: str | None = "",
    css_class: str | None = "",
    loading: str | None = "lazy",
    decoding: str | None = "async",
    valid_s: float | None = None,
    **values: Any,
) -> SafeString:
    """Return an ``img`` of a drawn picture: its sides, so that the page does not jump, its
    text, and finer pictures for finer screens where the view has them.
    """  # noqa: D205 - one sentence
    attributes = [("src", links.image_url(name, valid_s=valid_s, **values))]
    view, _ = links.view_of(name, **values)
    if view.max_dpr > 1 and "dpr" not in values:
        finer = [step for step in _STEPS if step <= view.max_dpr]
        urls = [
            (links.image_url(name, valid_s=valid_s, dpr=step, **values), step) for step in finer
        ]
        attributes.append(("srcset", ", ".join(f"{url} {step}x" for url, step in urls)))
    size = links.size(name, **values)
    if size is not None:
        attributes += [("width", str(size[0])), ("height", str(size[1]))]
    attributes.append(("alt", "" if alt is None else alt))
    on_wish = (("loading", loading), ("decoding", decoding), ("class", css_class))
    attributes += [(attribute, value) for attribute, value in on_wish if value]
    return format_html("<img {}>", format_html_join(" ", '{}="{}"', attributes))


@register.simple_tag(takes_context=True)
def image_data_uri(
    context: Context, name: str, /, *, max_bytes: int = LARGEST_DATA_URI, **values: Any
) -> SafeString | str:
    """Return a drawn picture as a data URI; one above ``max_bytes`` as its address.

    It is drawn while the page is made, and kept only with the page. A policy of content security
    must allow ``img-src data:``.
    """
    view, given = links.view_of(name, **values)
    if not isinstance(view, DrawnPicture):
        raise ConfigurationError(f"{name!r} is no view of drawn pictures")
    encoded = view.pictured(given, context.get("request"))
    if len(encoded.data) > max_bytes:
        return links.image_url(name, **values)
    return f"data:{encoded.media_type};base64,{b64encode(encoded.data).decode()}"
