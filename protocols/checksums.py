"""Checksums that more than one wire format, or more than one direction, needs."""


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
