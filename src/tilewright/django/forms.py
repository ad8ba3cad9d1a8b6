"""A form's field for images: says at upload what a file is, or why it cannot be shown."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models.fields.files import FieldFile

from tilewright.blobs.local import local_source
from tilewright.django import conf
from tilewright.engine import Engine
from tilewright.errors import LimitError, TilewrightError
from tilewright.geometry import Box
from tilewright.image import ImageInfo
from tilewright.request import Encoding, Fit, Region, RenderRequest

_WHOLE = RenderRequest(Fit(64, 64), Encoding("jpeg"))
_CORNER = RenderRequest(Region(Box(0, 0, 1, 1)), Encoding("jpeg"))
"""What an upload must be able to give: a file may be too large to be seen whole."""
_LONGEST_SUFFIX = 16


def validate_image(file: Any) -> None:
    """Raise ValidationError for an upload that cannot be shown; it tells why.

    For ``validators=[validate_image]`` of a model's or a form's `FileField`. A file that was
    stored before is taken as it is.
    """
    if isinstance(file, FieldFile):
        if file._committed:  # type: ignore[attr-defined] # noqa: SLF001 - nothing else tells it
            return
        file = file.file
    _understood(file)


class ImageFileFormField(forms.FileField):
    """Takes only files that can be shown; the upload then has an ``image_info``.

    That is an `ImageInfo`: its format, size, bands, levels and place. `facts.sentence` says it
    in words.
    """

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the upload. Raises ValidationError, which tells why it cannot be shown."""
        file = super().clean(data, initial)
        if data and file is data:
            file.image_info = _understood(file)
        return file


def _understood(upload: "File[Any]") -> ImageInfo:
    # An engine of its own: the shared one would hold the temporary file open after its end.
    with _on_disk(upload) as path, closing(Engine(conf.edge().engine.config)) as engine:
        try:
            source = local_source(path)
            info = engine.info(source)
            try:
                engine.render(source, _WHOLE)
            except LimitError:
                engine.render(source, _CORNER)
        except TilewrightError as error:
            raise ValidationError(
                f"This file cannot be shown: {error}.", code="unreadable"
            ) from error
    return info


@contextmanager
def _on_disk(upload: "File[Any]") -> Iterator[str]:
    """Yield the path of an upload: its own temporary file, or one made of what is in memory.

    The upload stands at its beginning then: whoever stores it reads all of it.
    """
    temporary = getattr(upload, "temporary_file_path", None)
    if temporary is not None:
        upload.seek(0)  # which also writes what is still in a buffer
        yield temporary()
        return
    # Some readers know their files by the suffix alone.
    suffix = PurePath(upload.name or "").suffix[:_LONGEST_SUFFIX]
    if not suffix[1:].isalnum():
        suffix = ""
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        upload.seek(0)
        yield copy.name
