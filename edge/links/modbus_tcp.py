"""The Modbus TCP poller: one connection, one question at a time, every device on its own cadence."""

from heapq import heapify, heapreplace
from itertools import count
from typing import Final

from edge.backoff import Backoff
from edge.commands.actuator import Unfit
from edge.intake import Intake
from edge.links.cadence import Cadence, phase_of
from edge.links.config import ModbusTcp
from edge.links.link import LinkStatus
from edge.links.modbus_device import ModbusDevice
from edge.links.modbus_orders import CommandedRows, OrderQueue
from edge.links.modbus_port import ModbusPort, PymodbusPort
from protocols.vocabulary import Clock, LinkDown, SystemClock, wait_at_most

DEAF_AFTER: Final = 3
"""So many silences in a row while nobody answers, and the connection itself is doubted: it is opened anew."""

Queue = list[tuple[float, int, Cadence, ModbusDevice]]
"""A heap by due time; the turn settles ties."""


class ModbusTcpLink:
    """A Modbus TCP server (a device, or a serial server with devices behind it) that is polled.

    Implements edge.commands.actuator.Actuator: what is to be written waits for its turn between two polls.

    :param port: the connection; by default pymodbus's.
    """

    def __init__(self, config: ModbusTcp, clock: Clock | None = None, port: ModbusPort | None = None) -> None:
        self.name = config.name
        self._address = f"{config.host}:{config.port}"
        self._clock = clock or SystemClock()
        self._port = port or PymodbusPort(config.host, config.port, config.timeout_s)
        self._devices = [
            ModbusDevice(
                device.neuron,
                device.unit,
                device.register_model(),
                device.period_s,
                self._clock,
                retries=config.retries,
                gap=device.gap,
                limit=device.registers_per_request,
            )
            for device in config.device
        ]
        self._orders = OrderQueue()
        self._is_commanded = any(device.commanded.writable for device in self._devices)
        self._backoff = Backoff()
        self._up = False

    async def run(self, intake: Intake) -> None:
        turn = count()
        queue: Queue = [(c.due_s, next(turn), c, d) for d in self._devices for c in (self._cadence(d),)]
        heapify(queue)
        while True:
            try:
                await self._port.open()
                self._up = True
                await self._poll(queue, turn, intake)
            except LinkDown:
                self._port.counters["link_down"] += 1
            finally:
                self._up = False
                self._port.close()
            for device in self._devices:
                device.record.state = "silent"
            await self._clock.sleep(self._backoff.next_s())

    def _cadence(self, device: ModbusDevice) -> Cadence:
        """Every device of every link gets its own place in the period, the same one after each restart."""
        phase = phase_of(f"{self._address}/{device.unit}/{device.record.source}")
        return Cadence(self._clock.monotonic_s(), device.period_s, phase)

    async def _poll(self, queue: Queue, turn: "count[int]", intake: Intake) -> None:
        """Ask whoever is due, for ever.

        :raises LinkDown: the connection is gone, or deaf.
        """
        silences = 0
        while True:
            await self._orders.serve(self._port)
            due_s, _, cadence, device = queue[0]
            wait_s = due_s - self._clock.monotonic_s()
            if wait_s > 0 and await self._order_within(wait_s):
                continue
            poll = await device.poll(self._port)
            if poll.batch is not None:
                intake.put(poll.batch).add_done_callback(device.not_kept)
            if poll.lost is not None:
                raise poll.lost
            self._next_tick(cadence, device, silent=poll.silent)
            heapreplace(queue, (cadence.due_s, next(turn), cadence, device))
            if not poll.silent:
                silences = 0
                self._backoff.succeeded()
                continue
            silences += 1
            if silences >= DEAF_AFTER and all(d.breaker.open for d in self._devices):
                self._wake(queue)
                raise LinkDown(f"{self._address}: {silences} questions in a row without an answer")

    async def _order_within(self, seconds: float) -> bool:
        """Wait so long; True: something to be written came first."""
        if not self._is_commanded:
            await self._clock.sleep(seconds)
            return False
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
        of_source = (device.commanded for device in self._devices if device.record.source == source)
        return next((rows for rows in of_source if rows.has(observed, channel)), None)

    def _known(self, source: str, observed: str, channel: str) -> CommandedRows:
        rows = self._rows_of(source, observed, channel)
        if rows is None:
            raise Unfit(f"{source}/{observed}: no device of this line has it")
        return rows

    def _next_tick(self, cadence: Cadence, device: ModbusDevice, *, silent: bool) -> None:
        now_s = self._clock.monotonic_s()
        missed = cadence.missed
        cadence.advance(now_s)
        if cadence.missed > missed:
            device.record.errors["missed_tick"] += cadence.missed - missed
        if silent:
            cadence.suspend(now_s + device.breaker.silence())

    def _wake(self, queue: Queue) -> None:
        """Perhaps it was the connection, not the devices: after it is opened anew, nobody is left out any longer."""
        now_s = self._clock.monotonic_s()
        for _, _, cadence, _ in queue:
            cadence.suspend(now_s)
        queue[:] = [(cadence.due_s, turn, cadence, device) for _, turn, cadence, device in queue]
        heapify(queue)

    def status(self) -> LinkStatus:
        devices = tuple(device.status() for device in self._devices)
        return LinkStatus(self.name, "modbus-tcp", self._up, dict(self._port.counters), devices)
