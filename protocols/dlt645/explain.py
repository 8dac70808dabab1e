"""Which bytes of a frame mean what: ``yingzhou decode dlt645 --explain``."""

from protocols.checksums import sum8
from protocols.dlt645.control import error_meaning, function_name
from protocols.dlt645.frame import LAYOUT, OFFSET, Frame
from protocols.dlt645.items import DI_WIDTH, name_of
from protocols.dlt645.payload import Payload, di_text, divide
from protocols.dlt645.reading import Value, read
from protocols.fields import Field, FieldReader
from protocols.meter_line.frame import START, WAKE


def explain(raw: bytes) -> list[Field]:
    """FE, address, control, length, data part by part (the 33H taken off), CS, end; as far as there are bytes."""
    reader = FieldReader(raw)
    start = _start(raw)
    stray = raw[:start].rstrip(bytes([WAKE]))
    reader.take(len(stray), "stray", "belongs to no frame")
    reader.take(start - len(stray), "FE", f"{start - len(stray)} to wake the receiver")
    begin = reader.position
    reader.take(1, "68", "start" if reader.peek(1) == bytes([START]) else "68 is right")
    reader.take(6, "address", reader.peek(6)[::-1].hex().upper() + ", low pair first")
    reader.take(1, "68", "start again" if reader.peek(1) == bytes([START]) else "a second 68 is right")
    control = reader.peek(1)[0] if reader.left else 0
    reader.take(1, "control", _control(control))
    length = reader.peek(1)[0] if reader.left else 0
    reader.take(1, "L", f"{length} bytes of data")
    plain = bytes((byte - OFFSET) & 0xFF for byte in reader.peek(length))
    if len(plain) == length:
        _data(reader, Frame("0" * 12, control, plain))
    else:
        reader.take(length, "data", f"less 33H: {plain.hex(' ').upper()}")
    right = sum8(raw[begin : reader.position])
    given = reader.peek(1)
    reader.take(
        1, "CS", f"{right:02X} is right" if given != bytes([right]) else "right: the sum of all from the first 68"
    )
    reader.take(1, "16", "end" if reader.peek(1) == b"\x16" else "16 is right")
    return reader.rest("trailing", "behind the end: a modem's, or no part of this frame")


def _start(raw: bytes) -> int:
    """Where the first 68 stands that has another one seven bytes on; else the first 68; else behind FE."""
    starts = [at for at, byte in enumerate(raw) if byte == START]
    second = LAYOUT.second_at or 0
    doubled = [at for at in starts if raw[at + second : at + second + 1] == bytes([START])]
    return next(iter(doubled or starts), len(raw) - len(raw.lstrip(bytes([WAKE]))))


def _control(control: int) -> str:
    frame = Frame("", control)
    told = ["from the meter" if frame.from_meter else "from the master", function_name(frame.function)]
    return ", ".join([*told, *(["refused"] if frame.error else []), *(["more follows"] if frame.more else [])])


def _data(reader: FieldReader, frame: Frame) -> None:
    """The data field, all of it: each part named, its bytes shown without the 33H in its meaning."""
    parts = divide(frame)
    if parts.error is not None:
        reader.take(1, "ERR", f"{parts.error:02X}: {error_meaning(parts.error, parts.edition)}")
    elif parts.address is not None:
        reader.take(6, "address", parts.address)
    if parts.di is not None:
        name = name_of(parts.di, parts.edition) or "unlisted"
        reader.take(DI_WIDTH[parts.edition], "DI", f"{di_text(parts.di, parts.edition)}: {name}")
    if parts.password is not None:
        reader.take(4, "PA P0 P1 P2", f"level {parts.password[0]:02X}, password")
        reader.take(4, "C0 C1 C2 C3", f"operator {(parts.operator or b'')[::-1].hex().upper()}")
    _values(reader, frame, parts)
    if parts.sequence is not None:
        reader.take(1, "SEQ", f"part {parts.sequence}")


def _values(reader: FieldReader, frame: Frame, parts: Payload) -> None:
    told = read(parts.di, parts.data, parts.edition) if parts.di is not None and frame.from_meter else None
    left = len(parts.data)
    for value in told.values if told else ():
        reader.take(len(value.data), value.part.name, _meaning(value))
        left -= len(value.data)
    if left:
        reader.take(left, "data", f"less 33H: {parts.data[-left:].hex(' ').upper()}")


def _meaning(value: Value) -> str:
    if value.number is not None:
        return f"{value.number:.{value.part.format.decimals}f} {value.part.format.unit}".rstrip()
    plain = value.data[::-1].hex().upper()
    return f"{plain}: {value.reason}" if value.reason else value.text or plain
