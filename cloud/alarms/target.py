"""Where a webhook may go: every address that its host has is judged, and connected is to one that was judged."""

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from protocols.vocabulary import YingzhouError

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

PORTS: Final = frozenset({443, 8443})
MAX_URL: Final = 2000
_NAME: Final = re.compile(r"(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)
_NUMERIC_LABEL: Final = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)", re.ASCII)
_NOT_PUBLIC_4: Final = tuple(  # IANA special-purpose registry (RFC 6890) and multicast
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_GLOBAL_UNICAST_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = (IPv6Network("2001::/23"), IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))
_NAT64: Final = IPv6Network("64:ff9b::/96")


class TargetRefused(YingzhouError):
    """A webhook may not go there; the message says why."""


class Target(NamedTuple):
    """A URL, and what its host is resolved to."""

    url: httpx.URL
    addresses: tuple[str, ...]
    """Each was judged; connect to one of these and to nothing else."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The installation's policy: public targets by https, internal ones only as far as they are listed."""

    allow: tuple[str, ...] = ()
    """Networks, or ``host:port``, that may be reached although they are internal, also by plain http."""
    resolver: Resolver | None = None
    """Addresses of a host and port; None: the machine's own."""

    def judge(self, text: str) -> Target:
        """Parse, resolve once and judge every address; blocks while it resolves.

        :raises TargetRefused: it may not be reached, or has no address.
        """
        url, port = _parse(text)
        host = url.raw_host.decode("ascii")
        if f"{host}:{port}".lower() in self._hosts():
            return Target(url, self._resolve(host, port))
        addresses = self._resolve(host, port)
        networks = self._networks()
        public = [address for address in addresses if not _listed(ip_address(address), networks)]
        for address in public:
            reason = _not_public(ip_address(address))
            if reason:
                via = "" if address == host else f" is {address}, which"
                raise TargetRefused(f"{host}{via} is {reason} and not in webhooks.allow_targets")
        if public and url.scheme != "https":
            raise TargetRefused("expected https: plain http goes only to targets in webhooks.allow_targets")
        if public and port not in PORTS:
            raise TargetRefused(f"port {port}: expected 443 or 8443, or a target in webhooks.allow_targets")
        return Target(url, addresses)

    def _resolve(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = dict.fromkeys((self.resolver or _system_resolver)(host, port))
        except (OSError, UnicodeError):
            found = {}
        if not found:
            raise TargetRefused(f"{host} has no address")
        if any("%" in address for address in found):
            raise TargetRefused(f"{host} has an address with a zone")
        return tuple(found)

    def _hosts(self) -> frozenset[str]:
        return frozenset(entry.lower().replace("[", "").replace("]", "") for entry in self.allow if not _network(entry))

    def _networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(network for network in map(_network, self.allow) if network)


def _parse(text: str) -> tuple[httpx.URL, int]:
    if len(text) > MAX_URL or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise TargetRefused(f"expected a URL of at most {MAX_URL} printable ASCII characters")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise TargetRefused(f"not a URL: {error}") from None
    if url.scheme not in {"https", "http"} or not url.host:
        raise TargetRefused("expected https://host/...")
    if "@" in urlsplit(text).netloc:
        raise TargetRefused("no user name or password in the URL")
    if url.fragment or "#" in text:
        raise TargetRefused("no fragment in the URL")
    host = url.raw_host.decode("ascii")
    if not _is_address(host):
        if _NAME.fullmatch(host) is None:
            raise TargetRefused(f"{host:.80}: expected the name of a host")
        if _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]):
            raise TargetRefused(f"{host:.80}: an address is written as 192.0.2.1")
    return url, url.port or (443 if url.scheme == "https" else 80)


def _is_address(host: str) -> bool:
    """Whether it is one to every parser: some take ``0x7f000001``, ``2130706433`` and ``127.1``, too."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _system_resolver(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry)
    except ValueError:
        return None


def _listed(address: Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(one in network for one in {address, _inner(address)} for network in networks)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for; itself when it stands for none."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _not_public(address: Address) -> str:
    """Why it is not a host of the public Internet; empty when it is."""
    inner = _inner(address)
    if isinstance(inner, IPv4Address):
        public = not any(inner in network for network in _NOT_PUBLIC_4)
    else:
        public = inner in _GLOBAL_UNICAST_6 and not any(inner in network for network in _NOT_PUBLIC_6)
    if public and not inner.is_private and not inner.is_multicast and not inner.is_reserved:
        return ""
    return _kind(inner)


def _kind(address: Address) -> str:
    kinds = ("loopback", "link_local", "multicast", "unspecified", "private", "reserved")
    found = (kind for kind in kinds if getattr(address, f"is_{kind}"))
    return f"a {next(found, 'special-purpose').replace('_', '-')} address"
