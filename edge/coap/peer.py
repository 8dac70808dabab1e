"""Where a datagram came from, and where its answer goes."""

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

_MAPPED: Final = "::ffff:"


@dataclass(frozen=True, slots=True)
class Peer:
    """Address and port of the other end; equal for all local addresses at which it reached us."""

    host: str
    """As an IPv6 socket has it: IPv4 addresses are mapped."""
    port: int
    flow: int = field(default=0, compare=False)
    scope: int = 0
    local: bytes | None = field(default=None, compare=False)
    """IPV6_PKTINFO of its newest datagram: an answer leaves from the address that was asked."""

    @property
    def sockaddr(self) -> tuple[str, int, int, int]:
        """As the socket takes it."""
        return self.host, self.port, self.flow, self.scope

    @property
    def network(self) -> str:
        """Who is meant by limits: an IPv4 address, or the /64 of an IPv6 address, which is one customer's."""
        return _network(self.host)

    def __str__(self) -> str:
        shown = self.host.removeprefix(_MAPPED)
        return f"[{shown}]:{self.port}" if ":" in shown else f"{shown}:{self.port}"


@lru_cache(maxsize=4096)
def _network(host: str) -> str:
    if host.startswith(_MAPPED) and "." in host:
        return host.removeprefix(_MAPPED)
    address = ipaddress.IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))
