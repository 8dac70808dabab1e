"""The bytes of the functions by which a device tells about itself, of files and of queues: V1.1b3 §6.7-6.21."""

from typing import Final

from protocols.fields import FieldReader
from protocols.modbus.describe import text_or_hex
from protocols.modbus.diagnosis import BUSY, SUB_FUNCTIONS, ServerId, event
from protocols.modbus.explain_registers import Rows, number, numbers, registers
from protocols.modbus.identification import READ_CODES, Object


def _nothing(reader: FieldReader, start: int | None) -> None:
    del reader, start


def _exception_status(reader: FieldReader, start: int | None) -> None:
    del start
    number(reader, 1, "exception status", lambda said: f"{said:08b}, as the maker fixed it")


def _diagnostics(reader: FieldReader, start: int | None) -> None:
    sub_function = number(reader, 2, "sub-function", lambda said: f"{said}: {SUB_FUNCTIONS.get(said, 'not listed')}")
    if sub_function:
        numbers("data")(reader, start)
    else:
        reader.take(reader.left, "data", "comes back as it is")


def _status(reader: FieldReader) -> None:
    number(reader, 2, "status", lambda said: {0: "ready", BUSY: "a program command is at work"}.get(said, str(said)))


def _event_counter(reader: FieldReader, start: int | None) -> None:
    _status(reader)
    numbers("events")(reader, start)


def _event_log(reader: FieldReader, start: int | None) -> None:
    count = number(reader, 1, "byte count")
    _event_counter(reader, start)
    numbers("messages")(reader, start)
    for place in range(min(count - 6, reader.left)):
        number(reader, 1, f"event -{place}", event)


def _server_id(reader: FieldReader, start: int | None) -> None:
    del start
    said = ServerId(reader.peek(number(reader, 1, "byte count")))
    reader.take(len(said.identifier), "server id", text_or_hex(said.identifier))
    if said.running is not None:
        reader.take(1, "run indicator", "on" if said.running else "off")
        reader.take(len(said.additional), "additional data", text_or_hex(said.additional))


def _read_file(reader: FieldReader, start: int | None) -> None:
    end = reader.position + 1 + number(reader, 1, "byte count")
    while reader.left and reader.position < end:
        number(reader, 1, "reference type", lambda said: "file" if said == 6 else f"{said}: expected 6")
        numbers("file", "record", "registers")(reader, start)


def _file_content(reader: FieldReader, start: int | None) -> None:
    del start
    end = reader.position + 1 + number(reader, 1, "byte count")
    while reader.left and reader.position < end:
        length = number(reader, 1, "record length", lambda said: f"{said} bytes")
        number(reader, 1, "reference type", lambda said: "file" if said == 6 else f"{said}: expected 6")
        registers(reader, None, max(length - 1, 0) // 2)


def _write_file(reader: FieldReader, start: int | None) -> None:
    del start
    end = reader.position + 1 + number(reader, 1, "byte count")
    while reader.left and reader.position < end:
        number(reader, 1, "reference type", lambda said: "file" if said == 6 else f"{said}: expected 6")
        number(reader, 2, "file")
        number(reader, 2, "record")
        registers(reader, None, number(reader, 2, "registers"))


def _fifo(reader: FieldReader, start: int | None) -> None:
    del start
    number(reader, 2, "byte count")
    registers(reader, None, number(reader, 2, "queued"))


def _mei(reader: FieldReader) -> bool:
    return number(reader, 1, "MEI type", lambda said: {13: "CANopen", 14: "identification"}.get(said, str(said))) == 14


def _read_identification(reader: FieldReader, start: int | None) -> None:
    del start
    if _mei(reader):
        number(reader, 1, "read code", lambda said: READ_CODES.get(said, f"{said}: not listed"))
        number(reader, 1, "object", lambda said: Object(said, b"").name)
    else:
        reader.take(reader.left, "data")


def _identification(reader: FieldReader, start: int | None) -> None:
    del start
    if not _mei(reader):
        reader.take(reader.left, "data")
        return
    number(reader, 1, "read code", lambda said: READ_CODES.get(said, f"{said}: not listed"))
    number(reader, 1, "conformity", lambda said: f"{said:02X}: {READ_CODES.get(said & 0x7F, 'not listed')}")
    number(reader, 1, "more follows", lambda said: {0: "no", 0xFF: "yes"}.get(said, f"{said:02X}"))
    number(reader, 1, "next object")
    for _ in range(number(reader, 1, "objects")):
        if not reader.left:
            return
        name = Object(number(reader, 1, "object", lambda said: Object(said, b"").name), b"").name
        length = number(reader, 1, "length", lambda said: f"{said} bytes")
        reader.take(length, name, text_or_hex(reader.peek(length)))


REQUESTS: Final[dict[int, Rows]] = {
    **dict.fromkeys((7, 11, 12, 17), _nothing),
    8: _diagnostics,
    20: _read_file,
    21: _write_file,
    24: numbers("start"),
    43: _read_identification,
}
RESPONSES: Final[dict[int, Rows]] = {
    7: _exception_status,
    8: _diagnostics,
    11: _event_counter,
    12: _event_log,
    17: _server_id,
    20: _file_content,
    21: _write_file,
    24: _fifo,
    43: _identification,
}
