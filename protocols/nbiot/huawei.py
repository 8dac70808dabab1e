"""Huawei's IoTDA (formerly OceanConnect): payloads of products whose codec was drawn in its console.

A message is its fields back to back, big-endian, after the product's own model; by custom the first one is
``messageId``, a byte that says which message it is. What fields there are is data that the caller gives.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from protocols.nbiot import layout
from protocols.nbiot.layout import Layout, Value
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_FRAME: Final = 65_536
DEFAULT_ANSWER: Final = bytes.fromhex("AAAA0000")
"""What the platform answers to a data report unless the product says otherwise."""

Layouts = Mapping[int, Layout]
"""By messageId; the layout has the fields behind it."""

SMOKE_DETECTOR: Final[Layouts] = {0: layout.parse("level:u8,temperature:u16")}
"""The example of Huawei's developer guide: level of fire and temperature."""


class Report(NamedTuple):
    """One message."""

    message_id: int
    fields: dict[str, Value]
    """By name; empty when no layout is known."""
    data: bytes
    """What stands behind the messageId."""
    known: bool


def decode(raw: bytes, layouts: Layouts) -> Report:
    """Read one message; one without a layout is told as it is.

    :raises ProtocolError: nothing at all, or bytes are missing or left over for the layout.
    """
    if len(raw) > MAX_FRAME:
        raise FrameTooLong(f"Huawei: {len(raw)} bytes, {MAX_FRAME} are allowed", raw[:64])
    if not raw:
        raise ProtocolError("Huawei: expected a messageId, found nothing", raw)
    known = layouts.get(raw[0])
    if known is None:
        return Report(raw[0], {}, raw[1:], known=False)
    try:
        return Report(raw[0], layout.read(known, raw[1:]), raw[1:], known=True)
    except ProtocolError as error:
        raise ProtocolError(f"Huawei: message {raw[0]}: {error}", raw) from None


def encode(message_id: int, fields: Mapping[str, Value], layouts: Layouts) -> bytes:
    """The inverse, for a message with a layout: a command, or a device in a test.

    :raises ProtocolError: there is no such layout, or the values do not fit it.
    """
    known = layouts.get(message_id)
    if known is None or not 0 <= message_id <= 0xFF:
        raise ProtocolError(f"Huawei: message {message_id} has no layout")
    return bytes((message_id,)) + layout.write(known, fields)
