"""Packets that a client receives (§3)."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from protocols.mqtt.fields import binary, number, varint
from protocols.mqtt.properties import Property, Value, properties
from protocols.mqtt.sent import Version
from protocols.vocabulary.errors import ProtocolError

_FAILURE: Final = 0x80
_V311: Final = {
    1: "Unacceptable protocol version",
    2: "Identifier rejected",
    3: "Server unavailable",
    4: "Bad user name or password",
    5: "Not authorized",
}
"""Return codes of CONNACK in 3.1.1 (§3.2.2.3 there)."""
_REASONS: Final = {
    0x80: "Unspecified error",
    0x81: "Malformed packet",
    0x82: "Protocol error",
    0x83: "Implementation specific error",
    0x84: "Unsupported protocol version",
    0x85: "Client identifier not valid",
    0x86: "Bad user name or password",
    0x87: "Not authorized",
    0x88: "Server unavailable",
    0x89: "Server busy",
    0x8A: "Banned",
    0x8B: "Server shutting down",
    0x8D: "Keep alive timeout",
    0x8E: "Session taken over",
    0x8F: "Topic filter invalid",
    0x90: "Topic name invalid",
    0x93: "Receive maximum exceeded",
    0x94: "Topic alias invalid",
    0x95: "Packet too large",
    0x96: "Message rate too high",
    0x97: "Quota exceeded",
    0x98: "Administrative action",
    0x99: "Payload format invalid",
    0x9A: "Retain not supported",
    0x9B: "QoS not supported",
    0x9C: "Use another server",
    0x9D: "Server moved",
    0x9E: "Shared subscriptions not supported",
    0x9F: "Connection rate exceeded",
    0xA0: "Maximum connect time",
    0xA1: "Subscription identifiers not supported",
    0xA2: "Wildcard subscriptions not supported",
}
"""Reason codes that are failures (§2.4)."""


class Message(NamedTuple):
    """PUBLISH (§3.3)."""

    topic: bytes
    """As it came: MQTT wants UTF-8, brokers do not always look."""
    payload: bytes
    qos: int
    packet_id: int
    """0 at QoS 0."""
    retained: bool
    again: bool
    """DUP: the broker has sent it before."""


@dataclass(frozen=True, slots=True)
class Connack:
    """The answer to CONNECT (§3.2)."""

    refused: str | None
    """Why the broker does not want us; None: it does."""
    present: bool = False
    """It still has our session."""
    properties: dict[int, Value] = field(default_factory=dict)


class Puback(NamedTuple):
    """The broker has a message (§3.4)."""

    packet_id: int
    failure: str | None


class Suback(NamedTuple):
    """Which subscriptions stand (§3.9)."""

    packet_id: int
    failures: tuple[str | None, ...]
    """Of each filter, in the order in which they were sent."""


class Pong(NamedTuple):
    """PINGRESP (§3.13)."""


class Disconnected(NamedTuple):
    """The broker says farewell; MQTT 5 only (§3.14)."""

    reason: str


Received = Message | Connack | Puback | Suback | Pong | Disconnected


def received(version: Version, first: int, body: bytes) -> Received:
    """A packet by its first byte and what stands behind its length.

    :raises ProtocolError: it is malformed, or none that a client of QoS 0 and 1 is sent.
    """
    kind = first >> 4
    if kind == 3:
        return _message(version, first, body)
    if kind == 4:
        code = body[2] if version is Version.V5 and len(body) > 2 else 0
        return Puback(number(body, 0, 2), reason(code))
    if kind == 2:
        return _connack(version, body)
    if kind == 9:
        at = 2 if version is Version.V311 else properties(body, 2)[1]
        return Suback(number(body, 0, 2), tuple(map(reason, body[at:])))
    if kind == 13:
        return Pong()
    if kind == 14 and version is Version.V5:
        code = body[0] if body else 0
        said = properties(body, 1)[0].get(Property.REASON_STRING) if len(body) > 1 else None
        return Disconnected(" - ".join(str(one) for one in (reason(code) or "goodbye", said) if one))
    raise ProtocolError(f"a packet {first:#04x} to a client", body[:64])


def reason(code: int) -> str | None:
    """What a reason code says; None: success, whichever."""
    return None if code < _FAILURE else _REASONS.get(code, f"reason {code:#04x}")


def _message(version: Version, first: int, body: bytes) -> Message:
    qos = first >> 1 & 3
    if qos > 1:
        raise ProtocolError(f"a message of QoS {qos}", body[:64])
    topic, at = binary(body, 0)
    packet_id = 0
    if qos:
        packet_id, at = number(body, at, 2), at + 2
    if version is Version.V5:
        length, at = varint(body, at)
        at += length
        if at > len(body):
            raise ProtocolError("properties longer than their packet", body[:64])
    return Message(topic, body[at:], qos, packet_id, bool(first & 1), bool(first & 8))


def _connack(version: Version, body: bytes) -> Connack:
    present, code = bool(number(body, 0, 1) & 1), number(body, 1, 1)
    if version is Version.V311:
        return Connack(_V311.get(code, f"return code {code}") if code else None, present)
    found = properties(body, 2)[0] if len(body) > 2 else {}
    refused = (reason(code) or _V311.get(code, f"reason {code:#04x}")) if code else None  # it may know 3.1.1 only
    return Connack(refused, present, found)
