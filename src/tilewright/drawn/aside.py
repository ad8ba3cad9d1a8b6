"""Where pictures are put aside for a while: a folder that all processes share, or a cache."""

import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tilewright.django.careful import CarefulCache
from tilewright.errors import ConfigurationError, LimitError, SourceUnavailableError

_OURS = re.compile(r"[0-9a-f]{64}(\.part)?")
_PART = ".part"
_PART_LIVES_S = 3600
_SWEEP_EVERY_S = 1.0
_TOUCH_S = 10
_WRITABLE_BY_OTHERS = 0o022
_OPEN_TO_OTHERS = 0o077
_CACHE_PREFIX = "tilewright.aside:"


class Store(Protocol):
    """Holds bytes under a key (64 hexadecimal digits) until a time. Safe between threads."""

    def put(self, key: str, data: bytes, expires: float) -> None:
        """Hold bytes until ``expires``, in seconds since 1970.

        Raises LimitError when they are too many, SourceUnavailableError when they are not held.
        """

    def get(self, key: str) -> bytes | None:
        """Return what is held; None when nothing is, or no longer."""

    def remove(self, key: str) -> None:
        """Hold it no longer."""

    def purge(self) -> tuple[int, int]:
        """Remove what has expired; return how many and how many bytes."""


class FolderStore:
    """Files of their owner's alone, bounded together in bytes.

    A file's time of change is when it expires, its time of access when it was seen last. It
    appears whole, by a rename. No link is followed. Other processes may put more for a second
    before room is made.
    """

    def __init__(self, folder: str | None, max_bytes: int) -> None:
        """Touch nothing yet. ``folder`` None is one of this user's own, for temporary files."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._swept = -_SWEEP_EVERY_S

    def put(self, key: str, data: bytes, expires: float) -> None:
        """Hold bytes until ``expires``."""
        if len(data) > self._max_bytes:
            raise LimitError("ephemeral_bytes", len(data), self._max_bytes)
        folder = self._made()
        part, final = folder / f"{key}{_PART}", folder / key
        try:
            _write(part, data, expires)
            part.rename(final)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise SourceUnavailableError("the picture cannot be put aside") from error
        self._held_bytes += len(data)
        due = time.monotonic() - self._swept >= _SWEEP_EVERY_S
        if due or self._held_bytes > self._max_bytes:
            self._sweep(folder, final)

    def get(self, key: str) -> bytes | None:
        """Return what is held."""
        file = self._made() / key
        try:
            number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            state, now = os.fstat(number), time.time()
            if not _is_ours(state):
                return None
            if state.st_mtime <= now:
                file.unlink(missing_ok=True)
                return None
            if now - state.st_atime > _TOUCH_S:
                os.utime(number, (now, state.st_mtime))
            with open(number, "rb", closefd=False) as opened:
                return opened.read()
        finally:
            os.close(number)

    def remove(self, key: str) -> None:
        """Hold it no longer."""
        (self._made() / key).unlink(missing_ok=True)

    def purge(self) -> tuple[int, int]:
        """Remove what has expired, and what other processes left half written."""
        gone = [state.st_size for file, state in _files(self._made()) if _removed(file, state)]
        return len(gone), sum(gone)

    def _sweep(self, folder: Path, newest: Path) -> None:
        """Remove what has expired, then what was seen longest ago, until the rest fits."""
        self._swept = time.monotonic()
        rows = [(file, state) for file, state in _files(folder) if not _removed(file, state)]
        used = sum(state.st_size for _, state in rows)
        for file, state in sorted(rows, key=lambda row: row[1].st_atime_ns):
            if used <= self._max_bytes:
                break
            if file != newest and file.suffix != _PART:
                file.unlink(missing_ok=True)
                used -= state.st_size
        self._held_bytes = used

    def _made(self) -> Path:
        """Return the folder. Raises ConfigurationError when it cannot be had, or is not ours."""
        usual = self._folder is None
        name = f"{tempfile.gettempdir()}/tilewright-aside-{os.geteuid()}"
        folder = Path(name if self._folder is None else self._folder)
        try:
            folder.mkdir(mode=0o700, parents=not usual, exist_ok=True)
            # Anybody may have put a folder, or a link, of that name where all may write.
            state = folder.lstat() if usual else folder.stat()
        except OSError as error:
            raise ConfigurationError("ephemeral_folder is no folder that can be had") from error
        open_to_others = _OPEN_TO_OTHERS if usual else _WRITABLE_BY_OTHERS
        if (
            not stat.S_ISDIR(state.st_mode)
            or state.st_uid != os.geteuid()
            or state.st_mode & open_to_others
        ):
            raise ConfigurationError("ephemeral_folder must be this user's, and no one else's")
        return folder


class CacheStore:
    """One of the project's caches. It forgets by itself, sooner where it is full."""

    def __init__(self, alias: str, max_bytes: int, *, wait_s: float) -> None:
        """Hold at most ``max_bytes`` of one picture, in the cache of that alias."""
        self._cache = CarefulCache(alias, wait_s=wait_s)
        self._max_bytes = max_bytes

    def put(self, key: str, data: bytes, expires: float) -> None:
        """Hold bytes until ``expires``."""
        if len(data) > self._max_bytes:
            raise LimitError("cache_max_bytes", len(data), self._max_bytes)
        name = _CACHE_PREFIX + key
        self._cache.put(name, data, max(1, round(expires - time.time())))
        # A cache says nothing when it fails, or holds nothing at all.
        if self._cache.get(name) != data:
            raise SourceUnavailableError("the picture cannot be put aside")

    def get(self, key: str) -> bytes | None:
        """Return what is held."""
        held = self._cache.get(_CACHE_PREFIX + key)
        return held if isinstance(held, bytes) else None

    def remove(self, key: str) -> None:
        """Hold it no longer."""
        self._cache.delete(_CACHE_PREFIX + key)

    def purge(self) -> tuple[int, int]:
        """Do nothing: a cache removes what has expired."""
        return 0, 0


def _write(part: Path, data: bytes, expires: float) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    number = os.open(part, flags, 0o600)
    with open(number, "wb") as file:  # noqa: PTH123 - no path
        file.write(data)
        file.flush()
        os.utime(number, (time.time(), expires))


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield our files; nothing else that lies there is touched."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name):
                with suppress(FileNotFoundError):
                    state = entry.stat(follow_symlinks=False)
                    if _is_ours(state):
                        yield folder / entry.name, state


def _is_ours(state: os.stat_result) -> bool:
    return stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid()


def _removed(file: Path, state: os.stat_result) -> bool:
    """Remove a file when its time is over; tell whether it was."""
    now = time.time()
    over = state.st_ctime + _PART_LIVES_S <= now if file.suffix == _PART else state.st_mtime <= now
    if over:
        file.unlink(missing_ok=True)
    return over
