"""Who is meant by limits: an address, or all the addresses that one customer has."""

import ipaddress
from functools import lru_cache
from typing import Final

_MAPPED: Final = "::ffff:"


@lru_cache(maxsize=4096)
def network_of(host: str) -> str:
    """An IPv4 address, also one that an IPv6 socket shows as mapped; or the /64 of an IPv6 address."""
    if host.startswith(_MAPPED) and "." in host:
        return host.removeprefix(_MAPPED)
    address = ipaddress.IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))
