"""Which link serves which ``kind`` of the configuration."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from edge.links.coap_server import CoapLink
from edge.links.config import LinkConfig
from edge.links.hj212_tcp import Hj212TcpLink
from edge.links.link import Link, Remembering
from edge.links.meters import meter_link
from edge.links.modbus_rtu import modbus_rtu_link
from edge.links.modbus_tcp import ModbusTcpLink
from edge.links.sl651_tcp import Sl651TcpLink
from edge.links.sl651_udp import Sl651UdpLink
from protocols.vocabulary import Clock

LINKS: Final[Mapping[str, Callable[[Any, Clock], Link]]] = {
    "modbus-tcp": ModbusTcpLink,
    "modbus-rtu": modbus_rtu_link,
    "modbus-rtu-tcp": modbus_rtu_link,
    "meter-serial": meter_link,
    "meter-tcp": meter_link,
    "hj212-tcp": Hj212TcpLink,
    "coap": CoapLink,
    "sl651-tcp": Sl651TcpLink,
    "sl651-udp": Sl651UdpLink,
}
"""kind -> what makes the link; each takes its own section of the configuration."""


def link_for(config: LinkConfig, clock: Clock, folder: Path | None = None) -> Link:
    """The link of a ``[[link]]`` section; its I/O begins with run().

    :param folder: where links keep what they must know after a restart; None: they keep nothing.
    """
    link = LINKS[config.kind](config, clock)
    if folder is not None and isinstance(link, Remembering):
        link.remember(folder / f"{config.name}.json")
    return link
