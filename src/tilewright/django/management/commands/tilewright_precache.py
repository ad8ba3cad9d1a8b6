"""``manage.py tilewright_precache``: make tiles and thumbnails before anybody asks."""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from tilewright.django import conf
from tilewright.django.caching import picture_kind
from tilewright.django.management.records import field_of
from tilewright.django.sources import value_source
from tilewright.errors import LimitError, OutsideError, RequestError, SourceError
from tilewright.image import Source
from tilewright.pyramid import max_zoom, pyramid
from tilewright.request import RenderRequest
from tilewright.web import http, xyz


class Command(BaseCommand):
    """Asks for each tile as a client would, so that the project's cache holds it."""

    help = "Make tiles and thumbnails of images and keep them in the cache TILEWRIGHT['cache']."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the fields, the zooms, and what else a client would ask."""
        parser.add_argument(
            "images", nargs="+", metavar="app.Model:field", help="the images of all records"
        )
        parser.add_argument(
            "--zooms",
            type=_zooms,
            default=range(3),
            metavar="A-B",
            help="zooms of the pyramid, as 0-2 (the default) or 4; 0 is the whole image",
        )
        parser.add_argument("--format", default="jpg", help="the suffix of tiles (default: jpg)")
        parser.add_argument(
            "--query", default="", help="what stands behind ? in the URLs, as style=…&quality=80"
        )

    def handle(
        self, *_: Any, images: list[str], zooms: range, format: str, query: str, **__: Any
    ) -> None:
        """Make them. Raises CommandError when nothing can be kept, or the ask is wrong."""
        edge = conf.edge()
        if edge.kept is None:
            raise CommandError("TILEWRIGHT['cache'] names no cache: nothing would be kept")
        fields = [field_of(text) for text in images]
        for model, field in fields:
            for record in model._default_manager.all().iterator():  # noqa: SLF001 - Django's name
                self._image(edge, record, field, (zooms, format, query))

    def _image(
        self, edge: conf.Edge, record: Model, field: str, wanted: tuple[range, str, str]
    ) -> None:
        name = f"{record._meta.label} {record.pk}"  # noqa: SLF001 - Django's own name
        made = 0
        try:
            source = value_source(getattr(record, field))
            for asked in _asks(edge, source, *wanted):
                _keep(edge, source, asked)
                made += 1
        except (SourceError, LimitError, OutsideError) as error:
            # Of this image: the others may be smaller, or have what this one lacks.
            self.stderr.write(f"{name}: {error}")
        except RequestError as error:
            raise CommandError(f"{name}: {error}") from error
        else:
            self.stdout.write(f"{name}: {made} pictures")


def _asks(
    edge: conf.Edge, source: Source, zooms: range, suffix: str, query: str
) -> Iterator[RenderRequest]:
    opened = partial(edge.engine.info, source)
    info = opened()
    yield xyz.thumbnail(suffix, query, edge.suffixes, opened)
    for z in zooms:
        if z > max_zoom(info):
            return
        across, down = pyramid(info).counts[z]
        for y in range(down):
            for x in range(across):
                place = (str(z), str(x), str(y))
                yield xyz.tile(place, suffix, query, edge.suffixes, opened, sets=edge.tile_sets)


def _keep(edge: conf.Edge, source: Source, asked: RenderRequest) -> None:
    validator = http.Validator(f'"{edge.engine.key(source, asked)}"', edge.cache_control)
    edge.reply(
        picture_kind(source, asked),
        validator,
        lambda: http.picture(edge.engine.render(source, asked), validator),
    )


def _zooms(text: str) -> range:
    first, _, last = text.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        raise ArgumentTypeError(f"{text!r} is not a zoom, as 3, or a range of zooms, as 0-3")
    return range(int(first), int(last or first) + 1)
