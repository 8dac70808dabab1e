"""The envelope around a body: header, compression and HMAC-SHA256 (docs/uplink.md §2)."""

import hmac
import struct
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

import zstandard

from protocols.vocabulary.errors import IdentityError, ProtocolError
from protocols.vocabulary.identity import parse_gateway_id
from protocols.vocabulary.topics import UP_BATCH, UP_EVENT

MAGIC: Final = b"YZ"
VERSION: Final = 1
MAX_READINGS: Final = 65_535
"""Readings in one envelope."""
MAX_BODY: Final = 4 << 20
"""Bytes of an expanded body."""
MAX_ENVELOPE: Final = 1 << 20
"""Bytes of a whole envelope on the wire."""
FLAG_LATE: Final = 1
FLAG_CLOCK_UNSYNCED: Final = 2
MAC_LENGTH: Final = 32

_HEADER: Final = struct.Struct("<2sBBBBBBQIIqQII")
_SEALED: Final = struct.Struct("<q")
_SEALED_AT: Final = 24
_STORED: Final = 0
_ZSTD: Final = 1
_AT_ONCE: Final = 2047
"""Bytes: with more hashlib lets other threads go first, and to get the interpreter back takes longer than to hash."""
_LONG: Final = 16 * _AT_ONCE
"""Bytes: from here on they may."""


class Stream(IntEnum):
    """What the body holds; each stream of an epoch counts its own sequence numbers."""

    READINGS = 1
    EVENTS = 2

    @property
    def leaf(self) -> str:
        """The topic that carries it."""
        return UP_EVENT if self is Stream.EVENTS else UP_BATCH


class Header(NamedTuple):
    """What stands in front of the body."""

    gateway: str
    epoch: int
    """New at every start of the agent; unsigned, below 2**63."""
    sequence: int
    """From 0, one more for each envelope of the stream in this epoch."""
    readings: int
    """Readings or events in the body."""
    sealed_ms: int
    """The gateway's wall clock when it took the readings, ms UTC."""
    uptime_ms: int
    """The gateway's monotonic clock at the same moment, ms since the epoch began: repairs stamps of a wrong clock."""
    stream: Stream = Stream.READINGS
    flags: int = 0
    key_id: int = 0
    compression: int = _ZSTD
    stored_length: int = 0
    raw_length: int = 0

    @property
    def late(self) -> bool:
        """It waited in the backlog lane."""
        return bool(self.flags & FLAG_LATE)

    @property
    def body_offset(self) -> int:
        """Where the body begins in the envelope."""
        return _HEADER.size + len(self.gateway)


class _Zstd:
    """Contexts are made once; an agent and an ingest each use them from one thread at a time."""

    compressor = zstandard.ZstdCompressor(level=1, write_content_size=True, write_checksum=False)
    decompressor = zstandard.ZstdDecompressor(max_window_size=8 << 20)


def unsigned(header: Header, body: bytes) -> bytes:
    """The envelope without its MAC, as the spool keeps it: ``late`` and the key are filled in by :func:`sign`.

    :raises ValueError: the body, or the whole, is longer than the format allows.
    """
    compressed = _Zstd.compressor.compress(body)
    stored, compression = (compressed, _ZSTD) if len(compressed) < len(body) else (body, _STORED)
    gateway = header.gateway.encode("ascii")
    packed = _HEADER.pack(
        MAGIC, VERSION, header.stream, header.flags, compression, 0, len(gateway), header.epoch, header.sequence,
        header.readings, header.sealed_ms, header.uptime_ms, len(stored), len(body),
    )  # fmt: skip
    envelope = packed + gateway + stored
    if len(body) > MAX_BODY or len(envelope) + MAC_LENGTH > MAX_ENVELOPE:
        raise ValueError(
            f"envelope of {len(envelope)} bytes, body of {len(body)}: limits {MAX_ENVELOPE} and {MAX_BODY}"
        )
    return envelope


def sealed_ms_of(envelope: bytes) -> int | None:
    """When an envelope was sealed, with or without its MAC; None when it is none, or the clock was not set then."""
    if envelope[:3] != MAGIC + bytes((VERSION,)) or len(envelope) < _HEADER.size or envelope[4] & FLAG_CLOCK_UNSYNCED:
        return None
    return int(_SEALED.unpack_from(envelope, _SEALED_AT)[0])


def sign(envelope: bytes, key: bytes, *, key_id: int = 0, late: bool = False) -> bytes:
    """Fill in lane and key number and append HMAC-SHA256 over everything before it."""
    flags = envelope[4] | FLAG_LATE if late else envelope[4]
    signed = b"".join((envelope[:4], bytes((flags, envelope[5], key_id)), envelope[7:]))
    return signed + hmac.digest(key, signed, "sha256")


def read_header(envelope: bytes) -> Header:
    """Parse and check the header and the lengths; says nothing about the MAC.

    :raises ProtocolError: it is no version 1 envelope, or its lengths do not agree with its size.
    """
    if len(envelope) < _HEADER.size + MAC_LENGTH:
        raise ProtocolError(f"envelope of {len(envelope)} bytes: shorter than its header and MAC", envelope)
    if len(envelope) > MAX_ENVELOPE:
        raise ProtocolError(f"envelope of {len(envelope)} bytes: more than {MAX_ENVELOPE}", envelope[:64])
    (magic, version, stream, flags, compression, key_id, gateway_length, epoch, sequence, count, sealed_ms, uptime_ms,
     stored_length, raw_length) = _HEADER.unpack_from(envelope)  # fmt: skip
    if magic != MAGIC or version != VERSION:
        raise ProtocolError(f"envelope begins {envelope[:3].hex()}: expected 595a01 (YZ, version 1)", envelope)
    if stream not in (1, 2) or flags & ~3 or compression > _ZSTD:
        raise ProtocolError(f"stream {stream}, flags {flags}, compression {compression}: not of version 1", envelope)
    expected = _HEADER.size + gateway_length + stored_length + MAC_LENGTH
    if expected != len(envelope):
        raise ProtocolError(f"envelope of {len(envelope)} bytes: its header says {expected}", envelope)
    if raw_length > MAX_BODY or count > MAX_READINGS or epoch >> 63:
        raise ProtocolError(f"body of {raw_length} bytes, {count} readings, epoch {epoch}: over the limits", envelope)
    try:
        gateway = parse_gateway_id(envelope[_HEADER.size : _HEADER.size + gateway_length].decode("ascii"))
    except (UnicodeDecodeError, IdentityError) as error:
        raise ProtocolError(f"gateway: {error}", envelope) from error
    return Header(gateway, epoch, sequence, count, sealed_ms, uptime_ms, Stream(stream), flags, key_id, compression,
                  stored_length, raw_length)  # fmt: skip


def verify(envelope: bytes, key: bytes) -> bool:
    """Whether the MAC is right, in constant time."""
    signed = memoryview(envelope)[:-MAC_LENGTH]
    if len(signed) > _LONG:
        digest = hmac.digest(key, signed, "sha256")
    else:
        mac = _keyed(key).copy()
        for begin in range(0, len(signed), _AT_ONCE):
            mac.update(signed[begin : begin + _AT_ONCE])
        digest = mac.digest()
    return hmac.compare_digest(digest, envelope[-MAC_LENGTH:])


@lru_cache(maxsize=4096)
def _keyed(key: bytes) -> hmac.HMAC:
    """For copies only."""
    return hmac.new(key, digestmod="sha256")


def stored_body(envelope: bytes, header: Header) -> memoryview:
    """The body as it travels; the same bytes for every resend of one envelope."""
    return memoryview(envelope)[header.body_offset : header.body_offset + header.stored_length]


def expand(envelope: bytes, header: Header) -> bytes:
    """The expanded body, ``raw_length`` bytes.

    :raises ProtocolError: it does not expand to the announced length.
    """
    stored = stored_body(envelope, header)
    if header.compression == _STORED:
        body = bytes(stored)
    else:
        try:
            parameters = zstandard.get_frame_parameters(stored)
            if parameters.content_size != header.raw_length:
                raise ProtocolError(
                    f"body expands to {parameters.content_size}, header says {header.raw_length}", envelope
                )
            body = _Zstd.decompressor.decompress(stored, max_output_size=header.raw_length, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise ProtocolError(f"body does not expand: {error}", envelope) from error
    if len(body) != header.raw_length:
        raise ProtocolError(f"body of {len(body)} bytes: header says {header.raw_length}", envelope)
    return body
