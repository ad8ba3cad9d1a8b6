import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command

from tests.blobs.far import far_away
from tests.patience import HANG_S
from tests.testapp.models import Scan
from tilewright.django import caching, careful, conf
from tilewright.django.caching import KeptReplies, entry_key, pack, unpack
from tilewright.django.careful import CarefulCache
from tilewright.errors import ConfigurationError, SourceUnavailableError
from tilewright.web import http

BACKENDS = "django.core.cache.backends"
WORD = http.Validator('"0123"', "private, max-age=5")
ROOT = Path(__file__).parents[2]
ALWAYS = {"cache": "tiles", "cache_min_ms": 0.0, "cache_wait_s": HANG_S}


def given(backend, request):
    """Return what CACHES says of a cache of this kind, which is there and empty."""
    if backend == "locmem":
        return {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "tiles"}
    if backend == "file":
        folder = request.getfixturevalue("tmp_path") / "cache"
        return {"BACKEND": f"{BACKENDS}.filebased.FileBasedCache", "LOCATION": str(folder)}
    if backend == "database":
        request.getfixturevalue("db")
        return {"BACKEND": f"{BACKENDS}.db.DatabaseCache", "LOCATION": "tiles_cache"}
    server = request.getfixturevalue(backend)
    if backend == "memcached":
        return {"BACKEND": f"{BACKENDS}.memcached.PyMemcacheCache", "LOCATION": server.address}
    return redis_cache(server)


def redis_cache(server):
    return redis_cache_at(server.address)


def redis_cache_at(address):
    return {"BACKEND": f"{BACKENDS}.redis.RedisCache", "LOCATION": f"redis://{address}"}


def use(settings, tiles, **setting):
    other = {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "default"}
    settings.CACHES = {"default": other, "tiles": tiles}
    settings.TILEWRIGHT = {**ALWAYS, **setting}


@pytest.fixture(params=["locmem", "file", "database", "redis", "memcached"])
def tiles(request, settings):
    """Keep answers in a cache of each kind, however fast they are made."""
    use(settings, given(request.param, request))
    if request.param == "database":
        call_command("createcachetable")
    caches["tiles"].clear()
    yield caches["tiles"]
    caches["tiles"].clear()


@pytest.fixture
def memory(request, settings):
    use(settings, given("locmem", request))
    caches["tiles"].clear()
    return caches["tiles"]


@pytest.fixture
def kept():
    """Make what keeps answers in the cache ``tiles``, all of them unless told otherwise."""
    made = []

    def keep(cache=None, **changes):
        rules = {"timeout_s": 60, "max_bytes": 1000, "min_ms": 0.0, **changes}
        made.append(KeptReplies(cache or CarefulCache("tiles", wait_s=HANG_S), **rules))
        return made[-1]

    yield keep
    for one in made:
        one.close()


class Clock:
    """Goes on by what is slept, however long that takes."""

    now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """Give those who keep answers a clock that no busy machine can make go faster."""
    clock = Clock()
    for module, name in (
        (caching, "monotonic"),
        (caching, "perf_counter"),
        (caching, "time"),
        (careful, "monotonic"),
    ):
        monkeypatch.setattr(module, name, clock)
    return clock


class SlowCache(CarefulCache):
    """Takes 10 ms of a clock for a set and a get."""

    def __init__(self, clock):
        super().__init__("tiles", wait_s=HANG_S)
        self._clock = clock

    def get(self, key):
        self._clock.sleep(0.004)
        return super().get(key)

    def put(self, key, value, timeout_s):
        self._clock.sleep(0.006)
        super().put(key, value, timeout_s)


class Maker:
    """Makes an answer, and counts how often."""

    def __init__(self, value="made", *, seconds=0.0, sleep=time.sleep):
        self.count = 0
        self.value = value
        self.seconds = seconds
        self.sleep = sleep

    def __call__(self):
        self.count += 1
        self.sleep(self.seconds)
        return http.document(self.value, WORD)


@contextmanager
def silent(server):
    """Have a server say nothing; for a minute at most, as who asks may wait for ever."""

    def go_on():
        server.process.send_signal(signal.SIGCONT)

    end = threading.Timer(HANG_S, go_on)
    end.start()
    server.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, server.process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        end.cancel()
        end.join()
        go_on()


@contextmanager
def dead(server):
    """End a server."""
    server.process.kill()
    server.process.wait()
    yield


def connections_of(server):
    """Return how many connections a server of Redis has had, this one among them."""
    from redis import Redis  # noqa: PLC0415 - it is missing where this is skipped

    with Redis(port=server.port) as client:
        return client.info("stats")["total_connections_received"]


def forge(cache, response):
    """Have the cache hold another body for the answer's tag, to see where answers come from."""
    validator = http.Validator(response["ETag"], "")
    assert cache.get(entry_key(validator)) is not None
    forged = http.Reply(200, {"Content-Type": "text/plain"}, b"from the cache")
    cache.set(entry_key(validator), pack(forged, validator))


@pytest.mark.parametrize(
    "place",
    [
        "tiles/0/0/0.png",
        "tiles/1/0/0.jpg?quality=80",
        "data/thumbnail.jpg?max_width=64",
        "data/region.png?left=10&top=10&right=50&bottom=60",
        "data/statistics",
        "data/histogram",
        "info/bands",
        "info/metadata",
    ],
)
def test_an_answer_is_made_once_and_then_found(client, scan, tiles, place):
    address = f"/api/scans/{scan.pk}/{place}"
    made = client.get(address)
    assert made.status_code == 200
    found = client.get(address)
    assert (found.content, found.headers) == (made.content, made.headers)
    forge(tiles, made)
    forged = client.get(address)
    assert forged.content == b"from the cache"
    assert forged["ETag"] == made["ETag"]
    assert forged["Cache-Control"] == made["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": made["ETag"]}).status_code == 304


def test_a_new_version_of_the_file_misses(client, scan, folder, tiles):
    address = f"/api/scans/{scan.pk}/tiles/0/0/0.png"
    old = client.get(address)
    forge(tiles, old)
    os.utime(folder / "a.tif", ns=(1, 1))
    new = client.get(address)
    assert new["ETag"] != old["ETag"]
    assert new["Content-Type"] == "image/png"


def test_a_held_answer_is_for_those_who_may_see_it(client, scan, memory):
    address = f"/api/scans/{scan.pk}/tiles/0/0/0.png"
    assert client.get(address).status_code == 200
    Scan.objects.update(secret=True)
    assert client.get(address).status_code == 403


def test_a_head_fills_the_cache_for_a_get(client, scan, memory):
    address = f"/api/scans/{scan.pk}/tiles/0/0/0.png"
    asked = client.head(address)
    forge(memory, asked)
    assert asked.content == b""
    assert client.get(address).content == b"from the cache"


def test_errors_are_not_kept(client, scan, folder, memory):
    address = f"/api/scans/{scan.pk}/tiles/7/0/0.png"
    assert client.get(address).status_code == 404
    (folder / "a.tif").write_bytes(b"no image")
    assert client.get(f"/api/scans/{scan.pk}/tiles/0/0/0.png").status_code == 415
    assert not memory._cache


def test_an_error_frees_the_lock(kept, memory):
    def fail():
        raise SourceUnavailableError("not now")

    with pytest.raises(SourceUnavailableError):
        kept().reply("kind", WORD, fail)
    assert not memory._cache
    assert kept().reply("kind", WORD, Maker()).status == 200


@pytest.mark.parametrize(
    ("changes", "value", "seconds", "count"),
    [
        ({}, "x", 0.0, 1),
        ({"max_bytes": 10}, "x" * 8, 0.0, 1),
        ({"max_bytes": 10}, "x" * 9, 0.0, 2),
        ({"min_ms": 20.0}, "x", 0.01, 2),
        ({"min_ms": 20.0}, "x", 0.03, 1),
        ({"min_ms": None}, "x", 0.009, 2),
        ({"min_ms": None}, "x", 0.011, 1),
    ],
)
def test_large_and_cheap_answers_are_not_kept(tiles, kept, clock, changes, value, seconds, count):
    shelf = kept(SlowCache(clock), **changes)
    make = Maker(value, seconds=seconds, sleep=clock.sleep)
    first = shelf.reply("kind", WORD, make)
    second = shelf.reply("kind", WORD, make)
    assert first == second
    assert make.count == count


@pytest.mark.parametrize("backend", ["file", "redis", "memcached"])
def test_what_is_cheap_is_measured_on_the_cache_itself(request, settings, kept, backend):
    use(settings, given(backend, request))
    shelf, make = kept(min_ms=None), Maker()

    def is_made_each_time(number):
        before = make.count
        for _ in range(3):
            shelf.reply("kind", http.Validator(f'"{number}"', ""), make)
        return make.count == before + 3

    # The first ones may be slow, and so may one in between on a busy machine.
    began = time.perf_counter()
    assert any(is_made_each_time(number) for number in range(300))
    # Of five that were measured, three took as long or longer.
    assert 1e-5 < shelf._min_s < (time.perf_counter() - began) / 3


def test_a_kind_that_becomes_cheap_leaves_the_cache_alone(kept, memory, clock):
    shelf, slow, fast = kept(min_ms=100.0), Maker(seconds=0.3, sleep=clock.sleep), Maker()
    shelf.reply("kind", WORD, slow)
    for number in range(9):
        shelf.reply("kind", http.Validator(f'"{number}"', ""), fast)
    assert entry_key(http.Validator('"0"', "")) in memory
    assert entry_key(http.Validator('"8"', "")) not in memory
    shelf.reply("kind", WORD, fast)
    assert fast.count == 10
    shelf.reply("other", WORD, fast)
    assert fast.count == 10


def test_a_kind_is_forgotten_before_there_are_too_many(kept, memory, monkeypatch):
    monkeypatch.setattr(caching, "_REMEMBERED_KINDS", 3)
    shelf = kept(min_ms=1000.0)
    for kind in range(10):
        shelf.reply(kind, WORD, Maker())
    assert len(shelf._averages) <= 3


REPLY = http.document({"a": 1}, WORD)
ENTRY = pack(REPLY, WORD)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (ENTRY, REPLY),
        (None, None),
        (b"", None),
        ("text", None),
        (ENTRY[:5], None),
        (ENTRY[:-1], None),
        (ENTRY + b"x", None),
        (b"XX" + ENTRY[2:], None),
        (pack(REPLY, http.Validator('"0124"', "")), None),
    ],
)
def test_an_entry_that_is_not_whole_is_a_miss(entry, found):
    assert unpack(entry, WORD) == found


def test_simultaneous_asks_of_one_process_make_once(kept, tiles):
    if "Database" in type(tiles).__name__:
        pytest.skip("threads do not see each other's transactions in a test")
    shelf, make, replies = kept(), Maker(seconds=0.1), []

    def ask():
        replies.append(shelf.reply("kind", WORD, make))
        shelf.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make.count == 1
    assert [reply.body for reply in replies] == [b'"made"'] * 8


@pytest.mark.parametrize("backend", ["redis", "memcached", "file", "postgres"])
def test_simultaneous_asks_of_many_processes_make_once(request, tmp_path, backend):
    databases = {}
    if backend == "postgres":
        server = request.getfixturevalue("postgres")
        databases["default"] = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "tests",
            "USER": "tests",
            "HOST": "127.0.0.1",
            "PORT": server.port,
        }
        cache = {"BACKEND": f"{BACKENDS}.db.DatabaseCache", "LOCATION": "tiles_cache"}
    else:
        cache = given(backend, request)
    setting = json.dumps({"CACHES": {"tiles": cache}, "DATABASES": databases})
    command = [sys.executable, "-m", "tests.django.kept", setting, str(tmp_path)]
    with ExitStack() as running:
        processes = []
        for _ in range(3):
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            processes.append(running.enter_context(process))
            assert process.stdout.readline() == "ready\n"
        # The `add` of a cache of files looks first, and writes then: there one comes before all.
        early, late = (processes[:1], processes[1:]) if backend == "file" else (processes, [])
        said = [*ask_at_once(early), *ask_at_once(late)]
        assert sorted(said) == ["locks\n", "waits\n", "waits\n"]
        tell(processes[said.index("locks\n")])
        answers = [process.communicate(timeout=HANG_S)[0] for process in processes]
    assert answers == ['{"made":true}\n'] * 3
    assert (tmp_path / "made").read_text() == "made\n"


def ask_at_once(processes):
    """Have processes ask; return what each says of the lock."""
    for process in processes:
        tell(process)
    return [process.stdout.readline() for process in processes]


def tell(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def test_who_waits_makes_it_when_the_lock_is_lost(kept, tiles, clock, monkeypatch):
    lock, make, pauses = f"{entry_key(WORD)}:lock", Maker(), []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            tiles.delete(lock)

    monkeypatch.setattr(clock, "sleep", sleep)
    tiles.set(lock, b"", 60)
    assert kept().reply("kind", WORD, make).body == b'"made"'
    assert len(pauses) == 3
    assert make.count == 1


def test_who_waits_does_so_no_longer_than_the_lock_lives(kept, memory, clock):
    memory.set(f"{entry_key(WORD)}:lock", b"", 60)
    assert kept().reply("kind", WORD, Maker()).body == b'"made"'
    assert caching.LOCK_S <= clock.now < caching.LOCK_S + 0.2
    assert f"{entry_key(WORD)}:lock" in memory


@pytest.mark.parametrize("stopped", [silent, dead])
def test_a_cache_that_dies_costs_no_answer(client, scan, settings, own_redis, stopped, caplog):
    use(settings, redis_cache(own_redis))
    address = f"/api/scans/{scan.pk}/tiles/0/0/0.png"
    made = client.get(address)
    assert client.get(address).content == made.content
    with stopped(own_redis), caplog.at_level(logging.WARNING, careful.__name__):
        use(settings, redis_cache(own_redis), cache_wait_s=0.3)
        for y in range(5):
            answer = client.get(f"{address}?quality={y + 1}")
            assert answer.status_code == 200
            assert answer.content == made.content
    assert [record.name for record in caplog.records] == [careful.__name__]


def test_a_silent_cache_costs_one_wait(kept, settings, own_redis, clock):
    use(settings, redis_cache(own_redis))
    shelf, make = kept(CarefulCache("tiles", wait_s=0.3)), Maker()
    before = connections_of(own_redis)
    with silent(own_redis):
        for _ in range(5):
            shelf.reply("kind", WORD, make)
        assert shelf.rests
    assert make.count == 5
    # Each attempt, and so each wait, begins with a connection; the last one is ours.
    assert connections_of(own_redis) - before == 1 + 1


def test_a_cache_that_comes_back_is_used_again(kept, settings, own_redis, clock):
    from redis import Redis  # noqa: PLC0415 - it is missing where this is skipped

    use(settings, redis_cache(own_redis))
    shelf, make = kept(), Maker()
    shelf.reply("kind", WORD, make)
    with Redis(port=own_redis.port) as server:
        server.config_set("requirepass", "another")
        server.client_kill_filter(_type="normal", skipme=True)
        assert shelf.reply("kind", WORD, make).body == b'"made"'
        assert shelf.rests
        server.config_set("requirepass", "")
    shelf.reply("kind", WORD, make)
    assert make.count == 3
    clock.now += careful.REST_S
    shelf.reply("kind", WORD, make)
    assert make.count == 3
    assert not shelf.rests


def test_a_cache_fails_in_the_log_once_a_minute(
    kept, settings, own_redis, clock, monkeypatch, caplog
):
    monkeypatch.setattr(careful, "REST_S", 0.0)
    use(settings, redis_cache(own_redis))
    with dead(own_redis):
        shelf = kept()
        for told in (1, 2):
            for _ in range(5):
                shelf.reply("kind", WORD, Maker())
            assert [record.name for record in caplog.records] == [careful.__name__] * told
            clock.now += 61


def test_the_options_of_the_project_stand(kept, settings, own_redis):
    options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
    use(settings, {**redis_cache(own_redis), "OPTIONS": options})
    shelf = kept(CarefulCache("tiles", wait_s=0.05))
    with silent(own_redis):
        began = time.monotonic()
        shelf.reply("kind", WORD, Maker())
        assert time.monotonic() - began >= 0.5
        assert shelf.rests


def test_precached_tiles_are_those_that_clients_ask_for(client, scan, memory, capsys):
    call_command("tilewright_precache", "testapp.Scan:file", "--zooms", "0-1")
    assert capsys.readouterr().out == f"testapp.Scan {scan.pk}: 6 pictures\n"
    base = f"/api/scans/{scan.pk}"
    for place in ("tiles/0/0/0.jpg", "tiles/1/1/1.jpg", "data/thumbnail.jpg"):
        asked = client.get(f"{base}/{place}", headers={"If-None-Match": '"none"'})
        forge(memory, asked)
        assert client.get(f"{base}/{place}").content == b"from the cache"
    assert len(memory._cache) == 6


@pytest.mark.parametrize("query", ["frame=3", "edge=102030", "fill=102030", "z=2&quality=60"])
def test_precaching_takes_what_a_client_may_ask(client, stack, memory, query):
    call_command("tilewright_precache", "testapp.Scan:file", "--zooms", "0-1", "--query", query)
    for place in ("tiles/1/1/1.jpg", "data/thumbnail.jpg"):
        url = f"/api/scans/{stack.pk}/{place}?{query}"
        forge(memory, client.get(url, headers={"If-None-Match": '"none"'}))
        assert client.get(url).content == b"from the cache"
    assert len(memory._cache) == 6


def test_precaching_tells_that_the_cache_fails(scan, settings):
    use(settings, redis_cache_at("127.0.0.1:1"))
    with pytest.raises(CommandError, match="the cache fails"):
        call_command("tilewright_precache", "testapp.Scan:file", "--zooms", "0")


def test_precaching_goes_on_after_a_file_that_cannot_be_read(scan, folder, memory, capsys):
    bad = Scan.objects.create(name="bad", file="bad.tif")
    call_command("tilewright_precache", "testapp.Scan:file", "--zooms", "0")
    said = capsys.readouterr()
    assert said.out == f"testapp.Scan {scan.pk}: 2 pictures\n"
    assert said.err == f"testapp.Scan {bad.pk}: the file does not exist\n"


def test_precaching_goes_on_after_an_image_that_lacks_what_is_asked(scan, stack, memory, capsys):
    call_command("tilewright_precache", "testapp.Scan:file", "--zooms", "0", "--query", "band=3")
    said = capsys.readouterr()
    assert said.out == f"testapp.Scan {scan.pk}: 2 pictures\n"
    assert said.err.startswith(f"testapp.Scan {stack.pk}: ")


def test_images_behind_urls_are_precached(scan, folder, memory, settings, capsys):
    with far_away(**{"a.tif": (folder / "a.tif").read_bytes()}) as far:
        more = {"remote_hosts": far.allowed, "remote_allow_private": True}
        settings.TILEWRIGHT = {**settings.TILEWRIGHT, **more}
        Scan.objects.update(name=far.url("/a.tif"))
        call_command("tilewright_precache", "testapp.Scan:name", "--zooms", "0")
        conf.edge().engine.close()
    assert capsys.readouterr().out == f"testapp.Scan {scan.pk}: 2 pictures\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("testapp.Scam:file",), "is not app.Model:field"),
        (("Scan",), "is not app.Model:field"),
        (("testapp.Scan:files",), "is not app.Model:field"),
        (("testapp.Scan:file", "--zooms", "1-a"), "is not a zoom"),
        (("testapp.Scan:file", "--zooms", "3-1"), "is not a zoom"),
        (("testapp.Scan:file", "--format", "heic"), "fmt must be one of"),
        (("testapp.Scan:file", "--query", "quality=900"), "quality must be"),
    ],
)
def test_a_wrong_ask_for_precaching_is_told(scan, memory, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("tilewright_precache", *arguments)


def test_clearing_empties_our_cache_alone(scan, tiles, capsys):
    caches["default"].set("theirs", 1)
    call_command("tilewright_precache", "testapp.Scan:file", "--zooms", "0")
    edge = conf.edge()
    edge.reply("kind", WORD, Maker())
    assert entry_key(WORD) in tiles
    call_command("tilewright_clear_cache")
    assert entry_key(WORD) not in tiles
    assert caches["default"].get("theirs") == 1
    assert "empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"TILEWRIGHT": {"cache": "default"}}, "it is the default cache"),
        (
            {
                "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
                "SESSION_CACHE_ALIAS": "tiles",
            },
            "sessions",
        ),
        (
            {
                "CACHES": {
                    name: {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "one"}
                    for name in ("default", "tiles")
                }
            },
            "'default' lies at the same place",
        ),
    ],
)
def test_a_shared_cache_is_cleared_only_when_told(settings, memory, changed, message):
    for name, value in changed.items():
        setattr(settings, name, value)
    cache = caches[conf.read_setting()[1].cache]
    cache.set("theirs", 1)
    with pytest.raises(CommandError, match=message):
        call_command("tilewright_clear_cache")
    assert cache.get("theirs") == 1
    call_command("tilewright_clear_cache", "--whole")
    assert cache.get("theirs") is None


def test_a_cache_that_cannot_be_cleared_is_told(settings):
    use(settings, redis_cache_at("127.0.0.1:1"))
    with pytest.raises(CommandError, match=r"'tiles' cannot be emptied: .*refused"):
        call_command("tilewright_clear_cache")


@pytest.mark.parametrize(
    "command", [("tilewright_clear_cache",), ("tilewright_precache", "testapp.Scan:file")]
)
def test_without_a_cache_the_commands_say_so(settings, command):
    settings.TILEWRIGHT = {}
    with pytest.raises(CommandError, match="names no cache"):
        call_command(*command)


def test_without_the_setting_nothing_is_kept(client, scan, settings, memory):
    settings.TILEWRIGHT = {}
    assert client.get(f"/api/scans/{scan.pk}/tiles/0/0/0.png").status_code == 200
    assert not memory._cache


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"cache": "tile"}, r"must be an alias in CACHES \(default, tiles\), not 'tile'"),
        ({"cache": 5}, "must be of type str or None"),
        ({"cache_timeout_s": 0}, "cache_timeout_s must be above 0"),
        ({"cache_max_bytes": 0}, "cache_max_bytes must be above 0"),
        ({"cache_wait_s": 0}, "cache_wait_s must be above 0"),
        ({"cache_min_ms": -0.5}, "cache_min_ms must be 0 or more"),
    ],
)
def test_a_wrong_setting_is_told(settings, memory, setting, message):
    settings.TILEWRIGHT = setting
    with pytest.raises(ConfigurationError, match=message):
        conf.read_setting()


def test_whole_seconds_are_seconds(settings, memory):
    settings.TILEWRIGHT = {"cache_wait_s": 2, "cache_timeout_s": None, "cache_min_ms": 3}
    assert conf.read_setting()[1] == conf.WebConfig(
        cache_wait_s=2.0, cache_timeout_s=None, cache_min_ms=3.0
    )
