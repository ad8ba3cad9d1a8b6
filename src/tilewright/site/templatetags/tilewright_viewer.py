"""What the viewer's pages need to know from the server side."""

import json
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_BUNDLE = "tilewright/vendor/ol.js"
_CDN = Path(__file__).resolve().parent.parent / "openlayers.json"


@register.simple_tag
def openlayers() -> SafeString:
    """Return the script element of OpenLayers: the bundle when it was built, else the CDN's."""
    if finders.find(_BUNDLE):
        return format_html('<script src="{}" defer></script>', static(_BUNDLE))
    cdn = _cdn()
    return format_html(
        '<script src="{}" integrity="{}" crossorigin="anonymous" defer></script>',
        cdn["url"],
        cdn["integrity"],
    )


@lru_cache(maxsize=1)
def _cdn() -> dict[str, str]:
    cdn: dict[str, str] = json.loads(_CDN.read_text(encoding="utf-8"))
    return cdn
