"""Which bytes of a frame mean what: ``yingzhou decode cjt188 --explain``."""

from protocols.checksums import sum8
from protocols.cjt188 import reading
from protocols.cjt188.control import VALVE, VALVE_COMMANDS, function_name, identifier_name, type_name
from protocols.cjt188.frame import LAYOUT, Frame
from protocols.cjt188.payload import divide
from protocols.cjt188.reading import Value
from protocols.fields import Field, FieldReader
from protocols.meter_line.frame import END, START, WAKE


def explain(raw: bytes) -> list[Field]:
    """FE, type, address, control, length, data field by field, CS, end; as far as there are bytes."""
    reader = FieldReader(raw)
    start = _start(raw)
    stray = raw[:start].rstrip(bytes([WAKE]))
    reader.take(len(stray), "stray", "belongs to no frame")
    reader.take(start - len(stray), "FE", f"{start - len(stray)} to wake the receiver")
    begin = reader.position
    reader.take(1, "68", "start" if reader.peek(1) == bytes([START]) else "68 is right")
    meter_type = _byte(reader)
    reader.take(1, "T", type_name(meter_type))
    reader.take(7, "address", reader.peek(7)[::-1].hex().upper() + ", low pair first")
    control = _byte(reader)
    reader.take(1, "control", _control(control))
    length = _byte(reader)
    reader.take(1, "L", f"{length} bytes of data")
    data = reader.peek(length)
    if len(data) == length:
        _data(reader, Frame(meter_type, "", control, data))
    else:
        reader.take(length, "data")
    right = sum8(raw[begin : reader.position])
    given = reader.peek(1)
    reader.take(1, "CS", f"{right:02X} is right" if given != bytes([right]) else "right: the sum of all from 68")
    reader.take(1, "16", "end" if reader.peek(1) == bytes([END]) else "16 is right")
    return reader.rest("trailing", "behind the end: a modem's signal strength, or no part of this frame")


def _start(raw: bytes) -> int:
    """Where the first 68 stands whose L leads to a 16; else the first 68; else behind FE."""
    starts = [at for at, byte in enumerate(raw) if byte == START]
    whole = [at for at in starts if 0 < (end := at + LAYOUT.length(raw, at)) <= len(raw) and raw[end - 1] == END]
    return next(iter(whole or starts), len(raw) - len(raw.lstrip(bytes([WAKE]))))


def _byte(reader: FieldReader) -> int:
    return reader.peek(1)[0] if reader.left else 0


def _control(control: int) -> str:
    frame = Frame(0, "", control)
    told = ["from the meter" if frame.from_meter else "from the master", function_name(frame.function)]
    return ", ".join([*told, *(["refused"] if frame.error else []), *(["more follows"] if frame.more else [])])


def _data(reader: FieldReader, frame: Frame) -> None:
    """The data field, all of it."""
    parts = divide(frame)
    end = reader.position + len(frame.data)
    if parts.di_wire is not None and parts.di is not None:
        reader.take(2, "DI", f"{parts.di:04X}: {identifier_name(parts.di) or 'unlisted'}")
    if parts.ser is not None:
        reader.take(1, "SER", str(parts.ser))
    if parts.status:
        reader.take(len(parts.status), "status", "why it was refused: the maker's")
    if parts.data and parts.di is not None and frame.from_meter:
        for value in reading.read(frame.meter_type, parts.di, parts.data) or ():
            reader.take(len(value.data), value.part.key, _meaning(value))
    elif parts.di == VALVE and len(parts.data) == 1:
        reader.take(1, "valve", VALVE_COMMANDS.get(parts.data[0], "unlisted"))
    if reader.position < end:
        reader.take(end - reader.position, "data", "a maker's own layout" if frame.from_meter else "")


def _meaning(value: Value) -> str:
    if value.part.kind == "time":
        return f"{value.stamp.text}, {value.stamp.order}" if value.stamp else "no time"
    if value.status is not None:
        told = value.status
        battery = ", low battery" if told.low_battery else ""
        return f"valve {told.valve} (or: closed {told.valve_closed}, fault {told.valve_fault}){battery}"
    if value.number is None:
        return value.reason
    told_unit = f"{value.unit.name} x{value.unit.factor}" if value.unit and value.unit.factor > 1 else value.unit_name
    return f"{value.plain:.{value.part.decimals}f} {told_unit}".rstrip()
