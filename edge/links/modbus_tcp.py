"""The Modbus TCP link: a device with a socket, or a gateway with devices behind it."""

from edge.links.modbus_config import ModbusTcp
from edge.links.modbus_link import ModbusLink
from edge.links.modbus_port import ModbusPort
from edge.links.modbus_tcp_port import TcpPort
from protocols.vocabulary import Clock, SystemClock


class ModbusTcpLink(ModbusLink):
    """A Modbus TCP server that is polled.

    :param port: the connection; by default a socket.
    """

    def __init__(self, config: ModbusTcp, clock: Clock | None = None, port: ModbusPort | None = None) -> None:
        super().__init__(
            config,
            f"{config.host}:{config.port}",
            port or TcpPort(config.host, config.port, config.timeout_s),
            clock or SystemClock(),
        )
