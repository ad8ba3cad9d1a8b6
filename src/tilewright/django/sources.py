"""Where an image lies: from a field's value, or a client's URL, to a `Source`."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile

from tilewright.blobs.cloud import parse_object
from tilewright.blobs.gdal_names import is_gdal_name, parse_gdal_name
from tilewright.blobs.guard import check_bucket, check_origin, parse_link
from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.django import conf
from tilewright.django.storages import unwrapped
from tilewright.django.storages.rasters import is_raster
from tilewright.engine import Engine
from tilewright.errors import (
    ParameterError,
    SourceNotFoundError,
    UnsupportedSourceError,
)
from tilewright.image import Source

_ALLOWED = "the address of a file on a host that this server may read"
MOST_URL = 2048
_SIGNED = (
    frozenset({"signature", "expires", "awsaccesskeyid"}),
    frozenset({"signature", "expires", "googleaccessid"}),
    frozenset({"signature", "expires", "key-pair-id", "policy"}),
    frozenset({"sv", "sig", "se", "st", "sp", "sr", "spr", "sip", "sks", "ske", "skt", "skv", "skoid", "sktid", "ss", "srt"}),
)  # fmt: skip
"""Parameters, in lower case, of the signatures of S3 (version 2), Google, CloudFront, Azure."""
_SIGNED_PREFIXES = ("x-amz-", "x-goog-")


def value_source(value: Any) -> Source:
    """Return the source of a field's value.

    That is a `FieldFile`, a URL as text, a `GDALRaster`, or a `Source` itself. Raises a
    SourceError; UnsupportedSourceError for values of other kinds.
    """
    if isinstance(value, FieldFile):
        return file_source(value)
    if isinstance(value, str):
        return link_source(value)
    if isinstance(value, Source):
        return value
    if is_raster(value):
        return raster_source(value)
    if value is None:
        raise SourceNotFoundError("the record has no image")
    raise UnsupportedSourceError("the record's field holds no image")


def file_source(file: FieldFile) -> Source:
    """Return the source of a `FileField`'s file, whatever its storage.

    A local file's state is asked for each time, that of others once in
    ``Config.remote_fresh_s``. Raises SourceNotFoundError when there is none,
    SourceUnavailableError when the storage does not answer.
    """
    if not file.name:
        raise SourceNotFoundError("the record has no file")
    storage = unwrapped(file.storage)
    # Not by the look of `path`: Django's in-memory storage has one, and no file there. And not
    # past an `_open` of a project's own, which may decrypt.
    if isinstance(storage, FileSystemStorage) and _opens_plainly(storage):
        try:
            path = file.path
        except SuspiciousFileOperation:
            raise SourceNotFoundError("the file does not exist", uri=file.name) from None
        return local_source(path)
    return conf.edge().storages.source(storage, file.name)


def _opens_plainly(storage: FileSystemStorage) -> bool:
    kind = type(storage)
    return kind._open is FileSystemStorage._open and kind.open is FileSystemStorage.open  # type: ignore[attr-defined] # noqa: SLF001 - an override shows there only


def link_source(url: str) -> Source:
    """Return the source of a URL that a record holds, or of GDAL's name of one.

    ``Config.remote_hosts`` must name its host, or its bucket. ``/vsicurl/``, ``/vsis3/``,
    ``/vsigs/``, ``/vsiaz/`` and ``/vsizip/`` before these are understood. A signature in it serves the
    reading and is no part of keys: who may see the record is for the view to say. Raises
    SourceNotFoundError, SourceUnavailableError, UnsupportedSourceError.
    """
    if not url:
        raise SourceNotFoundError("the record has no address")
    engine = conf.edge().engine
    try:
        address, member = parse_gdal_name(url) if is_gdal_name(url) else (url, None)
        _check(address, engine.config)
        plain = unsigned(address)
        source = engine.source(plain, address=None if plain == address else address)
        return source if member is None else source.with_option("member", member)
    except ParameterError:
        raise UnsupportedSourceError(
            "the record's address is not one that this server may read", uri=url
        ) from None


def url_source(url: str, parameter: str) -> Source:
    """Return the source of a URL that a client sent as ``parameter``.

    ``Config.remote_hosts`` must name its host, or its bucket; the project's credentials are
    never used. A signature stays part of all keys: without it the client may not read. Raises
    ParameterError that names the parameter, SourceNotFoundError, SourceUnavailableError.
    """
    engine = conf.edge().engine
    try:
        _check(url, engine.config)
        _check_public(url, engine)
        return engine.source(urlsplit(url)._replace(fragment="").geturl())
    except ParameterError:
        # Always the same words, without the value: they tell nothing of what is where.
        raise ParameterError(parameter, _ALLOWED) from None


def raster_source(raster: Any) -> Source:
    """Return the source of a `GDALRaster`, as GeoDjango's PostGIS `RasterField` gives it.

    Equal rasters have equal sources; what changes in one makes another. Raises LimitError,
    CorruptSourceError.
    """
    return conf.edge().storages.rasters.source(raster)


def clear_copies() -> int:
    """Remove the local copies of files in storages without ranges; return their bytes."""
    return conf.edge().storages.copies.clear()


def unsigned(url: str) -> str:
    """Return a URL without the parameters of a signature that it is signed with, if it is."""
    parts = urlsplit(url)
    fields = [field for field in parts.query.split("&") if field]
    names = {field.partition("=")[0].lower() for field in fields}
    signed = bool({"signature", "sig"} & names)
    signing = max((names & kind for kind in _SIGNED), key=len) if signed else frozenset()
    kept = [
        field
        for field in fields
        if (name := field.partition("=")[0].lower()) not in signing
        and not name.startswith(_SIGNED_PREFIXES)
    ]
    return urlunsplit(parts._replace(query="&".join(kept), fragment=""))


def _check_public(url: str, engine: Engine) -> None:
    """Raise ParameterError where the engine would use credentials."""
    prefixes = [prefix.rstrip("/") for prefix in engine.stores]
    if any(url == prefix or url.startswith(f"{prefix}/") for prefix in prefixes):
        raise ParameterError("url", _ALLOWED)


def _check(url: str, config: Config) -> None:
    """Raise ParameterError unless the URL is one of a place on the allow-list.

    So paths of this machine and GDAL's (``/vsi…``) are refused whatever opens files below.
    """
    scheme = url.partition("://")[0]
    if len(url) > MOST_URL or "://" not in url:
        raise ParameterError("url", _ALLOWED)
    if scheme in {"http", "https"}:
        check_origin(parse_link(url).origin, config)
        return
    if scheme not in {"s3", "gs", "az"}:
        raise ParameterError("url", _ALLOWED)
    name = parse_object(url)
    check_bucket(name.scheme, name.bucket, config)
