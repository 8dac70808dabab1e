"""A line or connection with Modbus devices that are polled; commands take their turn between two polls."""

from edge.commands.actuator import Unfit
from edge.links.modbus_config import ModbusSection
from edge.links.modbus_device import ModbusDevice
from edge.links.modbus_orders import CommandedRows, OrderQueue
from edge.links.modbus_port import ModbusPort
from edge.links.poller import Poller
from protocols.vocabulary import Clock, wait_at_most


class ModbusLink(Poller[ModbusPort]):
    """Polls the devices of a section through any port.

    Implements edge.commands.actuator.Actuator: what is to be written waits for its turn between two polls.

    :param line: what the port leads to, as an engineer knows it.
    """

    def __init__(self, config: ModbusSection, line: str, port: ModbusPort, clock: Clock) -> None:
        self._modbus = [
            ModbusDevice(
                device.neuron,
                device.unit,
                device.register_model(),
                device.period_s,
                clock,
                retries=config.retries,
                timeout_s=config.timeout_s,
                gap=device.gap,
                limit=device.registers_per_request,
            )
            for device in config.device
        ]
        super().__init__(config.name, config.kind, line, port, self._modbus, clock)
        self._orders = OrderQueue()
        self._is_commanded = any(device.commanded.writable for device in self._modbus)

    async def _between_polls(self) -> None:
        await self._orders.serve(self._port)

    async def _interrupted(self, seconds: float) -> bool:
        if not self._is_commanded:
            return await super()._interrupted(seconds)
        await wait_at_most(self._clock, seconds, self._orders.arrived)
        return self._orders.arrived.is_set()

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        rows = self._rows_of(source, observed, channel)
        return None if rows is None else rows.fit(observed, channel, value)

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        rows = self._known(source, observed, channel)
        return await self._orders.carried_out(lambda port: rows.write(port, observed, channel, value))

    async def read(self, source: str, observed: str, channel: str) -> float:
        rows = self._known(source, observed, channel)
        return await self._orders.carried_out(lambda port: rows.read(port, observed, channel))

    def _rows_of(self, source: str, observed: str, channel: str) -> CommandedRows | None:
        of_source = (device.commanded for device in self._modbus if device.record.source == source)
        return next((rows for rows in of_source if rows.has(observed, channel)), None)

    def _known(self, source: str, observed: str, channel: str) -> CommandedRows:
        rows = self._rows_of(source, observed, channel)
        if rows is None:
            raise Unfit(f"{source}/{observed}: no device of this line has it")
        return rows
