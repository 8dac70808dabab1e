"""Which link serves which ``kind`` of the configuration."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.links.coap_server import CoapLink
from edge.links.config import LinkConfig
from edge.links.hj212_tcp import Hj212TcpLink
from edge.links.link import Link
from edge.links.modbus_tcp import ModbusTcpLink
from edge.lwm2m.link import Lwm2mLink
from protocols.vocabulary import Clock

LINKS: Final[Mapping[str, Callable[[Any, Clock], Link]]] = {
    "modbus-tcp": ModbusTcpLink,
    "hj212-tcp": Hj212TcpLink,
    "coap": CoapLink,
    "lwm2m": Lwm2mLink,
}
"""kind -> the link's class; each takes its own section of the configuration."""


def link_for(config: LinkConfig, clock: Clock) -> Link:
    """The link of a ``[[link]]`` section; its I/O begins with run()."""
    return LINKS[config.kind](config, clock)
