"""What both ends say: messages to publish, and what a host learned."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from protocols.conversation import Send
from protocols.sparkplug.samples import Sample
from protocols.sparkplug.topic import Descriptor


class Published(NamedTuple):
    """One MQTT message, on its way out or as it came."""

    topic: str
    payload: bytes
    time: int = 0
    """When it came, or is sent: UTC, ms since 1970."""
    qos: int = 0
    retain: bool = False


class Measured(NamedTuple):
    """Values that an edge node or a device told, in the order in which they were sent."""

    source: Descriptor
    samples: tuple[Sample, ...]
    arrived: int
    """When the message came, UTC ms; a sample without a time is of this moment."""
    born: bool = False
    """They came in a birth: the value that each metric has, which may be old."""


class StateChange(NamedTuple):
    """An edge node or a device is there now, or is not there any more: then its values are stale."""

    source: Descriptor
    online: bool
    time: int | None
    """UTC ms: the payload's timestamp. None for a will, which was written before its time."""
    why: str


class Refused(NamedTuple):
    """What was sent and could not be understood, with one line for each metric or for the whole."""

    source: Descriptor
    lines: tuple[str, ...]


Said = Send[Published] | Measured | StateChange | Refused

MAX_WAITING: Final = 64
"""Messages of one edge node that wait for the one before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a host; what does not fit is refused, said and counted."""

    nodes: int = 1_000
    """Edge nodes; when there are as many, one that is offline gives way to a new one."""
    devices: int = 500
    """Devices of one edge node."""
    metrics: int = 500_000
    """Metrics that births announced, in all."""
    waiting_bytes: int = 16 << 20
    """Payloads that wait for the one before them, in all."""
    reorder_s: float = 5.0
    """How long a message waits for the one before it; the standard's Reorder Timeout."""
    rebirth_s: float = 10.0
    """Between two rebirth requests to one edge node; doubled with each until a while has passed without one."""
    rebirth_max_s: float = 600.0


@dataclass(slots=True)
class Ledger:
    """What the edge nodes of one host share: the room that is left, and the counters."""

    limits: Limits
    counters: Counter[str] = field(default_factory=Counter)
    metrics: int = 0
    waiting_bytes: int = 0
