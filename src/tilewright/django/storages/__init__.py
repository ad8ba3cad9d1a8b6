"""Doors: how the bytes behind a Django storage, or a raster in memory, are had.

A door's sources have the uri ``storage://ID/NAME``. No client can make one, so a project's
credentials serve its own records only; and two storages whose buckets have the same name are
two places.
"""

import os
import threading
from collections import OrderedDict
from itertools import count
from typing import NamedTuple, Protocol, cast

from django.core.files.storage import Storage
from django.utils.functional import LazyObject

from tilewright.blobs import Blob
from tilewright.blobs.localcopy import LocalCopies
from tilewright.config import Config
from tilewright.django.storages.cloud import CloudDoor, Place, cloud_place, object_key
from tilewright.django.storages.opened import OpenedDoor, storage_id
from tilewright.django.storages.rasters import RasterDoor
from tilewright.errors import SourceUnavailableError
from tilewright.image import Source

SCHEME = "storage"
"""Of the uris that the doors understand."""
_MOST = 256
"""Doors, and storages that lead to them."""


class Door(Protocol):
    """One storage."""

    @property
    def id(self) -> str:
        """The same in all processes, where the storage can be told by its settings."""

    def version(self, name: str) -> str:
        """Return what changes whenever the file changes. Raises a SourceError."""

    def open(self, name: str, version: str) -> Blob:
        """Return the bytes of the file. Raises a SourceError."""

    def close(self) -> None:
        """Close what is open; the door may be used again."""


def unwrapped(storage: Storage) -> Storage:
    """Return the storage that a lazy one stands for, as Django's `default_storage` does."""
    if not issubclass(type(storage), LazyObject):
        return storage
    storage.__class__  # noqa: B018 - whatever is asked of it sets it up
    return cast("Storage", storage._wrapped)  # type: ignore[attr-defined] # noqa: SLF001


class Storages:
    """The doors of one engine. Safe between threads, and over a fork."""

    def __init__(self, config: Config, copies: LocalCopies) -> None:
        """Connect nowhere yet."""
        self.copies = copies
        self.rasters = RasterDoor(config.limits.decoded_bytes)
        self._config = config
        self._state = _State()

    def source(self, storage: Storage, name: str) -> Source:
        """Return the source of a file in a storage that has no local files.

        Its version is asked for once in ``Config.remote_fresh_s``. Raises a SourceError.
        """
        known = self._asked(storage)
        if known.place is not None:
            name = object_key(storage, name)
        uri = f"{SCHEME}://{known.door.id}/{name}"
        return Source(uri, known.door.version(name))

    def open(self, source: Source) -> Blob:
        """Return the blob of a source that `source`, or `RasterDoor.source`, made."""
        place, _, name = source.uri.removeprefix(f"{SCHEME}://").partition("/")
        if place == self.rasters.id:
            return self.rasters.open(name, source.version)
        state = self._live()
        with state.lock:
            door = state.doors.get(place)
        if door is None:
            raise SourceUnavailableError("the file's storage is not known to this process")
        return door.open(name, source.version)

    def close(self) -> None:
        """Close what is open."""
        state, self._state = self._live(), _State()
        for door in state.doors.values():
            door.close()

    def _asked(self, storage: Storage) -> "_Known":
        state = self._live()
        with state.lock:
            known = state.storages.get(id(storage)) or self._known(storage, state)
            if isinstance(known.door, CloudDoor) and known.place is not None:
                known.door.renew(known.place)
            state.doors[known.door.id] = known.door
            state.storages[id(storage)] = known
            state.storages.move_to_end(id(storage))
            state.doors.move_to_end(known.door.id)
            while len(state.storages) > _MOST:
                state.storages.popitem(last=False)
            while len(state.doors) > _MOST:
                state.doors.popitem(last=False)
        return known

    def _live(self) -> "_State":
        """Return this process's state: connections do not outlive a fork."""
        if self._state.process != os.getpid():
            self._state = _State()
        return self._state

    def _known(self, storage: Storage, state: "_State") -> "_Known":
        place = cloud_place(storage)
        if place is not None:
            made = CloudDoor(place, self._config)
            return _Known(storage, state.doors.get(made.id, made), place)
        # Not shared: storages in memory are made alike and hold other files.
        base = name = storage_id(storage)
        for number in count(2):
            if name not in state.doors:
                break
            name = f"{base}-{number}"
        door = OpenedDoor(storage, name, self.copies, self._config.remote_fresh_s)
        return _Known(storage, door)


class _Known(NamedTuple):
    """A storage that was asked for before."""

    storage: Storage
    """Held, so that its id() stays its own."""
    door: Door
    place: Place | None = None
    """Where the door leads, with this storage's own keys."""


class _State:
    """What is held in one process."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.doors: OrderedDict[str, Door] = OrderedDict()
        self.storages: OrderedDict[int, _Known] = OrderedDict()
