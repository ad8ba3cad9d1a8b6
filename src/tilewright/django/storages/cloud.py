"""Storages of django-storages that lie in an object store: read by range, with their own keys."""

import hashlib
import sys
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage

from tilewright.blobs import Blob
from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import ParameterError, SourceNotFoundError, SourceUnavailableError
from tilewright.image import Source


class Place(NamedTuple):
    """A bucket, as blobs know it."""

    prefix: str
    """``s3://bucket``, ``gs://bucket`` or ``az://container``."""
    endpoint: str
    """Who is asked; empty: the provider's usual address."""
    owner: str
    """In whose name: a public part of the credentials."""
    options: Mapping[str, Any]
    """obstore's, credentials among them."""
    secret: object
    """What proves who asks: equal for storages that prove it alike. It stands in no key."""


class CloudDoor:
    """A bucket: its files are named by their keys, so storages of all its folders share it."""

    def __init__(self, place: Place, config: Config) -> None:
        """Connect nowhere yet."""
        told = f"{place.prefix} {place.endpoint} {place.owner}"
        digest = hashlib.blake2s(told.encode(), digest_size=6).hexdigest()
        self._id = f"{place.prefix.replace('://', '-')}-{digest}"
        self._prefix = place.prefix
        self._secret = place.secret
        self._places = Places(config, {place.prefix: place.options})

    @property
    def id(self) -> str:
        """The bucket, and a digest of who is asked in whose name."""
        return self._id

    def renew(self, place: Place) -> None:
        """Ask as this place says from now on: its keys may be newer, or those of others."""
        if place.secret != self._secret:
            self._secret = place.secret
            self._places.renew({place.prefix: place.options})

    def version(self, name: str) -> str:
        """Return a digest of the object's ETag and size. Raises a SourceError."""
        try:
            return self._places.source(f"{self._prefix}/{name}").version
        except ParameterError:
            raise SourceNotFoundError("the file does not exist", uri=name) from None

    def open(self, name: str, version: str) -> Blob:
        """Return the object's bytes. Raises a SourceError."""
        return self._places.open(Source(f"{self._prefix}/{name}", version))

    def close(self) -> None:
        """Close all connections."""
        self._places.close()


def cloud_place(storage: Storage) -> Place | None:
    """Return where a storage's objects lie; None when only its ``open`` gives their bytes.

    That is so for storages of other kinds, those whose class has an ``_open`` of its own (it
    may decrypt), those with settings that ranges cannot honour, and without tilewright[cloud].
    Raises SourceUnavailableError when the storage cannot be set up.
    """
    if find_spec("obstore") is None:
        return None
    for module, name, read in _KINDS:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(storage, kind):
            # An override shows there only.
            if type(storage)._open is not kind._open or type(storage).open is not Storage.open:  # noqa: SLF001
                return None
            try:
                return read(storage)
            except Exception as error:
                # A profile that is not there, say: each library has errors of its own.
                raise SourceUnavailableError("the file's storage does not answer") from error
    return None


def object_key(storage: Any, name: str) -> str:
    """Return the key of a storage's file, below the storage's own folder of the bucket.

    Raises SourceNotFoundError for one outside of it.
    """
    from storages.utils import clean_name  # type: ignore[import-untyped]  # noqa: PLC0415 - only who has it comes here

    try:
        key: str = storage._normalize_name(clean_name(name))  # noqa: SLF001 - no other tells it
    except SuspiciousOperation:
        raise SourceNotFoundError("the file does not exist", uri=name) from None
    return key.lstrip("/")


def _s3(storage: Any) -> Place | None:
    client = storage.client_config
    sealed = {"SSECustomerKey", "SSECustomerAlgorithm"} & set(storage.object_parameters)
    if not storage.bucket_name or storage.verify is not None or client.proxies or sealed:
        return None
    bucket, endpoint = storage.bucket_name, storage.endpoint_url or ""
    virtual = (client.s3 or {}).get("addressing_style") == "virtual"
    options: dict[str, Any] = {"region": storage.region_name or "us-east-1"}
    owner = ""
    if _is_unsigned(client.signature_version):
        options["skip_signature"] = True
    else:
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - boto3 is heavy

        session = storage._create_session()  # noqa: SLF001 - profiles and keys are weighed there
        credentials = session.get_credentials()
        if credentials is None:
            return None
        options["region"] = storage.region_name or session.region_name or "us-east-1"
        options["credential_provider"] = Boto3CredentialProvider(session)
        owner = storage.access_key or storage.session_profile or ""
    if endpoint:
        parts = urlsplit(endpoint)
        # obstore wants the bucket in the endpoint then.
        host = f"{bucket}.{parts.netloc}" if virtual else parts.netloc
        options["endpoint"] = f"{parts.scheme}://{host}{parts.path}".rstrip("/")
    elif not storage.use_ssl:
        return None
    options["virtual_hosted_style_request"] = virtual
    secret = (owner, storage.secret_key, storage.security_token)
    return Place(f"s3://{bucket}", endpoint, owner, options, secret)


def _is_unsigned(signature: object) -> bool:
    from botocore import UNSIGNED  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy

    return signature is UNSIGNED


def _google(storage: Any) -> Place:
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - heavy

    client = storage.client
    credentials, endpoint = client._credentials, client._connection.API_BASE_URL  # noqa: SLF001 - no other tells them
    options: dict[str, Any] = {"base_url": endpoint}
    if isinstance(credentials, AnonymousCredentials):
        options["skip_signature"] = True
    else:
        options["credential_provider"] = partial(_google_token, credentials)
    owner = getattr(credentials, "service_account_email", "")
    # Those that renew themselves never grow old; a token that cannot be renewed does.
    secret = credentials.token if getattr(credentials, "refresh_token", "") is None else None
    return Place(f"gs://{storage.bucket_name}", endpoint, owner, options, secret)


def _google_token(credentials: Any) -> dict[str, Any]:
    """Return a token that is valid; obstore's own provider cannot take one that has no refresh."""
    from google.auth.transport.requests import Request  # noqa: PLC0415 - heavy

    if not credentials.valid:
        credentials.refresh(Request())
    expiry = credentials.expiry
    return {
        "token": credentials.token,
        # google-auth has its times in UTC, and does not say so.
        "expires_at": None if expiry is None else expiry.replace(tzinfo=UTC),
    }


def _azure(storage: Any) -> Place:
    service = storage.service_client
    endpoint = service.primary_endpoint.partition("?")[0].rstrip("/")
    options: dict[str, Any] = {"account_name": service.account_name, "endpoint": endpoint}
    if storage.account_key:
        options["account_key"] = storage.account_key
    elif storage.sas_token:
        options["sas_key"] = storage.sas_token
    elif storage.token_credential:
        from obstore.auth.azure import AzureCredentialProvider  # noqa: PLC0415 - heavy

        options["credential_provider"] = AzureCredentialProvider(storage.token_credential)
    else:
        options["skip_signature"] = True
    # Without either there is a credential, which renews itself.
    secret = storage.account_key or storage.sas_token
    return Place(f"az://{storage.azure_container}", endpoint, service.account_name, options, secret)


_KINDS: tuple[tuple[str, str, Callable[[Any], Place | None]], ...] = (
    ("storages.backends.s3", "S3Storage", _s3),
    ("storages.backends.gcloud", "GoogleCloudStorage", _google),
    ("storages.backends.azure_storage", "AzureStorage", _azure),
)
"""Module, class, and what reads its settings. A class that nobody imported has no storages."""
