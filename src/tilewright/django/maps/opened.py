"""Layers of a project with their files opened: what the documents of every face tell of."""

import logging

from django.http import HttpRequest

from tilewright.django import conf
from tilewright.django.maps.layers import Layers, MapSource
from tilewright.errors import OutsideError, TilewrightError
from tilewright.web.maps.layer import Layer

logger = logging.getLogger(__name__)


def opened(map_source: MapSource) -> Layer:
    """Return a layer of its file. Raises SourceError, OutsideError when it lies nowhere."""
    info = conf.edge().engine.info(map_source.source)
    if info.geo is None:
        raise OutsideError(f"the image {map_source.name[:80]!r} lies nowhere on the earth")
    return Layer(map_source.name, map_source.title, info, map_source.abstract)


def every_opened(layers: Layers, request: HttpRequest) -> list[tuple[MapSource, Layer]]:
    """Return all layers that lie on the earth; a file that cannot be read hides no other."""
    found = []
    for map_source in layers.every(request):
        try:
            found.append((map_source, opened(map_source)))
        except OutsideError:
            continue
        except TilewrightError as error:
            logger.warning("layer %s is left out: %s", map_source.name, error)
    return found
