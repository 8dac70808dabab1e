"""TLV as a table for people and scripts: ``yingzhou decode lwm2m-tlv``."""

from math import isfinite
from typing import Any, Final

from protocols.lwm2m import tlv
from protocols.lwm2m.content import tlv_nodes
from protocols.lwm2m.guess import object_of, value_of
from protocols.lwm2m.path import ObjectLink, Path
from protocols.lwm2m.resources import objects, resource
from protocols.lwm2m.tlv import Kind, Tlv
from protocols.lwm2m.values import Value, read
from protocols.vocabulary.errors import ProtocolError

_LENGTH_FIELD: Final = 0x18
_SHORT_LENGTH: Final = 0x07


def describe(raw: bytes, path: Path | None = None) -> dict[str, Any]:
    """The entries as they stand, and their values by resource.

    ``values`` has one object per instance when there are several, and the resources alone when there is one. Four
    bytes that are no entries are told as the value of an object link.

    :param path: what was asked, if that is known; then an entry that is something else is an error. Without it the
        object is guessed (see protocols.lwm2m.guess), and types come from that.
    :raises ProtocolError: it is no TLV, or not of this path.
    """
    try:
        entries = tlv.decode(raw)
    except ProtocolError:
        if is_bare_link(raw):
            return link_told(raw)
        raise
    told: dict[str, Any] = {"tlv": [_entry(entry) for entry in entries]}
    if path is not None:
        list(tlv_nodes(entries, path))
    model = objects().get(path.object_id or 0) if path is not None else object_of(entries)
    object_id = path.object_id if path is not None else (model.object_id if model else None)
    if object_id is not None:
        told["model"] = {"object": object_id, "name": model.name if model else "unlisted", "guessed": path is None}
    resource_id = path.resource_id if path is not None else None
    try:
        told["values"] = _values(entries, object_id, resource_id)
    except ProtocolError as error:
        told["values_error"] = str(error)
    if names := _names(entries, object_id):
        told["names"] = names
    return told


def is_bare_link(raw: bytes) -> bool:
    """Whether four bytes are an object link and no entry that was cut off.

    The standard has the lower three bits ignored where a length field follows, and everybody writes zeros there.
    """
    return len(raw) == 4 and bool(raw[0] & _LENGTH_FIELD) and bool(raw[0] & _SHORT_LENGTH)


def link_told(raw: bytes) -> dict[str, Any]:
    """The value of an object link that was read alone."""
    link = read(raw, "objlnk")
    return {"object": link.object_id, "instance": link.instance_id} if isinstance(link, ObjectLink) else {}


def _entry(entry: Tlv) -> dict[str, Any]:
    told: dict[str, Any] = {"type": entry.kind.name.lower(), "id": entry.id, "len": len(entry.raw)}
    if entry.nests:
        return told | {"children": [_entry(child) for child in entry.children]}
    return told | {"hex": entry.value.hex()}


def _values(entries: tuple[Tlv, ...], object_id: int | None, resource_id: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    instances = [entry for entry in entries if entry.kind is Kind.OBJECT_INSTANCE]
    if len(instances) == 1:
        return _values(instances[0].children, object_id, resource_id)
    for entry in entries:
        name = f"instance {entry.id}" if entry.kind is Kind.OBJECT_INSTANCE else str(entry.id)
        if name in told:
            raise ProtocolError(f"TLV: {entry.kind.name.lower()} {entry.id} comes twice")
        told[name] = _value(entry, object_id, resource_id)
    return told


def _value(entry: Tlv, object_id: int | None, resource_id: int | None) -> Any:
    match entry.kind:
        case Kind.OBJECT_INSTANCE:
            return _values(entry.children, object_id, resource_id)
        case Kind.MULTIPLE_RESOURCE:
            return _values(entry.children, object_id, entry.id)
        case Kind.RESOURCE:
            resource_id = entry.id
    try:
        return plain(value_of(entry.value, object_id, resource_id))
    except ProtocolError as error:
        raise ProtocolError(f"resource {resource_id}: {error}") from None


def plain(value: Value) -> Any:
    """A value as JSON can say it: bytes in hexadecimal, links as ``66:0``, what is no number as text."""
    match value:
        case ObjectLink():
            return str(value)
        case bytes():
            return value.hex()
        case float() if not isfinite(value):
            return str(value)
        case _:
            return value


def _names(entries: tuple[Tlv, ...], object_id: int | None) -> dict[str, str]:
    names = {}
    for entry in entries:
        inside = entry.children if entry.kind is Kind.OBJECT_INSTANCE else (entry,)
        for one in inside:
            row = resource(object_id, one.id) if one.kind is not Kind.RESOURCE_INSTANCE else None
            if row is not None:
                names[str(one.id)] = f"{row.name}, {row.unit}" if row.unit else row.name
    return names
