"""An envelope as a plain dictionary, for people and scripts (``yingzhou decode uplink``)."""

import hmac
from typing import Any

from protocols.uplink.envelope import MAC_LENGTH, Stream, expand, read_header, verify
from protocols.uplink.events import decode_events
from protocols.uplink.rows import decode_rows
from protocols.uplink.signed import MAGIC as SIGNED_MAGIC
from protocols.uplink.signed import Signed
from protocols.vocabulary.quality import reason_names


def describe(envelope: bytes, key: bytes | None = None) -> dict[str, Any]:
    """Header, MAC and readings, or a signed message (§7); ``mac_verified`` is None when no key was given.

    :raises ProtocolError: it is malformed.
    """
    if envelope.startswith(SIGNED_MAGIC):
        return _signed(envelope, key)
    header = read_header(envelope)
    body = expand(envelope, header)
    described: dict[str, Any] = {
        "version": 1,
        "stream": header.stream.name.lower(),
        "gateway": header.gateway,
        "epoch": header.epoch,
        "sequence": header.sequence,
        "count": header.readings,
        "sealed_ms": header.sealed_ms,
        "uptime_ms": header.uptime_ms,
        "late": header.late,
        "clock_synced": not header.flags & 2,
        "key_id": header.key_id,
        "compression": ("none", "zstd")[header.compression],
        "stored_length": header.stored_length,
        "raw_length": header.raw_length,
        "mac": envelope[-MAC_LENGTH:].hex(),
        "mac_verified": None if key is None else verify(envelope, key),
    }
    if header.stream is Stream.READINGS:
        described["readings"] = [
            {
                "key": str(r.point),
                "time": r.time,
                "value": r.value,
                "quality": int(r.quality),
                "reasons": reason_names(r.reasons),
            }
            for r in decode_rows(body, header.readings).readings()
        ]
    else:
        described["events"] = [
            {"source": event.source, "kind": event.kind, "time": event.time, "data": dict(event.data)}
            for event in decode_events(body, header.readings)
        ]
    return described


def _signed(message: bytes, key: bytes | None) -> dict[str, Any]:
    said, mac = message[:-MAC_LENGTH], message[-MAC_LENGTH:]
    found = Signed.parse(said)
    return {
        "version": 1,
        "kind": found.kind.name.lower(),
        "gateway": found.gateway,
        "body": dict(found.body),
        "mac": mac.hex(),
        "mac_verified": None if key is None else hmac.compare_digest(hmac.digest(key, said, "sha256"), mac),
    }
