"""Which object TLV entries belong to: the payload does not say, the request did, and a capture may lack it."""

from protocols.lwm2m.resources import ObjectModel, Resource, objects, resource
from protocols.lwm2m.tlv import Kind, Tlv
from protocols.lwm2m.values import Value, read
from protocols.vocabulary.errors import ProtocolError


def object_of(entries: tuple[Tlv, ...]) -> ObjectModel | None:
    """The one object of the table whose resources these can be; None when there is no such one, or several.

    Each resource is listed there, single or multiple as it is here, its bytes can be of its type, and what each
    instance must have is there.
    """
    instances = [entry.children for entry in entries if entry.kind is Kind.OBJECT_INSTANCE] or [entries]
    found = [model for model in objects().values() if all(_fits(instance, model) for instance in instances)]
    return found[0] if len(found) == 1 else None


def _fits(resources: tuple[Tlv, ...], model: ObjectModel) -> bool:
    there = {entry.id for entry in resources}
    return bool(there) and model.mandatory <= there and all(_can_be(entry, model) for entry in resources)


def _can_be(entry: Tlv, model: ObjectModel) -> bool:
    row = model.resources.get(entry.id)
    if row is None or entry.kind is Kind.RESOURCE_INSTANCE or row.multiple is not entry.nests:
        return False
    return all(_reads(value, row) for value in values(entry))


def _reads(data: bytes, row: Resource) -> bool:
    try:
        value = read(data, row.type)
    except ProtocolError:
        return False
    return value.isprintable() if isinstance(value, str) else True


def values(entry: Tlv) -> list[bytes]:
    """The values of a resource: one, or those of its instances."""
    return [child.value for child in entry.children] if entry.nests else [entry.value]


def value_of(data: bytes, object_id: int | None, resource_id: int | None) -> Value:
    """The bytes by their resource's type; where that is not known, by how they look.

    Then printable text of two characters or more is text, 1, 2, 4 or 8 bytes are an integer.
    """
    row = resource(object_id, resource_id) if resource_id is not None else None
    if row is not None:
        return read(data, row.type)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if len(text) > 1 and text.isprintable():
        return text
    return int.from_bytes(data, signed=True) if len(data) in (1, 2, 4, 8) else data
