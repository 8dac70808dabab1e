"""Checksums that more than one wire format, or more than one direction, needs."""

from array import array
from functools import lru_cache


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


_Run = tuple[tuple[int, ...], tuple[int, ...]]
"""What a register becomes behind a run of zero bytes: the share of its low byte, and that of its high byte."""


def _after(run: _Run, register: int) -> int:
    return run[0][register & 0xFF] ^ run[1][register >> 8]


def _zero_runs(count: int) -> tuple[_Run, ...]:
    """What 1, 2, 4, 8... zero bytes do to a register of the polynomial A001."""
    run: _Run = (_A001, tuple(range(256)))
    runs = [run]
    for _ in range(count - 1):
        run = (tuple(_after(run, share) for share in run[0]), tuple(_after(run, share) for share in run[1]))
        runs.append(run)
    return tuple(runs)


_ZERO_RUNS = _zero_runs(20)
_SHORT = 256


@lru_cache(maxsize=_SHORT + 1)
def _short_run(length: int) -> _Run:
    """What so many zero bytes do, 0 to 256: a decoder of short frames asks it for nearly every byte."""
    run: _Run = (tuple(range(256)), tuple(byte << 8 for byte in range(256)))
    for bit, longer in enumerate(_ZERO_RUNS[: length.bit_length()]):
        if length >> bit & 1:
            run = (tuple(_after(longer, share) for share in run[0]), tuple(_after(longer, share) for share in run[1]))
    return run


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
        if length <= _SHORT:
            low, high = _short_run(length)
            return low[register & 0xFF] ^ high[register >> 8] ^ self._registers[end]
        for low, high in _ZERO_RUNS[: length.bit_length()]:
            if length & 1:
                register = low[register & 0xFF] ^ high[register >> 8]
            length >>= 1
        return register ^ self._registers[end]
