import io
import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tests.patience import HANG_S
from tilewright.blobs.localcopy import LocalCopies
from tilewright.errors import (
    ConfigurationError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)


@pytest.fixture
def copies(tmp_path):
    return LocalCopies(str(tmp_path / "copies"), 1000)


class Asked:
    """Gives the same bytes each time, and counts."""

    def __init__(self, content):
        self.content = content
        self.times = 0

    def __call__(self):
        self.times += 1
        return io.BytesIO(self.content)


class Torn(io.BytesIO):
    """Breaks after the first piece."""

    error = SourceUnavailableError("gone")

    def read(self, length=-1):
        if self.tell():
            raise self.error
        return super().read(5)


def names(tmp_path):
    return sorted(file.name for file in (tmp_path / "copies").iterdir() if file.is_file())


def test_a_file_is_copied_once(copies):
    asked = Asked(b"pixels")
    path = copies.path("key", ".svs", 6, asked)
    assert path.read_bytes() == b"pixels"
    assert path.suffix == ".svs"
    assert copies.path("key", ".svs", 6, asked) == path
    assert asked.times == 1
    assert copies.path("other", ".svs", None, asked) != path
    assert asked.times == 2


@pytest.mark.parametrize(
    ("suffix", "kept"),
    [(".svs", ".svs"), (".TIF", ".tif"), ("", ""), (".part", ""), ("./../x", ""), (".ünï", "")],
)
def test_nothing_of_a_name_but_a_plain_suffix_reaches_the_disk(copies, tmp_path, suffix, kept):
    path = copies.path("../../etc/passwd\0\udcff", suffix, None, Asked(b"x"))
    assert path.parent == tmp_path / "copies"
    assert path.suffix == kept
    assert len(path.stem) == 40


@pytest.mark.parametrize("size", [5, 7])
def test_a_copy_has_the_size_that_the_storage_told(copies, tmp_path, size):
    with pytest.raises(SourceUnavailableError):
        copies.path("key", "", size, Asked(b"pixels"))
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [SourceUnavailableError("x"), OSError("x"), KeyError("x")])
def test_a_failure_half_way_leaves_nothing(copies, tmp_path, monkeypatch, error):
    monkeypatch.setattr(Torn, "error", error)
    with pytest.raises(SourceUnavailableError if isinstance(error, OSError) else type(error)):
        copies.path("key", "", 10, lambda: Torn(b"0123456789"))
    assert names(tmp_path) == []
    assert copies.path("key", "", 10, Asked(b"0123456789")).read_bytes() == b"0123456789"


def test_what_a_dead_process_left_is_written_over_and_swept(copies, tmp_path):
    final = copies.path("key", "", 6, Asked(b"pixels"))
    left = final.with_name(final.name + ".part")
    final.rename(left)
    assert copies.path("key", "", 6, Asked(b"pixels")) == final
    assert names(tmp_path) == [final.name]
    left.write_bytes(b"x" * 999)
    copies.path("more", "", None, Asked(b"y" * 900))
    assert not left.exists()


def test_a_copy_that_was_cut_is_made_again(copies):
    path = copies.path("key", "", 6, Asked(b"pixels"))
    path.write_bytes(b"pix")
    assert copies.path("key", "", 6, Asked(b"pixels")).read_bytes() == b"pixels"


def test_what_was_used_longest_ago_goes_first(copies):
    paths = {}
    for age, key in enumerate("abc"):
        paths[key] = copies.path(key, "", None, Asked(key.encode() * 300))
        os.utime(paths[key], (1000 + age, 1000))
    copies.path("a", "", 300, Asked(b""))  # is used now
    copies.path("d", "", None, Asked(b"d" * 300))
    assert [key for key, path in paths.items() if path.exists()] == ["a", "c"]
    assert copies.used_bytes == 900


def test_what_is_open_stays_readable(copies):
    with copies.path("a", "", None, Asked(b"a" * 600)).open("rb") as file:
        copies.path("b", "", None, Asked(b"b" * 600))
        assert copies.used_bytes == 600
        assert file.read() == b"a" * 600


@pytest.mark.parametrize("size", [1001, None])
def test_a_file_that_does_not_fit_is_not_copied(copies, tmp_path, size):
    with pytest.raises(UnsupportedSourceError):
        copies.path("key", "", size, Asked(b"x" * 1001))
    assert not (tmp_path / "copies").exists() or names(tmp_path) == []


def test_clearing_leaves_what_is_not_ours(copies, tmp_path):
    copies.path("a", ".tif", None, Asked(b"a" * 100))
    (tmp_path / "copies" / "notes.txt").write_text("mine")
    assert copies.clear() == 100
    assert names(tmp_path) == ["notes.txt"]


def test_clearing_leaves_what_is_being_copied(copies):
    started, go = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, length=-1):
            data = super().read(3)
            if data:
                return data
            started.set()
            assert go.wait(HANG_S)
            return b""

    made = []
    thread = threading.Thread(
        target=lambda: made.append(copies.path("slow", "", 6, lambda: Slow(b"pixels")))
    )
    thread.start()
    assert started.wait(HANG_S)
    copies.clear()
    impatient = LocalCopies(copies._folder, 1000, wait_s=0.1)
    with pytest.raises(SourceUnavailableError, match="still being copied"):
        impatient.path("slow", "", 6, Asked(b"pixels"))
    go.set()
    thread.join()
    assert made[0].read_bytes() == b"pixels"


def test_many_threads_copy_once(copies):
    asked = Asked(b"pixels")
    ask = lambda: copies.path("key", "", 6, asked)  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked.times == 1


PROGRAM = """
import io, sys, time
from tilewright.blobs.localcopy import LocalCopies
class Slow(io.BytesIO):
    def read(self, length=-1):
        time.sleep(0.02)
        return super().read(1000)
def open_file():
    with open(sys.argv[2], "a") as log:
        log.write("x")
    return Slow(b"p" * 20_000)
path = LocalCopies(sys.argv[1], 1 << 20).path("key", "", 20_000, open_file)
assert path.read_bytes() == b"p" * 20_000
"""


def test_processes_copy_once(tmp_path):
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(PROGRAM),
        tmp_path / "copies",
        tmp_path / "log",
    ]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(HANG_S) for process in processes] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "x"


def test_a_killed_copier_blocks_nobody(tmp_path):
    slower = textwrap.dedent(PROGRAM).replace("0.02", "30")
    process = subprocess.Popen(
        [sys.executable, "-c", slower, tmp_path / "copies", tmp_path / "log"]
    )
    try:
        while not (tmp_path / "log").exists():
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    copies = LocalCopies(str(tmp_path / "copies"), 1 << 20, wait_s=HANG_S)
    assert copies.path("key", "", 20_000, Asked(b"p" * 20_000)).stat().st_size == 20_000
    assert len(names(tmp_path)) == 1


def test_the_usual_folder_is_this_users_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = LocalCopies(None, 1000).path("key", "", None, Asked(b"x"))
    folder = path.parent
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o077 == 0
    folder.chmod(0o777)
    with pytest.raises(ConfigurationError):
        LocalCopies(None, 1000).path("key", "", None, Asked(b"x"))
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError):
        LocalCopies(None, 1000).path("key", "", None, Asked(b"x"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError):
        LocalCopies(str(tmp_path / "file" / "copies"), 1000).path("key", "", None, Asked(b"x"))


def test_a_file_that_is_not_there_is_not_copied(copies, tmp_path):
    def missing():
        raise SourceNotFoundError("the file does not exist")

    with pytest.raises(SourceNotFoundError):
        copies.path("key", "", None, missing)
    assert names(tmp_path) == []
