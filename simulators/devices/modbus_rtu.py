"""Modbus units on a serial line (MODBUS over Serial Line V1.02): a unit that is not asked keeps silent."""

from collections.abc import Callable, Mapping
from typing import Final

from simulators.devices.modbus_tcp import answer_of
from simulators.devices.modbus_unit import Unit

_LENGTHS: Final = {3: 8, 4: 8, 6: 8}
"""Bytes of a question by its function; with function 16 it says so itself."""
_WRITE_MANY: Final = 16
_MAX_FRAME: Final = 256


class ModbusWire:
    """Units by their identifiers, 1 to 247. A question with a wrong CRC is not answered.

    :param now_ms: tells the wall time, ms UTC.
    """

    name = "modbus-rtu"

    def __init__(self, units: Mapping[int, Unit], now_ms: Callable[[], int]) -> None:
        self.units = dict(units)
        self.asked = 0
        """How many questions were answered."""
        self._now_ms = now_ms
        self._buffer = b""

    def __len__(self) -> int:
        return len(self.units)

    def silence(self) -> None:
        """The line was at rest: what was half a frame stays so."""
        self._buffer = b""

    def hear(self, data: bytes) -> bytes:
        """What is on the line after what came."""
        self._buffer = (self._buffer + data)[-2 * _MAX_FRAME :]
        said = b""
        while (length := self._length()) is not None and len(self._buffer) >= length:
            frame = self._buffer[:length]
            if _crc16(frame[:-2]).to_bytes(2, "little") != frame[-2:]:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[length:]
            said += self._answered(frame[0], frame[1:-2])
        return said

    def _length(self) -> int | None:
        """Of the question that the buffer begins with, if it is one; what cannot be one is passed over."""
        while len(self._buffer) >= 2:
            function = self._buffer[1]
            if function in _LENGTHS:
                return _LENGTHS[function]
            if function == _WRITE_MANY:
                return 9 + self._buffer[6] if len(self._buffer) >= 7 else None
            self._buffer = self._buffer[1:]
        return None

    def _answered(self, unit: int, pdu: bytes) -> bytes:
        target = self.units.get(unit)
        if target is None:
            return b""
        self.asked += 1
        body = bytes((unit,)) + answer_of(target, pdu, self._now_ms())
        return target.mouth.spoilt(body + _crc16(body).to_bytes(2, "little")) or b""


def _crc16(data: bytes) -> int:
    """Polynomial A001 reflected, beginning with FFFF (§6.2.2): written once more, as any device has its own."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
