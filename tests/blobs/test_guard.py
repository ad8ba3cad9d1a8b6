"""Hostile addresses: none is connected to."""

import socket

import pytest

from tests.blobs.far import Far, far_away
from tilewright.blobs.guard import is_allowed, parse_link, resolve
from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import (
    ConfigurationError,
    ParameterError,
    SourceUnavailableError,
    TilewrightError,
)

HOSTILE = (
    "http://user@example.org/a",
    "http://user:secret@example.org/a",
    "http://example.org@127.0.0.1/a",
    "http://127.1/a",
    "http://127.0.1/a",
    "http://0/a",
    "http://0x7f000001/a",
    "http://0x7f.0.0.1/a",
    "http://0177.0.0.1/a",
    "http://2130706433/a",
    "http://127.0.0.1./a",
    "http://127.0.0.01/a",
    "http://example.org./a",
    "http://.example.org/a",
    "http://example..org/a",
    "http://-example.org/a",
    "http://exam ple.org/a",
    "http://exam%70le.org/a",
    "http://exämple.org/a",
    "http://ⓔxample.org/a",
    "http://example.org\\@127.0.0.1/a",
    "http://example.org/a\r\nHost: other",
    "http://example.org\r\n/a",
    "http://example.org/a\x00",
    "http://example.org\t/a",
    "http://[fe80::1%25eth0]/a",
    "http://[::1/a",
    "http://example.org:0/a",
    "http://example.org:99999/a",
    "http://example.org:a/a",
    "http:///a",
    "http:example.org/a",
    "//example.org/a",
    "example.org/a",
    "file:///etc/passwd",
    "file://example.org/etc/passwd",
    "gopher://example.org/a",
    "ftp://example.org/a",
    "HTTP+unix://example.org/a",
    "http://example.org/../a",
    "http://example.org/b/%2e%2E/a",
    "",
)


@pytest.mark.parametrize("url", HOSTILE)
def test_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_link(url)
    assert str(caught.value) == "address must be one that this server may read"


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("http://example.org", ("http", "example.org", 80), "/"),
        ("HTTPS://Example.ORG:8443/a/b.tif?x=1", ("https", "example.org", 8443), "/a/b.tif?x=1"),
        ("https://xn--exmple-cua.org/a%20b", ("https", "xn--exmple-cua.org", 443), "/a%20b"),
        ("http://192.0.2.7:81/a#part", ("http", "192.0.2.7", 81), "/a"),
        ("http://[2001:db8::1]/a", ("http", "2001:db8::1", 80), "/a"),
    ],
)
def test_plain_urls_are_taken_apart(url: str, origin: tuple[str, str, int], target: str) -> None:
    link = parse_link(url)
    assert (link.origin.scheme, link.origin.host, link.origin.port) == origin
    assert link.target == target


ALWAYS_REFUSED = (
    "169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "fd00:ec2::254", "fe80::1", "224.0.0.1", "224.0.1.1", "239.1.2.3", "ff02::1", "0.0.0.0", "::",  # noqa: S104
    "255.255.255.255", "240.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1", "::a9fe:a9fe", "no address",
)  # fmt: skip
PRIVATE = (
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "::1", "fc00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1",
)  # fmt: skip
PUBLIC = ("93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")


@pytest.mark.parametrize("address", ALWAYS_REFUSED)
def test_addresses_that_are_never_asked(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert not is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_leave(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_asked(address: str) -> None:
    assert is_allowed(address, allow_private=False)


def test_shared_addresses_of_providers_are_refused() -> None:
    assert not is_allowed("100.64.0.1", allow_private=False)


@pytest.mark.parametrize(
    ("entries", "url", "allowed"),
    [
        ((), "https://example.org/a", False),
        (("example.org",), "https://example.org/a", True),
        (("example.org",), "http://example.org/a", False),
        (("https://example.org",), "http://example.org/a", False),
        (("http://example.org",), "http://example.org/a", True),
        (("http://example.org",), "https://example.org/a", True),
        (("example.org",), "https://example.org:8443/a", False),
        (("example.org:8443",), "https://example.org:8443/a", True),
        (("example.org",), "https://www.example.org/a", False),
        (("*.example.org",), "https://www.example.org/a", True),
        (("*.example.org",), "https://a.b.example.org/a", True),
        (("*.example.org",), "https://example.org/a", False),
        (("*.example.org",), "https://badexample.org/a", False),
        (("example.org",), "https://example.org.bad.net/a", False),
        (("example.org",), "https://example-org/a", False),
        (("[2001:db8::1]",), "https://[2001:db8::1]/a", True),
    ],
)
def test_hosts_are_matched_by_scheme_name_and_port(
    entries: tuple[str, ...], url: str, *, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The resolver is the one part that a test cannot have for real: it would ask the Internet.
    monkeypatch.setattr(socket, "getaddrinfo", _unknown)
    places = Places(Config(remote_hosts=entries))
    with pytest.raises(SourceUnavailableError if allowed else ParameterError):
        places.source(url)


def _unknown(*_: object, **__: object) -> list[object]:
    raise socket.gaierror


@pytest.mark.parametrize(
    "entry", ["*", "*.", "exam ple.org", "ftp://example.org", "http://", "é.org"]
)
def test_entries_that_mean_nothing_are_refused(entry: str) -> None:
    with pytest.raises(ConfigurationError, match="remote_hosts"):
        Places(Config(remote_hosts=(entry,)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_listed_host_at_a_private_address_is_not_connected_to(host: str) -> None:
    with far_away(a=b"data") as far:
        places = Places(Config(remote_hosts=(f"http://{host}:{far.port}",)))
        with pytest.raises(ParameterError):
            places.source(far.url("/a", host))
        assert not far.asked


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    with pytest.raises(ParameterError):
        resolve(parse_link("http://example.org/").origin, Config())


def test_a_name_that_changes_its_address_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, []

    def rebinding(host: str, *rest: object, **named: object) -> list[object]:
        if host != "rebind.example":
            return real(host, *rest, **named)  # type: ignore[arg-type]
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with far_away(a=bytes(300_000)) as far:
        hosts = (f"http://rebind.example:{far.port}",)
        places = Places(Config(remote_hosts=hosts, remote_allow_private=True))
        blob = places.open(places.source(far.url("/a", "rebind.example")))
        assert blob.read(200_000, 10) == bytes(10)
        assert asked == ["rebind.example"]
        assert {row["Host"] for row in far.headers} == {f"rebind.example:{far.port}"}


def _redirecting(far: Far, place: str) -> None:
    def fault(asked: object) -> bool:
        if getattr(asked, "path") == "/moved":  # noqa: B009
            getattr(asked, "answer")(302, location=place)  # noqa: B009
            return True
        return False

    far.fault = fault


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.1/a",
        "http://localhost/a",
        "http://[::ffff:127.0.0.1]/a",
        "//10.0.0.1/a",
        "file:///etc/passwd",
        "gopher://127.0.0.1/a",
        "http://user@127.0.0.1/a",
        "/a\tb",
        "",
    ],
)
def test_redirects_to_other_places_are_not_followed(place: str) -> None:
    with far_away(a=b"data") as far:
        _redirecting(far, place)
        places = Places(Config(remote_hosts=far.allowed, remote_allow_private=True))
        with pytest.raises(TilewrightError) as caught:
            places.source(far.url("/moved"))
        assert isinstance(caught.value, ParameterError)
        assert far.paths == ["/moved"]


def test_redirects_within_the_list_are_followed_and_remembered() -> None:
    with far_away(a=bytes(300_000)) as far:
        _redirecting(far, "/a?signature=1")
        places = Places(Config(remote_hosts=far.allowed, remote_allow_private=True))
        blob = places.open(places.source(far.url("/moved")))
        blob.read(200_000, 10)
        assert far.paths == ["/moved", "/a?signature=1", "/a?signature=1"]


def test_a_ring_of_redirects_ends() -> None:
    with far_away() as far:
        _redirecting(far, "/moved")
        places = Places(Config(remote_hosts=far.allowed, remote_allow_private=True))
        with pytest.raises(SourceUnavailableError, match="too often"):
            places.source(far.url("/moved"))
        assert len(far.paths) == 4
