"""Which bytes of an NB-IoT payload mean what: ``yingzhou decode nbiot-aep --explain`` and ``nbiot-huawei``."""

from protocols.fields import Field, FieldReader
from protocols.nbiot import huawei, layout
from protocols.nbiot.aep import Kind, head_of
from protocols.nbiot.describe import type_of
from protocols.nbiot.layout import Layout, LayoutField
from protocols.vocabulary.errors import ProtocolError


def explain_aep(raw: bytes, fields: Layout | None = None) -> list[Field]:
    """Head and data; the data field by field when its layout is known."""
    reader = FieldReader(raw)
    first = int.from_bytes(reader.peek(1))
    if first not in Kind._value2member_map_:
        reader.take(1, "type", "expected 02, 06, 07 or 86")
        return reader.rest("not read")
    kind = Kind(first)
    reader.take(1, "type", type_of(kind))
    _number(reader, "data set" if kind is Kind.DATA_REPORT else "service")
    if head_of(kind) == 7:
        _number(reader, "task")
    announced = int.from_bytes(reader.peek(2))
    there = max(reader.left - 2, 0)
    reader.take(2, "length", f"{announced} bytes" + ("" if announced == there else f", {there} are there"))
    return _fields(reader, fields) if fields else reader.rest("data")


def explain_huawei(raw: bytes, fields: Layout | None = None) -> list[Field]:
    """Field by field when the layout is known, otherwise messageId and the rest."""
    if raw == huawei.DEFAULT_ANSWER:
        return FieldReader(raw).rest("answer", "the platform's default response to a data report")
    reader = FieldReader(raw)
    if fields is None:
        message_id = int.from_bytes(reader.take(1, "messageId", str(int.from_bytes(reader.peek(1)))))
        fields = huawei.SMOKE_DETECTOR.get(message_id)
    return _fields(reader, fields) if fields else reader.rest("data", "no layout is known for this message")


def _number(reader: FieldReader, name: str) -> None:
    reader.take(2, name, str(int.from_bytes(reader.peek(2))))


def _fields(reader: FieldReader, fields: Layout) -> list[Field]:
    """As many fields as can be read; then why it went no further."""
    data = reader.peek(reader.left)
    for count in range(len(fields), 0, -1):
        try:
            found = layout.parts(fields[:count], data)
        except ProtocolError:
            continue
        for part in found:
            reader.take(part.begin - part.start, f"length of {part.field.name}", str(part.end - part.begin))
            reader.take(part.end - part.begin, part.field.name, f"{part.value} ({_kind(part.field)})")
        break
    else:
        count = 0
    return reader.rest("not read", f"expected {fields[count].name}" if count < len(fields) else "behind the last field")


def _kind(field: LayoutField) -> str:
    return f"{field.kind}[{field.length}]" if field.length else field.kind
