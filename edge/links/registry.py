"""Which link serves which ``kind`` of the configuration."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from edge.links.config import LinkConfig
from edge.links.link import Link, Remembering
from protocols.vocabulary import Clock, ConfigError

LINKS: Final[Mapping[str, str]] = {
    "modbus-tcp": "edge.links.modbus_tcp:ModbusTcpLink",
    "modbus-rtu": "edge.links.modbus_rtu:modbus_rtu_link",
    "modbus-rtu-tcp": "edge.links.modbus_rtu:modbus_rtu_link",
    "meter-serial": "edge.links.meters:MeterLink",
    "meter-tcp": "edge.links.meters:MeterLink",
    "hj212-tcp": "edge.links.hj212_tcp:Hj212TcpLink",
    "hj212-serial": "edge.links.hj212_serial:Hj212SerialLink",
    "hj212-serial-tcp": "edge.links.hj212_serial:Hj212SerialLink",
    "coap": "edge.links.coap_server:CoapLink",
    "camera": "edge.links.camera:CameraLink",
    "lwm2m": "edge.lwm2m.link:Lwm2mLink",
    "sl651-tcp": "edge.links.sl651_tcp:Sl651TcpLink",
    "sl651-udp": "edge.links.sl651_udp:Sl651UdpLink",
}
"""kind -> what makes the link of its section; loaded when it is wanted: a gateway has few kinds, and little memory."""
EXTRAS: Final[Mapping[str, str]] = {"h11": "camera", "numpy": "camera", "PIL": "camera"}
"""Package -> the extra of ours that brings it, where it is not ``edge``."""


def maker_of(kind: str) -> Callable[[Any, Clock], Link]:
    """What makes links of this kind.

    :raises ConfigError: a package that they need is not installed.
    """
    module, _, name = LINKS[kind].partition(":")
    try:
        maker: Callable[[Any, Clock], Link] = getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        extra = EXTRAS.get(missing.name or "")
        if extra is None:
            raise
        raise ConfigError(
            f'link kind "{kind}": {missing.name} is not installed: pip install "yingzhou[{extra}]"'
        ) from None
    return maker


def link_for(config: LinkConfig, clock: Clock, folder: Path | None = None) -> Link:
    """The link of a ``[[link]]`` section; its I/O begins with run().

    :param folder: where links keep what they must know after a restart; None: they keep nothing.
    """
    link = maker_of(config.kind)(config, clock)
    if folder is not None and isinstance(link, Remembering):
        link.remember(folder / f"{config.name}.json")
    return link
