"""The kinds of ``[[link]]``: which section a kind has in the configuration, and what makes its link."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple


class Kind(NamedTuple):
    """Both as ``module:name``, loaded when it is wanted: a gateway has few kinds, and little memory."""

    section: str
    link: str


KINDS: Final[Mapping[str, Kind]] = {
    "modbus-tcp": Kind("edge.links.modbus_config:ModbusTcp", "edge.links.modbus_tcp:ModbusTcpLink"),
    "modbus-rtu": Kind("edge.links.modbus_config:ModbusRtu", "edge.links.modbus_rtu:modbus_rtu_link"),
    "modbus-rtu-tcp": Kind("edge.links.modbus_config:ModbusRtuTcp", "edge.links.modbus_rtu:modbus_rtu_link"),
    "meter-serial": Kind("edge.links.meter_config:MeterSerial", "edge.links.meters:MeterLink"),
    "meter-tcp": Kind("edge.links.meter_config:MeterTcp", "edge.links.meters:MeterLink"),
    "hj212-tcp": Kind("edge.links.hj212_config:Hj212Tcp", "edge.links.hj212_tcp:Hj212TcpLink"),
    "hj212-serial": Kind("edge.links.hj212_config:Hj212Serial", "edge.links.hj212_serial:Hj212SerialLink"),
    "hj212-serial-tcp": Kind("edge.links.hj212_config:Hj212SerialTcp", "edge.links.hj212_serial:Hj212SerialLink"),
    "coap": Kind("edge.links.coap_config:Coap", "edge.links.coap_server:CoapLink"),
    "camera": Kind("edge.cameras.config:CameraLinkConfig", "edge.links.camera:CameraLink"),
    "lwm2m": Kind("edge.lwm2m.config:Lwm2m", "edge.lwm2m.link:Lwm2mLink"),
    "sl651-tcp": Kind("edge.links.sl651_config:Sl651Tcp", "edge.links.sl651_tcp:Sl651TcpLink"),
    "sl651-udp": Kind("edge.links.sl651_config:Sl651Udp", "edge.links.sl651_udp:Sl651UdpLink"),
}
METER_PROTOCOLS: Final = ("dlt645", "cjt188")
"""By which the sections of devices on a line of meters are told apart."""


def named(place: str) -> Any:
    """What ``module:name`` is.

    :raises ModuleNotFoundError: a package that it needs is not installed.
    """
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
