"""A message as a table for people and scripts: ``yingzhou decode coap``."""

from typing import Any, Final

from protocols import link_format
from protocols.coap import codes, options
from protocols.coap.message import USUAL_MESSAGE, USUAL_PAYLOAD, VERSION, Message, Type, decode
from protocols.coap.options import Option
from protocols.vocabulary.errors import ProtocolError

_BLOCKS: Final = {options.BLOCK1: "block1", options.BLOCK2: "block2"}


def describe(raw: bytes) -> dict[str, Any]:
    """All that one datagram says.

    ``options`` has ``[number, name, value]`` for each: integers and texts as such, other values in hexadecimal.
    ``notes`` says what a receiver must not accept although the syntax is right.

    :raises ProtocolError: it is no CoAP message.
    """
    message = decode(raw)
    told: dict[str, Any] = {
        "version": VERSION,
        "type": message.type.name,
        "code": codes.dotted(message.code),
        "code_name": codes.name_of(message.code) or "unlisted",
        "mid": f"{message.mid:04X}",
        "token": message.token.hex(),
        "options": [[option.number, options.name_of(option.number), _value(option)] for option in message.options],
    }
    told |= _target(message) | _blocks(message) | _payload(message)
    if notes := _notes(message):
        told["notes"] = notes
    return told


def _value(option: Option) -> int | str:
    value = options.value_of(option)
    return value.hex() if isinstance(value, bytes) else value


def _target(message: Message) -> dict[str, Any]:
    """The path, and what is asked of it, as a URI writes them."""
    told = {}
    for name, path, query in (("uri", options.URI_PATH, options.URI_QUERY), ("location", options.LOCATION_PATH, 20)):
        segments = [value.decode("utf-8", "replace") for value in message.values(path)]
        parts = [value.decode("utf-8", "replace") for value in message.values(query)]
        if segments or parts:
            told[name] = "/" + "/".join(segments) + ("?" + "&".join(parts) if parts else "")
    return told


def _blocks(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for number, name in _BLOCKS.items():
        for value in message.values(number)[:1]:
            try:
                block = options.block_of(value)
            except ProtocolError:
                continue  # told among the notes
            told[name] = {"num": block.num, "more": block.more, "size": block.size}
    return told


def _payload(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {}
    given = [value for value in message.values(options.CONTENT_FORMAT) if len(value) <= 2]
    content_format = int.from_bytes(given[0]) if given else None
    if content_format is not None:
        told["content_format"] = codes.CONTENT_FORMATS.get(content_format, "unlisted")
    if not message.payload:
        return told
    text = text_of(message.payload, content_format)
    if text is not None:
        told["payload_text"] = text
    told["payload_hex"] = message.payload.hex()
    if content_format == link_format.CONTENT_FORMAT and not _is_part(message):
        told |= _links(message.payload)
    return told


def text_of(payload: bytes, content_format: int | None) -> str | None:
    """The payload as text where it is one: by its content format, or, without one, because it reads as one."""
    if content_format is not None and content_format not in codes.TEXTUAL:
        return None
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    plain = "".join(text.split())
    return text if plain and (content_format is not None or plain.isprintable()) else None


def _is_part(message: Message) -> bool:
    return bool(message.values(options.BLOCK1) or message.values(options.BLOCK2))


def _links(payload: bytes) -> dict[str, Any]:
    try:
        links = link_format.decode(payload)
    except ProtocolError as error:
        return {"links_error": str(error)}
    return {"links": [{"target": link.target} | dict(link.attributes) for link in links]}


def _notes(message: Message) -> list[str]:
    """What RFC 7252 has a receiver reject or ignore, and sizes above the usual."""
    notes = []
    for wrong in options.unrecognised(message.options):
        verdict = "critical: a request is answered 4.02, a response rejected" if wrong.critical else "ignored"
        notes.append(f"option {wrong.number} {options.name_of(wrong.number)}: {wrong.why}: {verdict}")
    for number in _BLOCKS:
        for value in message.values(number)[:1]:
            try:
                options.block_of(value)
            except ProtocolError as error:
                notes.append(f"option {number} {options.name_of(number)}: {error}")
    if unfit := _unfit(message):
        notes.append(unfit)
    if len(message.raw) > USUAL_MESSAGE or len(message.payload) > USUAL_PAYLOAD:
        notes.append(
            f"{len(message.raw)} bytes with a payload of {len(message.payload)}: more than the {USUAL_MESSAGE} and "
            f"{USUAL_PAYLOAD} that fit most paths"
        )
    return notes


def _unfit(message: Message) -> str:
    """Why the type cannot carry the code; empty when it can (RFC 7252 §4.2 and §4.3)."""
    kind, code = message.type, message.code
    if code and not codes.is_request(code) and not codes.is_response(code):
        return f"code class {code >> 5} is reserved: to be rejected"
    if kind is Type.RST and code:
        return "a reset is always empty: to be ignored"
    if kind is Type.ACK and codes.is_request(code):
        return "an acknowledgement carries no request: to be ignored"
    if kind is Type.NON and not code:
        return "a NON message is never empty: to be rejected"
    return ""
