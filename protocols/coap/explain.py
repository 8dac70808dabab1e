"""Which bytes of a message mean what (RFC 7252 §3): ``yingzhou decode coap --explain``."""

from protocols.coap import codes, options
from protocols.coap.describe import text_of
from protocols.coap.message import MARKER, MAX_TOKEN, VERSION, OptionHead, Type
from protocols.coap.options import Option
from protocols.fields import Field, FieldReader
from protocols.vocabulary.errors import ProtocolError


def explain(raw: bytes) -> list[Field]:
    """Header, token, each option's head and value, payload; after a broken option head the rest is one row."""
    reader = FieldReader(raw)
    first = int.from_bytes(reader.peek(1))
    token = first & 15
    version = "" if first >> 6 == VERSION else f" (expected {VERSION})"
    reserved = "" if token <= MAX_TOKEN else ", reserved"
    kind = Type(first >> 4 & 3).name
    reader.take(1, "version, type, token length", f"version {first >> 6}{version}, {kind}, {token} bytes{reserved}")
    code = int.from_bytes(reader.peek(1))
    reader.take(1, "code", f"{codes.dotted(code)} {codes.name_of(code) or 'unlisted'}")
    reader.take(2, "message number", reader.peek(2).hex().upper())
    if first >> 6 != VERSION or token > MAX_TOKEN:
        return reader.rest("not read", "the header is not that of a CoAP message")
    if code == codes.EMPTY:
        return reader.rest("surplus", "an empty message ends after the message number")
    reader.take(token, "token")
    return _options(reader)


def _options(reader: FieldReader) -> list[Field]:
    number = 0
    content_format = None
    while reader.left:
        if reader.peek(1)[0] == MARKER:
            reader.take(1, "payload marker", "" if reader.left > 1 else "without a payload")
            name = "" if content_format is None else codes.CONTENT_FORMATS.get(content_format, str(content_format))
            text = text_of(reader.peek(reader.left), content_format)
            return reader.rest("payload", "; ".join(part for part in (name, text) if part))
        try:
            head = OptionHead.read(reader.raw, reader.position)
        except ProtocolError as error:
            return reader.rest("option", str(error).removeprefix("CoAP: "))
        number += head.delta
        name = options.name_of(number)
        reader.take(head.start - reader.position, "option", f"{number} {name}, {head.length} bytes")
        option = Option(number, reader.peek(head.length))
        if number == options.CONTENT_FORMAT and head.length <= 2:
            content_format = int.from_bytes(option.value)
        if head.length == 0 and options.value_of(option) == 0:
            reader.fields[-1] = reader.fields[-1]._replace(meaning=f"{number} {name}, 0 bytes: 0")
        reader.take(head.length, name, _meaning(option))
    return reader.fields


def _meaning(option: Option) -> str:
    value = options.value_of(option)
    if option.number in (options.BLOCK1, options.BLOCK2):
        try:
            block = options.block_of(option.value)
        except ProtocolError as error:
            return str(error)
        return f"block {block.num} of {block.size} bytes, {'more follow' if block.more else 'the last'}"
    if option.number in (options.CONTENT_FORMAT, options.ACCEPT) and isinstance(value, int):
        return f"{value} {codes.CONTENT_FORMATS.get(value, 'unlisted')}"
    return "" if isinstance(value, bytes) else str(value)
