"""The cloud's acknowledgement on ``down/ack``: which sequence numbers of which epoch it holds (docs/uplink.md §4)."""

import hmac
import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

from protocols.uplink.envelope import MAC_LENGTH, Stream
from protocols.vocabulary.errors import IdentityError, ProtocolError
from protocols.vocabulary.identity import parse_gateway_id

MAGIC: Final = b"YA"
VERSION: Final = 1
MAX_RANGES: Final = 4096
"""Of one stream of one epoch in one acknowledgement."""
_HEAD: Final = struct.Struct("<2sBBH")
_HELD: Final = struct.Struct("<BQH")
_RANGE: Final = struct.Struct("<II")


class HeldRanges(NamedTuple):
    """What the store holds of one stream of one epoch."""

    stream: Stream
    epoch: int
    ranges: tuple[tuple[int, int], ...]
    """First and last sequence number, both inclusive, ascending."""


class Ack(NamedTuple):
    """One acknowledgement; it may be lost or repeated without harm."""

    gateway: str
    held: tuple[HeldRanges, ...]

    def encode(self, key: bytes) -> bytes:
        """Bytes with HMAC-SHA256 of the gateway's key."""
        gateway = self.gateway.encode("ascii")
        parts = [_HEAD.pack(MAGIC, VERSION, len(gateway), len(self.held)), gateway]
        for stream, epoch, ranges in self.held:
            parts.append(_HELD.pack(stream, epoch, len(ranges)))
            parts += [_RANGE.pack(first, last) for first, last in ranges]
        message = b"".join(parts)
        return message + hmac.digest(key, message, "sha256")

    @classmethod
    def decode(cls, data: bytes, keys: Iterable[bytes]) -> "Ack":
        """Parse and check; any of the gateway's keys may have signed.

        :raises ProtocolError: no key fits, or the bytes are malformed.
        """
        message, mac = data[:-MAC_LENGTH], data[-MAC_LENGTH:]
        if not any(hmac.compare_digest(hmac.digest(key, message, "sha256"), mac) for key in keys):
            raise ProtocolError("acknowledgement: the MAC is wrong", data)
        try:
            return cls._parse(message)
        except (struct.error, UnicodeDecodeError, IdentityError, ValueError) as error:
            raise ProtocolError(f"acknowledgement: {error}", data) from error

    @classmethod
    def _parse(cls, message: bytes) -> "Ack":
        magic, version, gateway_length, number = _HEAD.unpack_from(message)
        if magic != MAGIC or version != VERSION:
            raise ProtocolError(f"acknowledgement begins {message[:3].hex()}: expected 594101 (YA, version 1)", message)
        offset = _HEAD.size + gateway_length
        gateway = parse_gateway_id(message[_HEAD.size : offset].decode("ascii"))
        held = []
        for _ in range(number):
            stream, epoch, count = _HELD.unpack_from(message, offset)
            offset += _HELD.size
            if count > MAX_RANGES or epoch >> 63:
                raise ProtocolError(f"acknowledgement: {count} ranges of epoch {epoch}: over the limits", message)
            ranges = tuple(_RANGE.unpack_from(message, offset + 8 * i) for i in range(count))
            offset += 8 * count
            if any(first > last for first, last in ranges):
                raise ProtocolError("acknowledgement: a range ends before it begins", message)
            held.append(HeldRanges(Stream(stream), epoch, ranges))
        if offset != len(message):
            raise ProtocolError(f"acknowledgement: {len(message) - offset} bytes left over", message)
        return cls(gateway, tuple(held))
