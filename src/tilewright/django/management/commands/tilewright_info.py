"""``manage.py tilewright_info``: what images are, or why they cannot be read."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from tilewright.blobs.local import local_source
from tilewright.django import conf
from tilewright.django.facts import facts
from tilewright.django.management.records import field_of
from tilewright.django.sources import value_source
from tilewright.errors import TilewrightError
from tilewright.image import Source
from tilewright.web.frames import info_with_frames

Named = tuple[str, Callable[[], Source]]
"""An image's name, and what finds its source; that raises a SourceError."""


class Command(BaseCommand):
    """Opens images as a request would, with the project's storages and limits."""

    help = "Tell what images are: format, size, bands, levels, CRS; or why they cannot be read."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the image or the field, the records, and the form of the answer."""
        parser.add_argument(
            "image", metavar="app.Model:field|PATH", help="a model's field, or an image file"
        )
        parser.add_argument("pk", nargs="*", help="records of the model (default: all)")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *_: Any, image: str, pk: list[str], json: bool, **__: Any) -> None:
        """Tell it. Raises CommandError, after all are told, when one cannot be read."""
        images = _file(image, pk) if Path(image).is_file() else _records(image, pk)
        told = [_told(name, find, whole=json) for name, find in images]
        self.stdout.write(_as_json(told) if json else _as_table(told))
        failed = sum("error" in one for one in told)
        if failed:
            raise CommandError(f"{failed} of {len(told)} cannot be read")


def _file(path: str, keys: Sequence[str]) -> Iterator[Named]:
    if keys:
        raise CommandError("a file has no records: leave the keys out")
    yield path, partial(local_source, path)


def _records(text: str, keys: Sequence[str]) -> Iterator[Named]:
    if ":" not in text:
        raise CommandError(f"there is no file {text!r}, and it is not app.Model:field")
    model, field = field_of(text)
    manager = model._default_manager  # noqa: SLF001 - Django's own name
    try:
        found = manager.order_by("pk") if not keys else manager.filter(pk__in=keys).order_by("pk")
        known = {str(record.pk) for record in found.iterator()} if keys else set()
    except (ValueError, ValidationError) as error:
        raise CommandError(f"{model._meta.label} has no such key: {error}") from error  # noqa: SLF001
    missing = sorted({*keys} - known)
    if missing:
        raise CommandError(f"{model._meta.label} has no {', '.join(missing)}")  # noqa: SLF001
    for record in found.iterator():
        yield str(record.pk), partial(_source, record, field)


def _source(record: Model, field: str) -> Source:
    return value_source(getattr(record, field))


def _told(name: str, find: Callable[[], Source], *, whole: bool) -> dict[str, Any]:
    try:
        info = conf.edge().engine.info(find())
    except TilewrightError as error:
        return {"image": name, "error": str(error)}
    return {"image": name, **(info_with_frames(info) if whole else facts(info))}


def _as_json(told: Sequence[dict[str, Any]]) -> str:
    return json.dumps(told, indent=2)


def _as_table(told: Sequence[dict[str, Any]]) -> str:
    """Return columns as wide as what stands in them; a reason stands where the facts would."""
    names = ("image", "format", "size", "bands", "levels", "crs")
    rows = [
        [one["image"], one["error"]] if "error" in one else [one[name] for name in names]
        for one in told
    ]
    whole = [names, *(row for row in rows if len(row) == len(names))]
    widths = [max(len(row[at]) for row in whole) for at in range(len(names))]
    widths[0] = max(len(row[0]) for row in [names, *rows])
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False)).rstrip()
        for row in [names, *rows]
    ]
    return "\n".join(lines)
