"""Payloads of devices in whichever content format, and which format to ask a device for: by version and by offer."""

from typing import Final

from protocols.lwm2m import Node, Path, Registration, Value, nodes
from protocols.lwm2m.content import JSON, OPAQUE, TEXT, TLV
from protocols.lwm2m.resources import Type
from protocols.lwm2m.writing import written
from protocols.senml import Entry, encode_cbor, encode_json, resolve
from protocols.senml.readings import CBOR as SENML_CBOR
from protocols.senml.readings import DECODERS
from protocols.senml.readings import JSON as SENML_JSON
from protocols.vocabulary import ProtocolError

_PREFERRED: Final = (SENML_CBOR, TLV, SENML_JSON, JSON, TEXT)
"""Of those that a device says it has: the fewest bytes with a time first."""
_BY_VERSION: Final = {"1.0": (TLV, JSON, TEXT), "1.1": (TLV, SENML_CBOR, SENML_JSON, TEXT)}
"""Of a device that says nothing: TLV is what each client of 1.0 must have, and what those of 1.1 kept."""
NAMES: Final = {
    TEXT: "text",
    OPAQUE: "opaque",
    TLV: "TLV",
    JSON: "JSON",
    SENML_JSON: "SenML-JSON",
    SENML_CBOR: "SenML-CBOR",
}


def offered(registration: Registration) -> tuple[int, ...]:
    """Those that a device says it has, as they are to be asked for.

    A device that says nothing is not asked for any: it answers in its own, and npm's lwm2m-node-lib is silent when it
    does not know what it is asked for.
    """
    return tuple(number for number in _PREFERRED if number in registration.offer.content_formats)


def by_version(registration: Registration) -> tuple[int, ...]:
    """In which a device is written to that has not said anything in a format of its own."""
    return _BY_VERSION.get(registration.version, _BY_VERSION["1.1"])


def read(payload: bytes, content_format: int | None, path: Path, root: str, now_ms: int) -> list[Node]:
    """What a payload says.

    :param path: what was asked or observed.
    :param root: where the device has its objects; SenML may name them from there.
    :raises ProtocolError: it is malformed, or not of this path.
    """
    content_format = format_of(payload, content_format, path)
    if content_format not in DECODERS:
        return nodes(payload, content_format, path)
    found = []
    for record in resolve(DECODERS[content_format](payload, MAX_BYTES), now_ms / 1000):
        place = Path.parse(_below(record.name, root))
        if place.ids[: len(path.ids)] != path.ids or place.resource_id is None:
            raise ProtocolError(f"SenML: {record.name:.40} is not below {path}")
        value = next((one for one in (record.v, record.vs, record.vb, record.vd) if one is not None), None)
        if value is not None:
            time_s = None if record.time_ms == now_ms else record.time_s
            found.append(Node(place, value, time_s))
    return found


MAX_BYTES: Final = 65_536


def format_of(payload: bytes, content_format: int | None, path: Path) -> int:
    """The content format of a payload; some clients leave it out."""
    if content_format is not None:
        return content_format
    return TEXT if path.resource_id is not None and _is_text(payload) else TLV


def _below(name: str, root: str) -> str:
    return name.removeprefix(root) if root != "/" and name.startswith(root + "/") else name


def _is_text(payload: bytes) -> bool:
    try:
        return payload.decode().isprintable()
    except UnicodeDecodeError:
        return False


def write(path: Path, value: Value, kind: Type, content_format: int) -> bytes:
    """The payload that sets a resource.

    :raises ProtocolError: the value is not of the type.
    """
    if content_format not in DECODERS:
        return written(path, value, kind, content_format)
    match value:
        case bool():
            entry = Entry(n=str(path), vb=value)
        case int() | float():
            entry = Entry(n=str(path), v=value)
        case bytes():
            entry = Entry(n=str(path), vd=value)
        case _:
            entry = Entry(n=str(path), vs=str(value))
    return (encode_cbor if content_format == SENML_CBOR else encode_json)([entry])
