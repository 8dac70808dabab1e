"""Packets that a client sends (§3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from protocols.mqtt.fields import write_binary, write_text, write_varint


class Version(IntEnum):
    """The protocol version in CONNECT (§3.1.2.2)."""

    V311 = 4
    V5 = 5


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when the line is lost, QoS 1, retained (§3.1.2.5)."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Connect:
    """How a client introduces itself (§3.1)."""

    client_id: str
    keep_alive_s: int
    version: Version = Version.V311
    clean: bool = True
    """No session is to be left of an earlier line."""
    username: str = ""
    """Empty: neither name nor password."""
    password: str = ""
    will: Will | None = None


def connect(how: Connect) -> bytes:
    """CONNECT."""
    will = how.will
    flags = how.clean << 1 | (0b101100 if will else 0) | (0b11000000 if how.username else 0)
    none = b"\0" if how.version is Version.V5 else b""  # no properties
    parts = [
        write_text("MQTT"),
        bytes((how.version, flags)),
        how.keep_alive_s.to_bytes(2, "big"),
        none,
        write_text(how.client_id),
    ]
    if will:
        parts += [none, write_text(will.topic), write_binary(will.payload)]
    if how.username:
        parts += [write_text(how.username), write_text(how.password)]
    return _packet(0x10, b"".join(parts))


def publish(  # noqa: PLR0913 - a message is made of these
    version: Version, topic: str, payload: bytes, *, packet_id: int = 0, retain: bool = False, again: bool = False
) -> bytes:
    """PUBLISH (§3.3): QoS 1 with a packet identifier, QoS 0 without.

    :param again: sent before, perhaps (DUP).
    :raises ValueError: it is longer than MQTT allows.
    """
    first = 0x30 | again << 3 | (0b10 if packet_id else 0) | retain
    name = topic.encode()
    head = b"".join(
        (
            write_binary(name),
            packet_id.to_bytes(2, "big") if packet_id else b"",
            b"\0" if version is Version.V5 else b"",
        )
    )
    return b"".join((bytes((first,)), write_varint(len(head) + len(payload)), head, payload))


def puback(packet_id: int) -> bytes:
    """PUBACK of success (§3.4), the same in both versions."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def subscribe(version: Version, packet_id: int, filters: Sequence[tuple[str, int]]) -> bytes:
    """SUBSCRIBE to (topic filter, highest QoS) of each (§3.8)."""
    parts = [packet_id.to_bytes(2, "big"), b"\0" if version is Version.V5 else b""]
    for name, qos in filters:
        parts += [write_text(name), bytes((qos,))]
    return _packet(0x82, b"".join(parts))


def ping() -> bytes:
    """PINGREQ (§3.12)."""
    return b"\xc0\x00"


def disconnect() -> bytes:
    """DISCONNECT without a reason (§3.14): the broker forgets the will."""
    return b"\xe0\x00"


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + write_varint(len(body)) + body
