"""``manage.py tilewright_precache``: make tiles and thumbnails before anybody asks."""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model
from django.http import HttpRequest

from tilewright.django import conf
from tilewright.django.answers import NO_LOOK, Asked, Route
from tilewright.django.image_routes import ROUTES
from tilewright.django.management.records import field_of
from tilewright.django.sources import value_source
from tilewright.errors import LimitError, OutsideError, RequestError, SourceError
from tilewright.image import Source
from tilewright.pyramid import max_zoom, pyramid


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
        kept = conf.edge().kept
        if kept is None:
            raise CommandError("TILEWRIGHT['cache'] names no cache: nothing would be kept")
        fields = [field_of(text) for text in images]
        for model, field in fields:
            for record in model._default_manager.all().iterator():  # noqa: SLF001 - Django's name
                self._image(record, field, (zooms, format, query))
                if kept.rests:
                    raise CommandError("the cache fails: what is made now would not be kept")

    def _image(self, record: Model, field: str, wanted: tuple[range, str, str]) -> None:
        name = f"{record._meta.label} {record.pk}"  # noqa: SLF001 - Django's own name
        zooms, suffix, query = wanted
        made = 0
        try:
            source = value_source(getattr(record, field))
            for route, place in _asks(source, zooms):
                path = {**place, "fmt": suffix}
                route.answer(Asked(_request(query), path, source, lambda: NO_LOOK, ""))
                made += 1
        except (SourceError, LimitError, OutsideError) as error:
            # Of this image: the others may be smaller, or have what this one lacks.
            self.stderr.write(f"{name}: {error}")
        except RequestError as error:
            raise CommandError(f"{name}: {error}") from error
        else:
            self.stdout.write(f"{name}: {made} {'picture' if made == 1 else 'pictures'}")


def _asks(source: Source, zooms: range) -> Iterator[tuple[Route, dict[str, str]]]:
    yield ROUTES["thumbnail"], {}
    info = conf.edge().engine.info(source)
    for z in zooms:
        if z > max_zoom(info):
            return
        across, down = pyramid(info).counts[z]
        for y in range(down):
            for x in range(across):
                yield ROUTES["tile"], {"z": str(z), "x": str(x), "y": str(y)}


def _request(query: str) -> HttpRequest:
    request = HttpRequest()
    request.method, request.META["QUERY_STRING"] = "GET", query
    return request


def _zooms(text: str) -> range:
    first, _, last = text.partition("-")
    numbers = all(end.isdecimal() for end in (first, last or first))
    if not numbers or int(last or first) < int(first):
        raise ArgumentTypeError(f"{text!r} is not a zoom, as 3, or a range of zooms, as 0-3")
    return range(int(first), int(last or first) + 1)
