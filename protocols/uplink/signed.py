"""A signed message of JSON: commands, configurations, the time and resends down, results up (docs/uplink.md §7)."""

import hmac
import json
import struct
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, Final, NamedTuple

from protocols import strict_json
from protocols.uplink.envelope import MAC_LENGTH
from protocols.vocabulary.errors import IdentityError, ProtocolError
from protocols.vocabulary.identity import parse_gateway_id
from protocols.vocabulary.topics import DOWN_COMMAND, DOWN_CONFIG, DOWN_RESEND, DOWN_TIME, UP_RESULT

MAGIC: Final = b"YC"
VERSION: Final = 1
_HEAD: Final = struct.Struct("<2sBBBI")


class Kind(IntEnum):
    """What the body is; each kind has a topic of its own, so that none can be taken for another."""

    COMMAND = 1
    CONFIGURATION = 2
    RESULT = 3
    TIME = 4
    RESEND = 5

    @property
    def leaf(self) -> str:
        """The topic that carries it."""
        return _LEAVES[self]

    @property
    def max_body(self) -> int:
        """Bytes of JSON."""
        return _MAX_BODY[self]


_LEAVES: Final = {
    Kind.COMMAND: DOWN_COMMAND,
    Kind.CONFIGURATION: DOWN_CONFIG,
    Kind.RESULT: UP_RESULT,
    Kind.TIME: DOWN_TIME,
    Kind.RESEND: DOWN_RESEND,
}
_MAX_BODY: Final = {
    Kind.COMMAND: 16_384, Kind.CONFIGURATION: 1 << 20, Kind.RESULT: 65_536, Kind.TIME: 256, Kind.RESEND: 1 << 20,
}  # fmt: skip


class Signed(NamedTuple):
    """One message; it may be lost or repeated without harm."""

    kind: Kind
    gateway: str
    body: Mapping[str, Any]

    def encode(self, key: bytes) -> bytes:
        """Bytes with HMAC-SHA256 of the gateway's key.

        :raises ValueError: the body is longer than its kind may be, or holds a number that JSON cannot say.
        """
        text = json.dumps(dict(self.body), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        if len(text) > self.kind.max_body:
            raise ValueError(f"{self.kind.name.lower()} of {len(text)} bytes, {self.kind.max_body} are allowed")
        gateway = self.gateway.encode("ascii")
        message = _HEAD.pack(MAGIC, VERSION, self.kind, len(gateway), len(text)) + gateway + text
        return message + hmac.digest(key, message, "sha256")

    @classmethod
    def decode(cls, data: bytes, kind: Kind, keys: Iterable[bytes]) -> "Signed":
        """Parse and check; any of the gateway's keys may have signed.

        :param kind: the one that belongs to the topic on which it came.
        :raises ProtocolError: no key fits, it is of another kind, or the bytes are malformed.
        """
        message, mac = data[:-MAC_LENGTH], data[-MAC_LENGTH:]
        if len(data) > _HEAD.size + 255 + kind.max_body + MAC_LENGTH:
            raise ProtocolError(f"signed message of {len(data)} bytes: too long", data[:64])
        if not any(hmac.compare_digest(hmac.digest(key, message, "sha256"), mac) for key in keys):
            raise ProtocolError("signed message: the MAC is wrong", data[:64])
        found = cls.parse(message)
        if found.kind is not kind:
            raise ProtocolError(f"signed message: {found.kind.name} on the topic of {kind.name}", data[:64])
        return found

    @classmethod
    def of_gateway(cls, data: bytes, kind: Kind, gateway: str, keys: Iterable[bytes]) -> "Signed":
        """The same, and that it names this gateway.

        :raises ProtocolError: as ``decode``, or it is another's.
        """
        found = cls.decode(data, kind, keys)
        if found.gateway != gateway:
            raise ProtocolError(f"signed message of {found.gateway} on the topic of {gateway}", data[:64])
        return found

    @classmethod
    def parse(cls, message: bytes) -> "Signed":
        """Everything before the MAC.

        :raises ProtocolError: malformed.
        """
        try:
            magic, version, kind, gateway_length, length = _HEAD.unpack_from(message)
        except struct.error:
            raise ProtocolError(f"signed message of {len(message)} bytes: too short", message) from None
        if magic != MAGIC or version != VERSION:
            raise ProtocolError(f"signed message begins {message[:3].hex()}: expected 594301 (YC, version 1)", message)
        if kind not in _LEAVES:
            raise ProtocolError(f"signed message: kind {kind}: expected 1 to 5", message[:64])
        body_at = _HEAD.size + gateway_length
        if length > Kind(kind).max_body or body_at + length != len(message):
            raise ProtocolError(f"signed message: {length} bytes of body announced, {len(message) - body_at} are there")
        try:
            gateway = parse_gateway_id(message[_HEAD.size : body_at].decode("ascii"))
        except (UnicodeDecodeError, IdentityError) as error:
            raise ProtocolError(f"signed message: {error}", message[:64]) from None
        body = strict_json.loads(message[body_at:], "signed message")
        if not isinstance(body, dict):
            raise ProtocolError("signed message: the body is no JSON object", message[:64])
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            raise ProtocolError("signed message: half a character, or nested too deep", message[:64]) from None
        return cls(Kind(kind), gateway, body)
