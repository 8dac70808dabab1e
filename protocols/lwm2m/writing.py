"""One value of one resource as a payload that is written to a device: OMA LwM2M 1.0 and 1.1, data formats."""

import base64
import json

from protocols.lwm2m import tlv
from protocols.lwm2m.content import JSON, OPAQUE, TEXT, TLV
from protocols.lwm2m.path import ObjectLink, Path
from protocols.lwm2m.resources import Type
from protocols.lwm2m.tlv import Kind, Tlv
from protocols.lwm2m.values import Value, write
from protocols.vocabulary.errors import ProtocolError


def written(path: Path, value: Value, kind: Type, content_format: int) -> bytes:
    """The payload of a write to the resource.

    :param path: of a resource.
    :raises ProtocolError: the value is not of the type, or the format is none of text, opaque, TLV and JSON.
    """
    data = write(value, kind)
    match content_format:
        case 11_542:
            return tlv.encode([Tlv(Kind.RESOURCE, path.resource_id or 0, data)])
        case 42:
            return data
        case 0:
            return _text(value).encode()
        case 11_543:
            base = f"/{path.object_id}/{path.instance_id}/"
            return json.dumps({"bn": base, "e": [{"n": str(path.resource_id), **_member(value)}]}).encode()
    raise ProtocolError(f"content format {content_format}: expected {TEXT}, {OPAQUE}, {TLV} or {JSON}")


def _text(value: Value) -> str:
    match value:
        case bool():
            return "1" if value else "0"
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return str(value)


def _member(value: Value) -> dict[str, str | int | float | bool]:
    match value:
        case bool():
            return {"bv": value}
        case int() | float():
            return {"v": value}
        case ObjectLink():
            return {"ov": str(value)}
        case _:
            return {"sv": _text(value)}
