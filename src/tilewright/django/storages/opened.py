"""Storages of any other kind: what their ``open`` gives, by range where it can be."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any, NamedTuple, cast
from uuid import uuid4

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage, storages

from tilewright.blobs import Blob
from tilewright.blobs.local import LocalBlob
from tilewright.blobs.localcopy import LocalCopies
from tilewright.errors import (
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    TilewrightError,
)

_REMEMBERED = 4096
_TRIES = 3


class _State(NamedTuple):
    """What a storage says of a file."""

    version: str
    size: int | None
    until: float
    """When it must be asked again, as the monotonic clock goes."""


class OpenedDoor:
    """A storage that is read by its ``open``."""

    def __init__(self, storage: Storage, id: str, copies: LocalCopies, fresh_s: float) -> None:
        """Open nothing yet; believe what the storage says of a file for ``fresh_s``."""
        self._storage = storage
        self._copies = copies
        self._fresh_s = fresh_s
        self._id = id
        self._lock = threading.Lock()
        self._states: OrderedDict[str, _State] = OrderedDict()

    @property
    def id(self) -> str:
        """As `storage_id` makes it."""
        return self._id

    def version(self, name: str) -> str:
        """Return a digest of the file's size and time of change. Raises a SourceError.

        A storage that tells neither is taken to keep its files as they are: Django gives each
        new file a new name.
        """
        return self._known(name).version

    def open(self, name: str, version: str) -> Blob:
        """Return the file, by range when it can be sought in, else a copy of it.

        Raises a SourceError.
        """
        state = self._known(name)
        if state.version != version:
            raise SourceUnavailableError("the file has just changed", uri=name)
        file = _Guarded(self._storage, name)
        if file.seekable():
            return FileBlob(file, version)
        file.close()
        return self._copy(name, state)

    def close(self) -> None:
        """Forget what the storage said."""
        with self._lock:
            self._states.clear()

    def _copy(self, name: str, state: _State) -> Blob:
        for _ in range(_TRIES):
            path = self._copies.path(
                f"{self._id} {name} {state.version}",
                PurePosixPath(name).suffix,
                state.size,
                # It is read and closed, which is all of IO that copying needs.
                lambda: cast("Any", _Guarded(self._storage, name)),
            )
            with suppress(SourceNotFoundError):  # another process has just made room
                return _CopyBlob(str(path), state.version)
        raise SourceUnavailableError("the folder of copies is too small", uri=name)

    def _known(self, name: str) -> _State:
        now = time.monotonic()
        with self._lock:
            state = self._states.get(name)
        if state is not None and now < state.until:
            return state
        size = self._told(self._storage.size, name)
        changed = self._told(self._storage.get_modified_time, name)
        stamp = f"{size} {changed.isoformat() if changed is not None else ''}"
        version = hashlib.blake2s(stamp.encode(), digest_size=12).hexdigest()
        state = _State(version, size, now + self._fresh_s)
        with self._lock:
            self._states[name] = state
            self._states.move_to_end(name)
            if len(self._states) > _REMEMBERED:
                self._states.popitem(last=False)
        return state

    @staticmethod
    def _told(ask: Callable[[str], Any], name: str) -> Any:
        """Return what the storage says; None when it is of a kind that does not."""
        with _reaching(name):
            try:
                return ask(name)
            except NotImplementedError:
                return None


class _Guarded:
    """A storage's file whose every failure is a SourceError."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._name = name
        with _reaching(name):
            self._file: Any = storage.open(name, "rb")

    def seekable(self) -> bool:
        """Tell whether bytes can be had by range."""
        with _reaching(self._name):
            ask = getattr(self._file, "seekable", None)
            return ask is not None and bool(ask())

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position and return it."""
        with _reaching(self._name):
            self._file.seek(offset, whence)
            return int(self._file.tell())

    def read(self, length: int) -> bytes:
        """Return the next bytes."""
        with _reaching(self._name):
            return cast("bytes", self._file.read(length))

    def close(self) -> None:
        """Close the file."""
        with suppress(SourceError), _reaching(self._name):
            self._file.close()


class FileBlob:
    """A blob over one open file; one thread reads at a time."""

    def __init__(self, file: _Guarded, version: str) -> None:
        """Take the file over. Raises a SourceError."""
        self._file = file
        self._version = version
        self._lock = threading.Lock()
        try:
            self._size = file.seek(0, 2)
        except SourceError:
            file.close()
            raise

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self._size

    @property
    def version(self) -> str:
        """As the storage told it."""
        return self._version

    @property
    def path(self) -> str | None:
        """None: the file may be anywhere."""
        return None

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset``. Raises SourceUnavailableError."""
        wanted = max(0, min(length, self._size - offset))
        parts = []
        with self._lock:
            if wanted:
                self._file.seek(offset)
            while wanted:
                part = self._file.read(wanted)
                if not part:
                    raise SourceUnavailableError("the file's storage sent only a part of it")
                parts.append(part)
                wanted -= len(part)
        return b"".join(parts)

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range."""
        return [self.read(offset, length) for offset, length in ranges]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


class _CopyBlob(LocalBlob):
    """A copy, of the version that the storage told."""

    def __init__(self, path: str, version: str) -> None:
        super().__init__(path)
        self._version = version


@contextmanager
def _reaching(name: str) -> Iterator[None]:
    """Turn whatever a storage raises into a SourceError: each kind has errors of its own."""
    try:
        yield
    except (TilewrightError, NotImplementedError):
        raise
    except (FileNotFoundError, SuspiciousOperation) as error:
        raise SourceNotFoundError("the file does not exist", uri=name) from error
    except Exception as error:
        raise SourceUnavailableError("the file's storage does not answer", uri=name) from error


def storage_id(storage: Storage) -> str:
    """Return the storage's class and a digest of what it was made with.

    That is the same in all processes: what the storage itself tells, else what ``STORAGES`` says
    of it. One that is not there either has a number of its own.
    """
    kind = type(storage)
    try:
        made_with = storage.deconstruct()[1:]  # type: ignore[attr-defined] # what migrations use
    except (AttributeError, ValueError):
        made_with = _setting(storage)
    if made_with is None:
        return f"{kind.__name__}-{uuid4().hex}"
    told = f"{kind.__module__}.{kind.__qualname__} {made_with!r}"
    return f"{kind.__name__}-{hashlib.blake2s(told.encode(), digest_size=9).hexdigest()}"


def _setting(storage: Storage) -> tuple[str, Any] | None:
    """Return the alias and the options of a storage that the project's settings make."""
    kind = type(storage)
    path = f"{kind.__module__}.{kind.__qualname__}"
    backends = cast("Mapping[str, Mapping[str, Any]]", storages.backends)
    for alias, made in backends.items():
        # No other is made for it: that might fail.
        if made["BACKEND"] == path and storages[alias] is storage:
            return alias, made.get("OPTIONS")
    return None
