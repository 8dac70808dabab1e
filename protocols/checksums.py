"""Checksums that more than one wire format, or more than one direction, needs."""

from array import array


def _reflected_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = (register >> 1) ^ polynomial if register & 1 else register >> 1
        table.append(register)
    return tuple(table)


_A001 = _reflected_table(0xA001)
_A001_HIGH = bytes(register >> 8 for register in _A001)


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 8005 reflected, init FFFF (Modbus over serial line V1.02 §2.5.1.2). 0..65535."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ _A001[(register ^ byte) & 0xFF]
    return register


def crc16_hj212(data: bytes) -> int:
    """The CRC of HJ 212-2017 Appendix A: as Modbus, but each byte replaces the register's low byte. 0..65535.

    Check value: the data segment of Appendix A's example gives 1C80 (the prose prints 1C08 once).
    """
    if not data:
        return 0xFFFF
    high = 0xFF  # of the register: its low byte is thrown away at every step, and counts at the last one only
    for byte in data[:-1]:
        high = _A001_HIGH[high ^ byte]
    return _A001[high ^ data[-1]]


def sum8(data: bytes) -> int:
    """The sum of all bytes modulo 256: the check (CS) of DL/T 645 and of CJ/T 188. 0..255."""
    return sum(data) & 0xFF


def _after_zeros(columns: tuple[int, ...], register: int) -> int:
    result = 0
    for bit, column in enumerate(columns):
        if register >> bit & 1:
            result ^= column
    return result


def _zero_runs(count: int) -> tuple[tuple[int, ...], ...]:
    """What 1, 2, 4, 8... zero bytes do to each bit of a register of the polynomial A001."""
    columns = tuple((1 << bit >> 8) ^ _A001[(1 << bit) & 0xFF] for bit in range(16))
    runs = [columns]
    for _ in range(count - 1):
        columns = tuple(_after_zeros(columns, column) for column in columns)
        runs.append(columns)
    return tuple(runs)


_ZERO_RUNS = _zero_runs(20)


class RunningCrc16:
    """CRC-16/MODBUS of any part of a stream, each byte being summed once, however many parts are asked for.

    A decoder that must try many starts in the same bytes, because somebody sends it nothing but starts, would else sum
    each byte hundreds of times. A CRC is linear: that of a part is the difference of two prefixes.
    """

    __slots__ = ("_registers",)

    def __init__(self) -> None:
        self._registers = array("H", [0])

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        register = self._registers[-1]
        for byte in data:
            register = (register >> 8) ^ _A001[(register ^ byte) & 0xFF]
            self._registers.append(register)

    def drop(self, count: int) -> None:
        """Forget so many bytes at the beginning; positions are counted from what is left."""
        del self._registers[:count]

    def part(self, begin: int, end: int) -> int:
        """The CRC of the bytes from begin to before end, at most 2**20 - 1 of them. 0..65535."""
        register = self._registers[begin] ^ 0xFFFF
        length = end - begin
        for bit in range(length.bit_length()):
            if length >> bit & 1:
                register = _after_zeros(_ZERO_RUNS[bit], register)
        return register ^ self._registers[end]
