"""The way to a line that is surveyed: a serial port, a serial server, or a Modbus TCP connection."""

from typing import NamedTuple

from edge.lines.config import SerialPortSection, SerialServerSection
from edge.links.meter_port import MeterPort
from edge.links.modbus_config import ModbusTcp
from edge.links.modbus_port import ModbusPort
from edge.links.modbus_rtu import RtuPort
from edge.links.modbus_tcp_port import TcpPort
from edge.section import LinkSection
from protocols.vocabulary import ConfigError

PREAMBLE = 4
"""How many FE go before a question to meters."""


class TcpWay(NamedTuple):
    """Modbus TCP."""

    host: str
    port: int


class Way(NamedTuple):
    """Where to ask, and with which settings."""

    name: str
    place: SerialPortSection | SerialServerSection | TcpWay
    is_meters: bool = False
    """Whether the configuration says that meters are on it."""

    def modbus(self, timeout_s: float) -> ModbusPort:
        """Not open yet.

        :param timeout_s: for an answer, besides the time that its bytes take.
        """
        place = self.place
        if isinstance(place, TcpWay):
            return TcpPort(place.host, place.port, timeout_s)
        return RtuPort(place.line(), place.pace, timeout_s)

    def meters(self, timeout_s: float) -> MeterPort:
        """Not open yet.

        :raises ConfigError: there are no meters on Modbus TCP.
        """
        if isinstance(self.place, TcpWay):
            raise ConfigError(f"{self.name}: meters are on serial lines and behind serial servers, not on Modbus TCP")
        return MeterPort(self.place.line(), self.place.pace, timeout_s, PREAMBLE)


def way_of(link: LinkSection) -> Way | None:
    """The way of a ``[[link]]`` section; None: nobody is asked there."""
    if isinstance(link, ModbusTcp):
        return Way(f"{link.host}:{link.port}", TcpWay(link.host, link.port))
    if isinstance(link, SerialPortSection):
        return Way(f"{link.path} at {link.bits}", link, link.kind.startswith("meter"))
    if isinstance(link, SerialServerSection):
        return Way(link.reached_at, link, link.kind.startswith("meter"))
    return None


async def ended(port: ModbusPort | MeterPort) -> None:
    """Close a port, and wait until its line can be opened again, by us with other settings or by anybody."""
    if isinstance(port, RtuPort | MeterPort):
        await port.end()
    else:
        port.close()
