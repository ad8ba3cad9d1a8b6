"""Which remote places may be read: an allow-list of hosts, then a check of each address."""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from tilewright.config import Config
from tilewright.errors import ConfigurationError, ParameterError, SourceUnavailableError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}
_PRINTABLE = re.compile(r"[!#-\[\]^-~]+")  # no space, control, quote, backslash, non-ASCII
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_ENTRY = re.compile(r"(?:(https?)://)?(\*\.)?(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?")
_BUCKET_ENTRY = re.compile(r"(s3|gs|az)://[A-Za-z0-9$][A-Za-z0-9._-]{0,254}")
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    )
)
"""Where clouds tell a machine its credentials; never read, whatever is allowed."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who is asked."""

    scheme: str
    """``http`` or ``https``."""
    host: str
    """A lower-case name, or an address without brackets."""
    port: int

    @property
    def header(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that has been taken apart, strictly."""

    origin: Origin
    target: str
    """Path and query."""


def refusal() -> ParameterError:
    """Return the one error for each place that may not be read: it tells nothing of the net."""
    return ParameterError("address", "one that this server may read")


def parse_link(url: str) -> Link:
    """Take an http or https URL apart (RFC 3986). Raises ParameterError for all that is odd.

    Odd are: credentials, characters that need escapes, names that are no host names, numbers
    that only some take for addresses (``127.1``, ``0x7f000001``), a dot at the end, steps upwards.
    """
    if not _PRINTABLE.fullmatch(url):
        raise refusal()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise refusal() from error
    scheme = parts.scheme
    if scheme not in DEFAULT_PORTS or "@" in parts.netloc or port == 0:
        raise refusal()
    if any(step in {".", ".."} for step in unquote(parts.path).split("/")):
        raise refusal()
    if not _is_host(host, bracketed=parts.netloc.startswith("[")):
        raise refusal()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Link(Origin(scheme, host, port or DEFAULT_PORTS[scheme]), target)


def _is_host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        return "%" not in host  # urlsplit has seen to the rest
    if not _NAME.fullmatch(host) or len(host) > 253:  # noqa: PLR2004 - RFC 1035, 2.3.4
        return False
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return True
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def check_hosts(entries: Sequence[str]) -> None:
    """Raise ConfigurationError for an entry of ``Config.remote_hosts`` that means nothing."""
    for entry in entries:
        if not _ENTRY.fullmatch(entry) and not _BUCKET_ENTRY.fullmatch(entry):
            raise ConfigurationError(f"remote_hosts: {entry!r} is no host")


def check_origin(origin: Origin, config: Config) -> None:
    """Raise ParameterError unless ``Config.remote_hosts`` names the host, port and scheme."""
    if not any(_matches(entry, origin) for entry in config.remote_hosts):
        raise refusal()


@lru_cache(maxsize=1024)
def _matches(entry: str, origin: Origin) -> bool:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        return False
    scheme, wild, host, port = found.groups()
    if origin.scheme == "http" and scheme != "http":
        return False
    if origin.port != (int(port) if port else DEFAULT_PORTS[origin.scheme]):
        return False
    name = host.strip("[]")
    return origin.host.endswith(f".{name}") if wild else origin.host == name


def check_bucket(scheme: str, bucket: str, config: Config) -> None:
    """Raise ParameterError unless ``Config.remote_hosts`` names the bucket."""
    entry = f"{scheme}://{bucket}"
    if entry not in config.remote_hosts or not _BUCKET_ENTRY.fullmatch(entry):
        raise refusal()


def resolve(origin: Origin, config: Config) -> tuple[str, ...]:
    """Return the addresses of a host, each of which may be connected to.

    Who connects to just these is safe from a name that means another address a moment later.
    Raises ParameterError when one may not be; SourceUnavailableError when there is none.
    """
    try:
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceUnavailableError("the file's host is not known") from error
    addresses = tuple(dict.fromkeys(str(row[4][0]) for row in found))
    if not all(
        is_allowed(address, allow_private=config.remote_allow_private) for address in addresses
    ):
        raise refusal()
    return addresses


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Tell whether an address may be connected to.

    Only what is reachable from everywhere (IANA's registries of special addresses) may; with
    ``allow_private`` also private and loopback addresses. Cloud metadata, link-local,
    multicast and unspecified addresses never may, nor those that hide an IPv4 one that may not.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    ip = _hidden(ip)
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if ip.is_loopback:  # IPv6's is reserved too
        return allow_private
    return (ip.is_global or (allow_private and ip.is_private)) and not ip.is_reserved


def _hidden(ip: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for; else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.sixtofour:
        return ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip in _NAT64 or (ip in _COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
