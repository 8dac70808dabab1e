"""What is wanted of a Modbus device between two polls: one row written once, and read back."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from edge.commands.actuator import Unfit
from edge.links.link import DeviceRecord
from edge.links.modbus_port import DeviceSilent, ModbusPort, WrongAnswer
from firmware_adapters.interpretation import interpreter
from firmware_adapters.rows import RegisterRow
from firmware_adapters.setting import setting_of
from protocols.vocabulary import ProtocolError


@lru_cache(maxsize=1024)
def _by_name(rows: tuple[RegisterRow, ...]) -> Mapping[tuple[str, str], RegisterRow]:
    """Devices of one model share it."""
    return {(row.observed, row.channel): row for row in rows}


class CommandedRows:
    """The rows of one device, as commands see them.

    :param record: the device's counts; what goes wrong here is counted there.
    """

    def __init__(self, unit: int, rows: Iterable[RegisterRow], record: DeviceRecord) -> None:
        self._unit = unit
        self._rows = _by_name(tuple(rows))
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
        except DeviceSilent as silent:
            self._record.errors.update({"write_silence": 1, **silent.strays})
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
