"""Which bytes of a frame mean what: ``yingzhou decode modbus-rtu --explain`` and ``modbus-tcp --explain``."""

from protocols.checksums import crc16_modbus
from protocols.fields import Field, FieldReader
from protocols.modbus import rtu, tcp
from protocols.modbus.describe import likely_direction
from protocols.modbus.explain_pdu import explain_pdu
from protocols.modbus.pairing import Heard
from protocols.modbus.pdu import Direction, ReadBits, ReadRegisters, ReadWriteRegisters

_CRC: int = 2


def explain_rtu(raw: bytes, direction: Direction | None = None, start: int | None = None) -> list[Field]:
    """Unit, PDU and CRC.

    :param direction: None: as the layout tells; a layout of neither is told as a request when it can be one.
    :param start: the first address that a read answer brings, when its request is known.
    """
    if len(raw) <= _CRC:
        return FieldReader(raw).rest("fragment", "shorter than a CRC")
    body, given = raw[:-_CRC], raw[-_CRC:]
    right = crc16_modbus(body).to_bytes(2, "little")
    reader = FieldReader(body)
    unit = body[0]
    reader.take(1, "unit", _unit(unit, broadcasts=True))
    explain_pdu(reader, direction or likely_direction(body[1:]) or _guess(body[1:]), start)
    fields = reader.rest("surplus", "belongs to no field")
    said = "right" if given == right else f"wrong: {right.hex().upper()} is right"
    return [*fields, Field(len(body), len(raw), "CRC", f"low byte first, {said}")]


def explain_tcp(raw: bytes, direction: Direction | None = None, start: int | None = None) -> list[Field]:
    """MBAP and PDU; the parameters are those of :func:`explain_rtu`."""
    reader = FieldReader(raw)
    reader.take(2, "transaction", str(int.from_bytes(reader.peek(2))))
    protocol = int.from_bytes(reader.peek(2))
    reader.take(2, "protocol", "Modbus" if protocol == 0 else f"{protocol}: expected 0")
    length = int.from_bytes(reader.peek(2))
    follow = max(len(raw) - tcp.HEADER, 0)
    reader.take(2, "length", f"{length} bytes" + ("" if length == follow else f", {follow} follow"))
    unit = reader.peek(1)
    reader.take(1, "unit", _unit(unit[0], broadcasts=False) if unit else "")
    pdu = raw[reader.position :]
    explain_pdu(reader, direction or likely_direction(pdu) or _guess(pdu), start)
    return reader.rest("surplus", "belongs to no field")


def explain_heard(heard: Heard[rtu.Adu] | Heard[tcp.Adu]) -> list[Field]:
    """As above, for one frame out of a capture of both directions: registers are named by their addresses."""
    asked = heard.asked.pdu if heard.asked is not None else None
    start = asked.start if isinstance(asked, ReadBits | ReadRegisters | ReadWriteRegisters) else None
    explain = explain_tcp if isinstance(heard.adu, tcp.Adu) else explain_rtu
    return explain(heard.raw, heard.direction, start)


def _unit(unit: int, *, broadcasts: bool) -> str:
    if unit == 0 and broadcasts:
        return "0: broadcast, not answered"
    return f"{unit}: reserved, some makers take it for any" if unit > 247 and broadcasts else str(unit)


def _guess(pdu: bytes) -> Direction:
    """For a layout that fits both directions or none."""
    counted = len(pdu) > 2 and pdu[1] == len(pdu) - 2
    return "response" if pdu[:1] >= b"\x80" or (counted and len(pdu) != 5) else "request"
