"""Where a model's file lies: from a field to a `Source`."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile

from tilewright.blobs.local import local_source
from tilewright.errors import SourceNotFoundError, UnsupportedSourceError
from tilewright.image import Source


def file_source(file: FieldFile) -> Source:
    """Return the source of a `FileField`'s file.

    Raises SourceNotFoundError when there is none, UnsupportedSourceError when its storage
    is no `FileSystemStorage`.
    """
    if not file.name:
        raise SourceNotFoundError("the record has no file")
    # Not by the look of `path`: Django's in-memory storage has one, and no file there.
    if not isinstance(file.storage, FileSystemStorage):
        raise UnsupportedSourceError(
            "the file does not lie in a file-system storage, the only kind that is read",
            uri=file.name,
        )
    try:
        path = file.path
    except SuspiciousFileOperation:
        raise SourceNotFoundError("the file does not exist", uri=file.name) from None
    return local_source(path)
