"""The link of a line of meters: polled like any other, one question at a time."""

from edge.links.meter_config import MeterSerial, MeterTcp
from edge.links.meter_device import MeterDevice
from edge.links.meter_port import MeterPort
from edge.links.poller import Poller
from protocols.vocabulary import Clock, SystemClock


def meter_link(config: MeterSerial | MeterTcp, clock: Clock | None = None) -> Poller[MeterPort]:
    """A line of meters that are polled; the line's own time is the machine's."""
    line = config.line()
    cadence = clock or SystemClock()
    port = MeterPort(line, config.pace, config.timeout_s, config.preamble)
    devices = [MeterDevice(device, cadence, config.retries, config.timeout_s) for device in config.device]
    return Poller(config.name, config.kind, line.name, port, devices, cadence)
