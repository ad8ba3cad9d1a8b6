"""Files in object stores, through obstore: S3, Google Cloud Storage, Azure."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from tilewright.blobs.fetch import ChangedError, Part
from tilewright.blobs.guard import refusal
from tilewright.config import Config
from tilewright.errors import ConfigurationError, SourceNotFoundError, SourceUnavailableError

if TYPE_CHECKING:
    from obstore import GetOptions

SCHEMES = frozenset({"s3", "gs", "az", "abfs", "abfss"})
_BUCKET = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]{0,254}")
_ACCOUNT = re.compile(r"([^@]+)@([a-z0-9]{3,24})\.dfs\.core\.windows\.net")


class ObjectName(NamedTuple):
    """A uri of an object store, taken apart."""

    scheme: str
    """``s3``, ``gs`` or ``az``."""
    bucket: str
    account: str | None
    """Of Azure, when the uri says it."""
    key: str


def parse_object(uri: str) -> ObjectName:
    """Take ``s3://bucket/key`` and its like apart. Raises ParameterError."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    account = None
    if scheme.startswith("abfs"):
        scheme = "az"
        found = _ACCOUNT.fullmatch(bucket)
        if found is not None:
            bucket, account = found.groups()
    if not _BUCKET.fullmatch(bucket) or not key or not key.isprintable():
        raise refusal()
    if any(step in {"", ".", ".."} for step in unquote(key).split("/")):
        raise refusal()
    return ObjectName(scheme, bucket, account, key)


def make_store(name: ObjectName, options: Mapping[str, Any], config: Config) -> Any:
    """Return obstore's store of a bucket.

    ``options`` are obstore's configuration keys of that kind of store (``endpoint``,
    ``access_key_id``, ``region``, ``skip_signature``, …) and its ``credential_provider``.
    Raises ConfigurationError.
    """
    try:
        from obstore import exceptions, store  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError("remote files need tilewright[cloud]") from error
    settings = dict(options)
    if name.account is not None:
        settings.setdefault("account_name", name.account)
    provider = settings.pop("credential_provider", None)
    address = settings.get("endpoint") or settings.get("base_url") or ""
    plain = str(address).startswith("http://")
    kind: Any = {"s3": store.S3Store, "gs": store.GCSStore, "az": store.AzureStore}[name.scheme]
    seconds = config.remote_timeout_s
    try:
        return kind(
            name.bucket,
            config=settings,
            credential_provider=provider,
            client_options={
                "allow_http": plain,
                "connect_timeout": timedelta(seconds=seconds),
                "timeout": timedelta(seconds=seconds),
            },
            retry_config={
                "max_retries": config.remote_retries,
                "retry_timeout": timedelta(seconds=seconds * (config.remote_retries + 1)),
                "backoff": {
                    "init_backoff": timedelta(seconds=0.1),
                    "max_backoff": timedelta(seconds=2),
                    "base": 2,
                },
            },
        )
    except (exceptions.BaseError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"the options of {name.scheme}://{name.bucket} are wrong"
        ) from error


class CloudFetcher:
    """One object of a store."""

    def __init__(self, store: Callable[[], Any], key: str) -> None:
        """Ask ``store`` for the store at each request: its credentials may have been renewed."""
        self._store = store
        self._key = key

    def fetch(self, start: int, stop: int, etag: str) -> Part:
        """Return some bytes; see `Fetcher`. The store retries by itself."""
        import obstore  # noqa: PLC0415
        from obstore import exceptions  # noqa: PLC0415

        asked: GetOptions = {"range": (start, stop)}
        if etag:
            asked["if_match"] = etag
        try:
            answer = obstore.get(self._store(), self._key, options=asked)
            meta = answer.meta
            data = bytes(answer.bytes())
        except FileNotFoundError as error:
            raise SourceNotFoundError("the file does not exist") from error
        except exceptions.PreconditionError as error:
            raise ChangedError from error
        except (exceptions.BaseError, OSError, ValueError) as error:
            if start == 0 and not etag and self._is_empty():
                return Part(b"", 0, "", "")
            raise SourceUnavailableError("the file's storage does not answer") from error
        tag, size = meta["e_tag"] or "", int(meta["size"])
        if etag and tag != etag:
            raise ChangedError
        if len(data) != min(stop, size) - start:
            raise SourceUnavailableError("the file's storage sent other bytes than asked for")
        return Part(data, size, tag, meta["last_modified"].isoformat())

    def _is_empty(self) -> bool:
        """Tell whether the object has no byte: a range of it is an error then."""
        import obstore  # noqa: PLC0415
        from obstore import exceptions  # noqa: PLC0415

        try:
            return obstore.head(self._store(), self._key)["size"] == 0
        except (exceptions.BaseError, OSError):
            return False
