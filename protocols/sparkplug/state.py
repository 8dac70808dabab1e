"""The state of a host application: JSON in Sparkplug 3.0, the plain text ONLINE or OFFLINE in 2.2.

The birth carries the same timestamp as the will of its connection, so that the edge nodes can tell which is newer.
"""

import json
from typing import Final, NamedTuple

from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_STATE: Final = 4_096
_TEXTS: Final = {b"ONLINE": True, b"OFFLINE": False}
STATE_STARTS: Final = (b"{", *_TEXTS)
"""No Sparkplug B payload begins so: as a protobuf tag each would be a group, or a wire type that does not exist."""
_LATEST_MS: Final = 1 << 63


class State(NamedTuple):
    """Whether a host application is there."""

    online: bool
    timestamp: int | None = None
    """UTC, ms since 1970; None in the form of Sparkplug 2.2."""


def decode_state(raw: bytes) -> State:
    """Read a state of either form; other members than ``online`` and ``timestamp`` are ignored.

    :raises ProtocolError: it is none.
    """
    if len(raw) > MAX_STATE:
        raise FrameTooLong(f"state of {len(raw)} bytes: at most {MAX_STATE} are read", raw[:64])
    if (online := _TEXTS.get(raw.strip())) is not None:
        return State(online)
    try:
        told = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise ProtocolError(f"state: expected a JSON object, ONLINE or OFFLINE, found {raw[:40]!r}", raw[:64]) from None
    if not isinstance(told, dict):
        raise ProtocolError(f"state: expected a JSON object, found {raw[:40]!r}", raw[:64])
    online, timestamp = told.get("online"), told.get("timestamp")
    if not isinstance(online, bool):
        raise ProtocolError(f"state: online: expected true or false, found {online!r:.40}", raw[:64])
    if isinstance(timestamp, bool) or not isinstance(timestamp, int) or not 0 <= timestamp < _LATEST_MS:
        raise ProtocolError(f"state: timestamp: expected ms since 1970, found {timestamp!r:.40}", raw[:64])
    return State(online, timestamp)


def encode_state(state: State) -> bytes:
    """The JSON of 3.0; without a timestamp the text of 2.2."""
    if state.timestamp is None:
        return b"ONLINE" if state.online else b"OFFLINE"
    return json.dumps({"online": state.online, "timestamp": state.timestamp}, separators=(",", ":")).encode()
