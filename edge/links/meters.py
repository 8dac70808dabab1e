"""The link of a line of meters: polled, one question at a time; relays are commanded between two polls."""

from edge.commands.actuator import Unfit
from edge.links.meter_config import MeterSerial, MeterTcp
from edge.links.meter_device import MeterDevice
from edge.links.meter_port import MeterPort
from edge.links.meter_relay import RELAY, CommandedRelay
from edge.links.orders import CommandedPoller
from protocols.vocabulary import Clock, SystemClock


class MeterLink(CommandedPoller[MeterPort]):
    """A line of meters; the line's own time is the machine's. Implements edge.commands.actuator.Actuator."""

    def __init__(self, config: MeterSerial | MeterTcp, clock: Clock | None = None) -> None:
        line = config.line()
        cadence = clock or SystemClock()
        port = MeterPort(line, config.pace, config.timeout_s, config.preamble)
        self._meters = [MeterDevice(device, cadence, config.retries, config.timeout_s) for device in config.device]
        is_commanded = any(meter.relay is not None for meter in self._meters)
        meters, reopen_s = self._meters, config.reopen_s
        super().__init__(
            config.name, config.kind, line.name, port, meters, cadence, reopen_s, is_commanded=is_commanded
        )

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        relay = self._relay_of(source, observed, channel)
        return None if relay is None else relay.fit(value)

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        relay = self._known(source, observed, channel)
        return await self.orders.carried_out(lambda port: relay.write(port, value))

    async def read(self, source: str, observed: str, channel: str) -> float:
        relay = self._known(source, observed, channel)
        return await self.orders.carried_out(relay.read)

    def _relay_of(self, source: str, observed: str, channel: str) -> CommandedRelay | None:
        if (observed, channel) != (RELAY, ""):
            return None
        return next((meter.relay for meter in self._meters if meter.record.source == source and meter.relay), None)

    def _known(self, source: str, observed: str, channel: str) -> CommandedRelay:
        relay = self._relay_of(source, observed, channel)
        if relay is None:
            raise Unfit(f"{source}/{observed}: no meter of this line has it")
        return relay
