"""An envelope that was sealed before the gateway's clock was set, with its stamps put right."""

from array import array
from dataclasses import replace
from typing import Final

from protocols.uplink import BodyEncoder, Stream, decode_events, encode_events, expand, read_header, unsigned
from protocols.uplink.envelope import MAC_LENGTH
from protocols.uplink.rows import decode_rows
from protocols.vocabulary import Batch

EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01: a gateway whose clock is before it was never set."""
_SLACK_MS: Final = 1000


def mended(payload: bytes, began_ms: int, set_ms: int) -> bytes:
    """The envelope, without MAC as it came, as if the clock had been right; the flag stays and says so.

    Only what the gateway stamped itself is moved: stamps before 2020 that lie between its start and the sealing. A
    device's own stamp stays as it is. The same arguments give the same bytes.

    :param began_ms: when the epoch began by the wrong clock.
    :param set_ms: when it began by the right one.
    """
    envelope = payload + bytes(MAC_LENGTH)
    header = read_header(envelope)
    sealed_ms = set_ms + header.uptime_ms
    shift_ms = sealed_ms - header.sealed_ms if header.sealed_ms < EARLIEST_MS else set_ms - began_ms
    earliest_ms = sealed_ms - shift_ms - header.uptime_ms - _SLACK_MS
    latest_ms = min(EARLIEST_MS, sealed_ms - shift_ms + _SLACK_MS)

    def moved(time: int) -> int:
        return time + shift_ms if earliest_ms <= time < latest_ms else time

    body = expand(envelope, header)
    if header.stream is Stream.EVENTS:
        events = decode_events(body, header.readings)
        body = encode_events([replace(event, time=moved(event.time)).encode() for event in events])
    else:
        rows = decode_rows(body, header.readings)
        times = array("q", map(moved, rows.time))
        body, _ = BodyEncoder().encode([Batch(rows.points, rows.point, times, rows.value, rows.quality, rows.reasons)])
    return unsigned(header._replace(sealed_ms=sealed_ms), body)
