"""What is wanted of a Modbus device between two polls: one question at a time, asked by the link's own loop."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from edge.commands.actuator import Unfit
from edge.links.link import DeviceRecord
from edge.links.modbus_port import DeviceSilent, ModbusPort, WrongAnswer
from firmware_adapters.interpretation import interpreter
from firmware_adapters.rows import RegisterRow
from firmware_adapters.setting import setting_of
from protocols.vocabulary import LinkDown, ProtocolError, YingzhouError

MAX_ORDERS: Final = 1000
"""That may wait for one cable; a further one is refused."""

Order = Callable[[ModbusPort], Awaitable[float]]


class CommandedRows:
    """The rows of one device, as commands see them.

    :param record: the device's counts; what goes wrong here is counted there.
    """

    def __init__(self, unit: int, rows: Iterable[RegisterRow], record: DeviceRecord) -> None:
        self._unit = unit
        self._rows = {(row.observed, row.channel): row for row in rows}
        self._record = record

    @property
    def writable(self) -> bool:
        """Whether there is anything to command."""
        return any(row.writable for row in self._rows.values())

    def has(self, observed: str, channel: str) -> bool:
        """Whether it is a point of this device."""
        return (observed, channel) in self._rows

    def fit(self, observed: str, channel: str, value: float) -> float:
        """What the device will tell once it has the value.

        :raises Unfit: as edge.commands.actuator.Actuator.
        """
        try:
            return setting_of(self._rows[observed, channel], value).value
        except ValueError as unfit:
            raise Unfit(str(unfit)) from None

    async def write(self, port: ModbusPort, observed: str, channel: str, value: float) -> float:
        """Write once, and ask for it. When no answer, or a wrong one, comes to the write, what the device says counts.

        :raises YingzhouError: it was refused, or the device does not tell what it holds.
        """
        row = self._rows[observed, channel]
        try:
            await port.write(self._unit, row.table, row.address, setting_of(row, value).registers)
        except DeviceSilent:
            self._record.errors["write_silence"] += 1
        except WrongAnswer as wrong:
            self._record.errors[wrong.kind] += 1
        return await self.read(port, observed, channel)

    async def read(self, port: ModbusPort, observed: str, channel: str) -> float:
        """Ask what the device holds.

        :raises YingzhouError: it does not tell.
        """
        row = self._rows[observed, channel]
        data = await port.read(self._unit, row.table, row.address, row.registers)
        value, faults = interpreter((row,))(data)
        if faults:
            raise ProtocolError(f"{row.series}: the device says that it has no value", data)
        return value[0]


class OrderQueue:
    """Orders wait here for their turn; one whose owner went away is left out."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        """Set while some may wait."""
        self._waiting: deque[tuple[Order, asyncio.Future[float]]] = deque()

    async def carried_out(self, order: Order) -> float:
        """Wait for its turn and its end.

        :raises YingzhouError: what the order raised; LinkDown: too many wait.
        """
        if len(self._waiting) >= MAX_ORDERS:
            raise LinkDown(f"{MAX_ORDERS} orders wait for this line already")
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((order, future))
        self.arrived.set()
        return await future

    async def serve(self, port: ModbusPort) -> None:
        """Carry out the first one that waits, if any does.

        :raises LinkDown: the connection broke over it; its owner is told as well.
        """
        while self._waiting:
            order, future = self._waiting.popleft()
            if future.done():
                continue
            try:
                _settle(future, await order(port))
            except LinkDown as down:
                _settle(future, down)
                raise
            except YingzhouError as error:
                _settle(future, error)
            finally:
                future.cancel()  # whoever waits is not left waiting; nothing when it is settled
            break
        if not self._waiting:
            self.arrived.clear()


def _settle(future: "asyncio.Future[float]", outcome: float | YingzhouError) -> None:
    if future.done():
        return
    if isinstance(outcome, YingzhouError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
