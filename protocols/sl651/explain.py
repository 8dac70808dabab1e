"""Which bytes of a frame mean what: ``yingzhou decode sl651 --explain``."""

from protocols.fields import Field, FieldReader
from protocols.sl651.body import items_of
from protocols.sl651.control import Direction, End, Mode, Start
from protocols.sl651.decoder import Decoder
from protocols.sl651.explained import Row, rows_of, text_row
from protocols.sl651.frame import Frame
from protocols.sl651.functions import function
from protocols.sl651.layout import ASCII, HEX, Head, Layout
from protocols.sl651.stations import printed
from protocols.sl651.text import TextReader
from protocols.vocabulary.errors import ProtocolError


def explain(raw: bytes) -> list[Field]:
    """Every field of a frame, of each of several packets, and of what is left of a broken one."""
    reader = FieldReader(raw)
    if len(several := Decoder().feed(raw)) > 1 and all(isinstance(found, Frame) for found in several):
        for found in several:
            _frame(reader, found.raw)
    else:
        _frame(reader, raw)
    return reader.rest("surplus", "behind the frame's end")


def _frame(reader: FieldReader, raw: bytes) -> None:
    layout = ASCII if raw.startswith(ASCII.mark) else HEX
    begin = reader.position
    right = raw.startswith(layout.mark)
    reader.take(len(layout.mark), "start", f"{layout.mode.value} mode" if right else "expected 7E7E or 01")
    head, error = _head(layout, raw)
    _header(reader, layout, head)
    start = reader.peek(1)
    reader.take(1, "start of body", _control(Start, start))
    length = head.length if head else max(reader.left - 1 - layout.crc_size, 0)
    if start == bytes([Start.SYN]):
        size = min(layout.packet_size, length)
        reader.take(size, "packet", _packet(layout, reader.peek(size)))
        length -= size
    _body(reader, layout, head, raw[reader.position - begin :][:length], start)
    reader.take(1, "end of body", _control(End, reader.peek(1)))
    summed = raw[: reader.position - begin + layout.crc_size]
    reader.take(layout.crc_size, "CRC", error or _crc(layout, summed))


def _head(layout: Layout, raw: bytes) -> tuple[Head | None, str]:
    try:
        return layout.head(raw), ""
    except ProtocolError as error:
        return None, str(error)


def _header(reader: FieldReader, layout: Layout, head: Head | None) -> None:
    """Addresses in the order of the direction, which is only told by the length field behind them."""
    up = head is None or head.direction is Direction.UP
    width = layout.width
    station = f"{printed(head.station)}" if head else ""
    centre = str(head.centre) if head else ""
    if up:
        reader.take(width, "centre", centre)
        reader.take(5 * width, "station", station)
    else:
        reader.take(5 * width, "station", station)
        reader.take(width, "centre", centre)
    reader.take(2 * width, "password")
    reader.take(width, "function", function(head.function).name if head else "")
    told = f"{head.direction.value}, {head.length} bytes of body" if head else "no direction and length"
    reader.take(2 * width, "direction and length", told)


def _control(characters: type[Start] | type[End], data: bytes) -> str:
    try:
        return characters(data[0]).name if data else ""
    except ValueError:
        return "expected one of " + ", ".join(f"{character:02X} {character.name}" for character in characters)


def _packet(layout: Layout, data: bytes) -> str:
    try:
        word = int.from_bytes(layout.unpack(data, "packet"), "big")
    except ProtocolError as error:
        return str(error)
    return f"number {word & 0xFFF} of {word >> 12}"


def _crc(layout: Layout, frame: bytes) -> str:
    if len(frame) <= layout.head_size + layout.crc_size:
        return ""
    try:
        layout.check_crc(frame, layout.crc(frame))
    except ProtocolError as wrong:
        return f"wrong: {wrong}"
    return "right"


def _body(reader: FieldReader, layout: Layout, head: Head | None, body: bytes, start: bytes) -> None:
    if head is None:
        reader.take(len(body), "body", "not read: the header is broken")
        return
    packet = start == bytes([Start.SYN])
    frame = Frame(
        direction=head.direction,
        station=head.station,
        centre=head.centre,
        function=head.function,
        body=body,
        end=End.ETX,
        mode=layout.mode,
    )
    begin = reader.position
    if not packet or _opens(reader, layout):
        _opening(reader, layout, frame)
        for row in _rows(frame):
            reader.take(min(row.size, begin + len(body) - reader.position), row.name, row.meaning)
    reader.take(begin + len(body) - reader.position, "part of the message" if packet else "rest of the body")


def _opens(reader: FieldReader, layout: Layout) -> bool:
    """Whether the packet that was just named is the first one."""
    data = reader.raw[reader.position - layout.packet_size : reader.position]
    try:
        return int.from_bytes(layout.unpack(data, "packet"), "big") & 0xFFF == 1
    except ProtocolError:
        return False


def _opening(reader: FieldReader, layout: Layout, frame: Frame) -> None:
    size = len(frame.body) - len(frame.content)
    try:
        serial, send_time = str(frame.serial), frame.send_time or ""
    except ProtocolError as error:
        reader.take(size, "serial number and send time", str(error))
        return
    reader.take(2 * layout.width, "serial number", serial)
    reader.take(6 * layout.width, "send time", _stamp(send_time))


def _stamp(digits: str) -> str:
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    return f"20{'-'.join(pairs[:3])} {':'.join(pairs[3:])}"


def _rows(frame: Frame) -> list[Row]:
    """The body's items as far as they can be read, and why it ends there."""
    found: list[Row] = []
    items = items_of(frame)
    begin = 0
    try:
        for item in items:
            if frame.mode is Mode.HEX:
                found += rows_of(item, frame)
            elif isinstance(items, TextReader):
                found.append(text_row(item, frame.content[begin : items.at]))
                begin = items.at
    except ProtocolError as error:
        size = len(frame.content) - sum(row.size for row in found)
        found.append(Row(size, "not read", str(error)))
    return found
