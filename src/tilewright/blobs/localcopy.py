"""Copies of files whose storage cannot be read by range: one folder, shared by all processes.

A copy's name is a digest of where the file lies, its size and its time of change, so nothing
of a storage's names reaches the disk. It appears whole, by a rename; a process that dies leaves
a part that the next one overwrites. What was used longest ago goes first.
"""

import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

from tilewright.errors import (
    ConfigurationError,
    SourceUnavailableError,
    UnsupportedSourceError,
)

_CHUNK_BYTES = 1 << 20
_TOUCH_NS = 10 * 10**9
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_OURS = re.compile(r"[0-9a-f]{40}(\.[a-z0-9]{1,8})?(\.part)?")
_PART = ".part"


class LocalCopies:
    """A folder of copies, bounded in bytes. Safe between threads and processes."""

    def __init__(self, folder: str | None, max_bytes: int, *, wait_s: float = 60.0) -> None:
        """Touch nothing yet.

        ``folder`` None is one of this user's own in the system's folder for temporary files.
        ``wait_s`` is how long to wait for a copy that another process makes.
        """
        self._folder = folder
        self._max_bytes = max_bytes
        self._wait_s = wait_s

    def path(
        self,
        key: str,
        suffix: str,
        size: int | None,
        open_file: Callable[[], IO[bytes]],
    ) -> Path:
        """Return the copy of that key, made by reading what ``open_file`` gives.

        ``suffix`` such as ``.svs`` is kept when it is plain; ``size`` is what the file must
        come to, None when that is not known. What the file raises is passed on, OSError excepted:
        that, a full disk, too few bytes and another process that takes too long raise
        SourceUnavailableError; a file larger than the folder may be UnsupportedSourceError.
        """
        if size is not None and size > self._max_bytes:
            raise _too_large()
        folder = self._made()
        name = _name(key, suffix)
        final = folder / name
        if _is_used(final, size):
            return final
        with self._locked(folder, name[:2]):
            # Another process may have made it while this one waited.
            if not _is_used(final, size):
                self._copy(final, size, open_file)
        self._make_room(folder, final)
        return final

    def clear(self) -> int:
        """Remove all copies that are not being made; return how many bytes they had.

        What is open stays readable to whoever opened it.
        """
        folder = self._made()
        freed = 0
        for file, state in _files(folder):
            if self._removes(folder, file):
                freed += state.st_size
        return freed

    @property
    def used_bytes(self) -> int:
        """The bytes of all copies, and of the parts of those that are being made."""
        return sum(state.st_size for _, state in _files(self._made()))

    def _made(self) -> Path:
        """Return the folder. Raises ConfigurationError when it cannot be had, or is not ours."""
        try:
            if self._folder is not None:
                folder = Path(self._folder)
                folder.mkdir(parents=True, exist_ok=True)
            else:
                folder = Path(tempfile.gettempdir()) / f"tilewright-{os.getuid()}"
                folder.mkdir(mode=0o700, exist_ok=True)
                state = folder.lstat()
                # Anybody may have put a folder, or a link, of that name where all may write.
                if state.st_uid != os.getuid() or stat.S_IMODE(state.st_mode) & 0o077:
                    raise ConfigurationError("set copy_folder: the usual one is not this user's")
            (folder / "locks").mkdir(exist_ok=True)
        except OSError as error:
            raise ConfigurationError("copy_folder is no folder that can be written") from error
        return folder

    @contextmanager
    def _locked(self, folder: Path, stripe: str, wait_s: float | None = None) -> Iterator[None]:
        """Hold one of 256 locks: their files stay, so that no two processes lock different ones."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - few projects copy

        lock = FileLock(folder / "locks" / stripe)
        try:
            lock.acquire(timeout=self._wait_s if wait_s is None else wait_s)
        except Timeout as error:
            raise SourceUnavailableError("the file is still being copied") from error
        try:
            yield
        finally:
            lock.release()

    def _copy(self, final: Path, size: int | None, open_file: Callable[[], IO[bytes]]) -> None:
        part = final.with_name(f"{final.name}{_PART}")
        try:
            with part.open("wb") as target:
                self._stream(open_file, target, size)
                target.flush()
                os.fsync(target.fileno())
            part.rename(final)
        except BaseException as error:
            part.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise SourceUnavailableError("the file cannot be copied") from error
            raise

    def _stream(
        self, open_file: Callable[[], IO[bytes]], target: IO[bytes], size: int | None
    ) -> None:
        written = 0
        with closing(open_file()) as file:
            while chunk := file.read(_CHUNK_BYTES):
                written += len(chunk)
                if written > self._max_bytes:
                    raise _too_large()
                target.write(chunk)
        if size is not None and written != size:
            raise SourceUnavailableError("the file's storage sent another number of bytes")

    def _make_room(self, folder: Path, newest: Path) -> None:
        """Remove what was used longest ago until the rest fits, ``newest`` excepted."""
        with suppress(SourceUnavailableError), self._locked(folder, "room", 0):
            rows = sorted(_files(folder), key=lambda row: row[1].st_atime_ns)
            used = sum(state.st_size for _, state in rows)
            for file, state in rows:
                if used <= self._max_bytes:
                    break
                if file != newest and self._removes(folder, file):
                    used -= state.st_size

    def _removes(self, folder: Path, file: Path) -> bool:
        """Remove a copy, or a part that nobody is writing; tell whether it went."""
        if file.suffix != _PART:
            file.unlink(missing_ok=True)
            return True
        try:
            with self._locked(folder, file.name[:2], 0):
                file.unlink(missing_ok=True)
                return True
        except SourceUnavailableError:
            return False


def _name(key: str, suffix: str) -> str:
    digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=20).hexdigest()
    plain = suffix.lower()
    return digest + (plain if _SUFFIX.fullmatch(plain) and plain != _PART else "")


def _is_used(file: Path, size: int | None) -> bool:
    """Tell whether the copy is there and whole; note that it is used now."""
    try:
        state = file.stat()
        if size is not None and state.st_size != size:
            return False
        now = time.time_ns()
        if now - state.st_atime_ns > _TOUCH_NS:
            os.utime(file, ns=(now, state.st_mtime_ns))
    except OSError:
        return False
    return True


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield copies and parts; nothing else that lies there is ours."""
    for file in folder.iterdir():
        if _OURS.fullmatch(file.name):
            with suppress(FileNotFoundError):
                yield file, file.stat()


def _too_large() -> UnsupportedSourceError:
    return UnsupportedSourceError("the file is larger than copies of files may be")
