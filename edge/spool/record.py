"""One record of a spool segment: marker, length, key, CRC-32; a damaged one never takes its neighbours along."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

MARKER: Final = b"\xa5YR\x1a"
MAX_PAYLOAD: Final = 1 << 20
_HEADER: Final = struct.Struct("<4sIQIBxxxI")
OVERHEAD: Final = _HEADER.size
_UNSUMMED: Final = struct.Struct("<IQIB")


class RecordKey(NamedTuple):
    """What makes a record unique for ever."""

    stream: int
    epoch: int
    sequence: int


class Found(NamedTuple):
    """A sound record in a segment."""

    key: RecordKey
    offset: int
    payload: bytes


class Damage(NamedTuple):
    """Bytes between sound records that are none."""

    offset: int
    length: int
    tail: bool
    """Nothing sound follows: what a cut power leaves behind."""


def _checksum(key: RecordKey, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(_UNSUMMED.pack(len(payload), key.epoch, key.sequence, key.stream)))


def pack(key: RecordKey, payload: bytes) -> bytes:
    """The record's bytes.

    :raises ValueError: the payload is longer than MAX_PAYLOAD.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"record of {len(payload)} bytes: at most {MAX_PAYLOAD}")
    stream, epoch, sequence = key
    return _HEADER.pack(MARKER, len(payload), epoch, sequence, stream, _checksum(key, payload)) + payload


def _at(segment: bytes, offset: int) -> Found | None:
    if not segment.startswith(MARKER, offset) or offset + OVERHEAD > len(segment):
        return None
    _, length, epoch, sequence, stream, checksum = _HEADER.unpack_from(segment, offset)
    end = offset + OVERHEAD + length
    if length > MAX_PAYLOAD or end > len(segment):
        return None
    key = RecordKey(stream, epoch, sequence)
    payload = segment[offset + OVERHEAD : end]
    return Found(key, offset, payload) if _checksum(key, payload) == checksum else None


def scan(segment: bytes, offset: int = 0) -> Iterator[Found | Damage]:
    """All records of a segment's bytes in order, with the damage met between them."""
    while offset < len(segment):
        found = _at(segment, offset)
        if found is None:
            found, damage = _resynchronise(segment, offset)
            yield damage
            if found is None:
                return
        yield found
        offset = found.offset + OVERHEAD + len(found.payload)


def _resynchronise(segment: bytes, offset: int) -> tuple[Found | None, Damage]:
    candidate = offset
    while (candidate := segment.find(MARKER, candidate + 1)) >= 0:
        found = _at(segment, candidate)
        if found is not None:
            return found, Damage(offset, candidate - offset, tail=False)
    return None, Damage(offset, len(segment) - offset, tail=True)
