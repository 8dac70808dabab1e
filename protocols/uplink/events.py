"""The body of an envelope of events: a line of JSON for each (docs/uplink.md §3.6)."""

from collections.abc import Sequence
from typing import Final

from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.event import Event

MAX_EVENTS: Final = 1000
"""Events in one envelope."""
_BETWEEN: Final = b"\n"


def encode_events(lines: Sequence[bytes]) -> bytes:
    """The body of events that are encoded already.

    :raises ValueError: none, or more than MAX_EVENTS.
    """
    if not 1 <= len(lines) <= MAX_EVENTS:
        raise ValueError(f"{len(lines)} events: expected 1 to {MAX_EVENTS}")
    return _BETWEEN.join(lines)


def decode_events(body: bytes, count: int) -> list[Event]:
    """The inverse.

    :param count: as the header says.
    :raises ProtocolError: another number of lines, or one of them is no event.
    """
    lines = body.split(_BETWEEN, MAX_EVENTS + 1)
    if len(lines) != count or count > MAX_EVENTS:
        raise ProtocolError(f"body of {len(lines)} lines, {count} events announced, at most {MAX_EVENTS} allowed")
    return [Event.decode(line) for line in lines]
