"""Which bytes of TLV mean what: ``yingzhou decode lwm2m-tlv --explain``."""

from protocols.fields import Field, FieldReader
from protocols.lwm2m import tlv
from protocols.lwm2m.describe import is_bare_link, link_told, plain
from protocols.lwm2m.guess import object_of, value_of
from protocols.lwm2m.path import Path
from protocols.lwm2m.resources import resource
from protocols.lwm2m.tlv import Head, Kind
from protocols.vocabulary.errors import ProtocolError


def explain(raw: bytes, path: Path | None = None) -> list[Field]:
    """Head and value of each entry; a nesting entry has its head only, what is in it follows."""
    reader = FieldReader(raw)
    object_id, resource_id = _asked(raw, path)
    while reader.left:
        try:
            head = Head.read(raw, reader.position, len(raw))
        except ProtocolError as error:
            if is_bare_link(raw):
                return _link(raw)
            return reader.rest("head", str(error).removeprefix("TLV: "))
        if head.start + head.length > len(raw) and is_bare_link(raw):
            return _link(raw)
        if head.kind in (Kind.RESOURCE, Kind.MULTIPLE_RESOURCE):
            resource_id = head.id
        _entry(reader, head, object_id, resource_id)
    return reader.fields


def _asked(raw: bytes, path: Path | None) -> tuple[int | None, int | None]:
    if path is not None:
        return path.object_id, path.resource_id
    try:
        model = object_of(tlv.decode(raw))
    except ProtocolError:
        return None, None
    return (model.object_id if model else None), None


def _link(raw: bytes) -> list[Field]:
    told = link_told(raw)
    return [Field(0, 2, "object", str(told["object"])), Field(2, 4, "object instance", str(told["instance"]))]


def _entry(reader: FieldReader, head: Head, object_id: int | None, resource_id: int | None) -> None:
    kind = head.kind.name.lower().replace("_", " ")
    where = f"{head.length_width} bytes of length follow" if head.length_width else f"{head.length} bytes"
    reader.take(1, "type", f"{kind}, {8 * head.id_width}-bit number, {where}")
    named = resource(object_id, head.id) if head.kind in (Kind.RESOURCE, Kind.MULTIPLE_RESOURCE) else None
    reader.take(head.id_width, "number", f"{head.id} {named.name}" if named else str(head.id))
    reader.take(head.length_width, "length", f"{head.length} bytes")
    if head.kind not in (Kind.RESOURCE, Kind.RESOURCE_INSTANCE):
        return
    data = reader.peek(head.length)
    row = resource(object_id, resource_id) if resource_id is not None else None
    try:
        meaning = str(plain(value_of(data, object_id, resource_id)))
    except ProtocolError as error:
        meaning = str(error)
    unit = f" {row.unit}" if row is not None and row.unit else ""
    reader.take(head.length, row.type if row is not None else "value", meaning + unit)
