"""What a payload of a device says, in whichever content format: paths, values and times."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from protocols import cbor
from protocols.lwm2m import json_format, tlv
from protocols.lwm2m.path import Path
from protocols.lwm2m.resources import Type, resource
from protocols.lwm2m.tlv import Kind, Tlv
from protocols.lwm2m.values import Value, opaque, read, read_text
from protocols.vocabulary.errors import ProtocolError

TEXT: Final = 0
OPAQUE: Final = 42
CBOR: Final = 60
TLV: Final = 11_542
JSON: Final = 11_543
_LEGACY: Final = {1_541: TEXT, 1_542: TLV, 1_543: JSON}
"""What drafts and early clients of version 1.0 used before the numbers were registered."""
FORMATS: Final = frozenset({TEXT, OPAQUE, CBOR, TLV, JSON, *_LEGACY})
"""SenML (110, 112) is read by protocols.senml; the path is then the record's name."""


class Node(NamedTuple):
    """One value of one resource, or of one resource instance."""

    path: Path
    value: Value
    """As the resource's type has it; bytes when the type is not known and the format does not tell it."""
    time_s: float | None = None
    """Seconds since 1970 as the device gave them; negative: before now; None: it gave none."""


def nodes(payload: bytes, content_format: int, path: Path) -> list[Node]:
    """Read a payload.

    :param path: what was asked or observed: object, instance, resource or resource instance.
    :raises ProtocolError: the payload is malformed, of another type than the resource, or lies outside of the path;
        or the content format is none of :data:`FORMATS`.
    """
    match _LEGACY.get(content_format, content_format):
        case 11_542:
            return list(tlv_nodes(tlv.decode(payload), path))
        case 11_543:
            return [_inside(_json_node(entry), path) for entry in json_format.decode(payload, path)]
        case 0:
            kind = _type_of(path, "content format 0")
            return [Node(path, read_text(payload, kind or "string"))]
        case 42:
            _type_of(path, "content format 42")
            return [Node(path, payload)]
        case 60:
            return [Node(path, _cbor(payload, _type_of(path, "content format 60")))]
    raise ProtocolError(f"content format {content_format}: expected one of {', '.join(map(str, sorted(FORMATS)))}")


def _type_of(path: Path, what: str) -> Type | None:
    """The type of the one resource that the format can carry; None when it is not known."""
    if path.resource_id is None:
        raise ProtocolError(f"{what} carries one resource, {path} is more")
    known = resource(path.object_id, path.resource_id)
    return known.type if known else None


def tlv_nodes(entries: tuple[Tlv, ...], path: Path) -> Iterator[Node]:
    """The values in TLV entries, in order.

    Resources without their instance belong to the instance that was asked, or to instance 0 of an object of which
    there is only one. A resource, or an object instance, around what was asked is taken off.

    :param path: what was asked.
    :raises ProtocolError: an entry is not what was asked or comes twice, or its bytes cannot be of its type.
    """
    if path.object_id is None:
        raise ProtocolError("TLV does not name its object: expected the path that was asked")
    seen: set[Path] = set()
    for place, value in _leaves(entries, path):
        if place in seen:
            raise ProtocolError(f"TLV: {place} comes twice", value)
        seen.add(place)
        yield Node(place, typed(value, place))


def _leaves(entries: tuple[Tlv, ...], path: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in entries:
        match entry.kind:
            case Kind.OBJECT_INSTANCE:
                inside = path._replace(instance_id=_same(entry, path.instance_id, "instance"))
                yield from _leaves(entry.children, inside)
            case Kind.RESOURCE_INSTANCE:
                if path.resource_id is None:
                    raise ProtocolError(f"TLV: resource instance {entry.id} without its resource")
                number = _same(entry, path.resource_instance_id, "resource instance")
                yield path._replace(resource_instance_id=number), entry.value
            case _:
                resource_id = _same(entry, path.resource_id, "resource")
                inside = path._replace(instance_id=path.instance_id or 0, resource_id=resource_id)
                if entry.kind is Kind.RESOURCE:
                    yield inside, entry.value
                else:
                    yield from _leaves(entry.children, inside)


def _same(entry: Tlv, asked: int | None, what: str) -> int:
    if asked not in (None, entry.id):
        raise ProtocolError(f"TLV: {what} {entry.id}, {asked} was asked")
    return entry.id


def typed(value: bytes, path: Path) -> Value:
    """The bytes as the resource's type has them; as they are when the resource is not known.

    :raises ProtocolError: they cannot be of the type.
    """
    known = resource(path.object_id, path.resource_id) if path.resource_id is not None else None
    if known is None:
        return value
    try:
        return read(value, known.type)
    except ProtocolError as error:
        raise ProtocolError(f"{path} {known.name}: {error}", value) from None


def _json_node(entry: json_format.Entry) -> Node:
    known = resource(entry.path.object_id, entry.path.resource_id) if entry.path.resource_id is not None else None
    value = entry.value
    if known is not None and known.type == "opaque" and isinstance(value, str):
        value = _opaque(value)
    return Node(entry.path, value, entry.time_s)


def _opaque(text: str) -> bytes:
    data = opaque(text)
    if data is None:
        raise ProtocolError(f"LwM2M JSON: sv: {text!r:.40} is no Base64")
    return data


def _inside(node: Node, path: Path) -> Node:
    if node.path.ids[: len(path.ids)] != path.ids:
        raise ProtocolError(f"{node.path} is not below {path}, which was asked")
    if node.path.resource_id is None:
        raise ProtocolError(f"{node.path} names no resource")
    return node


def _cbor(payload: bytes, kind: Type | None) -> Value:
    """One resource as a CBOR data item (LwM2M 1.1)."""
    value = cbor.loads(payload)
    if kind == "objlnk" and isinstance(value, str):
        return read_text(value.encode(), "objlnk")
    if isinstance(value, cbor.DecimalFraction):
        return float(value)
    if value is None or isinstance(value, list | dict):
        raise ProtocolError("CBOR: expected one value of one resource", payload)
    return value
